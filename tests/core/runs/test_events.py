"""The event log: what is written is read, what can't be read is skipped, what is newer refused."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from threading import Thread

import msgspec
import pytest

from nbfinetune.core import text
from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.events import (
    Committed,
    EventReader,
    EventWriter,
    Failed,
    Logged,
    Notice,
    Planned,
    Sampled,
    StateChanged,
    TrainStep,
    Validated,
    read_events,
)

ALL = [
    StateChanged(state="queued"),
    Planned(
        total_steps=6, epochs=2, train_rows=3, validation_rows=1, tokens=90, trained_tokens=40,
        parameters=1000, trained_parameters=64, device="cpu", dtype="float32",
        notices=[Notice("no_validation"), Notice("few_steps", {"steps": 6, "epochs": 7,
                                                               "more_steps": 21})],
    ),
    TrainStep(step=1, epoch=0.5, loss=2.5, learning_rate=1e-4, grad_norm=0.75, tokens=12),
    TrainStep(step=2, epoch=1.0, loss=None, learning_rate=0.0, grad_norm=None),
    Validated(step=2, epoch=1.0, loss=1.25),
    Committed(step=2, epoch=1.0, path="checkpoints/step-2", validation_loss=1.25),
    Sampled(step=2, row=0, prompt="问\u2028题", reference="a\nb", answer="<b>\"x\"</b>"),
    Logged(step=2, text="a line\twith a tab"),
    Failed(reason="OSError: 28", traceback="Traceback\n  …"),
]  # fmt: skip


def bare(event):
    """An event without what the writer stamps on it."""
    return msgspec.structs.replace(event, attempt=1, seq=0, wall=0.0, mono=0.0)


@pytest.fixture
def log(tmp_path):
    return tmp_path / "events.jsonl"


def write(path, *events):
    writer = EventWriter(path)
    for event in events:
        writer.emit(event)
    writer.close()


def test_every_kind_of_event_is_read_as_it_was_written(log):
    write(log, *ALL)
    assert [bare(event) for event in read_events(log)] == ALL


def test_events_are_numbered_and_stamped_in_order(log):
    write(log, *ALL)
    events = list(read_events(log))
    assert [e.seq for e in events] == list(range(len(ALL)))
    assert {e.attempt for e in events} == {1}
    assert {e.v for e in events} == {1}
    assert all(a.mono <= b.mono for a, b in pairwise(events))
    assert all(e.wall > 1.7e9 and e.mono >= 0 for e in events)


def test_an_event_is_one_line_of_plain_json(log):
    write(log, TrainStep(step=1, epoch=0.5, loss=2.5, learning_rate=1e-4, grad_norm=None))
    (line,) = log.read_text("utf-8").splitlines()
    fields = json.loads(line)
    assert fields.pop("wall") > 0
    assert fields.pop("mono") >= 0
    assert fields == {
        "kind": "train", "v": 1, "attempt": 1, "seq": 0, "step": 1, "epoch": 0.5, "loss": 2.5,
        "learning_rate": 1e-4, "grad_norm": None, "tokens": 0, "seconds": 0.0, "memory_bytes": 0,
    }  # fmt: skip


def test_only_the_owner_may_read_the_log(log):
    write(log, *ALL)
    assert log.stat().st_mode & 0o077 == 0


def test_a_line_still_being_written_waits_for_its_end(log):
    reader = EventReader(log)
    log.write_bytes(b'{"kind":"log","text":"one"}\n{"kind":"log","te')
    assert reader.read_new() == [Logged(text="one")]
    assert reader.read_new() == []
    with log.open("ab") as file:
        file.write(b'xt":"two"}\n')
    assert reader.read_new() == [Logged(text="two")]


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"not json",
        b"[1, 2]",
        b'{"kind":"log","te',
        b'{"kind":"train","step":"three"}',
        b'{"kind":"thought","text":"a kind of tomorrow"}',
        b'{"text":"no kind"}',
        b"\xff\xfe\x00",
        b'{"kind":"log","text":"\xff"}',
        b'{"kind":"log","text":"x","deep":' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
    ids=["empty", "words", "array", "torn", "wrong type", "unknown kind", "no kind", "binary",
         "not UTF-8", "deep"],
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_skipped(log, garbage):
    log.write_bytes(b'{"kind":"log","text":"one"}\n' + garbage + b'\n{"kind":"log","text":"two"}\n')
    assert list(read_events(log)) == [Logged(text="one"), Logged(text="two")]


def test_unknown_fields_are_ignored(log):
    log.write_text('{"v":1,"kind":"state","state":"finished","mood":{"good":true}}\n')
    assert list(read_events(log)) == [StateChanged(state="finished")]


@pytest.mark.parametrize(
    "line",
    [
        '{"v":2,"kind":"log","text":"reads like one of ours"}',
        '{"v":2,"kind":"log","words":["another shape"]}',
        '{"v":2,"kind":"thought"}',
    ],
)
def test_a_line_of_a_newer_format_is_refused_with_the_way_out(log, line):
    log.write_text(line + "\n")
    with pytest.raises(RunError) as error:
        list(read_events(log))
    assert str(error.value) == (
        f"{log} was written by a newer nbfinetune (format 2, this one reads 1)\n"
        "Upgrade with  pip install -U nbfinetune"
    )


def test_reading_bit_by_bit_gives_the_same_as_reading_at_once(log):
    write(log, *ALL)
    whole = log.read_bytes()
    log.unlink()
    reader, found = EventReader(log), []
    assert reader.read_new() == []
    for start in range(0, len(whole), 37):
        with log.open("ab") as file:
            file.write(whole[start : start + 37])
        found += reader.read_new()
    assert found == list(read_events(log))
    assert len(found) == len(ALL)


def test_a_second_writer_goes_on_with_the_next_attempt_and_number(log):
    write(log, Logged(text="one"), Logged(text="two"))
    write(log, Logged(text="three"))
    write(log, Logged(text="four"))
    told = [(e.attempt, e.seq, e.text) for e in read_events(log)]
    assert told == [(1, 0, "one"), (1, 1, "two"), (2, 2, "three"), (3, 3, "four")]


@pytest.mark.parametrize(
    ("torn", "kept"),
    [
        (b'{"v":1,"attempt":4,"seq":9,"kind":"log","te', [(1, 0, "one"), (2, 1, "next")]),
        (b'{"v":1,"attempt":4,"seq":9,"kind":"log","text":"x"}',
         [(1, 0, "one"), (4, 9, "x"), (5, 10, "next")]),
    ],
    ids=["torn inside", "only its line feed is missing"],
)  # fmt: skip
def test_a_writer_begins_on_a_line_of_its_own_after_a_crash(log, torn, kept):
    write(log, Logged(text="one"))
    with log.open("ab") as file:
        file.write(torn)
    write(log, Logged(text="next"))
    assert [(e.attempt, e.seq, e.text) for e in read_events(log)] == kept


def test_a_writer_refuses_the_log_of_a_newer_version(log):
    log.write_text('{"v":2,"kind":"log","text":"x"}\n')
    with pytest.raises(RunError, match="newer nbfinetune"):
        EventWriter(log)
    assert log.read_text() == '{"v":2,"kind":"log","text":"x"}\n'


def test_several_threads_write_whole_lines_with_distinct_numbers(log):
    writer = EventWriter(log)

    def work(name: str) -> None:
        for i in range(50):
            writer.emit(Logged(text=f"{name}{i} " + "x" * 500))

    threads = [Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    events = list(read_events(log))
    assert [e.seq for e in events] == list(range(200))
    for name in "abcd":
        mine = [e.text.split(" ")[0] for e in events if e.text.startswith(name)]
        assert mine == [f"{name}{i}" for i in range(50)]


def test_losses_that_are_no_numbers_never_become_numbers(log):
    write(
        log,
        TrainStep(step=1, epoch=1, loss=float("nan"), learning_rate=0.1, grad_norm=float("inf")),
    )
    (event,) = read_events(log)
    assert (event.loss, event.grad_norm) == (None, None)
    assert not re.search("nan|inf", log.read_text("utf-8").lower())


def test_a_notice_is_its_words_in_the_language_of_the_reader():
    notice = Notice("few_steps", {"steps": 6, "epochs": 7, "more_steps": 21})
    english = "only 6 optimizer steps: too few to learn much. --epochs 7 would give 21."
    assert str(notice) == english
    text.set_language("zh")
    assert str(notice) == "只有 6 个优化步：太少，学不到多少。--epochs 7 会有 21 步。"
