"""Whole runs of a tiny model in this process: what is told, what is on disk afterwards."""

from __future__ import annotations

import json
import shutil
import weakref
from itertools import groupby

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file

from nbfinetune.chat.loading import load_base
from nbfinetune.chat.local import LocalModel
from nbfinetune.chat.model import SamplingParams
from nbfinetune.core.runs.checkpoints import verify
from nbfinetune.core.runs.events import Notice, Planned, read_events
from nbfinetune.training import worker
from nbfinetune.training.losses import Losses
from nbfinetune.training.measures import SAMPLE_TOKENS
from tests.models import byte_ids, talk
from tests.training.runs import HELD_OUT, PLAIN, ROWS, StopAfter, prepare, train


@pytest.fixture(scope="module")
def finished(tiny, tmp_path_factory):
    """A run of two epochs of two steps, with validation rows."""
    run = prepare(
        tmp_path_factory.mktemp("home"), tiny, ROWS, HELD_OUT,
        learning_rate=1e-2, epochs=2, batch_size=4, lora_dropout=0.1, seed=5,
    )  # fmt: skip
    return run, train(run)


def test_a_run_tells_its_story_in_order(finished):
    run, _ = finished
    kinds = [(type(e).__name__, e.step) for e in read_events(run.events)]
    told = [k for k, _ in groupby(k for k in kinds if k[0] != "Logged")]
    assert told == [
        ("StateChanged", 0), ("Environment", 0), ("Planned", 0), ("StateChanged", 0),
        ("Validated", 0), ("Sampled", 0),
        ("TrainStep", 1), ("TrainStep", 2), ("Validated", 2), ("Committed", 2), ("Sampled", 2),
        ("TrainStep", 3), ("TrainStep", 4), ("Validated", 4), ("Committed", 4), ("Sampled", 4),
        ("StateChanged", 0),
    ]  # fmt: skip
    states = [e.state for e in read_events(run.events) if type(e).__name__ == "StateChanged"]
    assert states == ["preparing", "training", "finished"]


def test_a_failed_run_keeps_nothing_of_what_it_held(tiny, tmp_path, monkeypatch):
    """Not even where somebody keeps the error, as a debugger or a log handler does."""
    kept, alive = [], []

    class Weights:
        pass

    def broken(*_what):
        weights = Weights()
        alive.append(weakref.ref(weights))
        error = ValueError("no")
        kept.append(error)
        raise error

    monkeypatch.setattr(worker, "labelled_rows", broken)
    run = prepare(tmp_path, tiny)

    assert train(run).state == "failed"
    assert kept[0].__traceback__ is not None
    assert alive[0]() is None


def test_the_plan_counts_rows_steps_tokens_and_weights(finished):
    _, record = finished
    rendered = [
        "".join(f"<|im_start|>{m.role}\n{m.content}<|im_end|>\n" for m in row.messages)
        for row in ROWS
    ]
    answers = [m.content for row in ROWS for m in row.messages if m.role == "assistant"]
    weights = 259 * 32 + 2 * ((32 * 32 + 32) + 2 * (32 * 16 + 16) + 32 * 32 + 3 * 32 * 64 + 2 * 32)
    weights += 32  # the last norm
    plan = record.plan
    assert plan == Planned(
        wall=plan.wall, mono=plan.mono, seq=plan.seq,
        total_steps=4, epochs=2, train_rows=8, validation_rows=2,
        tokens=sum(len(byte_ids(text)) for text in rendered),
        trained_tokens=sum(len(a.encode()) + 1 for a in answers),
        parameters=weights + 8192, trained_parameters=8192, device="cpu", dtype="float32",
        notices=[],
    )  # fmt: skip


def test_losses_and_epochs_are_told_for_every_step(finished):
    _, record = finished
    assert [(e.step, e.epoch) for e in record.train] == [(1, 0.5), (2, 1.0), (3, 1.5), (4, 2.0)]
    assert all(e.loss > 0 and e.grad_norm > 0 for e in record.train)
    assert [(e.step, e.epoch) for e in record.validation] == [(0, 0.0), (2, 1.0), (4, 2.0)]
    assert record.train[-1].loss < record.train[0].loss


def test_the_first_validation_loss_is_that_of_the_base_model(finished, tiny):
    _, record = finished
    base = load_base(str(tiny))
    labelled = [base.template.row(row) for row in HELD_OUT]
    expected = Losses(base.model, 0).mean(labelled, 1)
    assert record.validation[0].loss == pytest.approx(expected, rel=1e-5)


def test_every_checkpoint_from_disk_has_the_validation_loss_it_was_told_with(finished, tiny):
    run, record = finished
    assert run.steps() == [2, 4]
    for told in record.checkpoints:
        folder = run.path / told.path
        committed = verify(folder)
        assert (committed.step, committed.epoch) == (told.step, told.epoch)
        assert committed.spec_sha256 == run.spec.sha256
        base = load_base(str(tiny))
        labelled = [base.template.row(row) for row in HELD_OUT]
        model = PeftModel.from_pretrained(base.model, folder)
        assert Losses(model, 0).mean(labelled, 4) == pytest.approx(told.validation_loss, rel=1e-6)
    assert [c.validation_loss for c in record.checkpoints] == [
        v.loss for v in record.validation[1:]
    ]


def test_a_checkpoint_holds_the_adapter_what_it_takes_to_go_on_and_no_model_weights(finished):
    run, _ = finished
    names = sorted(p.name for p in run.checkpoint_path(4).iterdir())
    assert names == [
        "adapter_config.json", "adapter_model.safetensors", "commit.json",
        "optimizer.safetensors", "spec.json",
    ]  # fmt: skip


@pytest.mark.parametrize("step", [0, 4])
def test_samples_are_what_base_and_checkpoints_answer_to_the_held_out_prompts(finished, tiny, step):
    run, record = finished
    assert [(s.step, s.row) for s in record.samples] == [
        (0, 0), (0, 1), (2, 0), (2, 1), (4, 0), (4, 1)
    ]  # fmt: skip
    told = [
        (s.prompt, s.reference, s.answer, s.ending, s.tokens, s.reference_tokens)
        for s in record.samples
        if s.step == step
    ]
    chat = LocalModel(load_base(str(tiny))).chat(run.checkpoint_path(step) if step else None)
    params = SamplingParams(max_tokens=SAMPLE_TOKENS)
    replies = chat.reply_many([row.prompt for row in HELD_OUT], params)
    asked = ["ten", "eleven\n→ once once once\nand twelve?"]
    endings = {"stop": "ended", "length": "cut"}
    assert told == [
        (
            prompt,
            row.answer,
            r.text,
            endings[r.finish_reason],
            r.completion_tokens,
            len(row.answer.encode()),
        )
        for prompt, row, r in zip(asked, HELD_OUT, replies, strict=True)
    ]


def test_the_run_on_disk_is_whole(finished):
    run, record = finished
    assert sorted(p.name for p in run.path.iterdir()) == [
        "checkpoints", "data", "events.jsonl", "spec.json", "state.json"
    ]  # fmt: skip
    summary = json.loads((run.path / "state.json").read_bytes())
    assert (summary["state"], summary["step"], summary["total_steps"]) == ("finished", 4, 4)
    assert summary["validation_loss"] == record.validation_loss
    assert (record.state, record.progress, record.failure) == ("finished", 1.0, None)


def test_the_same_spec_trains_to_the_same_losses(finished, tiny, tmp_path):
    _, record = finished
    again = train(
        prepare(
            tmp_path, tiny, learning_rate=1e-2, epochs=2, batch_size=4, lora_dropout=0.1, seed=5
        )
    )
    # with dropout, and although the other run measured and answered between the steps
    assert [e.loss for e in again.train] == [e.loss for e in record.train]


def test_without_validation_rows_there_is_no_validation_loss_and_no_sample(tiny, tmp_path):
    run = prepare(tmp_path, tiny, epochs=1, batch_size=8, **PLAIN)
    record = train(run)
    assert (record.state, record.validation, record.samples) == ("finished", [], [])
    assert [(c.step, c.validation_loss) for c in record.checkpoints] == [(1, None)]
    assert record.best_checkpoint.step == 1


def test_a_stop_leaves_a_committed_checkpoint_of_that_moment(tiny, tmp_path):
    run = prepare(tmp_path, tiny, ROWS, HELD_OUT, epochs=3, batch_size=2, **PLAIN)
    record = train(run, StopAfter(run, 1))
    assert record.state == "stopped"
    assert [e.step for e in record.train] == [1]
    assert run.steps() == [1]
    assert verify(run.checkpoint_path(1)).epoch == 0.25
    assert record.checkpoints[-1].validation_loss is not None
    assert {s.step for s in record.samples} == {0}  # who stops doesn't want to wait
    assert record.failure is None


def test_a_stop_before_the_first_step_trains_nothing(tiny, tmp_path):
    run = prepare(tmp_path, tiny, epochs=1, **PLAIN)
    run.request("stop")
    record = train(run)
    assert (record.state, record.train, run.steps()) == ("stopped", [], [])


def test_max_steps_ends_in_the_middle_of_an_epoch_with_a_checkpoint(tiny, tmp_path):
    run = prepare(tmp_path, tiny, epochs=3, batch_size=2, max_steps=6, **PLAIN)
    record = train(run)
    assert record.state == "finished"
    assert record.plan.total_steps == len(record.train) == 6
    assert run.steps() == [4, 6]


# before training


def test_cut_rows_are_reported_before_training(tiny, tmp_path):
    rows = [*ROWS, talk("q", "a" * 100, line=41)]
    run = prepare(tmp_path, tiny, rows, epochs=1, batch_size=32, max_length=100, **PLAIN)
    record = train(run)
    notice = Notice("rows_cut", {"count": 1, "max_length": 100, "lines": "41"})
    assert notice in record.plan.notices
    assert record.plan.tokens < 9 * 100
    assert record.state == "finished"


@pytest.mark.parametrize("max_length", [0, 4096])
def test_rows_are_cut_at_what_the_model_can_read(tiny, tmp_path, max_length):
    rows = [*ROWS[:2], talk("q", "a" * 600, line=3)]
    run = prepare(tmp_path, tiny, rows, epochs=1, batch_size=4, max_length=max_length, **PLAIN)
    record = train(run)
    assert record.plan.notices == [
        Notice("rows_cut", {"count": 1, "max_length": 512, "lines": "3"})
    ]


def test_a_limit_beyond_what_the_model_can_read_is_said(tiny, tmp_path):
    run = prepare(tmp_path, tiny, ROWS[:2], epochs=1, max_length=600, **PLAIN)
    assert train(run).plan.notices == [
        Notice("max_length_limited", {"model": str(tiny), "limit": 512})
    ]


def failed(run) -> str:
    """The reason of a run that must fail, after a look at how it is told."""
    record = train(run)
    assert (record.state, record.failure.traceback.split("\n")[0]) == (
        "failed",
        "Traceback (most recent call last):",
    )
    assert run.steps() == []
    return record.failure.reason


def test_rows_without_a_trained_token_left_fail_before_training(tiny, tmp_path):
    rows = [*ROWS, talk("q" * 200, "short", line=41)]
    run = prepare(tmp_path, tiny, rows, max_length=150, **PLAIN)
    assert failed(run) == (
        "1 rows lose all their trained tokens at max_length 150 (lines 41)\n"
        "Raise --max-length, or shorten these rows."
    )
    assert run.record().train == []
    assert run.record().plan is None


def test_a_model_that_cannot_be_loaded_fails_the_run(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert failed(prepare(tmp_path, empty)).startswith(f"the model {empty} can't be loaded: ")


def test_an_error_of_a_library_is_told_with_its_name(tiny, tmp_path):
    reason = failed(prepare(tmp_path, tiny, target_modules="no_such_layer"))
    assert reason.startswith("NoMatchingPeftModuleError: ")
    assert "no_such_layer" in reason


def test_a_loss_that_is_no_number_ends_the_run_and_is_never_drawn_as_zero(tiny, tmp_path):
    broken = shutil.copytree(tiny, tmp_path / "model")
    weights = load_file(broken / "model.safetensors")
    weights["model.norm.weight"][0] = torch.nan
    save_file(weights, broken / "model.safetensors", {"format": "pt"})
    run = prepare(tmp_path, broken, ROWS, HELD_OUT, epochs=1, batch_size=4, **PLAIN)
    assert failed(run) == (
        "the loss became nan at step 1\n"
        "Lower --learning-rate; the last committed checkpoint is intact."
    )
    record = run.record()
    assert [(e.step, e.loss) for e in record.validation] == [(0, None)]
    assert [(e.step, e.loss) for e in record.train] == [(1, None)]
    for line in run.events.read_text("utf-8").splitlines():
        assert json.loads(line).get("loss") is None
