"""What a user rule's source says, made into something that judges: patterns, or Python.

Knows an answer and what came before it. Running Python is for whoever has confirmed it:
`core.rules.rules` sees to that.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import msgspec

from nbfinetune.core import text
from nbfinetune.core.errors import ConfigError
from nbfinetune.core.messages import Message
from nbfinetune.core.quoting import quoted, visible

Outcome = Literal["passed", "failed", "unjudged"]

_PATTERN_LINE = re.compile(r"(answer|user|system|row)\s+must\s+(not\s+)?match\s(.+)", re.IGNORECASE)


class Subject(msgspec.Struct, frozen=True):
    """What a check looks at: an answer and all that came before it. Texts; empty: there is none.

    `user` is what the answer answers; `messages` all messages, the answer last.
    """

    system: str
    user: str
    answer: str
    messages: tuple[Message, ...]


class Verdict(msgspec.Struct, frozen=True):
    """What a rule says: passed; failed, with the reason; or that it could not be judged, and why.

    `message` is the position of the answer that it is about, in the row's messages.
    """

    outcome: Outcome
    reason: str = ""
    message: int = 0


# what rules may call: each says True, or why not


def lacks(answer: str, *words: str) -> bool | str:
    """True where none of `words` is in the answer, whatever its letter case; blank ones don't
    count."""
    found = [w for w in words if w.strip() and w.strip().casefold() in answer.casefold()]
    return not found or text.message("rule_contains", {"found": quoted(found[0].strip())})


def ends_with(answer: str, *endings: str) -> bool | str:
    """True where the answer ends with one of `endings`, blanks after it left out."""
    words = answer.rstrip()
    wanted = " / ".join(quoted(e) for e in endings)
    got = quoted(words[-1:])
    return words.endswith(endings) or text.message("rule_wrong_end", {"got": got, "wanted": wanted})


def valid_json(answer: str) -> bool | str:
    """True where the answer is one JSON value and nothing else."""
    try:
        json.loads(answer, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return text.message("rule_not_json", {"reason": visible(str(error), 120)})
    return True


def at_most(answer: str, characters: int) -> bool | str:
    """True where the answer has no more than so many characters."""
    got = len(answer)
    return got <= characters or text.message("rule_too_long", {"got": got, "limit": characters})


HELPERS: Final[Mapping[str, Callable[..., bool | str]]] = {
    f.__name__: f for f in (lacks, ends_with, valid_json, at_most)
}


def _no_constant(name: str) -> None:
    raise ValueError(name)


# patterns


def pattern_judge(name: str, source: str) -> Callable[[Subject], Verdict]:
    checks = [
        _pattern(name, number, line.strip())
        for number, line in enumerate(source.split("\n"), start=1)
        if line.strip()
    ]

    def judged(subject: Subject) -> Verdict:
        reasons = filter(None, (check(subject) for check in checks))
        reason = next(reasons, "")
        return Verdict("failed", reason) if reason else Verdict("passed")

    return judged


def _pattern(name: str, number: int, line: str) -> Callable[[Subject], str]:
    """Why a subject breaks the line; empty where it doesn't."""
    parts = _PATTERN_LINE.fullmatch(line)
    if parts is None:
        raise ConfigError("rule_line", field="rule", name=name, line=number, got=quoted(line))
    target, negated, pattern = parts[1].lower(), bool(parts[2]), parts[3].strip()
    try:
        search = re.compile(pattern).search
    except (re.error, OverflowError, RecursionError) as error:
        raise ConfigError(
            "rule_pattern", field="rule", name=name, line=number, reason=str(error)
        ) from None

    def reason(subject: Subject) -> str:
        found = search(_target(subject, target))
        if (found is not None) != negated:
            return ""
        params = {"target": target, "pattern": visible(pattern)}
        if found is None:
            return text.message("rule_no_match", params)
        return text.message("rule_matches", {**params, "found": quoted(found.group())})

    return reason


def _target(subject: Subject, target: str) -> str:
    if target == "row":
        return "\n".join(message.content for message in subject.messages)
    return str(getattr(subject, target))


# Python


def python_judge(name: str, source: str) -> Callable[[Subject], Verdict]:
    """What judges by Python: expressions that must all hold, or a function `check`. Runs it.

    Raises:
        ConfigError: The source can't be read or set up.
    """
    place = f"<rule {visible(name)}>"  # as a file name it may hold no NUL
    names: dict[str, Any] = {"re": re, "json": json, "__name__": place, **HELPERS}
    tree = _parsed(name, source, place)
    if not tree.body:
        raise ConfigError("rule_empty", field="rule", name=name)
    try:
        if all(isinstance(node, ast.Expr) for node in tree.body):
            checks = [_expression(node, place, names) for node in tree.body]
        else:
            exec(compile(tree, place, "exec"), names)
            checks = [_function(name, names)]
    except ConfigError:
        raise
    except (Exception, SystemExit) as error:
        reason = _one_line(error, place)
        raise ConfigError("rule_broken", field="rule", name=name, reason=reason) from None

    def judged(subject: Subject) -> Verdict:
        verdict = Verdict("passed")
        try:
            for check in checks:
                verdict = check(subject)
                if verdict.outcome != "passed":
                    break
        except (Exception, SystemExit) as error:
            return Verdict("unjudged", _one_line(error, place))
        return verdict

    return judged


def _parsed(name: str, source: str, place: str) -> ast.Module:
    try:
        return ast.parse(source, place)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason, line = getattr(error, "msg", str(error)), getattr(error, "lineno", None) or 1
        raise ConfigError(
            "rule_syntax", field="rule", name=name, reason=reason, line=line
        ) from None


def _expression(node: ast.stmt, place: str, names: dict[str, Any]) -> Callable[[Subject], Verdict]:
    """An expression may also say None (as a pattern that is not found does) or a match."""
    assert isinstance(node, ast.Expr)
    code = compile(ast.Expression(node.value), place, "eval")

    def judged(subject: Subject) -> Verdict:
        # one dictionary, so that a comprehension inside the expression sees these names, too
        said = eval(code, {**names, **msgspec.structs.asdict(subject)})
        return _verdict(True if isinstance(said, re.Match) else False if said is None else said)

    return judged


def _function(name: str, names: dict[str, Any]) -> Callable[[Subject], Verdict]:
    """Calls `check` with what its parameters name; one that says nothing has forgotten to."""
    check = names.get("check")
    if not callable(check):
        raise ConfigError("rule_no_check", field="rule", name=name)
    known = ("row", *Subject.__struct_fields__)
    parameters = inspect.signature(check).parameters.values()
    wanted = [p.name for p in parameters if p.default is p.empty]
    if unknown := [p for p in wanted if p not in known]:
        raise ConfigError("rule_parameters", field="rule", name=name, got=", ".join(unknown))

    def judged(subject: Subject) -> Verdict:
        values = {"row": subject, **msgspec.structs.asdict(subject)}
        return _verdict(check(**{p: values[p] for p in wanted}))

    return judged


def _verdict(said: object) -> Verdict:
    if said is True:
        return Verdict("passed")
    if said is False:
        return Verdict("failed", text.message("rule_not_kept", {}))
    if isinstance(said, str) and said.strip():
        return Verdict("failed", visible(said.strip(), 200))
    got = "''" if isinstance(said, str) else type(said).__name__
    return Verdict("unjudged", text.message("rule_no_verdict", {"got": got}))


def _one_line(error: BaseException, place: str) -> str:
    """`ZeroDivisionError: division by zero (line 3)`, with the last line of the rule itself."""
    try:
        words = str(error)
    except Exception:  # an exception of the rule's own making
        words = ""
    shown = visible(": ".join(filter(None, [type(error).__name__, words])), 200)
    line, frame = 0, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == place:
            line = frame.tb_lineno
        frame = frame.tb_next
    return f"{shown} ({text.message('at_line', {'line': line})})" if line else shown
