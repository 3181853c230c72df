"""The dataset studio in a page: rows read, edited and kept by keys alone, 10,000 of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.looks import contrasts, overflows
from tests.e2e.page import LabPage, Notebook
from tests.e2e.test_e2e_hostile import HOSTILE, check_harmless

FAINTEST = 4.5  # WCAG 2, AA
STUDIO = """
from nbfinetune.core.draft.draft import Draft
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.reading.python_rows import read_rows
from nbfinetune.panels.studio import studio
def row(asked, answer, role="assistant", **extra):
    turns = [{"role": "user", "content": asked}, {"role": role, "content": answer}]
    return {"messages": turns, **extra}
kept = []
def keep(name, dataset):
    kept.append((name, [one.as_dict() for one in dataset.conversations]))
    return f"kept as {name}"
"""
ROWS = """
rows = [row("What?", "That."), row("How?", ""), row("What?", "That."), row("Who?", "I.", "gpt")]
draft = Draft(read_rows(rows), name="pirate")
"""
MANY = """
rows = [row("Why? " * 9 + str(i), "So. " * 20 + str(i), "assistant" if i % 9 else "gpt")
        for i in range(10_000)]
draft = Draft(read_rows(rows), name="many")
"""
SHOW = "shown = studio(draft, keep)\nshown"
TALLEST = 520 + 2 * 400  # pixels of rows that may be in the page: the list and its margins
SCROLLED = """async (box, [step, frames]) => {
  const times = [];
  let gaps = 0;
  for (let i = 0; i < frames; i++) {
    const start = performance.now();
    box.scrollTop += step;
    await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve, 0)));
    times.push(performance.now() - start);
    const seen = box.getBoundingClientRect();
    let filled = seen.top + 1;
    const rows = [...box.querySelectorAll('[data-place]')]
      .sort((a, b) => a.dataset.place - b.dataset.place);
    for (const row of rows) {
      const { top, bottom } = row.getBoundingClientRect();
      if (top <= filled + 1 && bottom > filled) filled = bottom;
    }
    if (filled < seen.bottom - 2) gaps += 1;
  }
  times.sort((a, b) => a - b);
  return { gaps, middle: times[times.length >> 1], slowest: times.at(-1),
    nodes: box.querySelectorAll('[data-place]').length };
}"""
ROUND_TRIP = """root => new Promise(resolve => {
  const start = performance.now();
  const watch = new MutationObserver(() => {
    watch.disconnect();
    resolve(performance.now() - start);
  });
  watch.observe(root, { attributeFilter: ['data-revision'] });
  [...root.querySelectorAll('button')].find(one => one.textContent === 'Save row').click();
})"""


@pytest.fixture
def studio(page: LabPage, kernel: str) -> Callable[..., tuple[Notebook, Locator]]:
    """Opens a notebook with a studio of these rows."""

    def start(name: str, rows: str, *more: str) -> tuple[Notebook, Locator]:
        page.tab.set_viewport_size({"width": 1280, "height": 1300})
        cells = (STUDIO + rows + SHOW, *more)
        notebook = page.open(page.server.notebook(f"{name}.ipynb", *cells, kernel=kernel))
        notebook.run(0)
        view = notebook.output(0).locator(".jp-nbfinetune-studio")
        expect(view.locator("[data-place='0'] .jp-nbfinetune-asked")).not_to_be_empty()
        return notebook, view

    return start


def said(view: Locator) -> Locator:
    return view.locator(".jp-nbfinetune-said")


def share(view: Locator) -> Locator:
    return view.get_by_role("spinbutton", name="Validation")


def row(view: Locator, row_id: int) -> Locator:
    return view.locator(f"[data-id='{row_id}']")


def edit(view: Locator, row_id: int) -> None:
    """Begin to edit the row that has the focus."""
    view.page.keyboard.press("e")
    expect(row(view, row_id).locator("textarea").first).to_be_focused()


def focused(view: Locator) -> Any:
    """The row that the focus is in, and what in it."""
    return view.evaluate(
        "() => [document.activeElement.closest('[data-id]')?.dataset.id,"
        " document.activeElement.localName]"
    )


def test_a_row_is_read_repaired_and_kept_by_keys_alone(
    studio: Callable[..., tuple[Notebook, Locator]], page: LabPage
) -> None:
    notebook, view = studio("studio-keys", ROWS, "kept")
    press = page.tab.keyboard.press
    before = notebook.evaluate("return panel.content.widgets[0].model.executionCount")

    row(view, 0).focus()
    press("ArrowDown")
    press("Enter")
    expect(row(view, 1).locator(".jp-nbfinetune-problem")).to_contain_text("expected an answer")
    press("e")
    expect(row(view, 1).locator("textarea")).to_have_count(2)
    expect(row(view, 1).locator("textarea").nth(1)).to_be_focused()  # the answer is what is wrong
    page.tab.keyboard.type("Likedd this,")
    press("Enter")
    page.tab.keyboard.type("that")
    press("Control+z")
    answer = row(view, 1).locator("textarea").nth(1)
    assert len(answer.input_value()) < len("Likedd this,\nthat")
    press("Control+a")
    page.tab.keyboard.type("So,")
    press("Enter")
    page.tab.keyboard.type("so.")
    press("Control+Enter")
    expect(said(view)).to_have_text("Row saved: nothing is wrong with it")
    assert focused(view) == ["1", "div"]

    press("Control+z")
    expect(said(view)).to_have_text("Undone: 1 problem left in it")
    press("Control+Shift+z")
    expect(said(view)).to_have_text("Done again: nothing is wrong with it")
    press("End")
    assert focused(view) == ["3", "div"]
    press("Delete")
    expect(said(view)).to_have_text("Row deleted; Ctrl+Z brings it back")
    assert focused(view) == ["2", "div"]

    name = view.get_by_label("Name of the saved version")
    name.fill("corsair")
    name.press("Enter")
    expect(said(view)).to_have_text("kept as corsair\nNext:  %ft_train corsair")
    notebook.run(1)
    expect(notebook.output(1)).to_contain_text("'So,\\nso.'")
    after = notebook.evaluate("return panel.content.widgets[0].model.executionCount")
    assert (after, notebook.root.locator(".jp-Cell").count()) == (before, 2)


def test_what_is_typed_is_not_thrown_away_by_one_key(
    studio: Callable[..., tuple[Notebook, Locator]], page: LabPage
) -> None:
    _notebook, view = studio("studio-escape", ROWS)
    row(view, 0).focus()
    edit(view, 0)
    page.tab.keyboard.type("!")
    page.tab.keyboard.press("Escape")
    area = row(view, 0).locator("textarea").first
    expect(area).to_have_value("What?!")
    expect(row(view, 0)).to_contain_text("once more throws your changes away")
    page.tab.keyboard.press("Escape")
    expect(row(view, 0).locator(".jp-nbfinetune-bubble").first).to_contain_text("What?")
    assert focused(view) == ["0", "div"]


def test_rows_are_found_by_text_and_problem_and_a_new_row_is_written(
    studio: Callable[..., tuple[Notebook, Locator]], page: LabPage
) -> None:
    _notebook, view = studio("studio-find", ROWS)
    row(view, 0).focus()
    page.tab.keyboard.press("/")
    page.tab.keyboard.type("what")
    expect(said(view)).to_have_text("2 rows found")
    expect(view.locator("mark").first).to_have_text("What")
    page.tab.keyboard.press("Enter")
    expect(row(view, 0)).to_be_focused()
    view.get_by_role("button", name="duplicate row 1").click()
    expect(said(view)).to_have_text("1 row found")
    row(view, 2).locator(".jp-nbfinetune-line").click()
    view.get_by_role("button", name="show that row").click()
    expect(row(view, 0).locator(".jp-nbfinetune-bubble").first).to_contain_text("What?")
    expect(view.get_by_label("Search the rows")).to_have_value("")

    row(view, 0).focus()
    page.tab.keyboard.press("n")
    expect(row(view, 4).locator("textarea").first).to_be_focused()
    page.tab.keyboard.type("When?")
    view.get_by_label("Message 2, content").fill("Now.")
    view.get_by_role("button", name="Save row").click()
    expect(said(view)).to_have_text("Row saved: nothing is wrong with it")
    expect(row(view, 4)).to_have_attribute("data-place", "1")


def test_the_rows_with_errors_are_a_step_away_and_each_side_of_the_split(
    studio: Callable[..., tuple[Notebook, Locator]], page: LabPage
) -> None:
    _notebook, view = studio("studio-errors", ROWS)
    advice = view.locator(".jp-nbfinetune-advice")
    expect(advice).to_contain_text("2 rows have errors and are left out of what you save.")
    view.get_by_role("button", name="Show them").click()
    expect(said(view)).to_have_text("2 rows found")
    expect(row(view, 1).locator(".jp-nbfinetune-bubble")).to_have_count(2)
    page.tab.keyboard.press("ArrowDown")
    page.tab.keyboard.press("e")
    role = view.get_by_label("Message 2, role")
    expect(role).to_be_focused()
    role.select_option("assistant")
    page.tab.keyboard.press("Control+Enter")
    expect(said(view)).to_have_text("Row saved: nothing is wrong with it")
    expect(advice).to_contain_text("1 row has an error and is left out of what you save.")
    expect(view.get_by_role("button", name="Save 3 valid rows")).to_be_enabled()
    row(view, 1).focus()
    page.tab.keyboard.press("Delete")
    expect(advice).to_be_hidden()
    expect(view.get_by_role("button", name="Save 3 rows")).to_be_enabled()
    view.locator(".jp-nbfinetune-foot").get_by_role("button", name="validation").click()
    expect(said(view)).to_have_text("1 row found")
    expect(view.locator("[data-side='validation']")).to_have_count(1)


def test_every_view_and_a_page_that_is_loaded_again_show_the_same(
    studio: Callable[..., tuple[Notebook, Locator]], page: LabPage
) -> None:
    notebook, view = studio("studio-views", ROWS, "shown")
    notebook.run(1)
    second = notebook.output(1).locator(".jp-nbfinetune-studio")
    row(second, 1).focus()
    page.tab.keyboard.press("Delete")
    for one in (view, second):
        expect(one.locator(".jp-nbfinetune-chip").first).to_have_text("2 of 3 rows valid")
        expect(one.locator("[data-place]")).to_have_count(3)
    row(view, 0).focus()
    edit(view, 0)
    page.tab.keyboard.type(" Mine.")
    row(second, 0).locator(".jp-nbfinetune-line").click()
    second.get_by_role("button", name="Edit", exact=True).click()
    second.get_by_label("Message 1, content").fill("Theirs.")
    second.get_by_role("button", name="Save row").click()
    view.get_by_role("button", name="Save row").click()
    expect(row(view, 0).get_by_role("status")).to_contain_text("changed in another view")
    view.get_by_role("button", name="Save row").click()
    expect(row(second, 0).locator(".jp-nbfinetune-bubble").first).to_contain_text("What? Mine.")
    share(view).fill("50")
    share(view).press("Enter")
    expect(share(second)).to_have_value("50")

    notebook.save()
    again = page.reload(notebook).output(0).locator(".jp-nbfinetune-studio")
    expect(row(again, 0).locator(".jp-nbfinetune-asked")).to_have_text("What? Mine.")
    expect(share(again)).to_have_value("50")


SCROLLED_AND_DRAWN = """box => {
  const key = new KeyboardEvent('keydown', { key: 'Escape', bubbles: true });
  box.scrollTop = 0;
  document.activeElement.dispatchEvent(key); // warns that something was typed: draws at once
}"""
OUT_AND_BACK = """async (box, frames) => {
  const output = box.closest('.jp-OutputArea-output');
  const { parentElement, nextSibling } = output;
  const frame = () => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve, 0)));
  output.remove();
  for (let i = 0; i < frames; i++) await frame();
  parentElement.insertBefore(output, nextSibling);
  const lost = box.scrollTop;
  for (let i = 0; i < 3; i++) await frame();
  return [lost, box.scrollTop];
}"""


def test_ten_thousand_rows_scroll_without_a_gap(
    studio: Callable[..., tuple[Notebook, Locator]], report: Callable[[str], None], page: LabPage
) -> None:
    _notebook, view = studio("studio-many", MANY)
    box = view.locator("[data-rows]")
    for step in (60, 300, 2000):
        seen = box.evaluate(SCROLLED, [step, 90])
        report(f"studio: {step} pixels a frame: {seen}")
        assert (seen["gaps"], seen["nodes"] <= TALLEST // 34 + 3) == (0, True)
    box.evaluate("box => { box.scrollTop = 34 * 5000 }")
    row(view, 5003).locator(".jp-nbfinetune-line").click()
    edit(view, 5003)
    page.tab.keyboard.type(" really?")
    took = view.evaluate(ROUND_TRIP)
    report(f"studio: an edited row of 10,000 is checked and shown after {took:.0f} ms")
    expect(said(view)).to_have_text("Row saved: nothing is wrong with it")
    box.evaluate("box => { box.scrollTop = 0 }")
    expect(row(view, 0)).to_be_visible()
    expect(row(view, 5003)).to_have_count(1)  # it has the focus
    page.tab.keyboard.press("ArrowDown")
    expect(row(view, 5004)).to_be_in_viewport()


def test_the_list_stays_where_it_was_put_and_comes_back_there(
    studio: Callable[..., tuple[Notebook, Locator]], page: LabPage
) -> None:
    _notebook, view = studio("studio-scroll", MANY)
    box = view.locator("[data-rows]")
    box.evaluate("box => { box.scrollTop = 34 * 5000 }")
    row(view, 5003).focus()
    edit(view, 5003)
    page.tab.keyboard.type("!")
    box.evaluate(SCROLLED_AND_DRAWN)
    expect(row(view, 0)).to_be_in_viewport()
    expect(row(view, 5003)).to_contain_text("once more throws your changes away")
    for frames in (0, 2):  # moved; or out of sight for a while
        box.evaluate("box => { box.scrollTop = 34 * 7000 }")
        expect(row(view, 7001)).to_be_in_viewport()
        assert box.evaluate(OUT_AND_BACK, frames) == [0, 34 * 7000]


def test_hostile_texts_are_texts(
    studio: Callable[..., tuple[Notebook, Locator]], page: LabPage, shots: Path
) -> None:
    asked: list[str] = []
    page.tab.on("request", lambda request: asked.append(request.url))
    rows = f"texts = {list(HOSTILE)!r}\nrows = [row(a, a, **{{a: a}}) for a in texts]\n"
    notebook, view = studio(
        "studio-hostile", f"{rows}draft = Draft(read_rows(rows), name=texts[0])\n"
    )
    for at, text in enumerate(HOSTILE):
        row(view, at).focus()
        page.tab.keyboard.press("Enter")
        contents = row(view, at).locator(".jp-nbfinetune-content")
        expect(contents).to_have_count(2)
        assert [one.text_content() for one in contents.all()] == [text, text]
        page.tab.keyboard.press("e")
        expect(row(view, at).locator("textarea").first).to_have_value(text)
        page.tab.keyboard.press("Escape")
        page.tab.keyboard.press("Enter")
    view.get_by_label("Search the rows").fill("<script>")
    expect(said(view)).to_have_text("3 rows found")
    page.shoot(shots / "studio-hostile.png")
    check_harmless(notebook, asked)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_a_studio_can_be_read_in_any_theme_and_width(
    studio: Callable[..., tuple[Notebook, Locator]], page: LabPage, shots: Path, theme: str
) -> None:
    dark = theme.endswith("Dark")
    _notebook, view = studio(f"studio-looks-{dark}", ROWS)
    page.theme(theme)
    row(view, 1).locator(".jp-nbfinetune-line").click()
    row(view, 3).locator(".jp-nbfinetune-line").click()
    expect(view.locator(".jp-nbfinetune-bubble")).to_have_count(4)
    page.tab.keyboard.press("e")
    expect(view.locator("textarea")).to_have_count(2)
    for width in (1280, 760):
        page.tab.set_viewport_size({"width": width, "height": 1100})
        page.shoot(shots / f"studio-{'dark' if dark else 'light'}-{width}.png")
        faint = [(ratio, text) for ratio, text in contrasts(view) if ratio < FAINTEST]
        assert faint == []
        # the one thing that is meant to be moved sideways, in a narrow cell
        assert [box for box in overflows(view) if "filters scrolls" not in box] == []
    page.theme("JupyterLab Light")


PICTURED = """
  const data = panel.content.widgets[0].model.outputs.get(0).data;
  return (data['text/html'] ?? '').includes(given);
"""
KEPT = f"""
rows = [row("Gone", "That."), row({HOSTILE[0]!r}, {HOSTILE[1]!r}), row("How?", "")]
draft = Draft(read_rows(rows), name={HOSTILE[2]!r})
"""


def test_a_saved_notebook_shows_the_last_rows_without_a_kernel(
    page: LabPage, new_page: Callable[..., LabPage], shots: Path
) -> None:
    server = page.server
    notebook = page.open(server.notebook("studio-saved.ipynb", STUDIO + KEPT + SHOW))
    notebook.run(0)
    view = notebook.output(0).locator(".jp-nbfinetune-studio")
    row(view, 0).focus()
    page.tab.keyboard.press("Delete")
    expect(said(view)).to_have_text("Row deleted; Ctrl+Z brings it back")
    notebook.wait_for(PICTURED, "1 of 2 rows valid", True)
    notebook.save()
    notebook.shut_kernel_down()
    expect(row(view, 2)).to_be_visible()  # somebody may be typing there

    copy = server.write_foreign("studio-copy.ipynb", server.read(notebook.path))
    for name, open_it, path in (
        ("untrusted", LabPage.open_without_kernel, copy),
        ("trusted", LabPage.open, notebook.path),  # with another kernel
    ):
        later = new_page(server)
        saved = open_it(later, path)
        assert saved.trusted(0) == (name == "trusted")
        picture = saved.output(0).locator(".jp-nbfinetune")
        expect(picture).to_contain_text("Run this cell again")
        expect(picture.locator("tr")).to_have_count(3)
        expect(picture).to_contain_text(HOSTILE[1])
        expect(saved.output(0)).not_to_contain_text("Error displaying widget")
        later.shoot(shots / f"studio-saved-{name}.png")
        check_harmless(saved, [])
