# SPDX-License-Identifier: Apache-2.0
"""Property tests draw the same examples in every run, however long one takes on a busy machine."""

from hypothesis import settings

settings.register_profile("deterministic", derandomize=True, deadline=None, database=None)
settings.load_profile("deterministic")
