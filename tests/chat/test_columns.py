"""How people name models."""

from __future__ import annotations

import pytest

from nbfinetune.chat.columns import Column, parse_column
from nbfinetune.core.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("base", Column("base")),
        ("first-try", Column("first-try")),
        ("first-try@last", Column("first-try", "last")),
        ("first-try@best", Column("first-try", "best")),
        ("first-try@all", Column("first-try", "all")),
        ("first-try@step-40", Column("first-try", "step-40")),
        ("base=You are brief.", Column("base", None, "You are brief.")),
        ("base=", Column("base", None, "")),
        ("first-try@last=a=b@c", Column("first-try", "last", "a=b@c")),
        ("海盗@last=你是海盗。", Column("海盗", "last", "你是海盗。")),
        ("acme/chat-7B", Column("acme/chat-7B")),
        ("./models/a", Column("./models/a")),
    ],
)
def test_a_column_is_a_model_a_checkpoint_and_a_system_prompt(text, column):
    assert parse_column(text) == column


@pytest.mark.parametrize(
    ("column", "label"),
    [(Column("base"), "base"), (Column("a", "last"), "a@last"), (Column("a", None, "x"), "a")],
)
def test_the_label_is_what_was_typed_without_the_prompt(column, label):
    assert column.label == label


def test_a_system_prompt_can_come_from_a_file(tmp_path):
    path = tmp_path / "prompt.txt"
    path.write_text("\n你是客服。\nBe brief.\n\n", "utf-8")
    assert parse_column(f"base=@{path}") == Column("base", None, "你是客服。\nBe brief.")


def unreadable(path) -> str:
    with pytest.raises(ConfigError) as error:
        parse_column(f"base=@{path}")
    return str(error.value)


def test_a_prompt_file_that_is_not_there_is_named_with_the_way_out(tmp_path):
    path = tmp_path / "gone.txt"
    assert unreadable(path) == (
        f"the system prompt can't be read from {path}: No such file or directory\n"
        "@FILE takes the text of a file; without @ the words themselves are the prompt."
    )


@pytest.mark.parametrize("name", ["image.png", "a\0b"])
def test_a_prompt_file_that_is_no_text_is_named(tmp_path, name):
    (tmp_path / "image.png").write_bytes(b"\x89PNG\xff")
    assert unreadable(tmp_path / name).split("\n")[0].endswith(": it is no UTF-8 text")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the model is missing"),
        ("=You are brief.", "the model is missing"),
        ("@last", "the model is missing"),
        ("first-try@newest", "'@newest' is none of @best, @last, @all, @step-N"),
        ("first-try@step-", "'@step-' is none of @best, @last, @all, @step-N"),
        ("first-try@step-4x", "'@step-4x' is none of @best, @last, @all, @step-N"),
        ("first-try@", "'@' is none of @best, @last, @all, @step-N"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_grammar(text, reason):
    with pytest.raises(ConfigError) as error:
        parse_column(text)
    assert str(error.value) == (
        f"can't read the column {text!r}: {reason}\n"
        "A column is MODEL or MODEL=SYSTEM, as in  base  first-try@last  base=@prompt.txt"
    )
