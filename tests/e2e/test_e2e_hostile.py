"""Texts that try to be more than texts: in rows, names, answers, logs. They stay what they are."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.e2e.looks import overflows
from tests.e2e.page import LabPage
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
LIST, RUN, DATA, COMPARED = 1, 2, 3, 4
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
OPEN_RUN = "from nbfinetune.session import current\ncurrent().job({})"
MADE = "script, iframe, img, a[href], svg[onload], .MathJax, mjx-container"


def test_hostile_texts_are_shown_and_do_nothing(page: LabPage, shots: Path, kernel: str) -> None:
    asked: list[str] = []
    page.tab.on("request", lambda request: asked.append(request.url))
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
        cells = (LOAD, "%ft_runs", show, ROWS, COMPARISON)
        notebook = page.open(server.notebook("hostile.ipynb", *cells, kernel=kernel))
        notebook.run(0, LIST, RUN, DATA, COMPARED)
        view = notebook.run_view(RUN)
        expect(view).to_have_attribute("data-points", "20")
        view.locator("summary").click()
        expect(view.get_by_role("log").locator("> *")).to_have_count(len(HOSTILE))
        run.fail("\n".join(HOSTILE))
    expect(view).to_have_attribute("data-state", "failed")

    answers = [f"tbody tr:nth-child({row + 1}) td" for row in range(len(HOSTILE))]
    for selector, text in zip(answers, HOSTILE, strict=True):
        cells_of_row = view.locator(selector).all()
        assert [literal(cell) for cell in cells_of_row] == [text, "before", text, text]
    compared = notebook.output(COMPARED).locator("tr td:last-child").all()
    assert [literal(cell) for cell in compared] == list(HOSTILE)
    turns = notebook.output(DATA).locator(".turn").all()
    assert sorted({literal(turn) for turn in turns}) == sorted(HOSTILE)
    assert literal(view.locator(".jp-nbfinetune-name")) == NAME
    assert literal(view.locator(".jp-nbfinetune-failure")) == "\n".join(HOSTILE)
    expect(notebook.output(LIST)).to_contain_text(NAME)

    outputs = [notebook.output(index) for index in (LIST, RUN, DATA, COMPARED)]
    for output in outputs:
        expect(output.locator(MADE)).to_have_count(0)
        output.screenshot(path=str(shots / f"hostile-{outputs.index(output)}.png"))
    assert page.tab.evaluate("() => window.nbfinetuneHacked") is None
    assert [url for url in asked if "evil" in url] == []
    ours = [output.locator(".jp-nbfinetune, div.jp-nbfinetune-run").first for output in outputs]
    assert [overflows(part) for part in ours] == [[]] * len(ours)


def literal(part: Locator) -> str:
    return part.text_content() or ""
