"""A page of docs/ as its reader follows it: files to write, commands to give, what they print, and mistakes to make.

    steps(page)      -> [File("recipes/mine/data.yaml", "sources: ..."), Command("make data RECIPE=mine", ["collect ..."])]
    mistakes(page)   -> [Mistake("data_gen.collect --recipe=...", "samples", "sampels", "data_gen.collect: ...")]

What a block is, its info string says, of which a rendered page shows the language alone:

    ```yaml recipes/mine/data.yaml      a file; the same name again is the file written anew
    ```diff eval/benchmarks/x.py        an edit of a file: the lines without + are there, and become those without -
    ```bash                             commands of one shell
    ```text                             what the commands above print: these lines, in this order; … stands for anything
    ```text exit status 2               the same, of commands that fail

A table with "`command` says" over its last column holds mistakes: `right` → `wrong` in a file of the page, and the line
that is then printed. Not covered: blocks inside lists and quotations.
"""

import re
from dataclasses import dataclass, field

BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")


@dataclass(frozen=True)
class File:
    """A file to write."""

    path: str
    text: str


@dataclass(frozen=True)
class Edit:
    """Lines of a file that become others."""

    path: str
    before: str
    after: str


@dataclass
class Command:
    """Commands of one shell, the lines that they print, and their exit status."""

    text: str
    shown: list[str] = field(default_factory=list)
    status: int = 0


@dataclass(frozen=True)
class Mistake:
    """What is written wrong in a file of the page, and what a command then says."""

    command: str
    right: str
    wrong: str
    shown: str


def steps(page: str) -> list[File | Edit | Command]:
    """Return what a page's blocks tell to do, in order. Raises ValueError for a block that tells nothing."""
    found: list[File | Edit | Command] = []
    for info, text in BLOCK.findall(page):
        language, _, rest = info.partition(" ")
        if language == "diff" and rest:
            lines = text.splitlines(keepends=True)
            before, after = ("".join(line[1:] for line in lines if line[0] != sign) for sign in "+-")
            found.append(Edit(rest, before, after))
        elif language == "bash" and not rest:
            found.append(Command(text))
        elif language == "text" and found and isinstance(found[-1], Command):
            found[-1].shown = text.splitlines()
            found[-1].status = int(rest.removeprefix("exit status ") or 0)
        elif language not in ("bash", "text") and "." in rest:
            found.append(File(rest, text))
        else:
            raise ValueError(f"a block that is no file, command or output: {info!r}")
    return found


def mistakes(page: str) -> list[Mistake]:
    """Return the rows of the page's tables of mistakes."""
    found, command = [], ""
    for line in page.splitlines():
        if not line.startswith("|"):
            command = ""
            continue
        spans = [content.strip().replace("\\|", "|") for _, content in SPAN.findall(line)]
        if line.endswith(" says |"):
            command = spans[-1]
        elif command and spans:
            right, wrong, shown = spans
            found.append(Mistake(command, right, wrong, shown))
    return found


def unprinted(shown: list[str], printed: str) -> list[str]:
    """Return the lines that are not printed in this order, the first of them and all after it."""
    lines = iter([line.rstrip() for line in printed.splitlines()])
    for number, wanted in enumerate(shown):
        pattern = re.compile(".*".join(map(re.escape, wanted.rstrip().split("…"))))
        if not any(pattern.fullmatch(line) for line in lines):
            return shown[number:]
    return []
