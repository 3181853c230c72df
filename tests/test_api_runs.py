"""Runs from Python: the same runs and the same words as by magic."""

from __future__ import annotations

import pytest

import nbfinetune as ft
from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.events import EventWriter, StateChanged
from nbfinetune.session import Session
from tests.training.runs import prepare


@pytest.fixture
def session(tmp_path, monkeypatch):
    session = Session(tmp_path)
    monkeypatch.setattr("nbfinetune.session._current", session)
    return session


@pytest.fixture
def done(session):
    """A run that has finished."""
    run = prepare(session.home, "acme/chat")
    writer = EventWriter(run.events)
    writer.emit(StateChanged(state="finished"))
    writer.close()
    return run


def test_runs_are_listed_and_found(done):
    assert [run.id for run in ft.runs()] == [ft.run("spanish").run.id] == [done.id]


def test_what_is_asked_of_a_run_that_ended_says_so(done):
    assert [ft.pause("spanish"), ft.stop("spanish")] == ["spanish: already finished"] * 2
    assert ft.resume("spanish").state == "finished"


def test_a_run_is_renamed_noted_and_deleted(done):
    said = [ft.note_run("spanish", "a try"), ft.rename_run("spanish", "español")]
    labels = done.labels
    assert said == ["spanish: noted", "español: was spanish"]
    assert (labels.name, labels.note) == ("español", "a try")
    assert ft.delete_run("español") == f"español ({done.id}) is deleted, with its checkpoints"
    assert ft.runs() == []


def test_without_a_run_there_is_nothing_to_ask(session):
    for ask in (ft.pause, ft.resume, ft.stop):
        with pytest.raises(RunError, match="there is no run yet"):
            ask()
