"""A commented competition.toml from a guess: what is guessed is said, what is not is asked for."""

from __future__ import annotations

import json

from stackkit.datasets.files import PLAIN
from stackkit.datasets.guess import Guess

FILL_IN = "FILL-IN"
AGAIN = """\
# With train.csv, test.csv and sample_submission.csv in this folder most of this is guessed:
# put them here, remove this file, and `stackkit new` again. Or fill it in.
"""
UNREAD = "nothing is guessed, for a table cannot be read as it is"
METRIC = "guessed: see the competition's page; `stackkit metrics` lists them"


def competition_toml(guess: Guess) -> str:
    """The text of a competition.toml; every line that is a guess says so."""
    lines = [
        *([] if guess.train else [AGAIN]),
        *([f"# {UNREAD}: {_words((guess.problem,))}"] if guess.problem else []),
        _line("name", guess.name, "folder of the cache; `stackkit submit`: the name on Kaggle"),
        _line("train", guess.train or "train.csv", _missing(guess.train)),
        _optional("test", guess.test, "test.csv"),
        _optional("sample_submission", guess.sample, "sample_submission.csv"),
        _optional("id", guess.id, "id"),
        _line("target", guess.target or FILL_IN, _about_target(guess)),
        _line("metric", guess.metric or "auc", METRIC),
        _about_task(guess),
        "",
        *_data_lines(guess),
        REST,
    ]
    return "\n".join(lines)


def _line(key: str, value: str, comment: str = "") -> str:
    text = f"{key} = {json.dumps(value, ensure_ascii=False)}"
    return f"{text}  # {comment}" if comment else text


def _optional(key: str, value: str | None, example: str) -> str:
    return _line(key, value) if value is not None else f"# {_line(key, example, 'if there is one')}"


def _missing(file: str | None) -> str:
    return "" if file is not None else "put the file into this folder, or correct its name"


def _about_target(guess: Guess) -> str:
    if guess.target is not None:
        return ""
    if not guess.targets:
        return "the column to predict"
    more = ", …" if len(guess.targets) > 8 else ""
    return f"the column to predict, one of: {_words(guess.targets[:8])}{more}"


def _words(names: tuple[str, ...]) -> str:
    return ", ".join(" ".join(str(name).split()) for name in names)


def _about_task(guess: Guess) -> str:
    comment = "binary, multiclass or regression; read off metric and target if not given"
    return f"# {_line('task', guess.task or 'binary', comment)}"


DATA = "[data]                  # how CSVs are written, if not in UTF-8 with commas between columns"
MARKS = {"separator": ";", "decimal": ",", "encoding": "latin-1"}


def _data_lines(guess: Guess) -> list[str]:
    """[data]: what the tables were read with, and examples of what was as usual."""
    lines = []
    for key, example in MARKS.items():
        value = getattr(guess.data, key)
        usual = value == getattr(PLAIN, key)
        lines.append(f"# {_line(key, example)}" if usual else _line(key, value))
    return [DATA, *lines]


REST = """
[folds]                 # without a scheme one is suggested, with its reason
# scheme = "stratified" # kfold group stratified_group time blocked predefined
# n_splits = 5
# group = "customer"    # rows of one customer stay together

[features]              # features.py beside this file is applied to train, test and new rows
drop = []

[models]                # models.py beside this file may register more
include = []            # empty: those of the preset

# [models.lightgbm]     # parameters of one model
# num_leaves = 31

[stack]
preset = "standard"     # the same as --profile
"""
