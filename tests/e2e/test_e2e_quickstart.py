"""The quickstart in JupyterLab, cell by cell, as a newcomer runs it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.page import LabPage

LOAD, THREE, ROWS, PIRATE, TRAIN, WAIT, COMPARE = 1, 3, 5, 6, 8, 9, 11
RUN_MIME = "application/vnd.nbfinetune.run+json"


def test_the_quickstart_ends_in_a_table_with_before_and_after(page: LabPage, shots: Path) -> None:
    page.load()
    page.command("nbfinetune:open-quickstart")
    quickstart = page.open("00_quickstart.ipynb")
    quickstart.run(LOAD, THREE, ROWS, PIRATE, TRAIN)
    view = quickstart.run_view(TRAIN)
    quickstart.start(WAIT)
    expect(view).to_have_attribute("data-state", "training", timeout=60_000)
    expect(view).to_have_attribute("data-points", re.compile(r"^[1-9]\d"), timeout=60_000)
    page.shoot(shots / "quickstart-training.png")
    seen = int(view.get_attribute("data-points") or 0)
    quickstart.finish(WAIT, 180)

    expect(view).to_have_attribute("data-state", "finished")
    total = int(view.get_attribute("data-points") or 0)
    assert total > seen
    expect(view.locator("button[data-command='stop']")).to_have_count(0)
    assert view.locator("[data-checkpoint]").count() == 8
    page.shoot(shots / "quickstart-finished.png")

    quickstart.run(COMPARE)
    table = quickstart.output(COMPARE).locator("table")
    rows = table.locator("tr").filter(has=page.tab.locator("td"))
    answers = [row.locator("td").all_inner_texts() for row in rows.all()]
    assert len(answers) == 5
    assert [before.startswith("Ahoy!") for _, before, _ in answers] == [False] * 5
    assert [after.startswith("Ahoy!") for _, _, after in answers] == [True] * 5
    table.scroll_into_view_if_needed()
    page.shoot(shots / "quickstart-compared.png")

    quickstart.save()
    [saved] = page.server.read(quickstart.path).cells[TRAIN].outputs
    assert set(saved.data) == {RUN_MIME, "image/png", "text/plain"}
    assert saved.data[RUN_MIME]["train"]["to"] == total
