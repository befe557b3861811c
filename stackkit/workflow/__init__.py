"""The numbered notebooks: the stages that their cells call, and what executes them."""

from stackkit.errors import NotebookError
from stackkit.workflow.ablation import Ablation, ablate, read_ablation
from stackkit.workflow.compare import gains_on, gains_on_static
from stackkit.workflow.notebooks import (
    NotebookRun,
    plan_notebooks,
    run_notebook,
    run_notebooks,
)
from stackkit.workflow.results import add_result
from stackkit.workflow.stages import (
    cached_base,
    choose,
    fit_base,
    fit_candidates,
    fit_levels,
    fit_metas,
    like_latest_run,
    missing_base,
    plan_base,
    plan_levels,
    plan_metas,
)

__all__ = [
    "Ablation",
    "NotebookError",
    "NotebookRun",
    "ablate",
    "add_result",
    "cached_base",
    "choose",
    "fit_base",
    "fit_candidates",
    "fit_levels",
    "fit_metas",
    "gains_on",
    "gains_on_static",
    "like_latest_run",
    "missing_base",
    "plan_base",
    "plan_levels",
    "plan_metas",
    "plan_notebooks",
    "read_ablation",
    "run_notebook",
    "run_notebooks",
]
