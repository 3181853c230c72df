"""The real corpus, trained: the built-in model gets better at rows that it was not shown."""

from __future__ import annotations

from nbfinetune.session import Session
from tests.data.test_real_files import CORPUS, DATA


def test_the_validation_loss_of_the_real_corpus_falls(tmp_path):
    session = Session(tmp_path)
    dataset = session.load_dataset(DATA / CORPUS)
    assert (len(dataset), dataset.problems) == (178, ())

    record = session.train(dataset, name="real").wait()

    losses = [event.loss for event in record.validation]
    print("validation loss:", " ".join(f"{loss:.3f}" for loss in losses))
    assert record.state == "finished"
    assert losses[-1] < losses[0] - 0.5
