"""What data and records are worth: pure functions over them."""

from stackkit.evaluation.adversarial import AdversarialValidation, adversarial_validation
from stackkit.evaluation.duplicates import Duplicates, find_duplicates
from stackkit.evaluation.gate import MARGIN, GateDecision, gate, paired_gain
from stackkit.evaluation.honesty import Outlook, decided_labels, honest_scores, outlook, rivals
from stackkit.evaluation.importance import permutation_importance
from stackkit.evaluation.intervals import gain_intervals, gain_tables, row_clusters
from stackkit.evaluation.leaderboard import leaderboard
from stackkit.evaluation.losses import loss_name, row_losses, segment_losses, worst_rows

__all__ = [
    "MARGIN",
    "AdversarialValidation",
    "Duplicates",
    "GateDecision",
    "Outlook",
    "adversarial_validation",
    "decided_labels",
    "find_duplicates",
    "gain_intervals",
    "gain_tables",
    "gate",
    "honest_scores",
    "leaderboard",
    "loss_name",
    "outlook",
    "paired_gain",
    "permutation_importance",
    "rivals",
    "row_clusters",
    "row_losses",
    "segment_losses",
    "worst_rows",
]
