"""The report of a dataset: what a reader finds in it, and in which order."""

from __future__ import annotations

import re

import msgspec
import pytest

from nbfinetune.core import text
from nbfinetune.core.convert.converter import Conversion, Note
from nbfinetune.core.dataset import MessageDataset, Origin
from nbfinetune.core.messages import Conversation, Message
from nbfinetune.core.problems import Problem
from nbfinetune.core.quality.statistics import Leakage, TokenFigures, describe, lengths
from nbfinetune.core.rules.rules import check_of, mark, written_rule
from nbfinetune.display import dataset as report
from nbfinetune.display.dataset import dataset_html, dataset_text
from tests.display.test_html import HOSTILE, Page, read


def row(question: str, answer: str, system: str | None = None, line: int = 1) -> Conversation:
    first = () if system is None else (Message("system", system),)
    return Conversation((*first, Message("user", question), Message("assistant", answer)), line)


def made(*rows: Conversation, problems: tuple[Problem, ...] = (), count: int = 0) -> MessageDataset:
    return MessageDataset(
        "mine", rows, problems, count or len(rows), Origin("file", "a/mine.jsonl")
    )


def role(line: int) -> Problem:
    params = {"expected": "'user'", "got": "'human'", "meant": "'user'"}
    return Problem(code="role_invalid", kind="alias", severity="error", line=line,
                   path="$.messages[0].role", params=params)  # fmt: skip


BLANK = Problem(code="blank_line", severity="warning", line=2, params={"count": 1})


def words(html: str) -> str:
    """What a reader sees, pieces of text parted by a bar; styles left out."""
    texts = Page(re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)).texts
    return " | ".join(piece.strip() for piece in texts if piece.strip())


def test_a_valid_dataset_is_told_to_be_ready_with_its_figures_and_first_rows():
    rows = [row(f"q{i}", "a" * i, line=2 * i) for i in range(1, 6)]
    assert words(dataset_html(made(*rows))) == (
        "mine | ready to train | a/mine.jsonl | 5 | rows | 5 | characters, median row | "
        "7 | longest row | Latin | script | Characters per row | 3 | 8 | First rows | "
        "line 2 | q1 | a | line 4 | q2 | aa | line 6 | q3 | aaa"
    )


def test_errors_stand_open_by_kind_with_places_and_way_out_and_warnings_are_one_line():
    problems = (BLANK, *(role(line) for line in (3, 4, 9)))
    shown = dataset_html(made(row("q", "a"), problems=problems, count=4))
    assert words(shown) == (
        "mine | errors: 3 | a/mine.jsonl | 1 of 4 | valid rows | 2 | characters, median row "
        "| 2 | longest row | Latin | script | 3× | expected 'user', got 'human' | role_invalid "
        "| lines 3–4, 9  $.messages[0].role | "
        "→ Write 'user' instead of 'human'. Or add:  --fix role_aliases | line 2 | "
        "blank lines, skipped: 1 (first here) | blank_line | line 2 | "
        "→ Nothing needs to be done; other tools may refuse them. | "
        "The valid rows: 1 | First rows | line 1 | q | a"
    )
    error, _, warning = shown.partition("<details")
    assert "role_invalid" in error
    assert "blank_line" in warning


def test_of_many_places_the_first_are_told_and_that_there_are_more():
    problems = tuple(role(line) for line in range(1, 101, 2))
    shown = words(dataset_html(made(problems=problems, count=100)))
    assert "| lines 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, …  $.messages[0].role |" in shown


def test_places_that_differ_in_path_are_gathered_by_path_and_folded_after_four():
    problems = tuple(
        msgspec.structs.replace(role(line), path=f"$.messages[{turn}].role")
        for turn in range(50)
        for line in (1, 2)
    )
    before, _, folded = dataset_html(made(problems=problems, count=2)).partition("<details")
    assert len(re.findall(r"lines 1–2  ", before)) == 4
    assert len(re.findall(r"lines 1–2  ", folded)) == 40
    assert "… and 46 more" in folded
    assert "… and 6 more" in folded


def test_all_extra_keys_are_one_line():
    keys = [
        Problem(code="extra_key", kind="row", severity="warning", line=n, path=f"$.{key}",
                params={"key": f"'{key}'", "count": n})
        for n, key in ((1, "id"), (12, "tags"))
    ]  # fmt: skip
    assert (
        "Extra keys, kept on export, without effect on training: 'id' 1×, 'tags' 12× | extra_key"
        in words(dataset_html(made(row("q", "a"), problems=tuple(keys))))
    )


def test_what_was_converted_and_what_was_left_out_is_told_and_stands_open():
    notes = (Note("observation", 3, 2, (4, 5)), Note("<b>", 30, 20, tuple(range(1, 40, 2))))
    dataset = msgspec.structs.replace(
        made(row("q", "a")), conversions=(Conversion("sharegpt", 1200, notes),)
    )
    shown = dataset_html(dataset)
    assert (
        "script | converted from ShareGPT (conversations) | 1,200 rows | "
        "Left out, since messages have no place for it: | observation  3× | lines 4–5 | <b>  30× | "
        "lines 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, … | First rows"
    ) in words(shown)
    assert "<details" not in shown


def test_what_was_left_out_of_python_rows_is_told_by_row():
    notes = (Note("tool", 3, 2, (4, 5)), Note("function", 1, 1, (7,)))
    dataset = msgspec.structs.replace(
        made(row("q", "a")),
        conversions=(Conversion("sharegpt", 9, notes),),
        origin=Origin("python"),
    )
    assert "| tool  3× | rows 4–5 | function  1× | row 7 |" in words(dataset_html(dataset))


def test_repairs_are_told():
    dataset = msgspec.structs.replace(made(row("q", "a")), fixes=("exotic_blanks", "bom"))
    assert (
        "| repaired by quick-fixes | no-break spaces between tokens, byte order mark | First"
    ) in words(dataset_html(dataset))


def test_problems_that_say_different_things_are_each_told():
    problems = tuple(
        Problem(code="json_parse", kind="cut", severity="error", line=n, params={"column": n})
        for n in (1, 2)
    )
    assert "line 1 | expected more JSON, got the end (column 1) | line 2 | " in words(
        dataset_html(made(problems=problems, count=2))
    )


def test_a_dataset_without_a_valid_row_is_not_ready():
    assert words(dataset_html(made())).startswith("mine | no valid row | a/mine.jsonl | 0 | rows")
    assert dataset_text(made()).startswith("mine: no valid row\n  0 rows")


def test_system_prompts_are_counted_and_a_slip_is_marked():
    usual = "You are a kind and patient helper."
    slip = "You  are a kimd and patient helper"
    rows = [row("a", "b", usual), row("b", "c", usual), row("c", "d"), row("d", "e", slip)]
    shown = dataset_html(made(*rows))
    assert f"System prompts | 2× | {usual} | 1× | none | 1× | You" in words(shown)
    # a blank too many, n became m, the full stop is missing
    marked = re.sub(r"<b class='slip'>(.)</b>", r"[\1]", shown)
    assert ">You[␣] are a ki[m]d and patient helper[‸]</div>" in marked
    assert "looks like a slip of a more frequent one" in shown


def test_near_duplicates_are_one_quiet_line_and_left_out_of_large_reports(monkeypatch):
    long = " ".join(f"w{i}" for i in range(30))
    rows = (row("a", long), row("a", long + " end", line=7))
    shown = dataset_html(made(*rows))
    assert "groups of rows that are nearly the same: 1 (2 rows) | line 1 · line 7" in words(shown)
    monkeypatch.setattr(report, "MANY", 1)
    shown = dataset_html(made(*rows))
    assert "nearly the same" not in shown
    assert "Nearly equal rows are looked for on the quality card" in shown
    known = dataset_html(made(*rows), statistics=describe(rows))
    assert "nearly the same: 1" in known


def test_marks_of_rules_are_shown_with_counts_and_what_broke_them():
    rows = (row("shoe", "boot"), row("hat", "a hat", line=4), row("x", "", line=5))
    marks = mark(check_of(written_rule("no-echo", "user not in answer or 1/(len(answer) - 5)"),
                          confirmed=True), rows)  # fmt: skip
    shown = words(dataset_html(made(*rows), marks=[marks]))
    assert (
        "Rules | no-echo | keep it: 2 · could not be judged: 1 | "
        "user not in answer or 1/(len(answer) - 5) | line 4 | hat → a hat | "
        "(ZeroDivisionError: division by zero (line 1)) | Characters"
    ) in shown


def test_tokens_show_the_loss_budget_its_owners_and_what_is_cut():
    rows = (row("a", "b"), row("c", "d", line=8))
    tokens = TokenFigures("starter", 200, 50, {}, lengths([3, 9]), ((1, 40), (0, 10)), 64, (1,))
    shown = words(dataset_html(made(*rows), tokens=tokens))
    assert (
        "Tokens of starter | 50 of 200 tokens are learned (25 %) | Most tokens are learned from | "
        "40 | line 8 | 10 | line 1 | Tokens per row | 3 | 10 | rows cut at 64 tokens: 1 | line 8 | "
        "→ Raise --max-length, or shorten them."
    ) in shown


def test_what_validation_shares_with_training_is_told():
    shown = words(dataset_html(made(row("a", "b"), row("c", "d", line=5)),
                               leakage=Leakage(same=((0, 1),), near=((1, 0),))))  # fmt: skip
    assert "validation rows that are in training, too: 1 | line 5 | → Delete them" in shown
    assert "validation rows that are nearly the same as training rows: 1 | line 1 | →" in shown
    assert "whose question" not in shown


def test_the_report_speaks_chinese():
    text.set_language("zh")
    shown = words(dataset_html(made(row("你好", "您好"), problems=(role(3),), count=2)))
    assert shown.startswith(
        "mine | 错误：1 | a/mine.jsonl | 1 / 2 | 有效行 | 4 | 字符（中位行） | 4 | "
        "字符（最长行） | 中文 | 文字 | 应为 'user'，得到 'human'"
    )


@pytest.mark.parametrize("words_of_data", HOSTILE)
def test_whatever_data_say_stays_text(words_of_data):
    rows = (
        row(words_of_data, words_of_data, words_of_data),
        row("a", "b", words_of_data + "."),
        row(words_of_data, words_of_data + " c" * 40),
        row(words_of_data, words_of_data),
    )
    rows += (row("a" + words_of_data, words_of_data + " c" * 41),)  # fmt: skip
    rule = written_rule(words_of_data, f"{words_of_data!r} and False")
    marks = mark(check_of(rule, confirmed=True), rows)
    tokens = TokenFigures(words_of_data, 1, 1, {}, lengths([1, 2]), ((0, 1),), 4, (0,))
    problem = Problem(code="role_invalid", severity="error", path=words_of_data, line=1,
                      params={"expected": words_of_data, "got": words_of_data})  # fmt: skip
    shown = dataset_html(
        MessageDataset(words_of_data, rows, (problem, problem), 9, Origin("file", words_of_data)),
        tokens=tokens, marks=[marks], leakage=Leakage(((0, 0),), ((1, 1),), ((2, 2),)),
    )  # fmt: skip
    assert words_of_data.replace("\x00", "\ufffd") in read(shown).text.replace("\x00", "\ufffd")


def test_the_text_for_a_terminal_has_the_same_in_few_lines():
    problems = (*(role(line) for line in (3, 4, 9, 12)), BLANK)
    rows = (row("What?", "That.", "Be kind."), row("Who?", "She."))
    assert dataset_text(made(*rows, problems=problems, count=6)) == (
        "mine: errors: 4\n"
        "  2 of 6 valid rows, 13 characters, median row, 18 longest row, Latin script\n"
        "  4× line 3  $.messages[0].role  expected 'user', got 'human'\n"
        "    line 4  $.messages[0].role  expected 'user', got 'human'\n"
        "    line 9  $.messages[0].role  expected 'user', got 'human'\n"
        "    → Write 'user' instead of 'human'. Or add:  --fix role_aliases\n"
        "  line 2  blank lines, skipped: 1 (first here)\n"
        "  system:    Be kind.\n"
        "  user:      What?\n"
        "  assistant: That."
    )


def test_of_many_kinds_of_problems_the_terminal_shows_eight_and_counts_the_rest():
    kinds = [
        Problem(code="extra_key", kind="row", severity="warning", line=n, path="$.x",
                params={"key": "'x'", "count": n})
        for n in (1, 2)
    ]  # fmt: skip
    kinds += [
        Problem(code="outer_whitespace", severity="warning", params={"role": "'user'", "count": 1}),
        Problem(code="bom", severity="warning"), BLANK, BLANK,
        *(Problem(code=code, severity="warning", line=1, params={"got": "''"})
          for code in ("user_empty", "system_empty")),
        *(Problem(code=code, severity="warning", line=1, params={"other": 2})
          for code in ("duplicate_row", "conflicting_answers")),
        Problem(code="few_rows", severity="warning", params={"rows": 1, "limit": 10}),
        Problem(code="many_rows", severity="advice", params={"rows": 1, "limit": 10}),
    ]  # fmt: skip
    lines = dataset_text(made(problems=tuple(kinds))).split("\n")
    assert len(lines) == 2 + 8 + 1
    assert lines[2] == "  2× line 1  $.x  the key 'x' has no effect on training (1×, first here)"
    assert lines[-1] == "  … and 2 more"


def test_a_large_report_stays_small():
    rows = tuple(row(f"question {i}", f"answer {i} " * 20, line=i) for i in range(10_000))
    problems = tuple(role(line) for line in range(10_000))
    shown = dataset_html(made(*rows, problems=problems, count=20_000))
    assert len(shown) < 40_000
