"""`python -m digest` is the command, for a Python whose scripts are on no path."""

from digest.cli.main import run

# whoever loads every module of the package calls no command
if __name__ == "__main__":
    run()
