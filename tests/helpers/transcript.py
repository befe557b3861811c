"""Console transcripts in documents: read, played in a folder, and compared line by line.

A block of a document after `<!-- transcript -->` holds commands after `$ `, continued after `> `,
and what they print. `...` stands for any text within a line and, on a line of its own, for any
lines. A line `^C` interrupts the command, as a terminal does, once what is before it has appeared.
`$?` is the exit code of the command before.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"<!-- transcript -->\s*```[a-z]*\n(.*?)```", flags=re.DOTALL)
INTERRUPT, ANY = "^C", "..."
LOOK = 0.02  # seconds between two looks at what a command printed


@dataclass(frozen=True)
class Step:
    """A command and the lines that it is expected to print."""

    command: str
    expected: tuple[str, ...]


class Mismatch(AssertionError):
    """A command printed something else than the transcript says."""

    def __init__(self, step: Step, got: str, what: str) -> None:
        expected = "\n".join(step.expected)
        super().__init__(f"$ {step.command}\n{what}; expected:\n{expected}\ngot:\n{got}")


def transcripts(document: str) -> list[str]:
    """The marked blocks of a document."""
    return BLOCK.findall(document)


def read_steps(block: str) -> list[Step]:
    """The commands of a block, in order, with what they print."""
    commands: list[list[str]] = []
    printed: list[list[str]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            commands.append([line[2:]])
            printed.append([])
        elif line.startswith("> ") or line == ">":
            commands[-1].append(line[2:])
        else:
            printed[-1].append(line.rstrip())
    pairs = zip(commands, printed, strict=True)
    return [Step("\n".join(command), _without_blank_end(lines)) for command, lines in pairs]


def _without_blank_end(lines: Sequence[str]) -> tuple[str, ...]:
    kept = list(lines)
    while kept and not kept[-1]:
        kept.pop()
    return tuple(kept)


def pattern(lines: Sequence[str]) -> re.Pattern[str]:
    """What text of whole lines must match."""
    parts = [r"(?:.*\n)*?" if line == ANY else _line(line) + r" *\n" for line in lines]
    return re.compile("".join(parts))


def _line(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.split(ANY))


def play(
    steps: Sequence[Step], folder: Path, environment: Mapping[str, str], patience: float = 120.0
) -> None:
    """Run the commands in a folder, one after the other.

    Parameters
    ----------
    patience : seconds that a command may take.

    Raises
    ------
    Mismatch : a command prints something else, does not come to where it is to be interrupted, or
        takes too long. It is ended then.
    """
    code = 0
    for step in steps:
        command = step.command.replace("$?", str(code))
        code, got = _run(step, command, folder, environment, patience)
        wanted = [line for line in step.expected if line != INTERRUPT]
        if pattern(wanted).fullmatch(got) is None:
            raise Mismatch(step, got, "prints something else")


def _run(
    step: Step, command: str, folder: Path, environment: Mapping[str, str], patience: float
) -> tuple[int, str]:
    """Exit code and output of a command, interrupted where the step says so."""
    printed = folder.with_name(f"{folder.name}.printed")
    with printed.open("wb") as file, subprocess.Popen(
        ["bash", "-c", command], cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL,
        stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
    ) as process:  # fmt: skip
        until = time.monotonic() + patience
        try:
            for prefix in _prefixes(step.expected):
                _await(prefix, process, printed, step, until)
                os.killpg(process.pid, signal.SIGINT)
            process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise Mismatch(step, _whole_lines(printed), "takes too long") from None
        finally:
            _end(process)
    text = printed.read_text(encoding="utf-8", errors="replace")
    return process.returncode, text + "\n" * (text[-1:] not in ("", "\n"))


def _prefixes(expected: Sequence[str]) -> list[tuple[str, ...]]:
    """For each interruption, the lines before it."""
    places = [i for i, line in enumerate(expected) if line == INTERRUPT]
    return [tuple(line for line in expected[:i] if line != INTERRUPT) for i in places]


def _await(
    lines: Sequence[str], process: subprocess.Popen, printed: Path, step: Step, until: float
) -> None:
    """Return once the command has printed the lines."""
    begins = pattern(lines)
    while begins.match(_whole_lines(printed)) is None:
        if process.poll() is not None:
            raise Mismatch(step, _whole_lines(printed), "ends before it is interrupted")
        if time.monotonic() > until:
            raise Mismatch(step, _whole_lines(printed), "is not at the interruption in time")
        time.sleep(LOOK)


def _whole_lines(printed: Path) -> str:
    text = printed.read_text(encoding="utf-8", errors="replace")
    return text[: text.rfind("\n") + 1]


def _end(process: subprocess.Popen) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
