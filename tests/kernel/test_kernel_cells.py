"""Magics in a real kernel, without training: which kernel it is, errors, displays."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from tools.floors_env import FLOORS, TARGET

from tests.kernel.driver import Kernel, python_under_test

VERSIONS = "{n: _metadata.version(n) for n in " + repr(sorted(FLOORS)) + "}"


def test_the_kernel_is_the_one_that_is_meant(kernel: Kernel, report: Callable[[str], None]) -> None:
    kernel.run("from importlib import metadata as _metadata; import IPython, ipykernel")
    found = kernel.value(VERSIONS)
    running = kernel.value("[IPython.__version__, ipykernel.__version__]")
    report(f"ipykernel {running[1]}, IPython {running[0]}, {python_under_test()}")

    floors = TARGET in Path(python_under_test()).parents
    assert found == (FLOORS if floors else {name: metadata.version(name) for name in FLOORS})
    assert running == [found["ipython"], found["ipykernel"]]


def test_a_mistake_in_a_magic_is_an_error_of_two_lines_without_a_traceback(kernel: Kernel) -> None:
    cell = kernel.run("%ft_train pirate --lora-rank 0")

    assert cell.status == "error"
    assert (cell.reply["ename"], cell.kinds) == ("ConfigError", ["error"])
    assert cell.traceback == [
        "ConfigError: lora_rank must be between 1 and 64, got 0  (--lora-rank)"
    ]


def test_a_mistake_in_a_magic_stops_the_cells_behind_it(kernel: Kernel) -> None:
    sent = kernel.folder / "both-are-sent"
    wait = f"import os\nwhile not os.path.exists({str(sent)!r}): pass\n"
    wrong = kernel.start(f"{wait}%ft_train nothing", stop_on_error=True)
    behind = kernel.start("stopped_here = False")
    sent.touch()

    assert kernel.finish(wrong).traceback == [
        "DatasetError: there is no dataset 'nothing'",
        "%ft_dataset lists them. Write one with  %%ft_dataset NAME  or load one with  "
        "%ft_dataset FILE --name NAME.",
    ]
    assert kernel.finish(behind).status == "aborted"


def test_a_wrong_row_is_named_with_its_line_in_the_cell(kernel: Kernel) -> None:
    cell = kernel.run("%%ft_dataset odd\nuser: a question\n\nuser: another\nassistant: answer")

    assert cell.status == "error"
    assert cell.traceback == [
        "DatasetError: problems in odd: 1 (1 of 2 rows are valid)",
        "The report names them; correct these rows and run the cell again.",
    ]
    (report,) = cell.shown
    assert "  line 2  $.messages[0].role  expected 'assistant' at the end, got 'user'" in (
        report.splitlines()
    )


def test_an_error_of_the_python_twin_keeps_its_traceback(kernel: Kernel) -> None:
    cell = kernel.run("import nbfinetune as ft; ft.train('nothing')")

    assert cell.reply["ename"] == "DatasetError"
    assert any("Traceback" in line for line in cell.traceback)


def test_a_dataset_is_shown_once_as_html_with_text_for_elsewhere(kernel: Kernel) -> None:
    cell = kernel.run("%%ft_dataset greeting\nuser: <b>Hi</b>\nassistant: Hello!")

    assert cell.kinds == ["execute_result"]
    (shown,) = cell.of_kind("execute_result")
    data = shown["content"]["data"]
    assert sorted(data) == ["text/html", "text/plain"]
    assert "&lt;b&gt;Hi&lt;/b&gt;" in data["text/html"]
    assert "<b>Hi</b>" not in data["text/html"]


def test_the_library_is_a_table_and_what_it_refuses_stops_run_all(kernel: Kernel) -> None:
    for word in ("one", "two"):
        kernel.run(f"%%ft_dataset shelf\nuser: {word}\nassistant: {word}")
    listed = kernel.run("%ft_dataset shelf --versions").of_kind("execute_result")[0]["content"]
    assert sorted(listed["data"]) == ["text/html", "text/plain"]
    assert [line.split()[0] for line in listed["data"]["text/plain"].split("\n")[2:]] == [
        "shelf@2", "shelf@1"
    ]  # fmt: skip
    refused = kernel.run("%ft_dataset shelv --delete")
    assert (refused.status, refused.kinds) == ("error", ["error"])
    assert refused.traceback[0] == (
        "DatasetError: there is no dataset 'shelv'. Did you mean 'shelf'?"
    )
    assert kernel.run("%ft_dataset shelf --delete").status == "ok"


def test_magics_are_completed_by_the_kernel(kernel: Kernel) -> None:
    reply = kernel.client.complete("%ft_tr", reply=True, timeout=30)

    assert "%ft_train" in reply["content"]["matches"]


def test_a_chat_answers_in_its_panel_and_nothing_else_is_shown_anywhere(kernel: Kernel) -> None:
    panel = kernel.run("%ft_chat base --prompt Hi --max-tokens 2")
    cells = [kernel.run("1+1") for _ in range(3)]
    kernel.wait_for(lambda m: m["msg_type"] == "comm_msg" and "tokens ·" in str(m["content"]))
    cells.append(kernel.run("1+1"))

    assert [k for k in panel.kinds if not k.startswith("comm_")] == ["display_data"]
    seen = [[m["msg_type"] for m in kernel.of(cell.id)] for cell in cells]
    assert [[k for k in kinds if not k.startswith("comm_")] for kinds in seen] == [
        ["status", "execute_input", "execute_result", "status"]
    ] * len(cells)


def test_a_comparison_shows_its_table_alone(kernel: Kernel) -> None:
    cell = kernel.run("%%ft_compare base --max-tokens 2\nHi")

    assert cell.status == "ok", cell.traceback
    assert cell.kinds == ["execute_result"]
