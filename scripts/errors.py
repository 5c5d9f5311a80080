# SPDX-License-Identifier: Apache-2.0
"""One way to turn a user's mistake into one clear line and exit status 2."""

from __future__ import annotations

import sys
from collections.abc import Callable

from models.config import ConfigError


class UserError(Exception):
    """A mistake in a variable, a name or a file; the message says what is wrong and what is valid."""


def run_main(main: Callable[[], int]) -> None:
    """Run a script's `main` and exit: its status, or 2 with one line on standard error for a user's mistake."""
    try:
        sys.exit(main())
    except (UserError, ConfigError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
