"""Events folded into the picture of a run."""

from __future__ import annotations

import pytest

from nbfinetune.core.runs.events import (
    Committed,
    Environment,
    Failed,
    Logged,
    Notice,
    Noticed,
    Planned,
    Removed,
    Resumed,
    Sampled,
    StateChanged,
    TrainStep,
    Validated,
)
from nbfinetune.core.runs.record import RunRecord, fold

PLAN = Planned(
    wall=102.0, total_steps=4, epochs=2, train_rows=8, validation_rows=1, tokens=90,
    trained_tokens=40, parameters=1000, trained_parameters=64, device="cpu", dtype="float32",
)  # fmt: skip


def step(number: int, loss: float | None, wall: float = 0.0) -> TrainStep:
    return TrainStep(
        step=number, wall=wall, epoch=number / 2, loss=loss, learning_rate=0.1, grad_norm=1.0
    )


def committed(number: int, loss: float | None) -> Committed:
    return Committed(
        step=number, epoch=number / 2, path=f"checkpoints/step-{number}", validation_loss=loss
    )


def test_a_whole_run_becomes_a_whole_record():
    queued = StateChanged(wall=100.0, state="queued")
    preparing = StateChanged(wall=101.0, state="preparing")
    training = StateChanged(wall=103.0, state="training")
    before, after = (
        Validated(wall=103.5, epoch=0, loss=3.0),
        Validated(step=2, wall=106.0, epoch=1, loss=1.5),
    )
    first, second = step(1, 2.5, 104.0), step(2, 2.0, 105.0)
    saved, log = committed(2, 1.5), Logged(step=2, wall=107.0, text="a line")
    said = Sampled(step=2, wall=108.0, row=0, prompt="a", reference="b", answer="c")
    finished = StateChanged(step=2, wall=110.0, state="finished")
    assert fold(
        [queued, preparing, PLAN, training, before, first, second, after, saved, log, said,
         finished]
    ) == RunRecord(
        state="finished", step=2, plan=PLAN, train=[first, second], validation=[before, after],
        checkpoints=[saved], samples=[said], log=["a line"], failure=None, started=100.0,
        updated=110.0, training_since=103.0, attempt=1, worked_seconds=9.0,
    )  # fmt: skip


def test_folding_piece_by_piece_gives_the_same():
    events = [StateChanged(state="training"), PLAN, step(1, 2.0), committed(1, None)]
    record = RunRecord()
    for event in events:
        assert record.apply([event]) is record
    assert record == fold(events)


def test_no_events_make_an_empty_record():
    record = fold([])
    assert record == RunRecord(state="queued")
    assert (record.progress, record.elapsed_seconds, record.remaining_seconds) == (0.0, 0.0, None)
    assert (record.train_loss, record.validation_loss, record.best_checkpoint) == (None, None, None)


@pytest.mark.parametrize(
    ("state", "ended"),
    [("queued", False), ("preparing", False), ("training", False), ("paused", False),
     ("stopped", True), ("finished", True), ("failed", True), ("interrupted", True)],
)  # fmt: skip
def test_which_states_are_an_end(state, ended):
    assert fold([StateChanged(state=state)]).ended is ended


def test_progress_is_the_share_of_the_steps():
    training = StateChanged(state="training")
    assert fold([training, PLAN]).progress == 0.0
    assert fold([training, PLAN, step(1, 2.0)]).progress == 0.25
    assert fold([training, PLAN, step(9, 2.0)]).progress == 1.0
    assert fold([PLAN, step(1, 2.0), StateChanged(state="stopped")]).progress == 0.25
    assert fold([PLAN, step(1, 2.0), StateChanged(state="finished")]).progress == 1.0


def test_the_time_left_is_at_the_pace_so_far():
    training = StateChanged(wall=103.0, state="training")
    # 2 of 4 steps in 6 seconds of training: 2 more take 6
    assert fold([PLAN, training, step(1, 2.0), step(2, 2.0, 109.0)]).remaining_seconds == 6.0
    assert fold([PLAN, training, step(1, 2.0, 109.0)]).remaining_seconds is None
    assert fold([training, step(2, 2.0, 109.0)]).remaining_seconds is None
    ended = [PLAN, training, step(2, 2.0), StateChanged(wall=109.0, state="finished")]
    assert fold(ended).remaining_seconds is None


def test_a_clock_that_was_set_back_gives_no_negative_times():
    record = fold([StateChanged(wall=500.0, state="training"), PLAN, step(2, 2.0, 100.0)])
    assert record.elapsed_seconds == 0.0
    assert record.remaining_seconds == 0.0


def test_the_losses_shown_are_the_newest_ones_even_where_they_are_no_numbers():
    record = fold([step(1, 2.0), step(2, None), Validated(epoch=1, loss=1.0)])
    assert (record.train_loss, record.validation_loss) == (None, 1.0)


def test_the_best_checkpoint_has_the_lowest_validation_loss():
    best = committed(4, 0.5)
    assert fold([committed(2, 1.5), best, committed(6, 0.75)]).best_checkpoint == best


def test_of_equally_good_checkpoints_the_first_is_the_best():
    assert fold([committed(2, 0.5), committed(4, 0.5)]).best_checkpoint == committed(2, 0.5)


def test_a_loss_of_zero_is_the_best_there_is():
    assert fold([committed(2, 0.25), committed(4, 0.0)]).best_checkpoint == committed(4, 0.0)


def test_without_validation_the_newest_checkpoint_is_the_best():
    assert fold([committed(2, None), committed(4, None)]).best_checkpoint == committed(4, None)


def test_a_checkpoint_whose_loss_was_no_number_is_not_the_best():
    assert fold([committed(2, 1.5), committed(4, None)]).best_checkpoint == committed(2, 1.5)


def test_a_failure_is_kept():
    failed = Failed(reason="OSError: 28", traceback="…")
    record = fold([failed, StateChanged(state="failed")])
    assert (record.failure, record.state) == (failed, "failed")


def test_the_time_left_after_a_pause_is_at_the_pace_since_then():
    events = [PLAN, StateChanged(wall=100.0, state="training"), step(1, 2.0, 110.0)]
    pause = [StateChanged(step=1, wall=110.0, state="paused")]
    on = [StateChanged(step=1, wall=900.0, state="training"), step(2, 2.0, 910.0)]
    assert fold([*events, *pause]).remaining_seconds is None
    assert fold([*events, *pause, *on]).remaining_seconds is None  # one step says too little
    assert fold([*events, *pause, *on, step(3, 2.0, 920.0)]).remaining_seconds == 10.0


def test_notices_and_checkpoints_behind_a_resume_are_forgotten_and_removed_ones_are_counted():
    early, late = (Noticed(step=s, notice=Notice("few_steps", {"steps": s})) for s in (2, 4))
    record = fold(
        [step(4, 1.0), committed(1, None), committed(2, None), early, late, Removed(step=1),
         Removed(step=7), Resumed(step=2, attempt=2)]
    )  # fmt: skip
    assert record.notices == [early]
    assert [c.step for c in record.checkpoints] == [2]
    assert (record.removed, record.voided) == (1, 1)


def test_time_in_which_nobody_worked_is_no_time_of_the_run():
    record = fold(
        [
            StateChanged(wall=90.0, state="queued"),
            StateChanged(wall=100.0, state="training"),
            StateChanged(wall=110.0, state="paused"),
            StateChanged(wall=500.0, state="training"),
            step(1, 2.0, 505.0),  # its last word
            StateChanged(wall=9000.0, attempt=2, state="queued"),
            StateChanged(wall=9050.0, attempt=2, state="preparing"),
            Logged(wall=9052.0, attempt=2, text="a line"),
        ]
    )
    assert record.elapsed_seconds == 10.0 + 5.0 + 2.0


def test_what_an_attempt_runs_on_is_kept():
    told = Environment(python="3.13", platform="Linux", cores=8, memory_bytes=1, versions={})
    assert fold([told]).environment == told
