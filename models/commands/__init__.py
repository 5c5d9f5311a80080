# SPDX-License-Identifier: Apache-2.0
"""The commands of `python -m models`, one module each.

A command module has NAME and HELP, `add_arguments(parser)`, `run(args)`, which returns what `--json` prints, and
`text(result)`, which makes the lines for people from it. `models/cli.py` lists the modules.
"""
