"""The `stackkit` command. Results go to standard output, progress and logs to standard error."""

from stackkit.cli.main import main

__all__ = ["main"]
