"""A magic's line, read: words and `--options`, did-you-mean, and help made from the same list.

IPython's own parser keeps quotes in values and accepts abbreviations; this one does neither.
"""

from __future__ import annotations

import argparse
import difflib
import inspect
import shlex
import typing
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, NoReturn, TypeVar

from nbfinetune.core.config import DEFAULTS, SETTINGS, TYPES, allowed_values, unknown_setting
from nbfinetune.core.errors import ConfigError

F = TypeVar("F", bound=Callable[..., Any])

Means = Literal["text", "dataset", "data", "rows", "run", "column", "system", "loaded"]
"""What a word stands for, and so what completion offers for it. `data`: a dataset or a file of
rows; `rows`: these or a variable; `column`: see `chat.columns`; `system`: text or `@file`;
`loaded`: a base model in memory."""

Body = Literal["text", "conversations", "python"]
"""What stands below the line of a cell magic."""


class Option(NamedTuple):
    """One `--name VALUE`; without a `value` word it is a flag, with one in brackets the value may
    be left out (it is then the empty text).

    `choices` are values to offer; whether others are allowed is known to whoever reads the value.
    """

    name: str
    help: str
    value: str = ""
    means: Means = "text"
    choices: tuple[str, ...] = ()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigError("arguments_wrong", field="line", magic=self.prog, reason=message)


class Line:
    """The grammar of one magic: some words, then options, in any order.

    `takes` is what its word stands for, `many` whether there may be several, `body` what a cell
    magic has below the line. `options` has one for each setting, too.
    """

    def __init__(
        self,
        magic: str,
        options: Sequence[Option],
        *,
        settings: bool = False,
        takes: Means = "text",
        many: bool = False,
        body: Body = "text",
    ) -> None:
        self.takes: Means = takes
        self.many = many
        self.body: Body = body
        self.options = (*options, *map(_setting_option, SETTINGS if settings else ()))
        self._options = options
        self._settings = settings
        self._parser = _Parser(prog=magic, add_help=False, allow_abbrev=False)
        self._parser.add_argument("words", nargs="*")
        for option in options:
            if option.value.startswith("["):
                self._parser.add_argument(f"--{option.name}", nargs="?", const="")
            else:
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
            words = [kebab(word) for word in split_words(line)]
        except ValueError as error:
            self._parser.error(str(error).lower())
        parsed, unknown = self._parser.parse_known_intermixed_args(words)
        if unknown:
            raise self._unknown(unknown[0].partition("=")[0])
        return parsed

    def _unknown(self, name: str) -> ConfigError:
        fields = [option.name.replace("-", "_") for option in self._options]
        if self._settings:
            return unknown_setting(name, tuple(fields))
        field = name.lstrip("-").replace("-", "_")
        near = difflib.get_close_matches(field, fields, n=1)
        suggestion = f". Did you mean --{near[0].replace('_', '-')}?" if near else ""
        return ConfigError("setting_unknown", field=field, suggestion=suggestion)

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


def _setting_option(name: str) -> Option:
    setting, kind = SETTINGS[name], TYPES[name]
    choices = typing.get_args(kind) if typing.get_origin(kind) is Literal else ()
    value = "" if kind is bool else name.upper()
    return Option(name.replace("_", "-"), setting.help, value, choices=choices)


def _setting_line(name: str) -> str:
    setting = SETTINGS[name]
    option = f"  --{name.replace('_', '-')}".ljust(28)
    return f"{option}{setting.help} [{DEFAULTS[name]}; {allowed_values(name)}]"


def kebab(word: str) -> str:
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
    """Append the options to a magic's docstring, what `%ft_train?` shows; completion finds them."""

    def decorate(function: F) -> F:
        text = inspect.cleandoc(function.__doc__ or "")  # before lines without an indent come to it
        function.__doc__ = f"{text}\n\nOptions:\n{line.help()}\n" if line.options else text
        function.grammar = line  # type: ignore[attr-defined]
        return function

    return decorate
