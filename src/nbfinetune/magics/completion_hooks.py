"""IPython asks, `completion` answers: how the candidates get into every front end.

From 8.6 on by a matcher that keeps Python's names out. Before that (Colab has 7.34) a completer can
only be told words of one line, and Jedi's names come beside them; so there the one function that
all of its answers come from is wrapped.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from IPython.core import completer as ipython
from IPython.core.interactiveshell import InteractiveShell

from nbfinetune.core.runs.store import Run
from nbfinetune.magics.arguments import Line
from nbfinetune.magics.completion import Found, complete
from nbfinetune.session import Session

IDENTIFIER = "nbfinetune"
MOST = 500
"""So many runs, and files of a folder, are looked at: nobody reads more, and typing goes on."""

_HAS_MATCHERS = hasattr(ipython, "context_matcher")


def install(shell: InteractiveShell, session: Session) -> None:
    """Let the shell complete the lines of our magics, once however often it is called."""
    uninstall(shell)
    names = ShellNames(shell, session)
    completer: Any = shell.Completer

    def found(cell: str, line: int, column: int) -> Found | None:
        try:
            before = sum(len(text) + 1 for text in cell.split("\n")[:line])
            return complete(cell, before + column, names)
        except Exception:  # whoever types must not be told about our mistakes
            return None

    if _HAS_MATCHERS:
        completer.custom_matchers.append(_matcher(found))
    else:
        completer._complete = _wrapped(completer._complete, found)


def uninstall(shell: InteractiveShell) -> None:
    """Take back what `install` did."""
    completer: Any = shell.Completer
    if _HAS_MATCHERS:
        completer.custom_matchers[:] = [m for m in completer.custom_matchers if not _is_ours(m)]
    elif _is_ours(completer._complete):
        del completer._complete  # the class has its own


Finder = Callable[[str, int, int], Found | None]


def _is_ours(hook: Any) -> bool:
    return getattr(hook, "matcher_identifier", None) == IDENTIFIER


class _Nothing(list[Any]):
    """No candidates, but an answer: IPython takes no heed of `suppress` where the length is 0."""

    def __len__(self) -> int:
        return 1


def _matcher(found: Finder) -> Any:
    @ipython.context_matcher(identifier=IDENTIFIER)
    def match(context: Any) -> dict[str, Any]:
        answer = found(context.full_text, context.cursor_line, context.cursor_position)
        if answer is None:
            return {"completions": []}
        candidates = [ipython.SimpleCompletion(text=text, type="magic") for text in answer.texts]
        return {
            "completions": candidates or _Nothing(),
            "matched_fragment": answer.fragment,
            "suppress": True,
            "ordered": True,
        }

    return match


def _wrapped(inner: Callable[..., Any], found: Finder) -> Callable[..., Any]:
    def answer(**request: Any) -> Any:
        cell = request.get("full_text") or request.get("line_buffer") or ""
        line, column = request.get("cursor_line"), request.get("cursor_pos")
        ours = None if line is None or column is None else found(cell, line, column)
        if ours is None:
            return inner(**request)
        return ours.fragment, ours.texts, [IDENTIFIER] * len(ours.texts), ()

    answer.matcher_identifier = IDENTIFIER  # type: ignore[attr-defined]
    return answer


class ShellNames:
    """What exists in a kernel and on its disk. No code of the user's runs: types are only named."""

    def __init__(self, shell: InteractiveShell, session: Session) -> None:
        self._shell = shell
        self._session = session

    def line(self, magic: str) -> Line | None:
        magics = self._shell.magics_manager.magics
        function = magics["line"].get(magic) or magics["cell"].get(magic)
        grammar = getattr(function, "grammar", None)
        return grammar if isinstance(grammar, Line) else None

    def datasets(self) -> Iterable[str]:
        kept = (entry.name for entry in islice(self._session.library.list(), MOST))
        return list(dict.fromkeys([*self._session.datasets, *kept]))

    def versions(self, dataset: str) -> Iterable[int]:
        named = (entry for entry in self._session.library.list() if entry.name == dataset)
        return [v.number for entry in named for v in reversed(entry.versions)][:MOST]

    def variables(self) -> Iterable[str]:
        known = list(self._shell.user_ns.items())
        return sorted(n for n, value in known if not n.startswith("_") and holds_rows(value))

    def runs(self) -> Iterable[tuple[str, str]]:
        folder = self._session.runs.folder
        paths = sorted(folder.iterdir(), reverse=True) if folder.is_dir() else []
        # an id begins with the time, so this is the order of `RunStore.list` without reading all
        there = (Run(path) for path in paths if (path / "spec.json").is_file())
        return [(run.name, run.id) for run in islice(there, MOST)]

    def steps(self, run: str) -> Sequence[int] | None:
        found = self._session.runs.find(run)
        return None if found is None else found.steps()

    def loaded(self) -> Iterable[str]:
        return [told.name for told in self._session.models.loaded()]

    def files(self, folder: str) -> Iterable[str]:
        try:
            with os.scandir(Path(folder).expanduser()) as entries:
                shown = (entry for entry in entries if not entry.name.startswith("."))
                paths = [entry.name + "/" * entry.is_dir() for entry in islice(shown, MOST)]
        except OSError:  # none that we may read
            return []
        return [folder + path for path in sorted(paths)]


def holds_rows(value: object) -> bool:
    """Whether a dataset can be made of it, as far as its type and its first element tell."""
    kind = type(value)
    if kind in (list, tuple):
        return bool(value) and type(value[0]) is dict  # type: ignore[index]
    table = {("pandas", "DataFrame"), ("datasets", "Dataset")}
    return any((str(base.__module__).partition(".")[0], base.__name__) in table
               for base in kind.__mro__)  # fmt: skip
