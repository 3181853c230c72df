"""User rules: what they may say, what they find, and that none runs before it is confirmed."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbfinetune.core import text
from nbfinetune.core.errors import ConfigError
from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.rules.checks import Verdict
from nbfinetune.core.rules.rules import (
    Check,
    Marks,
    Rule,
    RuleBook,
    check_of,
    judge,
    mark,
    stored_rule,
    written_rule,
)

PROMPT = (Message("system", "Be brief."), Message("user", "shoe"))


def check(body: str) -> Check:
    return check_of(written_rule("mine", body), confirmed=True)


def said(body: str, answer: str) -> tuple[str, str]:
    verdict = judge(check(body), PROMPT, answer)
    assert verdict.message == 2
    return verdict.outcome, verdict.reason


def row(*turns: str) -> Conversation:
    roles = ("user", "assistant") * len(turns)
    return Conversation(tuple(Message(r, t) for r, t in zip(roles, turns, strict=False)))


@pytest.mark.parametrize(
    ("body", "answer", "expected"),
    [
        ("user not in answer", "a boot", ("passed", "")),
        ("user not in answer", "a shoe", ("failed", "not kept")),
        ("'too long' if len(answer) > 3 else True", "boots", ("failed", "too long")),
        ("re.search(r'\\d', answer)", "7 boots", ("passed", "")),
        ("re.search(r'\\d', answer)", "boots", ("failed", "not kept")),
        ("all(w not in answer for w in user.split())", "shoe!", ("failed", "not kept")),
        ("system == 'Be brief.' and messages[-1].content == answer", "x", ("passed", "")),
        ("user not in answer\nlen(answer) < 5", "boots", ("failed", "not kept")),
        ("lacks(answer, user)", "My SHOE", ("failed", "contains 'shoe'")),
        ("lacks(answer, ' ', '')", "a b", ("passed", "")),
        ("ends_with(answer, '.', '!')", "Yes! \n", ("passed", "")),
        ("ends_with(answer, '。')", "是.", ("failed", "ends with '.', not '。'")),
        ("ends_with(answer, '。')", "", ("failed", "ends with '', not '。'")),
        ("valid_json(answer)", '{"a": [1, null]}', ("passed", "")),
        ("valid_json(answer)", "[NaN]", ("failed", "no valid JSON: NaN")),
        ("at_most(answer, 3)", "four", ("failed", "4 characters, more than 3")),
        ("at_most(answer, 4)", "four", ("passed", "")),
        ("def check(row):\n    return row.user not in row.answer", "shoes", ("failed", "not kept")),
        ("    def check(answer, user):\n        return 'no ' + user", "x", ("failed", "no shoe")),
        ("import math\ndef check(answer, limit=math.inf):\n  return len(answer) < limit", "x",
         ("passed", "")),
        ("answer must match oo", "boots", ("passed", "")),
        ("answer must match ^b.*s$\n\nrow must not match (?i)BRIEF", "boots",
         ("failed", "row matches (?i)BRIEF: 'brief'")),
        ("answer must match x$", "boots", ("failed", "answer does not match x$")),
        ("User must not match sh", "boots", ("failed", "user matches sh: 'sh'")),
    ],
)  # fmt: skip
def test_a_rule_passes_an_answer_or_says_why_not(body, answer, expected):
    assert said(body, answer) == expected


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero (line 1)"),
        ("def check(row):\n    x = 1\n    return row.nothing",
         "AttributeError: 'Subject' object has no attribute 'nothing' (line 3)"),
        ("def check(row):\n    raise ValueError('two\\nlines')",
         "ValueError: two\\nlines (line 2)"),
        ("def check(row):\n    return check(row)", None),
        ("exit(3)", "SystemExit: 3"),
        ("def check(row):\n    class Bad(Exception):\n        def __str__(self): 1 / 0\n"
         "    raise Bad", "Bad (line 4)"),
        ("def check(row):\n    pass", "a check says True, False or a reason, got NoneType"),
        ("len(answer)", "a check says True, False or a reason, got int"),
        ("answer[:0]", "a check says True, False or a reason, got ''"),
    ],
)  # fmt: skip
def test_a_rule_that_fails_itself_could_not_judge(body, reason):
    outcome, why = said(body, "boots")
    assert outcome == "unjudged"
    if reason is None:
        assert why.startswith("RecursionError: ")
    elif "SystemExit" in reason:
        assert why.startswith(reason)
    else:
        assert why == reason


@settings(max_examples=200, derandomize=True, deadline=None)
@given(
    st.sampled_from(
        [
            "valid_json(answer)",
            "ends_with(answer, '。')",
            "lacks(answer, user)",
            "answer must match ^.*$",
            "answer[3] == 'x'",
        ]
    ),
    st.text(max_size=30),
)
def test_whatever_an_answer_is_there_is_a_verdict(body, answer):  # fmt: skip
    assert judge(check(body), PROMPT, answer).outcome in ("passed", "failed", "unjudged")


def test_rows_are_marked_by_their_first_answer_that_does_not_pass():
    rows = (row("shoe", "boot"), row("a", "x", "shoe", "shoes!", "b", "b"), row("hat", ""))
    rule = written_rule("mine", "user not in answer and (answer or 1 / 0)  and True")
    assert mark(check_of(rule, confirmed=True), rows) == Marks(
        rule,
        rows,
        (
            Verdict("passed", "", 1),
            Verdict("failed", "not kept", 3),
            Verdict("unjudged", "ZeroDivisionError: division by zero (line 1)", 1),
        ),
    )
    marks = mark(check_of(rule, confirmed=True), rows)
    assert [marks.having(o) for o in ("passed", "failed", "unjudged")] == [(0,), (1,), (2,)]


def test_the_source_is_kept_as_text_and_read_again():
    rule = written_rule("ends", "\n  answer must match 。$\n")
    assert rule == Rule(name="ends", kind="regex", source="answer must match 。$")
    stored = msgspec.json.encode(rule)
    assert msgspec.json.decode(stored) == {
        "v": 1, "name": "ends", "kind": "regex", "source": "answer must match 。$",
    }  # fmt: skip
    assert stored_rule(stored) == rule
    assert stored_rule(stored[:-1] + b', "later": [1]}') == rule
    assert rule.cell == "%%ft_rule ends\nanswer must match 。$"


def test_stored_python_does_not_run_before_its_cell_has(tmp_path):
    touched = tmp_path / "touched"
    source = f"open({str(touched)!r}, 'w')\nlen(answer) > 0"
    stored = msgspec.json.encode(Rule(name="theirs", kind="python", source=source))
    with pytest.raises(ConfigError) as refused:
        check_of(stored_rule(stored))
    assert str(refused.value) == (
        "the rule 'theirs' is Python that came with the data and has not been run here\n"
        "It could do anything on this machine. Read it; if you trust it, run this cell:\n"
        f"%%ft_rule theirs\n{source}"
    )
    assert not touched.exists()
    # a stored word can't confirm either
    with pytest.raises(ConfigError, match="has not been run here"):
        check_of(stored_rule(stored[:-1] + b', "confirmed": true}'))
    judge(check_of(stored_rule(stored), confirmed=True), PROMPT, "x")
    assert touched.exists()


def test_stored_patterns_need_no_confirmation():
    rule = written_rule("ends", "answer must match x$")
    assert judge(check_of(rule), PROMPT, "x").outcome == "passed"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (" \n", "the rule 'mine' says nothing"),
        ("# user not in answer", "the rule 'mine' says nothing"),
        ("user not in", "the rule 'mine' is no valid Python: invalid syntax (line 1)"),
        ("x = 1\ny = = 2", "the rule 'mine' is no valid Python: invalid syntax (line 2)"),
        ("x = 1", "the rule 'mine' has statements but no function 'check'"),
        ("def check(row, question): pass", "check() of the rule 'mine' can't be given question"),
        ("import nothing_of_that_name\ndef check(row): pass",
         "the rule 'mine' can't be set up: ModuleNotFoundError: No module named "
         "'nothing_of_that_name' (line 1)"),
        ("x = exit(3)\ndef check(row): pass",
         "the rule 'mine' can't be set up: SystemExit: 3 (line 1)"),
        ("x = int('x')\ndef check(row): pass",
         "the rule 'mine' can't be set up: ValueError: invalid literal for int() with base 10: "
         "'x' (line 1)"),
        ("answer must match (", "line 1 of the rule 'mine' is no valid pattern: missing ), "
         "unterminated subpattern at position 0"),
        ("answer must match x\nreply must match x",
         "line 2 of the rule 'mine' can't be read: 'reply must match x'"),
        ("answer must rhyme", "line 1 of the rule 'mine' can't be read: 'answer must rhyme'"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_used_says_what_is_wrong(body, message):
    with pytest.raises(ConfigError) as refused:
        check(body)
    assert str(refused.value).split("\n")[0] == message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"v": 2, "name": "r", "rules": []}',
         "the rule 'r' was stored by a newer version (v2, known: v1)"),
        (b"[]", "a stored rule can't be read: Expected `object`, got `array`"),
        (b'{"v": 1, "name": "r", "kind": "shell", "source": "rm"}',
         "a stored rule can't be read: Invalid enum value 'shell' - at `$.kind`"),
        (b'{"v": 1, "name": "r\\n!ls", "kind": "python", "source": "True"}',
         "a stored rule can't be read: name 'r\\n!ls'"),
        (b'{"v": 1, "name": " ", "kind": "python", "source": "True"}',
         "a stored rule can't be read: name ' '"),
        (b"\xff", "a stored rule can't be read: JSON is malformed: invalid character (byte 0)"),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused(data, message):
    with pytest.raises(ConfigError) as refused:
        stored_rule(data)
    assert str(refused.value).split("\n")[0] == message


def test_a_function_is_no_rule_since_it_could_not_be_kept():
    with pytest.raises(ConfigError) as caught:
        written_rule("mine", lambda answer: True)
    assert str(caught.value) == (
        "the rule 'mine' must be a text, got function\n"
        'Write it as in a cell, for example  "lacks(answer, user)": it is kept with the dataset.'
    )


def test_reasons_are_given_in_chinese():
    text.set_language("zh")
    assert said("ends_with(answer, '。')", "是.") == ("failed", "以 '.' 结尾，应为 '。'")
    assert said("1 / 0", "x") == ("unjudged", "ZeroDivisionError: division by zero (第 1 行)")


def test_a_book_of_rules_keeps_what_was_written_here_before_what_came_with_data():
    book = RuleBook()
    theirs = Rule(name="mine", kind="python", source="False")
    pattern = Rule(name="ends", kind="regex", source="answer must match x$")
    book.offer(theirs)
    book.offer(pattern)
    assert [book.waits(rule) for rule in book.rules] == [True, False]
    with pytest.raises(ConfigError, match="has not been run here"):
        book.check("mine")
    assert book.check("ends").rule == pattern
    written = book.write("mine", "True")
    book.offer(theirs)
    assert book.check("mine") is written
    assert book.rules == (written.rule, pattern)
    with pytest.raises(ConfigError, match="no valid Python"):
        book.write("mine", "not")
    assert book.check("mine") is written
    with pytest.raises(ConfigError, match=r"there is no rule 'end'\. Did you mean 'ends'"):
        book.check("end")
