"""`%ft_dataset` beyond loading: quick-fixes, the studio, a model's tokens."""

from __future__ import annotations

import json
from pathlib import Path

from nbfinetune.core.library.diff import diff
from nbfinetune.core.rules.rules import RuleBook
from nbfinetune.panels.studio_view import StudioView
from tests.magics.conftest import PIRATE, Notebook

# as the tutorial prints it: a no-break space between all tokens
PASTED = (
    '{"messages":\u00a0[{"role":\u00a0"user",\u00a0"content":\u00a0"Hi there"},'
    '\u00a0{"role":\u00a0"assistant",\u00a0"content":\u00a0"Ahoy!"}]}'
)
MEANT = PASTED.replace("\u00a0", " ")


def test_fixes_of_a_cell_are_shown_and_nothing_is_changed(notebook: Notebook) -> None:
    output = notebook.run(f"%%ft_dataset odd --fix\n{PASTED}\n{PASTED}")

    assert len(output.shown) == 1
    assert "blanks" in output.shown[0]
    assert "odd" not in notebook.session.datasets


def test_fixes_are_applied_to_a_cell_and_the_cell_gets_the_new_body(notebook: Notebook) -> None:
    notebook.shell.set_next_input("", replace=False)

    dataset = notebook.run(f'%%ft_dataset odd --fix all --system "Brief."\n{PASTED}').result

    assert [m.content for m in dataset.conversations[0].messages] == ["Brief.", "Hi there", "Ahoy!"]
    assert len(dataset.fixes) == 1
    assert notebook.shell.rl_next_input == f'%%ft_dataset odd --system "Brief."\n{MEANT}'


def test_a_file_is_repaired_into_a_new_one_and_stays_as_it_was(notebook: Notebook) -> None:
    Path("rows.jsonl").write_text(f"{PASTED}\n", "utf-8")

    notebook.run("%ft_dataset rows.jsonl --fix all")

    assert Path("rows.jsonl").read_text("utf-8") == f"{PASTED}\n"
    assert Path("rows.fixed.jsonl").read_text("utf-8") == f"{MEANT}\n"
    assert len(notebook.session.datasets["rows"]) == 1
    assert "rows.fixed.jsonl" in notebook.refused_after_report("%ft_dataset rows.jsonl --fix all")


def test_rows_of_python_are_repaired(notebook: Notebook) -> None:
    row = {"messages": [{"role": "human", "content": "a"}, {"role": "gpt", "content": "b"}]}
    notebook.shell.user_ns["rows"] = [row]

    dataset = notebook.run("%ft_dataset rows --fix all").result

    assert [m.role for m in dataset.conversations[0].messages] == ["user", "assistant"]
    assert notebook.shell.user_ns["rows"] == [row]


def test_an_unknown_fix_is_refused(notebook: Notebook) -> None:
    assert "nonsense" in notebook.refused(f"%%ft_dataset odd --fix nonsense\n{PASTED}")


def test_the_studio_saves_rows_with_the_system_prompt_that_they_were_given(
    notebook: Notebook,
) -> None:
    shown: list[object] = []
    notebook.shell.display_formatter.ipython_display_formatter.for_type(StudioView, shown.append)

    notebook.run(f'%%ft_dataset odd --system "Brief." --edit\n{MEANT}')

    (view,) = shown
    assert isinstance(view, StudioView)
    view._handle_custom_msg({"t": "save", "page": "p", "seq": 1, "name": "kept"}, [])
    (row,) = notebook.session.datasets["kept"].conversations
    assert [m.content for m in row.messages] == ["Brief.", "Hi there", "Ahoy!"]


def test_the_studio_holds_the_rows_that_cant_be_trained_on_and_saves_versions(
    notebook: Notebook,
) -> None:
    rows = [{"messages": []}, json.loads(MEANT)]
    Path("rows.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    shown: list[object] = []
    notebook.shell.display_formatter.ipython_display_formatter.for_type(StudioView, shown.append)

    notebook.run("%ft_dataset rows.jsonl --edit")

    (view,) = shown
    assert isinstance(view, StudioView)
    draft = view._studio.draft
    assert (len(draft), draft.totals().errors) == (2, 1)
    draft.delete(draft.ids[0])
    said = view._studio._on_save("mine", draft.dataset("mine"))
    assert said == "mine: 1 rows kept as version 1"
    assert len(notebook.session.dataset("mine")) == 1


def test_a_dataset_is_shown_in_the_tokens_of_a_model(notebook: Notebook) -> None:
    output = notebook.run(f"{PIRATE.splitlines()[0]} --base-model starter\n" + "\n".join(
        PIRATE.splitlines()[1:]))  # fmt: skip

    assert len(output.shown) == 1
    assert "⟦Ahoy! The capital o' France be Paris, arr!" in output.shown[0]
    assert "xray" in output.html[0]


def test_two_versions_are_compared(notebook: Notebook) -> None:
    notebook.run(PIRATE)
    notebook.run(f"{PIRATE}\nuser: And?\nassistant: Arr!")

    said = notebook.run("%ft_dataset pirate@1 --diff pirate").shown[0]

    assert (
        said.splitlines()[0]
        == diff(notebook.session.dataset("pirate@1"), notebook.session.dataset("pirate"))
        .text()
        .splitlines()[0]
    )
    assert "And?" in said


def test_the_quality_card_and_a_page_for_a_review(notebook: Notebook) -> None:
    notebook.run("%ft_dataset sample:pirate")

    output = notebook.run("%ft_dataset pirate --quality --review review.html")

    assert len(output.shown) == 2
    page = Path("review.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert page.count("<input") >= 90  # three verdicts for each of thirty rows


def test_a_rule_is_kept_with_its_dataset_and_waits_to_be_confirmed_elsewhere(
    notebook: Notebook,
) -> None:
    notebook.run(PIRATE)
    notebook.run('%%ft_rule ahoy --on pirate\n"Ahoy" in answer')
    notebook.session.datasets.clear()
    notebook.session.rules = RuleBook()

    notebook.run("%ft_dataset pirate")

    (rule,) = notebook.session.rules.rules
    assert (rule.name, rule.source) == ("ahoy", '"Ahoy" in answer')
    assert notebook.session.rules.waits(rule)
