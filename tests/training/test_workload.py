"""What a run computes, counted beside the packs that it really makes, and what is said of it."""

from __future__ import annotations

import json
import shutil

import pytest

from nbfinetune.core.config import TrainConfig
from nbfinetune.core.runs.events import Notice
from nbfinetune.core.text import CATALOGUE, set_language
from nbfinetune.display.run import run_html, run_text
from nbfinetune.templates.labels import LabelledRow
from nbfinetune.training.packing import TOKENS_AT_ONCE, computed_at_once, pack, pieces
from nbfinetune.training.schedule import schedule
from nbfinetune.training.workload import (
    heaviest,
    measured_tokens,
    sharing_notices,
    trained_share,
    trained_tokens,
)
from tests.models import talk
from tests.training.runs import ROWS, prepare, train


def rows_of(*lengths: int, shared: int = 0) -> list[LabelledRow]:
    """Rows of these lengths: `shared` tokens alike, then one of their own and more."""
    made = [[*range(shared), 1000 + i, *range(n)][:n] for i, n in enumerate(lengths)]
    return [LabelledRow(ids, ids) for ids in made]


@pytest.mark.parametrize("shared", [0, 1, 30])
@pytest.mark.parametrize("micro", [0, 1, 2])
def test_trained_tokens_are_those_of_the_packs(shared, micro):
    rows = rows_of(33, 59, 44, 70, 35, 35, 40, shared=shared)
    config = TrainConfig(batch_size=4, micro_batch_size=micro, epochs=2)
    steps = [[rows[i] for i in step.rows] for step in schedule(len(rows), config)]
    parts = [step[i : i + (micro or 4)] for step in steps for i in range(0, len(step), micro or 4)]
    packed = [len(pack(part).ids) for part in parts]
    padded = [len(part) * max(len(row.ids) for row in part) for part in parts]

    assert trained_tokens(rows, config, packed=True) == sum(packed)
    assert trained_tokens(rows, config, packed=False) == sum(padded)
    assert len(pack(heaviest(rows, config, packed=True)).ids) == max(packed)
    assert computed_at_once(heaviest(rows, config, packed=False), packed=False) == max(padded)


def test_of_many_steps_some_tell_how_much_all_compute():
    rows = rows_of(*[40 + i % 7 for i in range(600)], shared=30)
    config = TrainConfig(batch_size=2, epochs=1)
    steps = [[rows[i] for i in step.rows] for step in schedule(len(rows), config)]
    whole = sum(len(pack(step).ids) for step in steps)

    assert trained_tokens(rows, config, packed=True) == pytest.approx(whole, rel=0.02)


def test_held_out_rows_are_measured_beside_rows_that_begin_alike():
    one, other = rows_of(20, 20, shared=15), rows_of(30, 30, shared=0)
    config = TrainConfig(batch_size=2)
    assert measured_tokens([one[0], other[0], one[1]], config, packed=True) == 20 + 5 + 30
    assert measured_tokens([other[0], one[0], one[1]], config, packed=False) == 20 * 2 + 30
    assert measured_tokens([], config, packed=True) == 0


def test_too_much_for_once_is_cut_into_halves():
    rows = rows_of(*[TOKENS_AT_ONCE // 3] * 8)
    assert [list(part) for part in pieces(rows, 8, packed=True)] == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert [len(part) for part in pieces(rows[:5], 4, packed=False)] == [2, 2, 1]
    longer = rows_of(*[TOKENS_AT_ONCE + 1] * 2, shared=TOKENS_AT_ONCE)
    assert [len(part) for part in pieces(longer, 2, packed=True)] == [1, 1]


# what is said


def test_rows_that_share_most_of_their_tokens_are_told_once():
    config = TrainConfig(batch_size=4)
    rows = rows_of(100, 100, 100, 100, shared=90)
    (notice,) = sharing_notices(rows, config, None)
    assert str(notice) == (
        "rows of a step begin alike, which is computed once: about 130 of 400 tokens"
    )
    set_language("zh")
    assert str(notice) == "同一步中各行开头相同的部分只计算一次：400 个词元中约计算 130 个"
    assert trained_share(rows, config, packed=True) == 130 / 400
    assert sharing_notices(rows_of(100, 100, shared=20), config, None) == []


def test_a_run_says_once_why_the_rows_of_its_model_cannot_share(tiny, tmp_path):
    folder = tmp_path / "chunked"
    shutil.copytree(tiny, folder)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "attention_chunk_size": 64}), "utf-8")
    record = train(prepare(tmp_path / "home", folder, ROWS, epochs=1))

    why = Notice("rows_padded_layers", {"model": str(folder), "kinds": "chunked_attention"})
    assert record.plan.notices == [why]
    assert str(why) in run_text("spanish", record)
    assert "has layers of chunked_attention" in run_html("spanish", record)
    assert record.state == "finished"


def test_a_run_whose_rows_share_their_prompt_says_so(tiny, tmp_path):
    rows = [talk(str(i), "s" * i, system="Answer with as many letters.") for i in range(1, 9)]
    record = train(prepare(tmp_path, tiny, rows, epochs=1, batch_size=8))
    assert [notice.code for notice in record.plan.notices] == ["rows_share"]


def test_every_reason_has_words_of_its_own():
    reasons = [phrase for code, phrase in CATALOGUE.items() if code.startswith("rows_padded_")]
    assert len({phrase.en for phrase in reasons}) == len({p.zh for p in reasons}) == len(reasons)
