# SPDX-License-Identifier: Apache-2.0
"""`make formal`: proofs about the RTL, each with a mutant on which it must fail."""
