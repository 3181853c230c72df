"""With defaults only, a few dozen rows teach the built-in model a new form: four tasks, twice.

Tuned, at least eight of ten unseen prompts are right in form and content, letter for letter;
untuned, with the same system prompt, at most two.
"""

from __future__ import annotations

import time

import pytest

import nbfinetune as ft
from tests.starter.tasks import tasks

TASKS = {f"{task.name}-{task.lang}": task for task in tasks()}


def right(answers, exam):
    return sum(answer == expected for answer, (_, expected) in zip(answers, exam, strict=True))


@pytest.mark.parametrize("name", TASKS)
def test_defaults_teach_the_task(name, tmp_path, monkeypatch):
    monkeypatch.setenv("NBFINETUNE_HOME", str(tmp_path))
    task = TASKS[name]
    began = time.monotonic()
    dataset = ft.load_dataset(task.rows, name=name)
    run = ft.train(dataset, name=name)
    run.wait()
    seconds = time.monotonic() - began
    prompts = [prompt for prompt, _ in task.exam]
    table = ft.compare([f"base={task.system}", name], prompts)
    base, tuned = (right(table.column(label), task.exam) for label in table.labels)
    print(f"\n{name}: base {base}/10, tuned {tuned}/10, {seconds:.0f} s")
    for answer, (prompt, expected) in zip(table.column(table.labels[1]), task.exam, strict=True):
        if answer != expected:
            print(f"  {prompt!r} -> {answer!r}, right: {expected!r}")
    assert tuned >= 8
    assert base <= 2
