"""Ablations: one parameterised notebook over a grid of its parameters, and one table of results."""

from stackkit.workflow.ablation.execution import ablate, check_done
from stackkit.workflow.ablation.plan import AblationRun, plan_ablation
from stackkit.workflow.ablation.spec import Ablation, read_ablation

__all__ = ["Ablation", "AblationRun", "ablate", "check_done", "plan_ablation", "read_ablation"]
