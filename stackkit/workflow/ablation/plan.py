"""Which runs an ablation has, with the parameters and the key of each; starts nothing."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackkit.datasets import find_config
from stackkit.errors import ConfigError, nearest
from stackkit.places import notebooks_folder
from stackkit.recipe import key_of
from stackkit.workflow.ablation.inputs import input_digests
from stackkit.workflow.ablation.spec import Ablation, read_ablation
from stackkit.workflow.notebooks import (
    RUNS,
    NotebookRun,
    competition_name,
    from_anywhere,
    places_of,
)
from stackkit.workflow.parameters import (
    COMPETITION,
    PATHS,
    PLACES,
    RESULT,
    check_declared,
    declared_parameters,
    typed_parameters,
)

ABLATIONS, SUBMISSIONS = "ablations", "submissions"
OWN = {
    COMPETITION: "competition is a key of the ablation",
    RESULT: "each run has a file of its own",
}


@dataclass(frozen=True)
class AblationRun:
    """A run: the notebook with its parameters, what of them is varied, and the key of it all."""

    planned: NotebookRun
    varied: Mapping[str, Any]
    key: str

    @property
    def key8(self) -> str:
        """The part of the key that names the files."""
        return self.key[:8]

    @property
    def row_path(self) -> Path:
        """Where its row is kept."""
        return self.planned.target.with_suffix(".json")

    @property
    def result_path(self) -> Path:
        """Where the notebook appends its results."""
        return Path(self.planned.parameters[RESULT])

    @property
    def label(self) -> str:
        """Its varied parameters in words."""
        return " ".join(f"{name}={value}" for name, value in self.varied.items())


def plan_ablation(
    ablation: Ablation | str | Path, output: str | Path | None = None
) -> list[AblationRun]:
    """The runs of an ablation, each once.

    Parameters
    ----------
    ablation : an `Ablation` or its TOML.
    output : where copies, rows and the table go; None: runs/ablations/<name>/ beside the notebook.
        Submissions of the runs go below it too, unless the parameter OUTPUT says otherwise.

    Raises
    ------
    ConfigError : a notebook, a competition or a parameter that is not there, or a wrong value.
    """
    ablation = ablation if isinstance(ablation, Ablation) else read_ablation(ablation)
    competition = from_anywhere(ablation.competition, ablation.folder)
    competition_name(competition)
    notebook = _find_notebook(ablation, competition)
    target = Path(output) if output else notebook.parent / RUNS / ABLATIONS / ablation.name
    target = target.resolve()
    places = {**places_of(competition), "OUTPUT": target / SUBMISSIONS, COMPETITION: competition}
    inputs = input_digests(notebook, competition)
    _refuse_places(ablation)
    given = [_checked(notebook, ablation, each) for each in ablation.combinations()]
    runs = [_run(notebook, target, {**places, **each}, ablation.varied, inputs) for each in given]
    return list({run.key: run for run in runs}.values())


def _run(
    notebook: Path,
    target: Path,
    given: Mapping[str, Any],
    varied: tuple[str, ...],
    inputs: Mapping[str, Any],
) -> AblationRun:
    """The run of some parameters; those that only say where things lie do not enter its key."""
    defaults = {name: _literal(text) for name, text in declared_parameters(notebook).items()}
    parameters = typed_parameters(notebook, given)
    whole = {**defaults, **parameters}
    counted = {k: v for k, v in whole.items() if k not in (*PLACES, COMPETITION)}
    key = key_of({"parameters": counted, "inputs": inputs})
    parameters[RESULT] = str(target / f"{key[:8]}.jsonl")
    planned = NotebookRun(notebook, target / f"{key[:8]}.ipynb", parameters)
    return AblationRun(planned, {name: whole[name] for name in varied}, key)


def _refuse_places(ablation: Ablation) -> None:
    """ConfigError where runs would differ in nothing but where their files lie."""
    for name in ablation.varied:
        if name in PLACES:
            raise ConfigError("runs differ in what they do", name, f"{name} below [parameters]")


def _checked(notebook: Path, ablation: Ablation, given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters that the notebook declares; paths from the ablation's folder, no empty ones."""
    for name in given:
        if name in OWN:
            raise ConfigError(f"{name} is no parameter of an ablation", hint=OWN[name])
    check_declared([notebook], {RESULT: "", **given})
    stated = {name: value for name, value in given.items() if value or name not in PATHS}
    return {
        name: ablation.folder / str(value) if name in PATHS else value
        for name, value in stated.items()
    }


def _find_notebook(ablation: Ablation, competition: str) -> Path:
    """The notebook as a path: from the ablation's folder, else among the project's notebooks."""
    folder = notebooks_folder(find_config(competition))
    tried = [ablation.folder / ablation.notebook, folder / ablation.notebook]
    for path in tried:
        if path.is_file():
            return path.resolve()
    known = [path.name for path in folder.glob("*.ipynb")]
    hint = nearest(ablation.notebook, known) if known else "a path from the folder of the TOML"
    places = " nor ".join(str(path.resolve()) for path in tried)
    raise ConfigError(
        "an ablation runs a notebook that is there",
        f"{ablation.notebook!r}: neither {places}",
        hint,
    )


def _literal(text: str) -> Any:
    """A default as a value, or as it is written where it is no literal."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
