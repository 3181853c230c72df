"""The errors that users meet. Each carries a code and parameters; its words are in `core.text`."""

from __future__ import annotations

from collections.abc import Sequence

from nbfinetune.core import text
from nbfinetune.core.problems import Problem


class NbFinetuneError(Exception):
    """Something that the user can act on. `str()`: what happened and the way out, a line each."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        words = text.message(self.code, self.params), text.way_out(self.code, self.params)
        return "\n".join(filter(None, words))


class DatasetError(NbFinetuneError, ValueError):
    """A dataset that can't be trained on. `problems` holds every problem that was found."""

    def __init__(self, code: str, *, problems: Sequence[Problem] = (), **params: object) -> None:
        super().__init__(code, **params)
        self.problems = tuple(problems)
        self._brief = False

    def say_briefly(self, code: str) -> None:
        """From now on only say the words of `code`: the problems are shown elsewhere."""
        self.code = code
        self._brief = True

    def __str__(self) -> str:
        """The headline, the first 20 errors, how many more there are, the way out.

        Each kind of problem says its own way out once, below the first of its kind.
        """
        head, *rest = super().__str__().split("\n")
        shown = () if self._brief else self.problems
        errors = [p for p in shown if p.severity == "error"]
        lines: list[str] = []
        for problem in errors[:20]:
            way_out = f"    → {problem.way_out}"
            lines.append(f"  {problem}")
            if problem.way_out and way_out not in lines:
                lines.append(way_out)
        if len(errors) > 20:
            lines.append("  " + text.message("more_problems", {"count": len(errors) - 20}))
        return "\n".join([head, *lines, *rest])


class ConfigError(NbFinetuneError, ValueError):
    """A setting with a value that it can't take."""

    def __init__(
        self, code: str, *, field: str, value: object = None, allowed: str = "", **params: object
    ) -> None:
        option = "--" + field.replace("_", "-")
        super().__init__(code, field=field, value=value, allowed=allowed, option=option, **params)
        self.field = field
        self.value = value
        self.allowed = allowed


class ModelError(NbFinetuneError, RuntimeError):
    """A model that can't be loaded or used: download, template, memory."""


class RunError(NbFinetuneError, RuntimeError):
    """A run directory or checkpoint that can't be used."""


class MissingDependency(NbFinetuneError, ImportError):
    """A package that something optional needs; the message names the line that installs it."""
