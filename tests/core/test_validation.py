"""The rules for one row, the survey across rows, the words of every problem."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping

import pytest

from nbfinetune.core import text
from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.json_scan import MAX_DEPTH
from nbfinetune.core.reading.sources import from_rows
from nbfinetune.core.rows import BROKEN, Row
from nbfinetune.core.text.problems import PROBLEMS
from nbfinetune.core.validation import broken_rules, check_row, conversation_of

SYSTEM = {"role": "system", "content": "Be brief."}
USER = {"role": "user", "content": "hi"}
ASSISTANT = {"role": "assistant", "content": "yo"}


def said(*messages: object) -> list[str]:
    """Every problem of a row of these messages, as `severity code path: message`."""
    return broken({"messages": list(messages)})


def broken(row: object) -> list[str]:
    return [f"{p.severity} {p.code} {p.path}: {p.message}" for p in broken_rules(row)]


@pytest.mark.parametrize(
    "messages",
    [
        [USER, ASSISTANT],
        [SYSTEM, USER, ASSISTANT],
        [USER, ASSISTANT, USER, ASSISTANT],
        [SYSTEM, USER, ASSISTANT, USER, ASSISTANT, USER, ASSISTANT],
        [{**USER, "content": "line\u2028separator"}, ASSISTANT],
        [USER, {**ASSISTANT, "content": " outer blanks "}],
        [USER, {**ASSISTANT, "content": "0"}],
    ],
)
def test_a_valid_conversation_has_no_problem(messages):
    assert said(*messages) == []


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([USER], "error row_not_object : expected an object {…}, got "
                 '[{"role": "user", "content": "hi"}]'),
        ("text", "error row_not_object : expected an object {…}, got 'text'"),
        (None, "error row_not_object : expected an object {…}, got null"),
        (7, "error row_not_object : expected an object {…}, got 7"),
        ({}, "error messages_missing : expected the key 'messages', got {}"),
        ({"message": []}, "error messages_missing : expected the key 'messages', got 'message'"),
        ({"role": "user"}, "error messages_missing : expected the key 'messages', got 'role'"),
        (dict.fromkeys("abcde"), "error messages_missing : expected the key 'messages', "
                                 "got 'a', 'b', 'c', 'd', 'e'"),
        (dict.fromkeys("abcdefg"), "error messages_missing : expected the key 'messages', "
                                   "got 'a', 'b', 'c', 'd', 'e', …"),
        (USER, "error messages_missing : expected the key 'messages', "
               "got a single message: 'role', 'content'"),
        ({"messages": "hi"}, "error messages_not_array $.messages: "
                             "expected an array […], got 'hi'"),
        ({"messages": USER}, "error messages_not_array $.messages: expected an array […], got "
                             '{"role": "user", "content": "hi"}'),
        ({"messages": None}, "error messages_not_array $.messages: "
                             "expected an array […], got null"),
        ({"messages": []}, "error messages_empty $.messages: "
                           "expected at least one question and its answer, got []"),
    ],
)  # fmt: skip
def test_a_row_of_another_shape_is_one_problem(row, expected):
    assert broken(row) == [expected]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("hi", "message_not_object $.messages[0]: expected an object {…}, got 'hi'"),
        ({"content": "hi"}, "role_missing $.messages[0]: expected the key 'role', got 'content'"),
        ({"role": "human", "content": "hi"}, "role_invalid $.messages[0].role: "
         "expected 'system' / 'user' / 'assistant', got 'human'"),
        ({"role": "User", "content": "hi"}, "role_invalid $.messages[0].role: "
         "expected 'system' / 'user' / 'assistant', got 'User'"),
        ({"role": "tool", "content": ""}, "role_invalid $.messages[0].role: "
         "expected 'system' / 'user' / 'assistant', got 'tool'"),
        ({"role": None, "content": "hi"}, "role_invalid $.messages[0].role: "
         "expected 'system' / 'user' / 'assistant', got null"),
        ({"role": ["user"], "content": "hi"}, "role_invalid $.messages[0].role: "
         "expected 'system' / 'user' / 'assistant', got [\"user\"]"),
        ({"role": "user"}, "content_missing $.messages[0]: expected the key 'content', got 'role'"),
        ({"role": "user", "content": None}, "content_null $.messages[0].content: "
         "expected a text '…', got null"),
        ({"role": "user", "content": 42}, "content_not_string $.messages[0].content: "
         "expected a text '…', got 42"),
        ({"role": "user", "content": [{"type": "text"}]}, "content_not_string "
         '$.messages[0].content: expected a text \'…\', got a list of parts: [{"type": "text"}]'),
    ],
)  # fmt: skip
def test_a_bad_message_is_one_problem_and_the_order_is_not_judged_by_it(message, expected):
    assert said(message, ASSISTANT) == [f"error {expected}"]


def test_a_message_without_keys_lacks_both():
    assert said({}, ASSISTANT) == [
        "error role_missing $.messages[0]: expected the key 'role', got {}",
        "error content_missing $.messages[0]: expected the key 'content', got {}",
    ]


def test_two_mistakes_in_one_row_are_two_problems():
    assert said({"role": "human", "content": None}, ASSISTANT, USER) == [
        "error role_invalid $.messages[0].role: "
        "expected 'system' / 'user' / 'assistant', got 'human'",
        "error content_null $.messages[0].content: expected a text '…', got null",
        "error unpaired_end $.messages[2].role: expected 'assistant' at the end, got 'user'",
    ]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([ASSISTANT], ["first_not_user $.messages[0].role: "
                       "expected 'user' at the start, got 'assistant'"]),
        ([ASSISTANT, USER, ASSISTANT], ["first_not_user $.messages[0].role: "
                                        "expected 'user' at the start, got 'assistant'"]),
        ([SYSTEM, ASSISTANT, USER, ASSISTANT], ["first_not_user $.messages[1].role: "
                                                "expected 'user' after 'system', got 'assistant'"]),
        ([USER, USER, ASSISTANT], ["not_alternating $.messages[1].role: "
                                   "expected 'assistant' after 'user', got 'user'"]),
        ([USER, ASSISTANT, ASSISTANT], ["not_alternating $.messages[2].role: "
                                        "expected 'user' after 'assistant', got 'assistant'"]),
        ([SYSTEM, USER, USER], ["not_alternating $.messages[2].role: "
                                "expected 'assistant' after 'user', got 'user'"]),
        ([USER], ["unpaired_end $.messages[0].role: "
                  "expected 'assistant' at the end, got 'user'"]),
        ([SYSTEM, USER], ["unpaired_end $.messages[1].role: "
                          "expected 'assistant' at the end, got 'user'"]),
        ([USER, ASSISTANT, USER], ["unpaired_end $.messages[2].role: "
                                   "expected 'assistant' at the end, got 'user'"]),
        ([SYSTEM], ["no_pair $.messages: expected 'user', 'assistant', got only 'system'"]),
        ([SYSTEM, SYSTEM, USER, ASSISTANT], ["system_multiple $.messages[1].role: expected "
                                             "'user' / 'assistant' after the first 'system', "
                                             "got a second 'system'"]),
        ([USER, SYSTEM, ASSISTANT], ["system_not_first $.messages[1].role: expected 'user' / "
                                     "'assistant' here, got 'system', which can only be the "
                                     "first message"]),
        ([USER, ASSISTANT, SYSTEM], ["system_not_first $.messages[2].role: expected 'user' / "
                                     "'assistant' here, got 'system', which can only be the "
                                     "first message"]),
        ([USER, ASSISTANT, USER, USER, ASSISTANT, USER], [
            "not_alternating $.messages[3].role: expected 'assistant' after 'user', got 'user'",
            "unpaired_end $.messages[5].role: expected 'assistant' at the end, got 'user'"]),
    ],
)  # fmt: skip
def test_the_order_of_roles(messages, expected):
    assert said(*messages) == [f"error {problem}" for problem in expected]


@pytest.mark.parametrize("content", ["", " \n\t", "\u3000", "\u200b"])
def test_an_answer_without_text_is_an_error_and_a_question_without_text_a_warning(content):
    code = "content_blank" if content else "content_empty"
    severities = {
        role: [
            (p.severity, p.code, p.path)
            for p in broken_rules(
                {"messages": [{**m, "content": content} if m["role"] == role else m for m in turns]}
            )
        ]
        for turns in ([SYSTEM, USER, ASSISTANT],)
        for role in ("system", "user", "assistant")
    }
    assert severities == {
        "system": [("warning", "system_empty", "$.messages[0].content")],
        "user": [("warning", "user_empty", "$.messages[1].content")],
        "assistant": [("error", code, "$.messages[2].content")],
    }


def test_what_was_reported_as_broken_is_not_judged_again():
    assert broken(BROKEN) == []
    assert broken({"messages": BROKEN}) == []
    assert said(BROKEN, ASSISTANT) == []
    assert said({"role": BROKEN, "content": BROKEN}, ASSISTANT, USER, ASSISTANT) == []


def test_hostile_values_are_named_on_one_short_visible_line():
    row = {"messages": [{"role": "a\nb\x1b[31m\u202e" + "x" * 500, "content": "c"}, ASSISTANT]}
    (problem,) = broken_rules(row)
    assert problem.params["got"] == r"'a\nb\x1b[31m\u202e" + "x" * 38 + "…'"


def test_problems_carry_the_line_of_their_value():
    row = Row(3, {"messages": [USER, {"role": "bot", "content": "x"}]}, (), {"$.messages[1]": 5})
    assert check_row(row) == (
        Problem(
            code="role_invalid",
            kind="alias",
            severity="error",
            line=5,
            path="$.messages[1].role",
            params={
                "expected": "'system' / 'user' / 'assistant'",
                "got": "'bot'",
                "meant": "'assistant'",
            },
        ),
    )


def test_a_conversation_keeps_extra_keys_and_gets_the_system_prompt_it_lacks():
    value = {"messages": [USER, {**ASSISTANT, "weight": 0}], "id": 7}
    assert conversation_of(Row(4, value), system="Be brief.") == Conversation(
        (
            Message("system", "Be brief."),
            Message("user", "hi"),
            Message("assistant", "yo", {"weight": 0}),
        ),
        4,
        {"id": 7},
    )
    own = conversation_of(Row(4, {"messages": [SYSTEM, USER, ASSISTANT]}), system="Another.")
    assert own.system == "Be brief."


# Across rows


def rows(*answers: str, question: str = "hi") -> list[dict[str, object]]:
    return [{"messages": [{**USER, "content": question}, {**ASSISTANT, "content": a}]}
            for a in answers]  # fmt: skip


def numbered(count: int) -> list[dict[str, object]]:
    return [row for i in range(count) for row in rows("yo", question=f"hi {i}")]


def surveyed(data: list[dict[str, object]]) -> list[tuple[str, str, int | None, str, str]]:
    """Everything found about the rows but their small number."""
    problems = from_rows(data, name="d").problems
    return [
        (p.severity, p.code, p.line, p.path, p.message) for p in problems if p.code != "few_rows"
    ]


@pytest.mark.parametrize(
    ("count", "codes"),
    [
        (0, [("error", "no_rows")]),
        (1, [("warning", "few_rows")]),
        (9, [("warning", "few_rows")]),
        (10, []),
        (1000, []),
        (1001, [("advice", "many_rows")]),
    ],
)
def test_the_number_of_rows(count, codes):
    problems = from_rows(numbered(count), name="d").problems
    assert [(p.severity, p.code) for p in problems] == codes


def test_duplicates_are_the_same_after_nfc_and_strip():
    data = rows("cafe\u0301", question="hi") + rows(" café\n", question="hi ")
    assert [p for p in surveyed(data) if p[1] != "outer_whitespace"] == [
        ("warning", "duplicate_row", 2, "", "the same messages as row 1"),
    ]


def test_another_answer_to_the_same_question_is_a_conflict():
    assert surveyed(rows("yes", "no", "yes")) == [
        ("warning", "conflicting_answers", 2, "",
         "the same question as row 1, with another answer"),
        ("warning", "duplicate_row", 3, "", "the same messages as row 1"),
    ]  # fmt: skip


def test_an_answer_is_judged_with_the_whole_conversation_before_it():
    short = {"messages": [USER, ASSISTANT]}
    long = {"messages": [SYSTEM, USER, ASSISTANT]}
    assert [p[1] for p in surveyed([short, long])] == ["system_prompt_varies"]


def test_extra_keys_are_named_once_each_with_their_count():
    row = {"messages": [USER, {**ASSISTANT, "weight": 1}], "id": 1, "my key": 2}
    other = {"messages": [{**USER, "content": "b"}, {**ASSISTANT, "weight": 1}]}
    assert surveyed([other, row]) == [
        ("warning", "extra_key", 1, "$.messages[1].weight",
         "the key 'weight' has no effect on training (2×, first here)"),
        ("warning", "extra_key", 2, "$.id",
         "the key 'id' has no effect on training (1×, first here)"),
        ("warning", "extra_key", 2, "$['my key']",
         "the key 'my key' has no effect on training (1×, first here)"),
    ]  # fmt: skip


def test_outer_blanks_are_counted_by_role():
    data = rows("yo ") + rows("\nyo", question="b ")
    assert surveyed(data) == [
        ("warning", "outer_whitespace", 1, "$.messages[1].content",
         "'assistant' messages that begin or end with blanks: 2 (first here)"),
        ("warning", "outer_whitespace", 2, "$.messages[0].content",
         "'user' messages that begin or end with blanks: 1 (first here)"),
    ]  # fmt: skip


def test_system_prompts_that_vary_are_a_warning():
    def row(system: str, question: str) -> dict[str, object]:
        return {
            "messages": [{**SYSTEM, "content": system}, {**USER, "content": question}, ASSISTANT]
        }

    assert surveyed([row("a", "1"), row("a", "2")]) == []
    assert surveyed([row("a", "1"), row("a", "2"), row("b", "3")]) == [
        ("warning", "system_prompt_varies", 3, "",
         "2 different system prompts are used; a second one begins here"),
    ]  # fmt: skip
    assert surveyed([row("a", "1"), *rows("yo")]) == [
        ("warning", "system_prompt_varies", 2, "",
         "some rows have the system prompt and others have none"),
    ]  # fmt: skip


# The words


def names(phrase: str) -> list[str]:
    return sorted({name for _, name, _, _ in string.Formatter().parse(phrase) if name})


@pytest.mark.parametrize("code", PROBLEMS)
def test_both_languages_say_the_same_with_the_same_parameters(code):
    phrase = PROBLEMS[code]
    assert names(phrase.en) == names(phrase.zh)
    assert names(phrase.en_way_out) == names(phrase.zh_way_out)
    assert bool(phrase.en_way_out) == bool(phrase.zh_way_out)
    assert re.search("[\u4e00-\u9fff]", phrase.zh)


CODES = """
json_parse encoding no_rows row_not_object messages_missing messages_not_array
messages_empty message_not_object role_missing content_missing role_invalid system_multiple
system_not_first first_not_user not_alternating unpaired_end no_pair content_null
content_not_string content_empty content_blank duplicate_key lone_surrogate too_deep
array_in_jsonl jsonl_in_json pretty_printed size_limit row_limit few_rows many_rows duplicate_row
conflicting_answers blank_line bom extra_key user_empty system_empty system_prompt_varies
outer_whitespace
"""


@pytest.mark.parametrize("code", CODES.split())
def test_every_code_has_words_and_a_way_out(code):
    phrases = [phrase for key, phrase in PROBLEMS.items() if key.split("/")[0] == code]
    assert phrases
    assert all(phrase.en_way_out for phrase in phrases)


def test_a_problem_reads_in_the_language_chosen(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(text, "_chosen", None)
    params: Mapping[str, str | int] = {"expected": "'user'", "got": "'assistant'"}
    problem = Problem(
        code="first_not_user",
        kind="after_system",
        severity="error",
        line=7,
        path="$.messages[1].role",
        params={**params},
    )
    monkeypatch.setenv("NBFINETUNE_LANG", "en")
    assert str(problem) == (
        "line 7  $.messages[1].role  expected 'user' after 'system', got 'assistant'"
    )
    monkeypatch.setenv("NBFINETUNE_LANG", "zh")
    assert str(problem) == (
        "第 7 行  $.messages[1].role  'system' 之后应为 'user'，得到 'assistant'"
    )


@pytest.mark.parametrize(("levels", "codes"), [(MAX_DEPTH - 1, []), (MAX_DEPTH, ["too_deep"])])
def test_python_rows_have_the_same_deepest_level_as_json(levels, codes):
    value: list[object] = []
    for _ in range(levels - 1):
        value = [value]
    row = {"messages": [USER, ASSISTANT], "a": value}
    assert [p.code for p in from_rows([row], name="d").errors] == codes


def test_python_rows_nested_without_end_are_too_deep_and_nothing_else():
    endless: dict[str, object] = {"messages": [USER, ASSISTANT]}
    endless["self"] = endless
    problems = from_rows([endless], name="d").errors
    assert [(p.code, p.path, p.params["limit"]) for p in problems] == [
        ("too_deep", "$.self.self.self", MAX_DEPTH)
    ]
