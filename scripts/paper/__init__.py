# SPDX-License-Identifier: Apache-2.0
"""`make paper`: the paper's tables and figures beside ours, as a page and as JSON (docs/paper.md)."""
