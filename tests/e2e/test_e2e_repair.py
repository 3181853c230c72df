"""Quick-fixes below a report: pressed, looked at, applied, taken back; with a mouse and by keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.looks import contrasts, overflows
from tests.e2e.page import CELL_ENDED, ERRORS, LabPage, Notebook
from tests.e2e.runs import LOAD
from tests.e2e.server import LabServer
from tests.e2e.test_e2e_hostile import HOSTILE, check_harmless

FAINTEST = 4.5  # WCAG 2, AA
NARROW = 500
ASKED = ("Where is my order?", "Do you ship to Canada?", "Can I pay by card?")
ROWS = [
    json.dumps({"messages": [{"role": "user", "content": asked},
                             {"role": "assistant", "content": "Yes."}]})
    for asked in ASKED
]  # fmt: skip
PASTED = [row.replace(": ", ":\u00a0").replace('"user"', '"human"') for row in ROWS]
CELL = "%%ft_dataset shop\n" + "\n".join(PASTED)
MEANT = "%%ft_dataset shop\n" + "\n".join(ROWS)
LIST = "%ft_dataset"
SOURCE = "return panel.content.widgets[given].model.sharedModel.source"
REPORT_SAVED = """
  const outputs = panel.content.widgets[1].model.outputs;
  return outputs.get(0).data['text/plain'].includes(given);
"""
FOCUSED = """wanted => {
  const { do: what, fix } = document.activeElement.dataset;
  return `${what} ${fix ?? ''}` === wanted;
}"""


@pytest.fixture(scope="module")
def bare_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """Without our extension."""
    server = LabServer(tmp_path_factory.mktemp("bare"), extension=False)
    yield server
    server.close()


@pytest.fixture
def refused(page: LabPage, kernel: str) -> Callable[..., Notebook]:
    """Opens a notebook and runs its second cell, which is refused after its report."""

    def start(name: str, *cells: str) -> Notebook:
        page.tab.set_viewport_size({"width": 1280, "height": 1500})
        path = page.server.notebook(f"{name}.ipynb", LOAD, *cells, kernel=kernel)
        notebook = page.open(path)
        notebook.run(0)
        run_refused(notebook, 1)
        return notebook

    return start


def run_refused(notebook: Notebook, index: int) -> None:
    notebook.start(index)
    key = f"{notebook._id} {index}"
    notebook.page.tab.wait_for_function(CELL_ENDED, arg=key)
    (error,) = notebook.evaluate(ERRORS, index)
    assert "The report names them" in error
    expect(panel(notebook)).to_be_visible()


def panel(notebook: Notebook) -> Locator:
    return notebook.output(1).locator(".repair")


def report(notebook: Notebook) -> Locator:
    return notebook.output(1).locator(".jp-nbfinetune:has(.jp-nbfinetune-report)")


def refusal(notebook: Notebook) -> Locator:
    """The error that the cell ended with."""
    return notebook.output(1).get_by_text("DatasetError")


def press(notebook: Notebook, name: str) -> None:
    panel(notebook).get_by_role("button", name=name).click()


def listed(notebook: Notebook) -> str:
    notebook.run(2)
    return notebook.output(2).inner_text()


def test_a_broken_cell_is_repaired_by_clicks_and_brought_back(
    refused: Callable[..., Notebook], page: LabPage
) -> None:
    notebook = refused("repair-clicks", CELL, LIST)
    expect(report(notebook)).to_contain_text("0 of 3")
    buttons = panel(notebook).get_by_role("button")
    expect(buttons).to_have_text(
        ["Fix all 6", "no-break spaces between tokens 3", "other names of roles 3"]
    )

    press(notebook, "other names of roles")
    expect(panel(notebook).locator(".diff .gone")).to_have_text(["human"] * 3)
    expect(panel(notebook).locator(".diff .new")).to_have_text(["user"] * 3)
    press(notebook, "Cancel")
    expect(buttons).to_have_count(3)

    press(notebook, "Fix all")
    expect(panel(notebook)).to_contain_text("places that change: 6 · no errors are left then")
    assert "shop" not in listed(notebook)
    press(notebook, "Apply")
    expect(report(notebook)).to_contain_text("ready to train")
    expect(refusal(notebook)).to_be_hidden()  # it is not true any more
    expect(panel(notebook)).to_contain_text("Kept as dataset 'shop', version 1.")
    expect(panel(notebook).locator("pre")).to_have_text(MEANT)
    assert listed(notebook).count("shop") == 1
    assert notebook.evaluate(SOURCE, 1) == CELL

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    press(notebook, "Copy")
    expect(panel(notebook).get_by_role("button", name="Copied")).to_be_focused()
    assert page.tab.evaluate("() => navigator.clipboard.readText()") == MEANT

    press(notebook, "Undo")
    expect(report(notebook)).to_contain_text("0 of 3")
    expect(refusal(notebook)).to_be_visible()
    expect(panel(notebook)).to_contain_text("Dataset 'shop' is not kept any more, as before.")
    assert "shop" not in listed(notebook)


def test_a_file_is_repaired_by_keys_alone(
    refused: Callable[..., Notebook], page: LabPage, kernel: str
) -> None:
    work = page.server.work
    (work / "keys.jsonl").write_text("\n".join(PASTED), "utf-8")
    notebook = refused("repair-keys", f"%ft_dataset {work / 'keys.jsonl'}")
    source = notebook.evaluate(SOURCE, 1)
    key = page.tab.keyboard.press

    def focused(wanted: str) -> None:
        page.tab.wait_for_function(FOCUSED, arg=wanted)

    panel(notebook).get_by_role("button").first.focus()
    key("Tab")
    focused("preview exotic_blanks")
    key("Enter")
    focused("apply ")
    key("Escape")
    focused("preview all")
    key("Space")
    focused("apply ")
    key("Enter")
    focused("undo ")
    expect(report(notebook)).to_contain_text("ready to train")
    expect(panel(notebook)).to_contain_text(
        "'keys.fixed.jsonl' is written, 'keys.jsonl' is as it was."
    )
    assert (work / "keys.fixed.jsonl").read_text("utf-8") == "\n".join(ROWS)
    expect(notebook.output(1).get_by_role("status")).to_contain_text("Kept as dataset 'keys'")
    key("Enter")
    focused("preview all")
    expect(panel(notebook)).to_contain_text("'keys.fixed.jsonl' is deleted again.")
    assert not (work / "keys.fixed.jsonl").exists()
    # keys of the panel are not the notebook's, where D D deletes a cell and Enter begins to edit
    key("d")
    key("d")
    assert notebook.evaluate(SOURCE, 1) == source


def test_a_page_that_is_loaded_again_shows_the_same_panel(
    refused: Callable[..., Notebook], page: LabPage
) -> None:
    notebook = refused("repair-again", CELL)
    press(notebook, "Fix all")
    expect(panel(notebook).get_by_role("button", name="Apply")).to_be_visible()
    notebook.save()
    again = page.reload(notebook)
    press(again, "Apply")
    expect(panel(again)).to_contain_text("Kept as dataset 'shop'")
    press(again, "Undo")
    expect(panel(again).get_by_role("button")).to_have_count(3)


def test_a_saved_notebook_has_its_report_and_a_line_on_fixes_without_a_kernel(
    refused: Callable[..., Notebook],
    page: LabPage,
    new_page: Callable[..., LabPage],
    shots: Path,
) -> None:
    server = page.server
    notebook = refused("repair-saved", CELL.replace("shop", "kept"))
    press(notebook, "Fix all")
    press(notebook, "Apply")
    notebook.wait_for(REPORT_SAVED, "ready to train", True)
    notebook.save()
    press(notebook, "Undo")
    expect(refusal(notebook)).to_be_visible()

    notebook.shut_kernel_down()
    copy = server.write_foreign("repair-copy.ipynb", server.read(notebook.path))
    for name, open_it, path in (
        ("untrusted", LabPage.open_without_kernel, copy),
        ("trusted", LabPage.open, notebook.path),  # with another kernel
    ):
        saved = open_it(later := new_page(server), path)
        assert saved.trusted(1) == (name == "trusted")
        expect(saved.output(1)).to_contain_text("ready to train")
        expect(saved.output(1)).to_contain_text("Quick-fixes of this source: add --fix")
        later.shoot(shots / f"repair-saved-{name}.png")


def test_without_the_extension_nothing_is_seen_of_a_widget_that_is_gone(
    new_page: Callable[..., LabPage], bare_server: LabServer, shots: Path
) -> None:
    page = new_page(bare_server)
    notebook = page.open(bare_server.notebook("repair-bare.ipynb", LOAD, CELL))
    notebook.run(0)
    run_refused(notebook, 1)
    press(notebook, "Fix all")
    press(notebook, "Apply")
    notebook.wait_for(REPORT_SAVED, "ready to train", True)
    notebook.save()
    notebook.shut_kernel_down()

    later = new_page(bare_server)
    saved = later.open(notebook.path)
    gone = saved.output(1).get_by_text("Error displaying widget")
    expect(gone).to_have_count(1)
    expect(gone).to_be_hidden()
    expect(saved.output(1)).to_contain_text("ready to train")
    later.shoot(shots / "repair-saved-bare.png")
    # JupyterLab's own word on it
    later.faults[:] = [fault for fault in later.faults if "widget model not found" not in fault]


def test_hostile_texts_are_texts(refused: Callable[..., Notebook], page: LabPage) -> None:
    asked: list[str] = []
    page.tab.on("request", lambda request: asked.append(request.url))
    rows = [PASTED[0].replace('"Where', json.dumps(text)[:-1] + "Where") for text in HOSTILE]
    notebook = refused("repair-hostile", "%%ft_dataset odd\n" + "\n".join([*rows, *HOSTILE[:8]]))
    press(notebook, "Fix all")
    expect(panel(notebook).locator(".diff").last).to_contain_text("<script>w…")
    check_harmless(notebook, asked)
    press(notebook, "Apply")
    expect(panel(notebook)).to_contain_text("repaired:")
    expect(panel(notebook).locator("pre")).to_contain_text(HOSTILE[0])
    check_harmless(notebook, asked)


@pytest.mark.parametrize(("theme", "width"), [("Light", 1280), ("Dark", 1280), ("Light", NARROW)])
def test_a_report_and_its_panel_can_be_read_in_any_theme_and_width(
    refused: Callable[..., Notebook], page: LabPage, shots: Path, theme: str, width: int
) -> None:
    notebook = refused(f"repair-looks-{theme}-{width}", CELL)
    page.theme(f"JupyterLab {theme}")
    if width == NARROW:
        page.command("application:toggle-left-area")
    page.tab.set_viewport_size({"width": width, "height": 1500})

    def look(stage: str) -> None:
        notebook.output(1).screenshot(path=str(shots / f"repair-{theme}-{width}-{stage}.png"))
        for part in (report(notebook), panel(notebook)):
            assert [pair for pair in contrasts(part) if pair[0] < FAINTEST] == []
            # the cell's new text may be long: it has a height, and scrolls in it
            assert [box for box in overflows(part) if not box.startswith("pre.")] == []

    look("offered")
    press(notebook, "Fix all")
    expect(panel(notebook).get_by_role("button", name="Apply")).to_be_focused()
    look("preview")
    press(notebook, "Apply")
    expect(report(notebook)).to_contain_text("ready to train")
    look("applied")
    press(notebook, "Undo")
    expect(report(notebook)).to_contain_text("0 of 3")
    look("undone")
    page.theme("JupyterLab Light")
