"""`%ft_train` and `%%ft_compare`: refused before the wait; one real run, the smallest there is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbfinetune.core.presets import resolve_config
from nbfinetune.core.runs.checkpoints import verify
from nbfinetune.training.job import TrainingJob
from tests.magics.conftest import PIRATE, Notebook

DATASET_MISSING = (
    "ConfigError: name one dataset, as in  %ft_train pirate --name first-try\nSee  %ft_train?"
)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("", DATASET_MISSING),
        ("pirate other", DATASET_MISSING),
        (
            "pirat",
            "DatasetError: there is no dataset 'pirat'. Did you mean 'pirate'?\n"
            "%ft_dataset lists them. Write one with  %%ft_dataset NAME  or load one with  "
            "%ft_dataset FILE --name NAME.",
        ),
        (
            "pirate --lora-rank 0",
            "ConfigError: lora_rank must be between 1 and 64, got 0  (--lora-rank)",
        ),
        (
            "pirate --epochs many",
            "ConfigError: epochs must be a whole number between 1 and 10, got 'many'  (--epochs)",
        ),
        (
            "pirate --learning-rate nan",
            "ConfigError: learning_rate must be between 0 and 0.1, got nan  (--learning-rate)",
        ),
        (
            "pirate --micro-batch-size 3",
            "ConfigError: micro_batch_size must divide batch_size (4), got 3  (--micro-batch-size)",
        ),
        (
            "pirate --lr-scheduler sine",
            "ConfigError: lr_scheduler must be one of linear, cosine, constant, got 'sine'  "
            "(--lr-scheduler)",
        ),
        (
            "pirate --preset best",
            "ConfigError: preset must be one of standard, quality, fast, starter, got 'best'  "
            "(--preset)",
        ),
        (
            "pirate --validation 1.5",
            "ConfigError: validation must be 0 or more and below 1, got 1.5  (--validation)",
        ),
        (
            "pirate --validation others",
            "ConfigError: validation must be a share below 1 or the name of a dataset, "
            "got 'others'  (--validation)",
        ),
        ("pirate --lr 1", "ConfigError: unknown option --lr. Did you mean --learning-rate?"),
    ],
)
def test_what_cant_be_trained_is_refused_and_leaves_nothing(
    notebook: Notebook, line: str, error: str
) -> None:
    notebook.run(PIRATE)

    assert notebook.refused(f"%ft_train {line}") == error
    assert notebook.session.runs.list() == []
    assert notebook.session.jobs == {}


def test_a_run_trains_in_the_background_and_answers_beside_its_base(notebook: Notebook) -> None:
    notebook.run(PIRATE)
    notebook.shell.user_ns["steps"] = 2

    job = notebook.run(
        "job = %ft_train pirate --name first --max-steps {steps} --epochs 1 --batch-size 1 "
        "--validation 0 --detach\njob"
    ).result
    waited = notebook.run("%ft_wait first")
    looked = notebook.run("%ft_runs first")
    compared = notebook.run(
        "%%ft_compare base first@step-2 base=Brief. --max-tokens 4\n\n$5 or {5}?\n  Bye  \n"
    ).result

    assert isinstance(job, TrainingJob)
    assert (job.name, job.state, job.running) == ("first", "finished", False)
    assert job.run.spec.config == resolve_config(
        "starter", None, {"max_steps": 2, "epochs": 1, "batch_size": 1}
    )
    assert (job.run.spec.data.train_rows, job.run.spec.data.validation_rows) == (2, 0)
    assert verify(job.run.checkpoint_path(2)).step == 2
    assert waited.shown[0].startswith("first: finished\n  step 2 / 2, epoch 1.0 / 1, ")
    assert looked.shown == waited.shown
    assert compared.prompts == ("$5 or {5}?", "Bye")
    assert compared.labels == ("base", "first@step-2", "base (2)")
    assert compared.systems == (None, "You are a pirate.", "Brief.")
    assert all(0 < r.completion_tokens <= 4 for row in compared.replies for r in row)


def test_a_file_is_loaded_on_the_way(notebook: Notebook) -> None:
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    Path("rows.jsonl").write_text(json.dumps({"messages": turns}), "utf-8")

    # everything is checked before the run exists, so a refused option leaves the dataset alone
    notebook.refused("%ft_train rows.jsonl --lora-rank 0")

    assert list(notebook.session.datasets) == ["rows"]


COLUMNS_MISSING = (
    "ConfigError: name at least one model to ask\nFor example:  {magic} base first-try"
)


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        ("%%ft_compare\nHi", COLUMNS_MISSING.format(magic="%%ft_compare")),
        (
            "%%ft_compare base\n   \n",
            "ConfigError: there are no prompts\nWrite one prompt per line below the magic.",
        ),
        (
            "%%ft_compare base@best-one\nHi",
            "ConfigError: can't read the column 'base@best-one': "
            "'@best-one' is none of @best, @last, @all, @step-N\n"
            "A column is MODEL or MODEL=SYSTEM, as in  base  first-try@last  base=@prompt.txt",
        ),
        (
            "%%ft_compare startr\nHi",
            "ModelError: 'startr' is neither a run nor a model. Did you mean 'starter'?\n"
            "Give  base,  a run of  %ft_runs,  starter,  a path or a hub id.",
        ),
        (
            "%%ft_compare nobody@last\nHi",
            "RunError: there is no run 'nobody'\n%ft_runs lists the runs.",
        ),
        (
            "%%ft_compare base --temperature hot\nHi",
            "ConfigError: temperature must be between 0 and 5, got hot  (--temperature)",
        ),
        (
            "%%ft_compare base --max-tokens 0\nHi",
            "ConfigError: max_tokens must be a whole number between 1 and 1000000, got 0  "
            "(--max-tokens)",
        ),
        (
            "%ft_chat base --max-tokens 1.5",
            "ConfigError: max_tokens must be a whole number between 1 and 1000000, got 1.5  "
            "(--max-tokens)",
        ),
        ("%ft_chat", COLUMNS_MISSING.format(magic="%ft_chat")),
        (
            "%ft_chat =Brief.",
            "ConfigError: can't read the column '=Brief.': the model is missing\n"
            "A column is MODEL or MODEL=SYSTEM, as in  base  first-try@last  base=@prompt.txt",
        ),
        (
            "%ft_chat base --top-p 0",
            "ConfigError: top_p must be between 0.01 and 1, got 0  (--top-p)",
        ),
    ],
)
def test_a_mistake_in_what_to_ask_is_told_before_a_model_is_loaded(
    notebook: Notebook, cell: str, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        notebook.session.models, "get", lambda name, *_: pytest.fail(f"loads {name}")
    )

    assert notebook.refused(cell) == error


def test_a_dry_run_is_shown_and_starts_nothing(notebook: Notebook) -> None:
    notebook.run(PIRATE)
    shown = notebook.run("%ft_train pirate --validation 0 --batch-size 1 --epochs 2 --dry-run")

    head = "dry run of pirate: nothing was started\n  rows: 2 to train, 0 to validate\n"
    assert shown.shown[0].startswith(head + "  steps: 4 in 2 epochs\n")
    assert ">4 in 2 epochs</td>" in shown.html[0]
    assert notebook.session.runs.list() == []
    assert notebook.session.jobs == {}
