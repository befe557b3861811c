"""The command group, its exit codes, and nothing else.

0 done; 1 a defect of ours, with its traceback; 2 what the user can mend; 130 interrupted before
anything could be submitted.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback

import click

from stackkit.cli.ablate import ablate
from stackkit.cli.blend import blend
from stackkit.cli.cache import cache
from stackkit.cli.listing import leaderboard, metrics, models, plan
from stackkit.cli.new import new
from stackkit.cli.notebooks import notebooks
from stackkit.cli.running import predict, run
from stackkit.cli.submit import submit
from stackkit.errors import StackkitError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="stackkit")
@click.option("--debug", is_flag=True, help="Log what is done to standard error.")
def cli(debug: bool) -> None:
    """Cached out-of-fold predictions, stacked, blended and submitted."""
    level = logging.DEBUG if debug else logging.WARNING
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s %(message)s")
    logging.getLogger("stackkit").setLevel(level)


for command in (
    run, blend, predict, plan, leaderboard, submit, cache, models, metrics, notebooks, ablate, new,
):  # fmt: skip
    cli.add_command(command)


def main() -> None:
    """Run the command and leave with its exit code.

    In place of click's own `main`, which ends every broken pipe with 1 and without a word.
    """
    try:
        with cli.make_context("stackkit", sys.argv[1:]) as context:
            cli.invoke(context)
    except click.exceptions.Exit as left:  # --help, --version
        sys.exit(left.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except StackkitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        click.echo(
            "interrupted: nothing was submitted; finished fits are kept for the same command",
            err=True,
        )
        sys.exit(130)
    except BrokenPipeError as error:
        if not _in_click(error):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # flushed at exit
        sys.exit(0)


def _in_click(error: BrokenPipeError) -> bool:
    """Whether click was printing: then who reads our output has seen enough."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_globals["__name__"].partition(".")[0] == "click"
