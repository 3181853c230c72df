"""What was read of a text, as a row: its value, its lines, its faults as problems.

Knows pages and offsets; nothing of where rows begin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from nbfinetune.core.pages import Page
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.json_faults import Fault, exotic_blank, skip_blanks
from nbfinetune.core.reading.json_scan import Scan, offsets
from nbfinetune.core.rows import BROKEN, Row


class Places(Mapping[str, int]):
    """The lines of the values of a row, found when the first is asked for: mostly none is."""

    def __init__(self, page: Callable[[], Page], start: int) -> None:
        self._page = page
        self._start = start

    @cached_property
    def _lines(self) -> dict[str, int]:
        page = self._page()
        found = offsets(page.text, self._start)
        return {path: page.line_at(offset) for path, offset in found.items()}

    def __getitem__(self, path: str) -> int:
        return self._lines[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


def scanned_row(page: Page, start: int, found: Scan) -> Row:
    """The row that was found at `start`, with the lines of its values if it has several."""
    line = page.line_at(skip_blanks(page.text, start))
    problems = tuple(problem_of(page, fault) for fault in found.faults)
    if page.line_at(found.end) == line:
        return Row(line, found.value, problems)
    return Row(line, found.value, problems, Places(lambda: page, start))


def broken_row(page: Page, start: int, *faults: Fault) -> Row:
    """A row of which only the faults are known."""
    line = page.line_at(skip_blanks(page.text, start))
    return Row(line, BROKEN, tuple(problem_of(page, fault) for fault in faults))


def problem_of(page: Page, fault: Fault) -> Problem:
    params = {**fault.params, "column": page.column_at(fault.offset)}
    return Problem(
        code=fault.code,
        kind=fault.kind,
        severity="error",
        line=page.line_at(fault.offset),
        path=fault.path,
        params=params,
    )


def with_gap(page: Page, found: Scan, behind: int) -> Scan:
    """The scan with the fault of the exotic blanks between its end and `behind`, if there are."""
    fault = exotic_blank(page.text, found.end, behind) if found.stopped is None else None
    return found._replace(faults=(*found.faults, fault)) if fault else found


def next_char(text: str, at: int) -> str:
    """The first character from `at` on that is no blank; empty at the end."""
    at = skip_blanks(text, at)
    return text[at : at + 1]
