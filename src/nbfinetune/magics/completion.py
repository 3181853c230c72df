"""What can stand at the cursor of a cell with one of our magics. Pure: text in, candidates out.

The grammar comes from the magic's `Line`, what exists from `Names`; how a front end is told is
known to `completion_hooks` alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from nbfinetune.core.presets import STARTER
from nbfinetune.magics.arguments import Line, Means, Option, kebab
from nbfinetune.magics.completion_body import conversation_candidates

_CELL_MAGIC = re.compile(r"%%(\w+)[ \t]")
_LINE_MAGIC = re.compile(r"\s*(?:[\w.,()\[\]'\"* \t]+=\s*)?%(\w+)[ \t]")  # also  job = %ft_train …
_CELL_HEAD = re.compile(r"%%(\w+)[^\n]*\n")
_NEEDS_QUOTES = re.compile(r"[\s'\"?]|\\$")  # `?` at the end of a line would ask for help
_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f]|^-|^$")  # no quotes make a word of these
_BLANK = " \t\r\n"


class Names(Protocol):
    """What exists, asked for only where it can be meant."""

    def line(self, magic: str) -> Line | None:
        """The grammar of a magic of ours, None for others."""

    def datasets(self) -> Iterable[str]: ...

    def versions(self, dataset: str) -> Iterable[int]:
        """The numbers of its versions, newest first; none where there is no such dataset."""

    def variables(self) -> Iterable[str]:
        """Python variables that hold rows."""

    def runs(self) -> Iterable[tuple[str, str]]:
        """Name and id of each run, newest first."""

    def steps(self, run: str) -> Sequence[int] | None:
        """The steps with a committed checkpoint; None where there is no such run."""

    def loaded(self) -> Iterable[str]:
        """The base models in memory."""

    def files(self, folder: str) -> Iterable[str]:
        """The paths in a folder, written as `folder` is; those of folders end with a slash."""


class Found(NamedTuple):
    """Each of `texts` can stand in the place of `fragment`, the text before the cursor."""

    fragment: str
    texts: list[str]


class Word(NamedTuple):
    """A word of a line: what it says, where it starts, the quote that is still open at its end."""

    text: str
    start: int
    quote: str = ""


def complete(cell: str, cursor: int, names: Names) -> Found | None:
    """What can stand at the cursor; None where that is not for us to say.

    No `texts` mean that nothing is known that could stand there, Python's names included.
    """
    before, after = cell[:cursor].lstrip(), cell[cursor:]
    head = _CELL_HEAD.match(before)
    line = names.line(head.group(1)) if head else None
    if head and line:
        return _in_body(line, before[head.end() :], after)
    if "\n" not in before and (match := _CELL_MAGIC.match(before)):
        line = names.line(match.group(1))
        return _on_line(line, before[match.end() :], after, names, cell=True) if line else None
    text = _last_line(before)
    match = _LINE_MAGIC.match(text)
    line = names.line(match.group(1)) if match else None
    found = _on_line(line, text[match.end() :], after, names) if match and line else None
    # a word that began on the line before stands there otherwise than it is read
    return found if found is None or before.endswith(found.fragment) else Found("", [])


def _in_body(line: Line, before: str, after: str) -> Found | None:
    if line.body == "python":
        return None
    if line.body == "text":
        return Found("", [])
    return Found(*conversation_candidates(before, after))


def _last_line(text: str) -> str:
    """The line at the cursor, with those before it that it continues (a backslash at the end)."""
    lines = text.split("\n")
    last = lines.pop()
    while lines and lines[-1].endswith("\\"):
        last = lines.pop()[:-1] + " " + last
    return last


def _on_line(
    line: Line, text: str, after: str, names: Names, *, cell: bool = False
) -> Found | None:
    *done, last = words_until_cursor(text)
    raw = text[last.start :]
    if "{" in last.text or "$" in last.text:
        return None  # Python's: IPython puts the value in before we see the line
    waiting, named, words = _read(line, done)
    head, equals, value = last.text.partition("=")
    option = _option(line, head) if equals else None
    if waiting:
        texts = _values(waiting.choices, waiting.means, last.text, names, cell=cell)
    elif option:
        values = _values(option.choices, option.means, value, names, cell=cell)
        texts = [f"{head}={value}" for value in values]
    else:
        texts = []
        if not last.text.startswith("-") and (line.many or not words):
            texts += _values((), line.takes, last.text, names, cell=cell)
        if not last.text or last.text.startswith("-"):
            spelled = [f"--{option.name}" for option in line.options if option.name not in named]
            texts += [name for name in spelled if name.startswith(kebab(last.text))]
    return Found(raw, [_written(text, raw, last.quote, after) for text in texts])


def _read(line: Line, words: Sequence[Word]) -> tuple[Option | None, set[str], int]:
    """The option that waits for its value, the options named, how many words are none of these."""
    waiting, named, count = None, set(), 0
    for word in words:
        head, equals, _ = word.text.partition("=")
        option = _option(line, head)
        if waiting:
            waiting = None
        elif option:
            named.add(option.name)
            waiting = option if option.value and not equals else None
        else:
            count += not word.text.startswith("--")
    return waiting, named, count


def _option(line: Line, word: str) -> Option | None:
    return next((o for o in line.options if f"--{o.name}" == kebab(word)), None)


def words_until_cursor(text: str) -> list[Word]:
    """The words of a line as `arguments.split_words` reads them; the last one ends at the cursor.

    It may be empty, and its quote may be open still.
    """
    words = [Word("", 0)]
    inside = False
    for place, char in enumerate(text):
        said, start, quote = words[-1]
        if quote:
            words[-1] = Word(said, start) if char == quote else Word(said + char, start, quote)
        elif char in _BLANK:
            words = [*words, Word("", place + 1)] if inside else [*words[:-1], Word("", place + 1)]
            inside = False
        else:
            words[-1] = Word(said, start, char) if char in "'\"" else Word(said + char, start)
            inside = True
    return words


def _values(
    choices: Sequence[str], means: Means, typed: str, names: Names, *, cell: bool
) -> list[str]:
    """What begins with what was typed, each once."""
    there = [*choices, *_meant(means, typed, names, cell=cell)]
    if means == "run" and typed and not _beginning(there, typed):
        there = [identifier for _, identifier in names.runs()]  # older ones of a name used again
    return [text for text in _beginning(there, typed) if not _UNSPEAKABLE.search(text)]


def _beginning(texts: Iterable[str], typed: str) -> list[str]:
    start = typed.casefold()
    return [text for text in dict.fromkeys(texts) if text.casefold().startswith(start)]


def _meant(means: Means, typed: str, names: Names, *, cell: bool) -> Iterable[str]:
    match means:
        case "dataset":
            yield from names.datasets()
            yield from _versions(typed, names)
        case "data" | "rows":
            yield from names.datasets()
            if not cell:  # there the word is a name, the rows stand below
                yield from _versions(typed, names)
                yield from names.variables() if means == "rows" else ()
                yield from _files(typed, names, (".json", ".jsonl"))
        case "run":
            yield from (name for name, _ in names.runs())
        case "loaded":
            yield from names.loaded()
        case "column":
            yield from _columns(typed, names)
        case "system":
            yield from _system(typed, names)


def _versions(typed: str, names: Names) -> Iterable[str]:
    """`NAME@NUMBER`, once the name is written."""
    name, at, _ = typed.rpartition("@")
    if at:
        yield from (f"{name}@{number}" for number in names.versions(name))


def _columns(typed: str, names: Names) -> Iterable[str]:
    """`MODEL[@best|last|all|step-N][=SYSTEM]`."""
    model, equals, system = typed.partition("=")
    if equals:
        yield from (f"{model}={text}" for text in _system(system, names))
        return
    run, at, _ = typed.rpartition("@")
    steps = names.steps(run) if at else None
    if steps is not None:
        meant = ("best", "last", "all", *(f"step-{step}" for step in steps))
        yield from (f"{run}@{checkpoint}" for checkpoint in meant)
    yield from ("base", STARTER)
    for name, identifier in names.runs():
        # "=" begins the system prompt and the last "@" the checkpoint
        yield identifier if "=" in name else f"{name}@best" if "@" in name else name


def _system(typed: str, names: Names) -> Iterable[str]:
    """A system prompt is anybody's guess; the file that holds it isn't."""
    if typed.startswith("@"):
        yield from (f"@{path}" for path in _files(typed[1:], names))


def _files(typed: str, names: Names, endings: tuple[str, ...] = ("",)) -> Iterable[str]:
    folder = re.match(r"(?:.*[/\\])?", typed)
    for path in names.files(folder.group() if folder else ""):
        # folders only for somebody who has begun a path: they would bury the rest
        if (typed and path.endswith("/")) or (not path.endswith("/") and path.endswith(endings)):
            yield path


def _written(text: str, raw: str, open_quote: str, after: str) -> str:
    """The word as it stands on the line, in the quotes that were begun.

    An editor may have closed the quote already, and a folder is to be continued.
    """
    head, equals, rest = raw.partition("=")
    begun = raw[:1] if raw[:1] in ("'", '"') else ""
    if not begun and equals and text.startswith(head + "="):
        quote = rest[:1] if rest[:1] in ("'", '"') else ""
        written = head + equals + quoted(text.removeprefix(head + "="), quote)
    else:
        written = quoted(text, begun)
    if written[-1:] in ("'", '"') and (
        text.endswith("/") or (open_quote == written[-1] and after.startswith(open_quote))
    ):
        return written[:-1]
    return written


def quoted(text: str, quote: str = "") -> str:
    """The text as one word of a line, in quotes where it needs them or some were begun."""
    if not quote and text and not _NEEDS_QUOTES.search(text):
        return text
    for mark in (quote, '"', "'"):
        if mark and mark not in text:
            return f"{mark}{text}{mark}"
    return '"' + text.replace('"', '"\'"\'"') + '"'  # quotes that touch make one word
