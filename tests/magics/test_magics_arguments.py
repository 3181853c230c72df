"""The grammar of a magic's line: words, options, quotes, did-you-mean, help."""

from __future__ import annotations

import pytest

from nbfinetune.core.config import SETTINGS
from nbfinetune.core.errors import ConfigError
from nbfinetune.core.presets import resolve_config
from nbfinetune.magics import chat, compare, dataset, runs, train
from nbfinetune.magics.arguments import Line, Option, split_words
from tests.magics.conftest import Notebook

LINE = Line("%magic", [Option("name", "a name", "NAME"), Option("log", "a flag")], settings=True)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("pirate", ["pirate"]),
        ("  two   words ", ["two", "words"]),
        ('"two words" three', ["two words", "three"]),
        ("'two words'", ["two words"]),
        ('base="You are a pirate."', ["base=You are a pirate."]),
        (r"C:\models\mine", [r"C:\models\mine"]),
        ("a#b # c", ["a#b", "#", "c"]),
        ("海盗 --system 你是海盗。", ["海盗", "--system", "你是海盗。"]),
        ('""', [""]),
    ],
)
def test_words_are_held_together_by_quotes_alone(line: str, words: list[str]) -> None:
    assert split_words(line) == words


def test_words_and_options_come_in_any_order() -> None:
    orders = ["a b --name x --log", "--name x a --log b", "--log --name=x a b"]

    parsed = [LINE.parse(line) for line in orders]

    assert [(p.words, p.name, p.log) for p in parsed] == [(["a", "b"], "x", True)] * 3


def test_what_is_not_given_is_none_and_a_flag_false() -> None:
    parsed = LINE.parse("")

    assert (parsed.words, parsed.name, parsed.log) == ([], None, False)
    assert LINE.settings(parsed) == {}


def test_settings_are_given_as_text_and_a_bare_one_means_true() -> None:
    parsed = LINE.parse("a --learning-rate 1e-3 --seed=7 --gradient-checkpointing")

    assert LINE.settings(parsed) == {
        "learning_rate": "1e-3",
        "seed": "7",
        "gradient_checkpointing": "true",
    }


def test_underscores_in_the_name_of_an_option_are_read_as_hyphens() -> None:
    parsed = LINE.parse("a_b --learning_rate=1e-3 --name a_b --target_modules q_proj")

    assert (parsed.words, parsed.name) == (["a_b"], "a_b")
    assert LINE.settings(parsed) == {"learning_rate": "1e-3", "target_modules": "q_proj"}


def test_a_negative_number_is_a_value_and_no_option() -> None:
    assert LINE.settings(LINE.parse("a --learning-rate -1")) == {"learning_rate": "-1"}


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("a --lora-rnak 8", "unknown option --lora-rnak. Did you mean --lora-rank?"),
        ("a --lr 1e-3", "unknown option --lr. Did you mean --learning-rate?"),
        ("a --lr=1e-3", "unknown option --lr. Did you mean --learning-rate?"),
        ("a -r 8", "unknown option --r. Did you mean --lora-rank?"),
        ("a --cutoff-len 512", "unknown option --cutoff-len. Did you mean --max-length?"),
        (
            "a --per_device_train_batch_size 4",
            "unknown option --per-device-train-batch-size. Did you mean --micro-batch-size?",
        ),
        ("a --nmae x", "unknown option --nmae. Did you mean --name?"),
        ("a --zzzz", "unknown option --zzzz"),
        ("a --epoch 2", "unknown option --epoch. Did you mean --epochs?"),
        ("a --name", "argument --name: expected one argument\nSee  %magic?"),
        ('a --name "open', "no closing quotation\nSee  %magic?"),
        ("a --log=yes", "argument --log: ignored explicit argument 'yes'\nSee  %magic?"),
    ],
)
def test_a_line_that_is_not_understood_names_the_way_out(line: str, error: str) -> None:
    with pytest.raises(ConfigError) as raised:
        LINE.parse(line)

    assert str(raised.value) == error


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("--lgo", "unknown option --lgo. Did you mean --log?"),
        ("--epochs 3", "unknown option --epochs"),
        ("--max_tokns 3", "unknown option --max-tokns. Did you mean --max-tokens?"),
    ],
)
def test_a_magic_without_settings_suggests_its_own_options_alone(line: str, error: str) -> None:
    own = Line("%magic", [Option("log", "a flag"), Option("max-tokens", "a number", "N")])

    with pytest.raises(ConfigError) as raised:
        own.parse(line)

    assert str(raised.value) == error


def test_help_of_training_has_every_setting_with_default_and_range(notebook: Notebook) -> None:
    documentation = notebook.shell.find_line_magic("ft_train").__doc__

    assert [n for n in SETTINGS if f"  --{n.replace('_', '-')} " not in documentation] == []
    assert (
        "  --lora-rank               Size of the added matrices: more can learn more and costs "
        "more memory. [8; between 1 and 64]\n"
    ) in documentation


MAGICS = [
    ("ft_dataset", dataset.LINE, ["name", "system"]),
    ("ft_train", train.LINE, ["name", "base-model", "preset", "validation"]),
    ("ft_runs", runs.RUNS, ["details", "log", "rename", "note", "delete"]),
    ("ft_chat", chat.LINE, ["max-tokens", "temperature", "top-p", "seed", "prompt"]),
    ("ft_compare", compare.LINE, ["max-tokens", "temperature", "top-p", "seed"]),
]


@pytest.mark.parametrize(("name", "line", "options"), MAGICS, ids=[name for name, *_ in MAGICS])
def test_help_names_every_option(
    notebook: Notebook, name: str, line: Line, options: list[str]
) -> None:
    magic = notebook.shell.find_line_magic(name) or notebook.shell.find_cell_magic(name)

    assert line.help() in magic.__doc__
    assert [option for option in options if f"  --{option}" not in magic.__doc__] == []


def test_the_example_in_the_help_of_training_can_be_run(notebook: Notebook) -> None:
    documentation = notebook.shell.find_line_magic("ft_train").__doc__
    shown = [line.strip() for line in documentation.splitlines() if "%ft_train " in line]
    examples = [line.removeprefix("%ft_train ") for line in shown if line.startswith("%")]

    parsed = [train.LINE.parse(example) for example in examples]

    assert examples[0] == "pirate --name first-try"
    assert all(given.words == (["pirate"] if given.like is None else []) for given in parsed)
    configs = [resolve_config("starter", None, train.LINE.settings(given)) for given in parsed]
    assert len(configs) >= 2


def test_help_stands_at_the_margin_and_its_example_below(notebook: Notebook) -> None:
    documentation = notebook.shell.find_line_magic("ft_runs").__doc__

    assert documentation == (
        "List the runs, newest first, or look at one: `%ft_runs` or `%ft_runs RUN`.\n\n"
        "A run that trains is shown live, whichever kernel has started it.\n\n"
        f"Options:\n{runs.RUNS.help()}\n"
    )
    assert "\nExample:\n    %ft_train pirate --name first-try\n" in (
        notebook.shell.find_line_magic("ft_train").__doc__
    )


def test_every_magic_says_what_it_does(notebook: Notebook) -> None:
    magics = notebook.shell.magics_manager.magics
    ours = {n: f for kind in ("line", "cell") for n, f in magics[kind].items() if n[:3] == "ft_"}

    assert sorted(ours) == [
        "ft_chat", "ft_compare", "ft_dataset", "ft_doctor", "ft_models", "ft_pause", "ft_resume",
        "ft_rule", "ft_runs", "ft_stop", "ft_train", "ft_wait",
    ]  # fmt: skip
    assert [name for name, function in ours.items() if not function.__doc__] == []
