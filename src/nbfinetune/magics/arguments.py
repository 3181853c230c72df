"""A magic's line, read: words and `--options`, did-you-mean, and help made from the same list.

IPython's own parser keeps quotes in values and accepts abbreviations; this one does neither.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn, TypeVar

from nbfinetune.core.config import DEFAULTS, SETTINGS, TYPES, allowed_values, unknown_setting
from nbfinetune.core.errors import ConfigError

F = TypeVar("F", bound=Callable[..., Any])


class Option(NamedTuple):
    """One `--name VALUE`; without a `value` word it is a flag."""

    name: str
    help: str
    value: str = ""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigError("arguments_wrong", field="line", magic=self.prog, reason=message)


class Line:
    """The grammar of one magic: some words, then options, in any order."""

    def __init__(self, magic: str, options: Sequence[Option], *, settings: bool = False) -> None:
        self._options = options
        self._settings = settings
        self._parser = _Parser(prog=magic, add_help=False, allow_abbrev=False)
        self._parser.add_argument("words", nargs="*")
        for option in options:
            action = "store" if option.value else "store_true"
            self._parser.add_argument(f"--{option.name}", action=action)
        for name in SETTINGS if settings else ():
            # what is on or off is off unless it is named: --gradient-checkpointing
            spelled = f"--{name.replace('_', '-')}"
            if TYPES[name] is bool:
                self._parser.add_argument(spelled, action="store_const", const="true")
            else:
                self._parser.add_argument(spelled)

    def parse(self, line: str) -> argparse.Namespace:
        """`words` and one attribute per option (None where it is not given).

        Raises:
            ConfigError: An unknown option, with the nearest one; a missing value.
        """
        try:
            words = [_kebab(word) for word in split_words(line)]
        except ValueError as error:
            self._parser.error(str(error).lower())
        parsed, unknown = self._parser.parse_known_intermixed_args(words)
        if unknown:
            others = tuple(option.name.replace("-", "_") for option in self._options)
            raise unknown_setting(unknown[0].partition("=")[0], others)
        return parsed

    def settings(self, parsed: argparse.Namespace) -> dict[str, str]:
        """The training settings that were given, as text."""
        return {n: v for n in SETTINGS if (v := getattr(parsed, n)) is not None}

    def help(self) -> str:
        """The options as lines, for the docstring."""
        lines = [
            f"  --{option.name} {option.value}".ljust(28) + option.help for option in self._options
        ]
        if self._settings:
            lines += [_setting_line(name) for name in SETTINGS]
        return "\n".join(lines)


def _setting_line(name: str) -> str:
    setting = SETTINGS[name]
    option = f"  --{name.replace('_', '-')}".ljust(28)
    return f"{option}{setting.help} [{DEFAULTS[name]}; {allowed_values(name)}]"


def _kebab(word: str) -> str:
    """`--learning_rate` is taken for `--learning-rate`: many tools write it so."""
    name, equals, value = word.partition("=")
    return name.replace("_", "-") + equals + value if word.startswith("--") else word


def split_words(line: str) -> list[str]:
    """Words of a line; quotes hold words together, a backslash is a character (Windows paths)."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split = True
    lexer.escape = lexer.commenters = ""
    return list(lexer)


def documented(line: Line) -> Callable[[F], F]:
    """Append the options to a magic's docstring: what `%ft_train?` shows."""

    def decorate(function: F) -> F:
        function.__doc__ = f"{function.__doc__}\n\nOptions:\n{line.help()}\n"
        return function

    return decorate
