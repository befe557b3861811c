"""From a competition to a submission, and new rows through the stack that was chosen."""

from stackkit.runs.predict import predict, read_new_rows
from stackkit.runs.replay import Replay, ancestry, check_replayable
from stackkit.runs.reports import latest_run, unreached
from stackkit.runs.running import Run, cores, run, run_setup, submit
from stackkit.runs.setup import Setup, cached_records, plan, set_up

__all__ = [
    "Replay",
    "Run",
    "Setup",
    "ancestry",
    "cached_records",
    "check_replayable",
    "cores",
    "latest_run",
    "plan",
    "predict",
    "read_new_rows",
    "run",
    "run_setup",
    "set_up",
    "submit",
    "unreached",
]
