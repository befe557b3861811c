"""What records are worth: pure functions over them."""

from stackkit.evaluation.diversity import error_correlation
from stackkit.evaluation.gate import MARGIN, GateDecision, gate, paired_gain
from stackkit.evaluation.leaderboard import leaderboard

__all__ = ["MARGIN", "GateDecision", "error_correlation", "gate", "leaderboard", "paired_gain"]
