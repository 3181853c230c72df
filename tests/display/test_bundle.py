"""What stays of a run in a saved notebook."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from nbfinetune.core.runs.record import fold
from nbfinetune.core.runs.store import Run, RunStore
from nbfinetune.display.bundle import run_bundle
from nbfinetune.display.picture import MIME, picture
from nbfinetune.display.run import run_text
from tests.display.test_picture import SPEC, STORY


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return RunStore(tmp_path).create(SPEC)


def test_a_run_stays_as_data_as_a_picture_and_as_text(run: Run) -> None:
    record = fold(STORY)

    bundle, metadata = run_bundle(run, record)

    assert metadata == {"image/png": {"width": 640, "height": 240}}
    png = base64.b64decode(bundle.pop("image/png"), validate=True)
    assert png.startswith(b"\x89PNG\r\n")
    assert bundle == {MIME: picture(SPEC, record), "text/plain": run_text("first", record)}
    assert json.loads(json.dumps(bundle, allow_nan=False)) == bundle


def test_before_the_first_value_there_is_no_picture(run: Run) -> None:
    assert sorted(run_bundle(run, fold(STORY[:1]))[0]) == [MIME, "text/plain"]


def test_a_picture_that_cant_be_drawn_takes_nothing_else_with_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(_named: object) -> bytes:
        raise MemoryError("too large")

    monkeypatch.setattr("nbfinetune.display.figure.run_png", no_memory)
    record = fold(STORY)

    bundle, metadata = run_bundle(run, record)

    assert (sorted(bundle), metadata) == ([MIME, "text/plain"], {})
    assert bundle["text/plain"].endswith("\n  no picture: MemoryError: too large")


def test_a_run_whose_spec_is_damaged_still_stays(run: Run) -> None:
    (run.path / "spec.json").write_text("{", "utf-8")

    bundle, _ = run_bundle(run, fold(STORY))

    assert "about" not in bundle[MIME]
    assert bundle["text/plain"].startswith("20260102-first: failed\n")
