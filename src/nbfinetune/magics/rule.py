"""`%%ft_rule NAME`, `%ft_rule NAME --match PATTERN`: a check for rows and for answers."""

from __future__ import annotations

import argparse

from IPython.core.magic import line_cell_magic, magics_class, no_var_expand

from nbfinetune.core import text
from nbfinetune.core.errors import ConfigError
from nbfinetune.core.rules.rules import Marks
from nbfinetune.magics.arguments import Line, Option, documented
from nbfinetune.magics.base import SessionMagics, say
from nbfinetune.magics.errors import friendly

LINE = Line(
    "%ft_rule",
    [
        Option("on", "the dataset to mark; the newest where none is named", "DATA", means="data"),
        Option("match", "a pattern that must be found", "PATTERN"),
        Option("no-match", "a pattern that must not be found", "PATTERN"),
        Option(
            "target",
            "where: answer (if not named), user, system, row",
            "TEXT",
            choices=("answer", "user", "system", "row"),
        ),
    ],
    body="python",
)


@magics_class
class RuleMagics(SessionMagics):
    """User rules."""

    @friendly
    @no_var_expand
    @line_cell_magic
    @documented(LINE)
    def ft_rule(self, line: str, cell: str | None = None) -> Marks | None:
        """Write a rule, and mark the rows that break it; it is kept with the dataset.

        Example:
            %%ft_rule no-echo
            lacks(answer, user)

        Below the name stand expressions over system, user, answer and messages, which must all
        hold; or a function that says True, False or a reason; or patterns:

            %%ft_rule short-sentence
            def check(answer):
                return len(answer) < 60 or f"{len(answer)} characters"

            %%ft_rule tidy
            answer must match 。$
            answer must not match \\bAI\\b

        At hand are lacks(answer, word, …), ends_with(answer, "。"), valid_json(answer),
        at_most(answer, characters), re and json. `%ft_rule NAME` marks again, `%ft_rule` lists.
        """
        given = LINE.parse(line)
        if not given.words:
            self._list(cell)
            return None
        if len(given.words) > 1:
            reason = "one name, got " + " ".join(given.words)
            raise ConfigError("arguments_wrong", field="line", magic="%ft_rule", reason=reason)
        name: str = given.words[0]
        marks = self.session.rule(name, _body(name, given, cell), given.on)
        if marks is None:
            say(text.message("rule_ready", {"name": name}))
        return marks

    def _list(self, cell: str | None) -> None:
        """List the rules, with the first line of each."""
        if cell is not None:
            raise ConfigError("rule_name_missing", field="rule")
        rules = self.session.rules
        lines = []
        for rule in rules.rules:
            first, *more = rule.source.split("\n")
            waits = text.message("rule_waits", {}) if rules.waits(rule) else ""
            lines.append(f"{rule.name:<24} {first}{' …' if more else ''}  {waits}".rstrip())
        say("\n".join(lines) or text.message("rule_none", {}))


def _body(name: str, given: argparse.Namespace, cell: str | None) -> str | None:
    """The source of the rule: what stands below, or what the options say; None: neither."""
    target = given.target or "answer"
    lines = [f"{target} must match {given.match}"] if given.match is not None else []
    if given.no_match is not None:
        lines.append(f"{target} must not match {given.no_match}")
    if lines and cell is not None and cell.strip():
        raise ConfigError("rule_two_forms", field="rule", name=name)
    return "\n".join(lines) or cell
