"""What can stand at the cursor: candidates by whole values, and how IPython is told."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbfinetune.core.config import SETTINGS, TrainConfig
from nbfinetune.core.runs.store import DataSpec, RunSpec, new_run_id
from nbfinetune.magics import chat, compare, dataset, models, runs, train
from nbfinetune.magics.arguments import Line, split_words
from nbfinetune.magics.completion import Found, complete, quoted, words_until_cursor
from nbfinetune.magics.completion_hooks import holds_rows, install
from nbfinetune.session import Session
from tests.magics.conftest import PIRATE, Notebook

LINES = {
    "ft_chat": chat.LINE,
    "ft_compare": compare.LINE,
    "ft_dataset": dataset.LINE,
    "ft_doctor": models.DOCTOR,
    "ft_models": models.MODELS,
    "ft_runs": runs.RUNS,
    "ft_stop": runs.STOP,
    "ft_wait": runs.WAIT,
    "ft_train": train.LINE,
    "ft_rule": Line("%%ft_rule", [], body="python"),
}
DATASET_OPTIONS = [f"--{option.name}" for option in dataset.LINE.options]
TRAIN_OPTIONS = [f"--{option.name}" for option in train.LINE.options]
SAMPLING = ["--max-tokens", "--temperature", "--top-p", "--seed"]


@dataclass(frozen=True)
class Made:
    """What exists, given."""

    def line(self, magic: str) -> Line | None:
        return LINES.get(magic)

    def datasets(self) -> Iterable[str]:
        return ["pirate", "Polite", "two words", "海盗"]

    def versions(self, dataset: str) -> Iterable[int]:
        return {"pirate": [12, 2, 1], "two words": [1]}.get(dataset, [])

    def variables(self) -> Iterable[str]:
        return ["pairs", "pirate"]

    def runs(self) -> Iterable[tuple[str, str]]:
        names = ["first-try", "my run", "first-try", "lr=1", "a@b", "it's", "what?", "-x", "a\nb"]
        return [(name, f"2026-{9 - i}") for i, name in enumerate(names)]

    def steps(self, run: str) -> Sequence[int] | None:
        return {"first-try": [5, 10], "my run": [], "a@b": [3]}.get(run)

    def loaded(self) -> Iterable[str]:
        return ["starter", "acme/tiny", "my model"]

    def files(self, folder: str) -> Iterable[str]:
        there = {
            "": ["data/", "notes.txt", "pages.json", "Rows.JSONL", "rows.jsonl"],
            "data/": ["data/a b.jsonl", "data/my set/", "data/x.txt"],
        }
        return there.get(folder, [])


def at_end(cell: str) -> Found | None:
    return complete(cell, len(cell), Made())


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        # the names of options
        ("%ft_train pirate --ep", ("--ep", ["--epochs"])),
        ("%ft_train --lora", ("--lora", ["--lora-rank", "--lora-alpha", "--lora-dropout"])),
        ("%ft_train pirate --learning_r", ("--learning_r", ["--learning-rate"])),
        ("%ft_train pirate -", ("-", TRAIN_OPTIONS)),
        ("%ft_train pirate ", ("", TRAIN_OPTIONS)),
        ("%ft_chat --top-p 1 --", ("--", ["--max-tokens", "--temperature", "--seed", "--prompt"])),
        ("%ft_stop --now --", ("--", [])),
        ("job = %ft_train pirate --see", ("--see", ["--seed"])),
        ("x = 1\n  %ft_train pirate --see", ("--see", ["--seed"])),
        ("%ft_train pirate \\\n  --see", ("--see", ["--seed"])),
        ("%%time\n%ft_train pirate --see", ("--see", ["--seed"])),
        ('%ft_train "two \\\nw', ("", [])),
        ("\n%%ft_compare base --see", ("--see", ["--seed"])),
        # their values
        ("%ft_train pirate --preset ", ("", ["standard", "quality", "fast", "starter"])),
        ("%ft_train pirate --preset=f", ("--preset=f", ["--preset=fast"])),
        ("%ft_train pirate --lr-scheduler co", ("co", ["cosine", "constant"])),
        ("%ft_train pirate --lr_scheduler=co", ("--lr_scheduler=co", [
            "--lr_scheduler=cosine", "--lr_scheduler=constant"])),
        ("%ft_train pirate --dtype ", ("", ["auto", "float32", "bfloat16", "float16"])),
        ("%ft_train pirate --base-model ", ("", ["starter"])),
        ("%ft_train pirate --validation p", ("p", ["pirate", "Polite"])),
        ('%ft_train pirate --validation="tw', ('--validation="tw', ['--validation="two words"'])),
        ("%ft_train pirate --epochs ", ("", [])),
        ("%ft_train pirate --name ", ("", [])),
        ("%ft_train pirate --gradient-checkpointing --see", ("--see", ["--seed"])),
        ("%%ft_dataset new --system @", ("@", [
            "@notes.txt", "@pages.json", "@Rows.JSONL", "@rows.jsonl"])),
        ("%%ft_dataset new --system @d", ("@d", ["@data/"])),
        ("%%ft_dataset new --system You", ("You", [])),
        # data
        ("%ft_dataset ", ("", [
            "pirate", "Polite", '"two words"', "海盗", "pairs", "pages.json", "rows.jsonl",
            *DATASET_OPTIONS])),
        ("%ft_dataset pirate@", ("pirate@", ["pirate@12", "pirate@2", "pirate@1"])),
        ("%ft_dataset pirate@1", ("pirate@1", ["pirate@12", "pirate@1"])),
        ('%ft_dataset "two words@', ('"two words@', ['"two words@1"'])),
        ("%ft_dataset nobody@", ("nobody@", [])),
        ("%ft_dataset pirate --diff pirate@1", ("pirate@1", ["pirate@12", "pirate@1"])),
        ("%ft_train pirate@2", ("pirate@2", ["pirate@2"])),
        ("%%ft_dataset pirate@", ("pirate@", [])),
        ("%ft_dataset pirate --ve", ("--ve", ["--versions"])),
        ("%ft_dataset pirate --rename ", ("", [])),
        ("%ft_dataset pirate --profile s", ("s", ["siliconcloud"])),
        ("%ft_dataset p", ("p", ["pirate", "Polite", "pairs", "pages.json"])),
        ("%ft_train p", ("p", ["pirate", "Polite", "pages.json"])),
        ("%ft_train 海", ("海", ["海盗"])),
        ("%ft_train tw", ("tw", ['"two words"'])),
        ("%ft_train 'two w", ("'two w", ["'two words'"])),
        ('%ft_train "pir', ('"pir', ['"pirate"'])),
        ("%ft_train da", ("da", ["data/"])),
        ("%ft_train data/", ("data/", ['"data/a b.jsonl"', '"data/my set/'])),
        ("%ft_train nowhere/", ("nowhere/", [])),
        ("%%ft_dataset p", ("p", ["pirate", "Polite"])),
        ("%ft_train pirate more", ("more", [])),
        # models
        ("%ft_models ", ("", ["--unload"])),
        ("%ft_models --unload ", ("", ["all", "starter", "acme/tiny", '"my model"'])),
        ("%ft_models --unload=a", ("--unload=a", ["--unload=all", "--unload=acme/tiny"])),
        ("%ft_doctor ", ("", [])),
        # runs
        ("%ft_wait ", ("", ["first-try", '"my run"', "lr=1", "a@b", '"it\'s"', '"what?"'])),
        ("%ft_runs my", ("my", ['"my run"'])),
        ("%ft_runs 2026-9", ("2026-9", ["2026-9"])),
        # columns
        ("%ft_chat ", ("", [
            "base", "starter", "first-try", '"my run"', "2026-6", "a@b@best", '"it\'s"', '"what?"',
            *SAMPLING, "--prompt"])),
        ("%ft_chat base fi", ("fi", ["first-try"])),
        ("%ft_chat first-try@", ("first-try@", [
            "first-try@best", "first-try@last", "first-try@all", "first-try@step-5",
            "first-try@step-10"])),
        ("%%ft_compare base first-try@step-1", ("first-try@step-1", ["first-try@step-10"])),
        ('%ft_chat "my run@l', ('"my run@l', ['"my run@last"'])),
        ("%ft_chat a@", ("a@", ["a@b@best"])),
        ("%ft_chat a@b@s", ("a@b@s", ["a@b@step-3"])),
        ("%ft_chat nobody@", ("nobody@", [])),
        ("%ft_chat base=@no", ("base=@no", ["base=@notes.txt"])),
        ('%ft_chat base="@no', ('base="@no', ['base="@notes.txt"'])),
        ("%ft_chat base=@data/x", ("base=@data/x", ["base=@data/x.txt"])),
        ("%ft_chat base=Brief", ("base=Brief", [])),
    ],
)  # fmt: skip
def test_on_the_line_of_a_magic(cell: str, found: tuple[str, list[str]]) -> None:
    assert at_end(cell) == found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("", ("", ["user: ", "assistant: ", "system: "])),
        ("us", ("us", ["user: "])),
        ("AS", ("AS", ["assistant: "])),
        ("user: Hi\n", ("", ["assistant: ", "user: ", "system: "])),
        ("user: Hi\nassistant: Ho\n\n", ("", ["user: ", "assistant: ", "system: "])),
        ("助", ("助", ["助手："])),
        ("用户：你好\n", ("", ["助手：", "用户：", "系统："])),
        ("user: im", ("user: im", [])),
        ("user: Hi\nand im", ("and im", [])),
        ("{", ("", ['"messages"'])),
        ('{"m', ('"m', ['"messages"'])),
        ('{"messages": [{', ("", ['"role"', '"content"'])),
        ('{"messages": [{"ro', ('"ro', ['"role"'])),
        ('{"messages": [{"role": ', ("", ['"user"', '"assistant"', '"system"'])),
        ('{"messages": [{"role": "a', ('"a', ['"assistant"'])),
        ('{"messages": [{"role": "user", "c', ('"c', ['"content"'])),
        ('{"messages": [{"role": "user", "content": "im', ('"im', [])),
        ('{"messages": [{"content": "a \\" {", "ro', ('"ro', ['"role"'])),
        ('{"messages": [{"role": "user"}, {"role', ('"role', ['"role"'])),
        ('{"messages": [{"role": "us\n{"m', ('"m', ['"messages"'])),
        ('[\n  {\n    "messages": [\n      {"ro', ('"ro', ['"role"'])),
    ],
)
def test_in_the_body_of_a_dataset(body: str, found: tuple[str, list[str]]) -> None:
    assert at_end(f"%%ft_dataset pirate\n{body}") == found


def test_in_other_bodies_nothing_or_what_python_knows() -> None:
    assert at_end("%%ft_compare base\nim") == ("", [])
    assert at_end("%%ft_rule short\nim") is None


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "im",
        "%ft_tr",
        "%ft_train",
        "%timeit im",
        "%%ft_unknown x",
        "%%bash\nls --",
        "print('%ft_train ', im",
        "x % ft_train im",
        "%ft_train pirate --epochs {im",
        "%ft_train $im",
        "%ft_train pirate --validation=$im",
        "%ft_train pirate\nim",
    ],
)
def test_what_is_not_ours_is_left_to_ipython(cell: str) -> None:
    assert at_end(cell) is None


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("%ft_train --ep", " 3\nx = 1", ("--ep", ["--epochs"])),
        ('%ft_train "tw', '"', ('"tw', ['"two words'])),
        ("%ft_train 'tw", "' --name x", ("'tw", ["'two words"])),
        ('%ft_train "tw', " --name", ('"tw', ['"two words"'])),
        ('%ft_train --validation="tw', '"', ('--validation="tw', ['--validation="two words'])),
        ('%%ft_dataset x\n{"m', '"', ('"m', ['"messages'])),
    ],
)
def test_what_stands_behind_the_cursor_stays_and_closes_its_quote(
    before: str, after: str, found: tuple[str, list[str]]
) -> None:
    assert complete(before + after, len(before), Made()) == found


SPEAKABLE = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1)


@given(SPEAKABLE, st.sampled_from(["", '"', "'"]))
def test_a_name_in_quotes_is_read_back_as_one_word(name: str, quote: str) -> None:
    written = quoted(name, quote)

    assert split_words(f"a {written} b") == ["a", name, "b"]
    assert [word.text for word in words_until_cursor(f"a {written} b")] == ["a", name, "b"]


@given(st.text(st.sampled_from("ab'\" =@-\\\t海{")))
def test_any_text_is_read_as_the_parser_reads_it_or_has_an_open_quote(text: str) -> None:
    words = words_until_cursor(text)

    if words[-1].quote:
        with pytest.raises(ValueError, match="quotation"):
            split_words(text)
    else:
        said = [word.text for word in words]
        assert split_words(text) in (said, said[:-1])


@given(st.text(st.sampled_from("%ft_chatrdase \n\"'{}[]:,@=-\\$us海")))
def test_no_text_is_too_odd(text: str) -> None:
    for start in ("", "%ft_chat ", "%ft_train ", "%%ft_dataset x\n", '%%ft_dataset x\n{"'):
        found = at_end(start + text)
        assert found is None or (start + text).endswith(found.fragment)


def completed(notebook: Notebook, cell: str) -> list[str]:
    """The cell with each candidate put in, as IPython says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        offered = list(notebook.shell.Completer.completions(cell, len(cell)))
    return [cell[: c.start] + c.text for c in offered]


def test_only_ours_are_offered_where_we_know_what_can_stand(notebook: Notebook) -> None:
    notebook.run(PIRATE)
    notebook.shell.user_ns["pirates"] = [{"messages": []}]

    assert completed(notebook, "%ft_dataset pir") == ["%ft_dataset pirate", "%ft_dataset pirates"]
    assert completed(notebook, "%ft_train pirate --epo") == ["%ft_train pirate --epochs"]
    assert completed(notebook, "%ft_train pirate --epochs pri") == []
    assert completed(notebook, "%%ft_dataset x\nus") == ["%%ft_dataset x\nuser: "]
    assert completed(notebook, "%%ft_dataset x\nuser: pri") == []
    assert "print" in completed(notebook, "pri")


def test_every_magic_of_ours_can_be_completed(notebook: Notebook) -> None:
    magics = notebook.shell.magics_manager.magics
    ours = {n: f for kind in magics.values() for n, f in kind.items() if n.startswith("ft_")}

    assert [name for name, function in ours.items() if not hasattr(function, "grammar")] == []


def test_unloading_takes_completion_away_and_loading_twice_is_loading_once(
    notebook: Notebook,
) -> None:
    install(notebook.shell, notebook.session)
    twice = completed(notebook, "%ft_train --epo")
    notebook.run("%unload_ext nbfinetune")  # what was there twice would be there once now
    unloaded = completed(notebook, "%ft_train --epo")

    assert (twice, unloaded) == (["%ft_train --epochs"], [])


def test_a_mistake_of_ours_leaves_ipythons_completion(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError

    monkeypatch.setattr("nbfinetune.magics.completion_hooks.complete", broken)

    assert "print" in completed(notebook, "pri")


class Rude:
    """Says that it holds rows to whoever asks."""

    def __getattribute__(self, name: str) -> object:
        raise AssertionError(name)

    __len__ = __iter__ = __bool__ = __repr__ = __eq__ = __hash__ = __getattribute__


class RudeList(list[object]):
    def __getitem__(self, place: object) -> object:
        raise AssertionError(place)

    __len__ = __iter__ = __bool__ = __repr__ = __getitem__


def test_variables_are_known_by_their_types_and_no_code_of_theirs_runs() -> None:
    frame = type("DataFrame", (), {"__module__": "pandas.core.frame"})
    table = type("Dataset", (), {"__module__": "datasets.arrow_dataset"})
    mine = type("Mine", (frame,), {"__module__": "mine"})

    assert [holds_rows(kind()) for kind in (frame, table, mine)] == [True, True, True]
    assert holds_rows([{"messages": []}])
    assert holds_rows(({"messages": []},))
    others = [[], [1], "text", {"messages": []}, Rude(), [Rude()], RudeList([{}]), frame, None]
    assert [holds_rows(value) for value in others] == [False] * len(others)


def test_hundreds_of_runs_are_named_newest_first(notebook: Notebook) -> None:
    session = notebook.session
    for i in range(300):
        a_run(session, f"run {i // 2}", created=1e9 + i)
    newest = session.runs.folder / new_run_id("run 149", 1e9 + 299)
    for step in (20, 5):
        (newest / "checkpoints" / f"step-{step}").mkdir(parents=True)
        (newest / "checkpoints" / f"step-{step}" / "commit.json").touch()
    (newest / "checkpoints" / "step-30").mkdir()
    (session.runs.folder / "20990101-000000-000-damaged").mkdir()

    offered = completed(notebook, "%ft_runs run")

    assert offered == [f'%ft_runs "run {i}"' for i in reversed(range(150))]
    assert completed(notebook, '%ft_chat "run 149@st') == [
        '%ft_chat "run 149@step-5"',
        '%ft_chat "run 149@step-20"',
    ]


def a_run(session: Session, name: str, created: float) -> None:
    data = DataSpec(name="rows", sha256="0" * 64, train_rows=1, validation_rows=0)
    spec = RunSpec(
        run_id=new_run_id(name, created),
        name=name,
        created=f"2001-09-09T01:46:40.{int(created) % 1000:03d}+00:00",
        base_model="starter",
        preset="starter",
        config=TrainConfig(),
        data=data,
    )
    session.runs.create(spec)


def test_files_of_rows_are_found_in_folders(notebook: Notebook) -> None:
    Path("some data").mkdir()
    for name in ("b.jsonl", "a.json", "notes.txt", ".hidden.json"):
        (Path("some data") / name).touch()

    assert completed(notebook, "%ft_train so") == ['%ft_train "some data/']
    assert completed(notebook, '%ft_train "some data/') == [
        '%ft_train "some data/a.json"',
        '%ft_train "some data/b.jsonl"',
    ]
    assert completed(notebook, "%ft_train nowhere/") == []


def test_every_setting_is_an_option_with_the_values_that_it_names() -> None:
    options = {option.name: option for option in train.LINE.options}

    assert [n for n in SETTINGS if n.replace("_", "-") not in options] == []
    assert options["gradient-checkpointing"].value == ""
    assert options["lr-scheduler"].choices == ("linear", "cosine", "constant")


def test_completion_needs_no_heavy_package(tmp_path: Path) -> None:
    import subprocess

    code = (
        "import sys, nbfinetune.magics.completion_hooks as _; "
        "heavy = {'torch', 'transformers', 'datasets', 'pandas', 'matplotlib', 'ipywidgets'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)

    assert (ran.stdout, ran.stderr) == ("[]\n", "")
