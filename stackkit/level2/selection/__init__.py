"""Selection: greedy forward selection and hill climbing on the competition's own metric.

Imports run one way: candidates -> scorer -> quadratic, likelihood, area -> choose -> forward;
candidates -> bags; both -> greedy, climbing.
"""

from stackkit.level2.selection.climbing import SIGNED_GRID, HillClimb
from stackkit.level2.selection.greedy import Greedy
from stackkit.sizing import ExpectedCost
from stackkit.spec import ModelSpec

SPECS: tuple[ModelSpec, ...] = (
    ModelSpec("greedy", Greedy(bags=10, start=5, look_ahead=50), family="selection", recipe=None,
              role="blend", cost=ExpectedCost(1.5, columns=1.0)),
    ModelSpec("greedy_plain", Greedy(), family="selection", recipe=None, role="blend",
              cost=ExpectedCost(0.2, columns=1.0)),
    ModelSpec("hill_climb", HillClimb(bags=10, max_rows=20_000), family="selection", recipe=None,
              role="blend", cost=ExpectedCost(0.8, columns=1.5)),
    ModelSpec("hill_climb_negative", HillClimb(grid=SIGNED_GRID, bags=10, max_rows=20_000),
              family="selection", recipe=None, role="blend", cost=ExpectedCost(1.2, columns=1.5)),
)  # fmt: skip

__all__ = ["SIGNED_GRID", "SPECS", "Greedy", "HillClimb"]
