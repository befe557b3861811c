"""Progress of a level: a bar on a terminal or in live Jupyter, one line a model otherwise."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from stackkit.predictions import Predictions


class Progress(Protocol):
    """What the loop tells of itself."""

    def start(self, title: str, fits: int) -> None:
        """A level begins: `fits` are still to be done."""

    def fit_done(self, name: str, fit_id: str, score: float | None) -> None:
        """One Fit is done; `score` is the running score of its model."""

    def model_done(self, record: Predictions, cached: bool) -> None:
        """A record is complete."""

    def model_failed(self, name: str, reason: str) -> None:
        """A model was dropped."""

    def model_left_out(self, name: str, reason: str) -> None:
        """The time did not admit a model."""

    def finish(self) -> None:
        """The level is over."""


class Silent:
    """Says nothing."""

    def start(self, title: str, fits: int) -> None: ...

    def fit_done(self, name: str, fit_id: str, score: float | None) -> None: ...

    def model_done(self, record: Predictions, cached: bool) -> None: ...

    def model_failed(self, name: str, reason: str) -> None: ...

    def model_left_out(self, name: str, reason: str) -> None: ...

    def finish(self) -> None: ...


@dataclass
class Lines:
    """One line a model on standard error."""

    begun: float = field(default_factory=time.monotonic)

    def start(self, title: str, fits: int) -> None:
        self._say(f"{title}: {fits} fits to do")

    def fit_done(self, name: str, fit_id: str, score: float | None) -> None: ...

    def model_done(self, record: Predictions, cached: bool) -> None:
        self._say(f"  {_describe(record)}{' (cached)' if cached else ''}")

    def model_failed(self, name: str, reason: str) -> None:
        self._say(f"  {name} dropped: {reason}")

    def model_left_out(self, name: str, reason: str) -> None:
        self._say(f"  {name} left out: {reason}")

    def finish(self) -> None: ...

    def _say(self, text: str) -> None:
        seconds = time.monotonic() - self.begun
        print(f"[{seconds:6.1f} s] {text}", file=sys.stderr, flush=True)


class Bar:
    """A bar with models, fits, running score and time left, and a line a finished model."""

    def __init__(self) -> None:
        self._bar: Any = None

    def start(self, title: str, fits: int) -> None:
        from tqdm.auto import tqdm

        self._bar = tqdm(
            total=fits, desc=title, unit="fit", file=sys.stderr, leave=False, dynamic_ncols=True
        )

    def fit_done(self, name: str, fit_id: str, score: float | None) -> None:
        shown = "" if score is None else f" {score:.5g}"
        self._bar.set_postfix_str(f"{name} {fit_id}{shown}", refresh=False)
        self._bar.update()

    def model_done(self, record: Predictions, cached: bool) -> None:
        if not cached:
            self._bar.write(f"  {_describe(record)}", file=sys.stderr)

    def model_failed(self, name: str, reason: str) -> None:
        self._bar.write(f"  {name} dropped: {reason}", file=sys.stderr)

    def model_left_out(self, name: str, reason: str) -> None:
        self._bar.write(f"  {name} left out: {reason}", file=sys.stderr)

    def finish(self) -> None:
        self._bar.close()


def _describe(record: Predictions) -> str:
    scores = record.scores
    spread = f"{scores['fold_mean']:.5f} ± {scores['fold_sd']:.5f}" if scores else ""
    return f"{record.name:<18} cv {record.cv:.5f}   folds {spread}"


def default_progress() -> Progress:
    """A bar where somebody watches, lines elsewhere."""
    return Bar() if sys.stderr.isatty() or _in_live_notebook() else Lines()


def _in_live_notebook() -> bool:
    """In a Jupyter kernel that no batch runner drives."""
    import os

    return "ipykernel" in sys.modules and "STACKKIT_BATCH" not in os.environ
