"""What documents say in code: commands, links, settings, tables."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"(?:^|(?<=[\s/`;]))stackkit (?=[a-z-])([^`\n|;]*)")
HELP = {"-h", "--help", "--version", "--debug"}


def blocks(text: str, *languages: str) -> list[str]:
    """The fenced blocks of some languages ("" for none)."""
    return [body for language, body in FENCE.findall(text) if language in languages]


def spans(text: str) -> list[str]:
    """What stands between single backticks outside blocks, on one line."""
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", FENCE.sub("", text))


def commands(text: str) -> Iterator[list[str]]:
    """The words after `stackkit` of each command in blocks of no program, and in spans."""
    for code in [*blocks(text, "", "console"), *spans(text)]:
        typed = re.sub(r"^> .*", "", code, flags=re.MULTILINE)  # what goes into a file
        for found in COMMAND.findall(typed):
            yield shlex.split(found, comments=True)


def fault(words: list[str], group: click.Group) -> str:
    """What is wrong with a command's verbs and options; "" where nothing is."""
    verb: click.Command = group
    rest = list(words)
    while isinstance(verb, click.Group) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        if name not in verb.commands:
            return f"no verb {name!r} in {' '.join(words)!r}"
        verb = verb.commands[name]
    known = HELP | {option for p in verb.params for option in p.opts}
    wrong = [w for w in rest if w.startswith("-") and w not in known]
    return f"no option {', '.join(wrong)} in {' '.join(words)!r}" if wrong else ""


def marked_table(text: str, mark: str) -> list[list[str]]:
    """The rows of the table after `<!-- mark -->`, cells without backticks."""
    _, _, after = text.partition(f"<!-- {mark} -->\n")
    lines = after.split("\n\n")[0].splitlines()[2:]
    return [[cell.strip().replace("`", "") for cell in line[1:-1].split("|")] for line in lines]


def dead_links(text: str, folder: Path) -> list[str]:
    """Links to files that are not there, and to headings that the text does not have."""
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    assert links
    inside = {f"#{anchor(title)}" for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
    return [link for link in links if not _alive(link, inside, folder)]


def _alive(link: str, inside: set[str], folder: Path) -> bool:
    if link.startswith("#"):
        return link in inside
    return link.startswith("https://") or (folder / link).exists()


def anchor(title: str) -> str:
    """How a heading is linked to."""
    return re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")
