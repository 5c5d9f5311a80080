// SPDX-License-Identifier: Apache-2.0
// Error codes of a malformed stream (docs/architecture.md, section 4), as they appear on m_axis_tuser of the
// decompressor. models/codec_errors.py has the same numbers.

`ifndef DPR_CODEC_ERRORS_VH
`define DPR_CODEC_ERRORS_VH

`define DPR_ERROR_OK              3'd0
`define DPR_ERROR_ZERO_CODE       3'd1 // a zero code under a set Z bit
`define DPR_ERROR_NEGATIVE_ZERO   3'd2 // code "negative zero" in a signed group with p + n_l < P
`define DPR_ERROR_PADDING         3'd3 // a padding bit is not zero
`define DPR_ERROR_Z_BEYOND_LENGTH 3'd4 // a Z bit at or beyond the tail group's length
`define DPR_ERROR_TRUNCATED       3'd5 // tlast before the tensor's last container is complete
`define DPR_ERROR_RANGE           3'd6 // p - 1 + n_l >= P
`define DPR_ERROR_OVERRUN         3'd7 // more words after the one that ends the tensor's last container

`endif
