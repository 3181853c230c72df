"""Files, cells and Python objects to datasets: the same rules, lines as the user sees them."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbfinetune.core.dataset import Origin
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.problems import Problem
from nbfinetune.core.reading.checking import UPLOAD_BYTES
from nbfinetune.core.reading.sources import from_rows, read_cell, read_file


def row(question: str, answer: str = "yo", **extra: object) -> dict[str, object]:
    user = {"role": "user", "content": question}
    return {"messages": [user, {"role": "assistant", "content": answer}], **extra}


ROWS = [row(f"q{i}") for i in range(12)]
JSONL = "".join(json.dumps(r) + "\n" for r in ROWS)
TURNS = (Message("user", "q0"), Message("assistant", "yo"))


def read_bytes(folder: Path, raw: bytes, name: str = "d.jsonl", **options):
    path = folder / name
    path.write_bytes(raw)
    return read_file(path, **options)


def errors(dataset) -> list[tuple[str, int | None, str, str]]:
    return [(p.code, p.line, p.path, p.message) for p in dataset.errors]


# Files


def test_a_file_is_read_with_lines_name_and_origin(tmp_path):
    dataset = read_bytes(tmp_path, JSONL.encode())
    assert (dataset.name, dataset.rows, dataset.problems) == ("d", 12, ())
    assert dataset.origin == Origin("file", str(tmp_path / "d.jsonl"))
    assert dataset.conversations[0] == Conversation(TURNS, 1)
    assert [c.line for c in dataset.conversations] == list(range(1, 13))
    assert read_file(str(tmp_path / "d.jsonl"), name="pirate").name == "pirate"


def test_a_json_file_gives_the_same_conversations(tmp_path):
    array = read_bytes(tmp_path, json.dumps(ROWS, indent=1).encode(), "d.JSON")
    assert array.problems == ()
    assert array.sha256 == from_rows(ROWS, name="d").sha256


def test_a_byte_order_mark_is_a_warning(tmp_path):
    dataset = read_bytes(tmp_path, b"\xef\xbb\xbf" + JSONL.encode())
    assert dataset.problems == (Problem(code="bom", severity="warning", line=1),)
    assert len(dataset) == 12


@pytest.mark.parametrize("name", ["d.jsonl", "d.json"])
@pytest.mark.parametrize("raw", [b"", b"\n \r\n", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_rows(tmp_path, name, raw):
    dataset = read_bytes(tmp_path, raw, name)
    assert (dataset.rows, [p.code for p in dataset.errors]) == (0, ["no_rows"])


CHINESE = (json.dumps(row("你好"), ensure_ascii=False) + "\n") * 3


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (CHINESE.encode("gbk"), ("encoding", 1, "", "expected UTF-8, got GBK / GB18030")),
        (JSONL.encode() + CHINESE.encode("gb18030"),
         ("encoding", 13, "", "expected UTF-8, got GBK / GB18030")),
        (CHINESE.encode("utf-16"), ("encoding", 1, "", "expected UTF-8, got UTF-16")),
        (CHINESE.encode("utf-16-le"), ("encoding", 1, "", "expected UTF-8, got UTF-16")),
        (CHINESE.encode("utf-16-be"), ("encoding", 1, "", "expected UTF-8, got UTF-16")),
        (CHINESE.encode("utf-32"), ("encoding", 1, "", "expected UTF-8, got UTF-32")),
        (b"\0" * 50, ("encoding", 1, "", r"expected a text in UTF-8, got \x00")),
        ('{"messages": "é"}'.encode("latin-1"),
         ("encoding", 1, "", "expected UTF-8, got Windows-1252 / Latin-1")),
        (b"PK\x03\x04\x00\xff", ("encoding", 1, "", "expected a text in UTF-8, got ZIP / XLSX")),
        (b"\x1f\x8b\x08", ("encoding", 1, "", "expected a text in UTF-8, got gzip")),
        (b"text\x00\x01\x02more", ("encoding", 1, "", r"expected a text in UTF-8, got \x00")),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
         ("json_parse", 1, "",
          "expected rows, got a Git LFS pointer: the data are not in this file")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["d.jsonl", "d.json"])
def test_a_file_that_is_no_utf8_text_is_one_problem(tmp_path, raw, expected, name):
    dataset = read_bytes(tmp_path, raw, name)
    assert errors(dataset) == [expected]
    assert dataset.rows == 0


@pytest.mark.parametrize(
    "encoding", ["gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_a_file_in_another_encoding_names_it_and_is_read_with_it(tmp_path, encoding):
    text = CHINESE if encoding != "cp1252" else CHINESE.replace("你好", "é")
    (problem,) = read_bytes(tmp_path, text.encode(encoding)).problems
    name = {"gbk": "gb18030"}.get(encoding, encoding)
    assert problem.way_out == (
        'Open the file in an editor and save it with the encoding "UTF-8", '
        f"or add  --encoding {name}."
    )
    dataset = read_file(tmp_path / "d.jsonl", encoding=name)
    assert dataset.conversations == read_bytes(tmp_path, text.encode()).conversations
    assert (len(dataset), dataset.errors) == (3, ())


@pytest.mark.parametrize("shift", [0, 1])
def test_a_large_file_is_judged_by_whole_lines(tmp_path, shift):
    row = '{"messages": [{"role": "user", "content": "%s"}]}\n'
    raw = b" " * shift + (row % ("你" * 400)).encode("gbk") * 1300
    assert len(raw) > 1 << 20  # more than is judged: it ends within a character for one of the two
    (problem,) = read_bytes(tmp_path, raw).problems
    assert (problem.line, problem.message) == (1, "expected UTF-8, got GBK / GB18030")


def test_bytes_that_are_no_text_in_the_encoding_given_are_problems_of_their_rows(tmp_path):
    lines = CHINESE.encode("gbk").splitlines()
    lines[1] = lines[1].replace("好".encode("gbk"), b"\xff")
    dataset = read_bytes(tmp_path, b"\n".join(lines), encoding="gbk")
    assert errors(dataset) == [
        ("encoding", 2, "$.messages[0].content", "expected UTF-8, got the byte 0xFF (column 45)")
    ]
    assert [c.line for c in dataset.conversations] == [1, 3]


@pytest.mark.parametrize("name", ["no-such", "hex", "", "a\0b"])
def test_an_encoding_that_there_is_not_is_an_error(tmp_path, name):
    with pytest.raises(DatasetError) as caught:
        read_bytes(tmp_path, JSONL.encode(), encoding=name)
    assert caught.value.code == "encoding_unknown"


def test_the_encoding_is_judged_by_the_first_bytes_and_later_damage_by_row(tmp_path):
    many = JSONL.encode() * 1500 + CHINESE.encode("gbk")
    dataset = read_bytes(tmp_path, many)
    assert [(p.code, p.line) for p in dataset.errors if p.code == "encoding"] == [
        ("encoding", 18_000 + n) for n in (1, 2, 3)
    ]
    assert len(dataset) == 18_000


def test_a_damaged_byte_is_a_problem_of_its_row(tmp_path):
    lines = CHINESE.encode().splitlines()
    damaged = lines[1].replace("好".encode(), "好".encode()[:2])
    dataset = read_bytes(tmp_path, b"\n".join([lines[0], damaged, lines[2]]))
    assert errors(dataset) == [
        ("encoding", 2, "$.messages[0].content", "expected UTF-8, got the byte 0xE5 (column 45)")
    ]
    assert [c.line for c in dataset.conversations] == [1, 3]


def test_one_damaged_byte_in_an_english_file_costs_one_row(tmp_path):
    lines = JSONL.encode().splitlines(keepends=True)
    lines[4] = lines[4].replace(b"yo", b"caf\xe9")
    dataset = read_bytes(tmp_path, b"".join(lines))
    assert [(p.code, p.line) for p in dataset.errors] == [("encoding", 5)]
    assert len(dataset) == 11


def test_zero_bytes_of_a_crash_cost_only_their_line(tmp_path):
    dataset = read_bytes(tmp_path, JSONL.encode() + b"\0" * 40 + b"\n" + JSONL.encode())
    assert [(p.code, p.line) for p in dataset.errors] == [("json_parse", 13)]
    assert len(dataset) == 24


def test_a_last_character_cut_in_two_is_no_other_encoding(tmp_path):
    cut = json.dumps(row("你好"), ensure_ascii=False).encode()[:45]
    for rows in (0, 1, 12):
        before = JSONL.encode().splitlines(keepends=True)[:rows]
        dataset = read_bytes(tmp_path, b"".join([*before, cut]))
        assert [(p.code, p.line, p.path) for p in dataset.errors] == [
            ("encoding", rows + 1, "$.messages[0].content"),
            ("json_parse", rows + 1, ""),
        ]
        assert len(dataset) == rows


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone.jsonl", "there is no file 'gone.jsonl'"),
        ("folder", "expected a file, got the folder 'folder'"),
        ("rows.csv", "expected a .jsonl or .json file, got 'rows.csv'"),
    ],
)
def test_a_file_that_cant_be_read_is_an_error_with_its_reason(tmp_path, monkeypatch, name, message):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    with pytest.raises(DatasetError) as caught:
        read_file(name)
    headline, way_out = str(caught.value).split("\n")
    assert headline == message
    assert way_out


def test_a_name_that_no_file_can_have_is_unreadable():
    with pytest.raises(DatasetError) as caught:
        read_file("a\0b.jsonl")
    assert caught.value.code == "file_unreadable"


def test_the_upload_profile_has_limits_and_the_local_one_has_none(tmp_path):
    many = "".join(json.dumps(row(f"q{i}")) + "\n" for i in range(1001)).encode()
    largest = json.dumps(row("q", "x" * (UPLOAD_BYTES - len(json.dumps(row("q", ""))))))
    big = json.dumps(row("q", "x" * UPLOAD_BYTES)).encode() + b"\n"

    def codes(raw: bytes, name: str = "d.jsonl") -> list[str]:
        local = read_bytes(tmp_path, raw, name)
        assert local.errors == ()
        upload = read_file(tmp_path / name, profile="siliconcloud")
        assert len(upload) == len(local)
        return [p.message for p in upload.errors]

    assert codes(JSONL.encode()) == []
    assert codes(many[: many.index(b'"q1000"')].rpartition(b"\n")[0]) == []
    assert codes(largest.encode()) == []
    assert codes(many) == ["expected at most 1,000 rows, got 1,001"]
    assert codes(big) == [f"expected at most 10,000,000 bytes, got {len(big):,}"]
    assert codes(json.dumps(ROWS).encode(), "d.json") == [
        "expected a .jsonl file for the upload, got 'd.json'"
    ]


# Cells


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (JSONL, range(2, 14)),
        ("\n" + JSONL + "\n\n", range(3, 15)),
        (json.dumps(ROWS), [2] * 12),
        (json.dumps(ROWS, indent=0).replace("\n", " ").replace('{ "messages', '\n{ "messages'),
         range(3, 15)),
        ("\n\n".join(f"user: q{i}\nassistant: yo" for i in range(12)), range(2, 38, 3)),
    ],
)  # fmt: skip
def test_a_cell_is_recognised_by_what_is_in_it(body, lines):
    dataset = read_cell(body, name="d")
    assert dataset.errors == ()
    assert [c.line for c in dataset.conversations] == list(lines)
    assert dataset.sha256 == from_rows(ROWS, name="d").sha256
    assert dataset.origin == Origin("cell", "d", cell=body.rstrip())


def test_one_object_in_a_cell_is_one_row_however_it_is_printed():
    for indent in (None, 2):
        dataset = read_cell(json.dumps(ROWS[0], indent=indent), name="d", first_line=5)
        assert (dataset.errors, dataset.conversations) == ((), (Conversation(TURNS, 5),))


def test_rows_under_a_sentence_or_a_fence_are_still_rows():
    dataset = read_cell(f"Here they are:\n```json\n{JSONL}```", name="d")
    assert errors(dataset) == [
        ("json_parse", 2, "", "expected a row {…}, got 'Here they are:'"),
        ("json_parse", 3, "", "expected a row {…}, got '```json'"),
        ("json_parse", 16, "", "expected a row {…}, got '```'"),
    ]
    assert len(dataset) == 12


def test_a_chat_about_json_is_chat():
    dataset = read_cell('user: a list?\nassistant:\n[1, 2]\n{"a": 1}', name="d")
    assert [c.answer for c in dataset.conversations] == ['[1, 2]\n{"a": 1}']


def test_problems_have_the_lines_of_the_editor():
    body = json.dumps(row("a")) + "\n\n" + json.dumps({"messages": []})
    dataset = read_cell(body, name="d", first_line=2)
    assert [(p.code, p.line) for p in dataset.problems] == [
        ("blank_line", 3),
        ("messages_empty", 4),
        ("few_rows", None),
    ]


@pytest.mark.parametrize("body", ["", "\n\n  ", "[]"])
def test_an_empty_cell_has_no_rows(body):
    dataset = read_cell(body, name="d")
    assert [(p.code, p.line) for p in dataset.problems] == [("no_rows", None)]


def test_the_system_prompt_goes_to_every_conversation_that_has_none():
    chat = "user: a\nassistant: b\n\nsystem: own\nuser: c\nassistant: d"
    rows = [row("a", "b"), {"messages": [{"role": "system", "content": "own"},
            *row("c", "d")["messages"]]}]  # type: ignore[misc]  # fmt: skip
    for dataset in (
        read_cell(chat, name="d", system="given"),
        read_cell("\n".join(map(json.dumps, rows)), name="d", system="given"),
        from_rows(rows, name="d", system="given"),
    ):
        assert [c.system for c in dataset.conversations] == ["given", "own"]
    assert [c.system for c in read_cell(chat, name="d", system="").conversations] == [None, "own"]


# Python objects


def test_python_rows_are_numbered_from_one():
    bad = {"messages": [{"role": "bot", "content": "x"}]}
    dataset = from_rows([*ROWS, bad, row("last")], name="d")
    assert [(p.code, p.line, p.path) for p in dataset.problems] == [
        ("role_invalid", 13, "$.messages[0].role")
    ]
    assert [c.line for c in dataset.conversations] == [*range(1, 13), 14]


def test_generators_tuples_conversations_and_one_row_alone_are_rows():
    expected = from_rows(ROWS[:1], name="d").conversations
    tuples = {"messages": tuple(ROWS[0]["messages"])}  # type: ignore[arg-type]
    for source in ((r for r in ROWS[:1]), (tuples,), expected, ROWS[0]):
        assert from_rows(source, name="d").conversations == expected


@pytest.mark.parametrize("source", ["text", b"bytes", 7, None, {"train": []}])
def test_what_is_no_collection_of_rows_is_an_error(source):
    with pytest.raises(DatasetError, match="expected a list of rows"):
        from_rows(source, name="d")


def test_python_values_that_json_has_not_are_problems():
    dataset = from_rows(
        [
            row("\ud800"),
            row("a", score=float("nan")),
            row("b", answer=b"bytes"),  # type: ignore[arg-type]
            "text",
        ],
        name="d",
    )
    assert errors(dataset) == [
        ("lone_surrogate", 1, "$.messages[0].content",
         "expected a whole character, got half of one: \\ud800"),
        ("json_parse", 2, "$.score", "expected a number that JSON knows, got nan"),
        ("content_not_string", 3, "$.messages[1].content",
         "expected a text '…', got \"b'bytes'\""),
        ("row_not_object", 4, "", "expected an object {…}, got 'text'"),
    ]  # fmt: skip


def test_a_pandas_frame_also_one_that_came_from_parquet():
    pandas = pytest.importorskip("pandas")
    numpy = pytest.importorskip("numpy")
    frame = pandas.DataFrame(ROWS)
    arrays = pandas.DataFrame({"messages": [numpy.array(r["messages"]) for r in ROWS]})
    padded = pandas.DataFrame([*ROWS[:-1], {**ROWS[-1], "score": 0.5}])
    padded["tag"] = pandas.array(["x"] * 11 + [None], dtype="string")
    for source in (frame, arrays):
        dataset = from_rows(source, name="d")
        assert dataset.problems == ()
        assert dataset.sha256 == from_rows(ROWS, name="d").sha256
    dataset = from_rows(padded, name="d")
    assert [c.extra for c in dataset.conversations] == [{"tag": "x"}] * 11 + [{"score": 0.5}]


@pytest.mark.parametrize("answer", ["caf\u00e9 ", "\u3000cafe\u0301"])
def test_rows_that_look_the_same_are_duplicates(answer):
    turns = [[("user", "\u00e9?"), ("assistant", "caf\u00e9")],
             [("user", "e\u0301?"), ("assistant", answer)]]  # fmt: skip
    rows = [{"messages": [{"role": r, "content": c} for r, c in row]} for row in turns]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    for dataset in (from_rows(rows, name="d"), read_cell(lines, name="d")):
        codes = [problem.code for problem in dataset.problems]
        assert [code for code in codes if code != "outer_whitespace"] == [
            "duplicate_row", "few_rows",
        ]  # fmt: skip


def test_a_gap_that_pandas_left_in_a_message_is_null():
    pandas = pytest.importorskip("pandas")
    messages = [
        {"role": pandas.NA, "content": "hi"},
        {"role": "assistant", "content": pandas.NaT},
    ]
    dataset = from_rows([{"messages": messages}], name="d")
    assert [f"{p.path} {p.message}" for p in dataset.errors] == [
        "$.messages[0].role expected 'system' / 'user' / 'assistant', got null",
        "$.messages[1].content expected a text '…', got null",
    ]


def test_a_dataset_of_the_datasets_library_whose_rows_are_padded_with_none():
    datasets = pytest.importorskip("datasets")
    rows = [*ROWS[:-1], {"messages": [{**m, "name": "x"} for m in ROWS[-1]["messages"]]}]
    dataset = from_rows(datasets.Dataset.from_list(rows), name="d")
    assert [(p.code, p.line, p.path) for p in dataset.problems] == [
        ("extra_key", 12, "$.messages[0].name")
    ]
    assert dataset.conversations[0] == Conversation(TURNS, 1)


# Any input

_messages = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "role": st.sampled_from(["system", "user", "assistant", "bot", None]),
            "content": st.sampled_from(["hi", "", " ", None, 3]),
        },
    )
    | st.none(),
    max_size=4,
)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.lists(_messages, max_size=4))
def test_valid_rows_and_rows_with_errors_are_all_rows_from_every_source(conversations):
    data = [{"messages": messages} for messages in conversations]
    jsonl = "\n".join(map(json.dumps, data))
    python, cell = from_rows(data, name="d"), read_cell(jsonl, name="d", first_line=1)
    as_lines = [msgspec.structs.replace(problem, unit="line") for problem in python.problems]
    assert as_lines == list(cell.problems)
    assert python.conversations == cell.conversations
    for dataset in (python, read_cell(json.dumps(data, indent=1), name="d")):
        broken = {p.line for p in python.errors if p.line is not None}
        assert len(dataset) + len(broken) == dataset.rows == len(data)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda t: JSONL.encode() + t.encode()))
def test_no_bytes_raise(tmp_path_factory, raw):
    folder = tmp_path_factory.mktemp("raw")
    for name in ("d.jsonl", "d.json"):
        dataset = read_bytes(folder, raw, name)
        assert dataset.problems or dataset.conversations
        assert all(str(p) and p.way_out for p in dataset.problems)
    read_cell(raw.decode("utf-8", "replace"), name="d")
