# SPDX-License-Identifier: Apache-2.0
"""Entry point of `python -m models`."""

import sys

from models.cli import main

if sys.stdout is not None:  # file names that the terminal cannot show are escaped
    sys.stdout.reconfigure(errors="backslashreplace")
sys.exit(main())
