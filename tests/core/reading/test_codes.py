"""Every code of the catalogue, found in a file or in rows; and none where nothing is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.sources import read_file
from nbfinetune.core.reading.special_tokens import special_token_problems
from tests.mutations import row_line

GOOD = "".join(row_line(f"question {n}", "yo") + "\n" for n in range(10))
USER, YO = '{"role": "user", "content": "q"}', '{"role": "assistant", "content": "yo"}'


def said(*messages: str) -> str:
    return GOOD + '{"messages": [' + ", ".join(messages) + "]}\n"


def array(text: str) -> str:
    return "[" + ",".join(text.splitlines()) + "]"


CASES: dict[str, str | bytes] = {
    "json_parse": GOOD + '{"messages": [}\n',
    "encoding": ('{"messages": "好"}\n' * 3).encode("gbk"),
    "no_rows": "\n",
    "row_not_object": GOOD + "7\n",
    "messages_missing": GOOD + "{}\n",
    "messages_not_array": GOOD + '{"messages": 1}\n',
    "messages_empty": said(),
    "message_not_object": said("1", YO),
    "role_missing": said('{"content": "q"}', YO),
    "content_missing": said('{"role": "user"}', YO),
    "role_invalid": said('{"role": "bot", "content": "q"}', YO),
    "system_multiple": said(*['{"role": "system", "content": "s"}'] * 2, USER, YO),
    "system_not_first": said(USER, '{"role": "system", "content": "s"}', YO),
    "first_not_user": said(YO, USER, YO),
    "not_alternating": said(USER, USER, YO),
    "unpaired_end": said(USER, YO, USER),
    "no_pair": said('{"role": "system", "content": "s"}'),
    "content_null": said('{"role": "user", "content": null}', YO),
    "content_not_string": said('{"role": "user", "content": 1}', YO),
    "content_empty": said(USER, '{"role": "assistant", "content": ""}'),
    "content_blank": said(USER, '{"role": "assistant", "content": " "}'),
    "duplicate_key": said(USER.replace('"role"', '"role": "user", "role"'), YO),
    "lone_surrogate": said(USER, YO.replace("yo", "\\ud800")),
    "too_deep": GOOD[:-2] + ', "id": ' + "[" * 70 + "]" * 70 + "}\n",
    "array_in_jsonl": array(GOOD),
    "pretty_printed": GOOD + json.dumps(json.loads(row_line("a", "b")), indent=1) + "\n",
    "few_rows": row_line("a", "b"),
    "many_rows": "".join(row_line(f"question {n}", "yo") + "\n" for n in range(1001)),
    "duplicate_row": GOOD + GOOD.splitlines()[0],
    "conflicting_answers": GOOD + row_line("question 0", "no"),
    "blank_line": GOOD + "\n" + GOOD.replace("q", "k"),
    "bom": "\ufeff" + GOOD,
    "extra_key": GOOD[:-2] + ', "id": 1}\n',
    "user_empty": GOOD + row_line("", "b"),
    "system_empty": GOOD + row_line("a", "b", system=""),
    "system_prompt_varies": GOOD + row_line("a", "b", system="s"),
    "outer_whitespace": GOOD + row_line("a ", "b"),
}
OF_JSON = {"jsonl_in_json": GOOD}
OF_UPLOAD = {
    "size_limit": GOOD + row_line("a", "b" * 10_000_000),
    "row_limit": CASES["many_rows"],
}
OF_A_MODEL = ("special_token_in_content", "special_token")

# The words of P-D2, as they are promised.
PROMISED = """
json_parse encoding no_rows row_not_object messages_missing messages_not_array messages_empty
message_not_object role_missing content_missing role_invalid system_multiple system_not_first
first_not_user not_alternating unpaired_end no_pair content_null content_not_string content_empty
content_blank duplicate_key lone_surrogate too_deep array_in_jsonl jsonl_in_json pretty_printed
size_limit row_limit special_token_in_content few_rows many_rows duplicate_row conflicting_answers
blank_line bom extra_key user_empty system_empty special_token system_prompt_varies outer_whitespace
"""


def found(folder: Path, content: str | bytes, name: str = "d.jsonl", **options) -> list[Problem]:
    raw = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(raw)
    return list(read_file(folder / name, **options).problems)


def test_every_code_that_is_promised_has_a_case():
    cases = {*CASES, *OF_JSON, *OF_UPLOAD, *OF_A_MODEL}
    assert cases == set(PROMISED.split())


@pytest.mark.parametrize("code", CASES)
def test_a_mistake_is_found_and_says_what_to_do(tmp_path, code):
    problems = found(tmp_path, CASES[code])
    assert code in {problem.code for problem in problems}
    assert all(problem.message and problem.way_out for problem in problems)
    others = {"few_rows", "system_prompt_varies", "extra_key"}
    assert {p.code for p in problems} - others <= {code}


@pytest.mark.parametrize("code", OF_JSON)
def test_a_mistake_of_a_json_file_is_found(tmp_path, code):
    assert [p.code for p in found(tmp_path, OF_JSON[code], "d.json")] == [code]
    assert found(tmp_path, array(GOOD), "d.json") == []


@pytest.mark.parametrize("code", OF_UPLOAD)
def test_a_limit_of_the_upload_is_found_only_for_it(tmp_path, code):
    problems = found(tmp_path, OF_UPLOAD[code], profile="siliconcloud")
    assert [p.code for p in problems if p.severity == "error"] == [code]
    assert [p.code for p in found(tmp_path, OF_UPLOAD[code]) if p.severity == "error"] == []


def test_tokens_of_a_model_are_found():
    rows = [Conversation((Message("user", "<end>"), Message("assistant", "<think>")), 1)]
    problems = special_token_problems(rows, ["<end>"], ["<think>"])
    assert tuple(p.code for p in problems) == OF_A_MODEL


def test_a_good_file_has_no_problem(tmp_path):
    assert found(tmp_path, GOOD) == []
    assert found(tmp_path, GOOD, profile="siliconcloud") == []
