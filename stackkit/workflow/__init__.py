"""The numbered notebooks: the stages that their cells call, and what executes them."""

from stackkit.errors import NotebookError
from stackkit.workflow.notebooks import (
    NotebookRun,
    plan_notebooks,
    run_notebook,
    run_notebooks,
)
from stackkit.workflow.results import add_result
from stackkit.workflow.stages import (
    choose,
    fit_base,
    fit_levels,
    fit_metas,
    plan_base,
    plan_levels,
    plan_metas,
)

__all__ = [
    "NotebookError",
    "NotebookRun",
    "add_result",
    "choose",
    "fit_base",
    "fit_levels",
    "fit_metas",
    "plan_base",
    "plan_levels",
    "plan_metas",
    "plan_notebooks",
    "run_notebook",
    "run_notebooks",
]
