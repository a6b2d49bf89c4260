"""`python -m digest` is the command, for a Python whose `bin` is on no path."""

from digest.cli.main import run

run()
