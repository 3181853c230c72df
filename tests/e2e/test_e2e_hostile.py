"""Texts that try to be more than texts: in rows, names, answers, logs. They stay what they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.e2e.looks import overflows
from tests.e2e.page import LabPage, Notebook
from tests.e2e.runs import LOAD, written_run

HACK = "window.nbfinetuneHacked=1"
HOSTILE = (
    f"<script>{HACK}</script>",
    f"<img src=/nbfinetune-evil.png onerror={HACK}>",
    f'"><svg onload={HACK}>',
    f'\'><a href="javascript:{HACK}">a link</a>',
    f"[a link](javascript:{HACK})",
    "![a picture](/nbfinetune-evil.png)",
    f"</style><script>{HACK}</script>",
    f"</textarea></title>--><iframe srcdoc='<script>parent.{HACK}</script>'>",
    f"${{{HACK}}} {{{{constructor.constructor('{HACK}')()}}}}",
    "It costs $5 and \\(x^2\\) or $$6$$ today",
    "right to \u202eleft\u202c and left \u2067again\u2069",
    "zero\u200bwidth\u200d and\ufeff a line\u2028that breaks",
    "null undefined NaN [object Object] &lt;b&gt; &amp;",
    "x" * 600,
    "\u0336".join("strike") + " e" + "\u0301" * 30,
)
NAME = f"<img src=/nbfinetune-evil.png onerror={HACK}>"
LIST, RUN, DATA, COMPARED, CHAT = 1, 2, 3, 4, 5
ROWS = f"""
texts = {list(HOSTILE)!r}
def turns(one, other):
    return [{{"role": "user", "content": one}}, {{"role": "assistant", "content": other}}]
pairs = [turns(a, b) for a, b in zip(texts, reversed(texts))]
rows = [{{"messages": sum(pairs[i::3], [])}} for i in range(3)]
import nbfinetune
nbfinetune.load_dataset(rows, name=texts[0])
"""
COMPARISON = f"""
from nbfinetune.chat.compare import Contender, compare
from nbfinetune.chat.model import SamplingParams, ScriptedChat
echo = ScriptedChat(lambda asked: asked[-1].content)
compare([Contender({NAME!r}, echo, texts[1])], texts, SamplingParams())
"""
CHATTING = f"""
from nbfinetune.panels.chat import ChatPanel
panel = ChatPanel(lambda _waiting: [Contender({NAME!r}, echo, texts[1])], SamplingParams())
panel.show()
for text in texts:
    panel.send(text).join()
"""
OPEN_RUN = "from nbfinetune.session import current\ncurrent().job({})"
REPLACED = """
  const { data } = panel.content.widgets[given].model.outputs.get(0);
  return !('application/vnd.jupyter.widget-view+json' in data);
"""
MADE = "script, iframe, img, a[href], svg[onload], .MathJax, mjx-container"


def test_hostile_texts_are_shown_and_do_nothing(
    page: LabPage, new_page: Callable[..., LabPage], shots: Path, kernel: str
) -> None:
    asked: list[str] = []
    page.tab.on("request", lambda request: asked.append(request.url))
    page.tab.set_viewport_size({"width": 1280, "height": 2400})
    server = page.server
    with written_run(server.home, NAME, data=HOSTILE[2]) as run:
        run.plan()
        for row, text in enumerate(HOSTILE):
            run.answer(row, text, text, "before")
            run.log(text)
        run.checkpoint()
        run.steps(20)
        run.checkpoint()
        for row, text in enumerate(HOSTILE):
            run.answer(row, text, text, text)
        show = OPEN_RUN.format(repr(run.run.id))
        cells = (LOAD, "%ft_runs", show, ROWS, COMPARISON, CHATTING)
        notebook = page.open(server.notebook("hostile.ipynb", *cells, kernel=kernel))
        notebook.run(0, LIST, RUN, DATA, COMPARED, CHAT)
        view = notebook.run_view(RUN)
        expect(view).to_have_attribute("data-points", "20")
        view.locator("summary").click()
        expect(view.get_by_role("log").locator("> *")).to_have_count(len(HOSTILE))
        run.fail("\n".join(HOSTILE))
    expect(view).to_have_attribute("data-state", "failed")

    check_run(view)
    assert literal(view.locator(".jp-nbfinetune-failure")) == "\n".join(HOSTILE)
    check_reports(notebook)
    said = notebook.output(CHAT).locator(".turn").all()
    assert [literal(turn) for turn in said] == [text for text in HOSTILE for _ in range(2)]
    for index in (LIST, RUN, DATA, COMPARED, CHAT):
        output = notebook.output(index)
        output.screenshot(path=str(shots / f"hostile-{index}.png"))
        assert overflows(output.locator(".jp-nbfinetune, div.jp-nbfinetune-run").first) == []
    check_harmless(notebook, asked)

    notebook.wait_for(REPLACED, RUN, True)
    notebook.save()
    later = new_page(server)
    later.tab.on("request", lambda request: asked.append(request.url))
    later.tab.set_viewport_size({"width": 1280, "height": 2400})
    copy = server.write_foreign("hostile-copy.ipynb", server.read("hostile.ipynb"))
    saved = later.open_without_kernel(copy)
    assert not saved.trusted(RUN)
    check_run(saved.run_view(RUN))
    check_reports(saved)
    later.shoot(shots / "hostile-untrusted.png")
    check_harmless(saved, asked)


def check_run(view: Locator) -> None:
    expect(view).to_have_attribute("data-state", "failed")
    rows = view.locator("tbody tr").all()
    shown = [[literal(cell) for cell in row.locator("td").all()] for row in rows]
    assert shown == [[text, "before", text, text] for text in HOSTILE]
    assert literal(view.locator(".jp-nbfinetune-name")) == NAME


def check_reports(notebook: Notebook) -> None:
    compared = notebook.output(COMPARED).locator("tr td:last-child").all()
    assert [literal(cell) for cell in compared] == list(HOSTILE)
    turns = notebook.output(DATA).locator(".turn").all()
    assert sorted({literal(turn) for turn in turns}) == sorted(HOSTILE)
    expect(notebook.output(LIST)).to_contain_text(NAME)


def check_harmless(notebook: Notebook, asked: list[str]) -> None:
    expect(notebook.root.locator(f".jp-Cell-outputWrapper :is({MADE})")).to_have_count(0)
    assert notebook.page.tab.evaluate("() => window.nbfinetuneHacked") is None
    assert [url for url in asked if "evil" in url] == []


def literal(part: Locator) -> str:
    return part.text_content() or ""
