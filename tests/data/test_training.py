"""Real files, trained to the end: the model gets better at rows that it was not shown."""

from __future__ import annotations

import pytest

from nbfinetune.session import Session
from tests.data.test_real_files import CORPUS, DATA


@pytest.mark.parametrize(("name", "rows"), [(CORPUS, 178), ("text2sql_dataset.jsonl", 100)])
def test_the_validation_loss_of_a_real_file_falls_and_its_answers_change(tmp_path, name, rows):
    session = Session(tmp_path)
    dataset = session.load_dataset(DATA / name)
    assert (len(dataset), len(dataset.conversations)) == (rows, rows)

    record = session.train(dataset, name="real").wait()

    losses = [event.loss for event in record.validation]
    print(f"{name}: validation loss", " ".join(f"{loss:.3f}" for loss in losses))
    assert record.state == "finished"
    assert record.step == record.plan.total_steps
    assert losses[-1] < losses[0] - 0.5
    steps = sorted({sample.step for sample in record.samples})
    assert steps == [0, *(c.step for c in record.checkpoints)]
    said = [[s.answer for s in record.samples if s.step == step] for step in steps]
    assert said[-1] != said[0]
    assert len({tuple(answers) for answers in said}) > 2
