"""User rules: a check over a row, or over a model's answer to it.

A `Rule` is text: it is stored with a dataset and can't do anything. A `Check` is a rule that can be
run. The way from one to the other, `check_of`, refuses Python that the user of this machine has not
confirmed by running its cell: somebody else's dataset shall not run code here.
"""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import msgspec

from nbfinetune.core.errors import ConfigError
from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.quoting import quoted
from nbfinetune.core.rules.checks import Outcome, Subject, Verdict, pattern_judge, python_judge

RULE_VERSION: Final = 1

Kind = Literal["python", "regex"]

_LOOKS_LIKE_PATTERNS = re.compile(r"\s*\w+\s+must\s")


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as it is stored: its name, its text, and what the text is."""

    v: int = RULE_VERSION
    name: str
    kind: Kind
    source: str

    @property
    def cell(self) -> str:
        """The cell that makes this rule."""
        return f"%%ft_rule {self.name}\n{self.source}"


class Marks(msgspec.Struct, frozen=True):
    """A verdict for each of some rows."""

    rule: Rule
    rows: tuple[Conversation, ...]
    verdicts: tuple[Verdict, ...]

    def having(self, outcome: Outcome) -> tuple[int, ...]:
        """The rows with that outcome, 0-based."""
        return tuple(i for i, verdict in enumerate(self.verdicts) if verdict.outcome == outcome)


class Check:
    """A rule that can be run; made by `check_of` only."""

    def __init__(self, rule: Rule, judge: Callable[[Subject], Verdict]) -> None:
        self.rule = rule
        self._judge = judge

    def __call__(self, subject: Subject) -> Verdict:
        return self._judge(subject)


def written_rule(name: str, body: str) -> Rule:
    """The rule that a cell's body says: lines `answer must [not] match PATTERN`, else Python.

    Raises:
        ConfigError: It is empty, or no text: a rule is kept with data, which a function can't be.
    """
    if not isinstance(body, str):
        raise ConfigError("rule_no_text", field="rule", name=name, got=type(body).__name__)
    source = textwrap.dedent(body).strip("\n").rstrip()
    if not source:
        raise ConfigError("rule_empty", field="rule", name=name)
    patterns = _LOOKS_LIKE_PATTERNS.match(source) is not None
    return Rule(name=name, kind="regex" if patterns else "python", source=source)


def stored_rule(data: bytes) -> Rule:
    """A rule from the JSON that `msgspec.json.encode(rule)` wrote; unknown keys are ignored.

    Raises:
        ConfigError: It was stored by a newer version, or is no rule.
    """
    try:
        head = msgspec.json.decode(data, type=dict[str, Any])
        if isinstance(version := head.get("v"), int) and version > RULE_VERSION:
            name = str(head.get("name"))
            raise ConfigError(
                "rule_newer", field="rule", name=name, got=version, known=RULE_VERSION
            )
        rule = msgspec.convert(head, Rule)
    except msgspec.MsgspecError as error:
        raise ConfigError("rule_damaged", field="rule", reason=str(error)) from None
    if not rule.name.strip() or not rule.name.isprintable():
        # it is the first line of the cell that the user is asked to run: it hides no second one
        raise ConfigError("rule_damaged", field="rule", reason=f"name {quoted(rule.name)}")
    return rule


def check_of(rule: Rule, *, confirmed: bool = False) -> Check:
    """The rule, ready to run. `confirmed`: the user has run the cell that holds this source.

    Raises:
        ConfigError: Python that is not confirmed; a source that can't be read.
    """
    if rule.kind == "regex":
        return Check(rule, pattern_judge(rule.name, rule.source))
    if not confirmed:
        raise ConfigError("rule_unconfirmed", field="rule", name=rule.name, source=rule.source)
    return Check(rule, python_judge(rule.name, rule.source))


def judge(check: Check, prompt: Sequence[Message], answer: str) -> Verdict:
    """What the rule says of an answer to these messages. Never raises, whatever the rule does."""
    systems = [m.content for m in prompt[:1] if m.role == "system"]
    asked = [m.content for m in prompt if m.role == "user"]
    messages = (*prompt, Message("assistant", answer))
    subject = Subject(systems[0] if systems else "", asked[-1] if asked else "", answer, messages)
    return msgspec.structs.replace(check(subject), message=len(prompt))


def mark(check: Check, rows: Sequence[Conversation]) -> Marks:
    """A verdict for each row: that on its first answer that does not pass, else that on its last.

    Every answer of a row is judged, since every one is learned.
    """
    return Marks(check.rule, tuple(rows), tuple(_mark_row(check, row) for row in rows))


class RuleBook:
    """The rules that one kernel knows, by name: written here, or come with data.

    What came with data never takes the place of what was written here.
    """

    def __init__(self) -> None:
        self._rules: dict[str, Rule] = {}
        self._checks: dict[str, Check] = {}

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All of them, oldest first."""
        return tuple(self._rules.values())

    def write(self, name: str, body: str) -> Check:
        """Take a rule from a cell that the user has run: that confirms it.

        Raises:
            ConfigError: It can't be read or set up; the rule of that name stays what it was.
        """
        check = check_of(written_rule(name, body), confirmed=True)
        self._rules[name] = check.rule
        self._checks[name] = check
        return check

    def offer(self, rule: Rule) -> None:
        """Take a rule that came with data. Python waits until its cell is run."""
        if rule.name not in self._checks:
            self._rules[rule.name] = rule

    def check(self, name: str) -> Check:
        """The rule of that name, ready to run.

        Raises:
            ConfigError: There is none; it waits to be confirmed (the message holds its cell).
        """
        if name not in self._rules:
            near = difflib.get_close_matches(name, self._rules, n=1)
            suggestion = f". Did you mean {near[0]!r}?" if near else ""
            raise ConfigError("rule_unknown", field="rule", name=name, suggestion=suggestion)
        return self._checks.get(name) or check_of(self._rules[name])

    def waits(self, rule: Rule) -> bool:
        """Whether a rule is Python that has not been run here."""
        return rule.kind == "python" and rule.name not in self._checks


def _mark_row(check: Check, row: Conversation) -> Verdict:
    verdict = Verdict("passed")
    for i, message in enumerate(row.messages):
        if message.role == "assistant":
            verdict = judge(check, row.messages[:i], message.content)
            if verdict.outcome != "passed":
                break
    return verdict
