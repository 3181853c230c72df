"""Sources by name: what is asked of a hub, what comes back, what is said when it fails."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import pytest

from nbfinetune.core.convert.converter import Conversion
from nbfinetune.core.dataset import Origin
from nbfinetune.core.errors import DatasetError, MissingDependency
from nbfinetune.core.library.named import Wanted, is_named, load_named, parse, read_named
from nbfinetune.core.library.samples import read_sample

ROWS = [{"question": "a", "answer": "b"}]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("hf:org/set", Wanted("hf", "org/set", None, None)),
        ("hf:set", Wanted("hf", "set", None, None)),
        ("hf:org/set:test", Wanted("hf", "org/set", None, "test")),
        ("hf:org/set/main:train[:100]", Wanted("hf", "org/set", "main", "train[:100]")),
        ("modelscope:org/set-1.0/sub", Wanted("modelscope", "org/set-1.0", "sub", None)),
    ],
)
def test_a_name_is_taken_apart(source, wanted):
    assert (is_named(source), parse(source)) == (True, wanted)


@pytest.mark.parametrize("source", ["rows.jsonl", "pirate", "file:x", "HF:org/set", "hf"])
def test_other_words_are_no_named_sources(source):
    assert not is_named(source)


@pytest.mark.parametrize(
    "source", ["hf:", "hf::train", "hf:a/b/c/d", "hf:a b", "hf:org/set:", "x:y"]
)
def test_what_can_not_be_a_name_is_refused_before_anything_is_asked(source):
    with pytest.raises(DatasetError) as caught:
        load_named(source)
    assert str(caught.value) == (
        f"can't read the source '{source}'\n"
        "Write  hf:org/set,  hf:org/set:split  or  hf:org/set/config:split."
    )


def hub(monkeypatch, splits, error=None, rows=ROWS):
    """A `datasets` package that gives `rows` or raises; what it was asked is in `.asked`."""
    package = SimpleNamespace(asked=[])

    def split_names(path, config):
        if error is not None:
            raise error
        return splits

    def load_dataset(path, config, *, split):
        package.asked.append((path, config, split))
        return rows

    package.get_dataset_split_names, package.load_dataset = split_names, load_dataset
    monkeypatch.setitem(sys.modules, "datasets", package)
    return package


@pytest.mark.parametrize(
    ("source", "splits", "asked", "label"),
    [
        ("hf:org/set", ["test", "train"], ("org/set", None, "train"), "hf:org/set:train"),
        ("hf:org/set", ["all"], ("org/set", None, "all"), "hf:org/set:all"),
        ("hf:org/set/main:test", ["train", "test"], ("org/set", "main", "test"),
         "hf:org/set/main:test"),
        ("hf:org/set:train[:5]", ["train"], ("org/set", None, "train[:5]"),
         "hf:org/set:train[:5]"),
    ],
)  # fmt: skip
def test_one_split_is_asked_for_and_named_in_the_origin(monkeypatch, source, splits, asked, label):
    package = hub(monkeypatch, splits)
    assert load_named(source) == (ROWS, Origin("hub", label))
    assert package.asked == [asked]


def test_the_rows_of_a_hub_go_the_way_of_all_rows(monkeypatch):
    hub(monkeypatch, ["train"])
    dataset = read_named("hf:org/my-set", system="Be brief.")
    assert (dataset.name, dataset.rows, dataset.systems) == ("my-set", 1, ("Be brief.",))
    assert dataset.conversions == (Conversion("question_answer", 1),)
    assert read_named("hf:org/my-set", name="mine").name == "mine"


class DatasetNotFoundError(FileNotFoundError):
    """Stands for the package's own."""


class GatedRepoError(Exception):
    """Stands for the hub client's own."""


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "head", "way_out"),
    [
        (DatasetNotFoundError("'a/b' doesn't exist"),
         "there is no dataset 'hf:a/b', or it is private: "
         "DatasetNotFoundError: 'a/b' doesn't exist",
         "Check the name on the hub's page; for a private one log in:  hf auth login"),
        (caused(DatasetNotFoundError("no access"), GatedRepoError()),
         "'hf:a/b' is given only to those who agree to its terms: DatasetNotFoundError: no access",
         "Agree to them on the dataset's page, then log in:  hf auth login"),
        (ConnectionError("Couldn't reach\n the Hub"),
         "'hf:a/b' can't be reached: ConnectionError: Couldn't reach the Hub",
         "Check the network (HF_HUB_OFFLINE, HF_ENDPOINT), or load a file instead."),
        (ValueError("Config name is missing. Please pick one among ['main']"),
         "'hf:a/b' has several configurations: "
         "ValueError: Config name is missing. Please pick one among ['main']",
         "Name one of them:  hf:org/set/config"),
        (RuntimeError(),
         "'hf:a/b' can't be read: RuntimeError",
         "Download its rows as a .jsonl or .json file and load that."),
    ],
)  # fmt: skip
def test_every_failure_of_a_hub_has_words_and_a_way_out(monkeypatch, error, head, way_out):
    hub(monkeypatch, [], error)
    with pytest.raises(DatasetError) as caught:
        load_named("hf:a/b")
    assert str(caught.value) == f"{head}\n{way_out}"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("hf:a/b:dev", "'hf:a/b:dev' has no split 'dev'; it has: test, extra\n"
                       "Write one of these behind the colon."),
        ("hf:a/b", "'hf:a/b' has no split 'train'; it has: test, extra\n"
                   "Say which one, behind a colon:  hf:org/set:split"),
    ],
)  # fmt: skip
def test_a_split_that_is_not_there_is_answered_with_those_that_are(monkeypatch, source, message):
    hub(monkeypatch, ["test", "extra"])
    with pytest.raises(DatasetError) as caught:
        load_named(source)
    assert str(caught.value) == message


def test_the_real_package_without_a_network_says_that_the_hub_is_out_of_reach():
    with pytest.raises(DatasetError) as caught:
        load_named("hf:acme/no-such-set")
    assert caught.value.code == "source_offline"


@pytest.fixture
def folder(tmp_path):
    for split in ("train", "test"):
        line = json.dumps({"prompt": split, "completion": "b"})
        (tmp_path / f"{split}.jsonl").write_text(line + "\n")
    return tmp_path


def test_a_folder_of_files_is_read_by_the_real_package(folder):
    train, test = read_named(f"hf:{folder}"), read_named(f"hf:{folder}:test")
    assert [d.conversations[0].messages[0].content for d in (train, test)] == ["train", "test"]
    assert train.origin == Origin("hub", f"hf:{folder}:train")
    with pytest.raises(DatasetError) as caught:
        read_named(f"hf:{folder}:dev")
    assert caught.value.params["splits"] == "train, test"


def test_a_dataset_saved_to_disk_is_read_with_and_without_splits(tmp_path):
    import datasets

    table = datasets.Dataset.from_list(ROWS)
    table.save_to_disk(tmp_path / "one")
    datasets.DatasetDict(dev=table, test=table).save_to_disk(tmp_path / "two")
    assert read_named(f"hf:{tmp_path / 'one'}").conversions == (Conversion("question_answer", 1),)
    assert read_named(f"hf:{tmp_path / 'two'}:dev").rows == 1
    with pytest.raises(DatasetError, match="it has: dev, test"):
        read_named(f"hf:{tmp_path / 'two'}")


class MsDataset:
    """Stands for ModelScope's class: a split, or a dict of them where none was asked for."""

    @staticmethod
    def load(path, subset_name=None, split=None):
        part = SimpleNamespace(to_hf_dataset=lambda: [{"query": f"{path} {subset_name}",
                                                       "response": "b"}])  # fmt: skip
        return part if split else {"train": part, "test": part}


def test_modelscope_is_asked_through_its_own_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "modelscope", SimpleNamespace())
    module = SimpleNamespace(MsDataset=MsDataset)
    monkeypatch.setitem(sys.modules, "modelscope.msdatasets", module)
    dataset = read_named("modelscope:org/set/sub")
    assert dataset.conversations[0].messages[0].content == "org/set sub"
    assert dataset.origin == Origin("hub", "modelscope:org/set/sub:train")
    assert read_named("modelscope:org/set:test").origin == Origin("hub", "modelscope:org/set:test")


def test_without_its_package_the_line_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "modelscope.msdatasets", None)
    with pytest.raises(MissingDependency) as caught:
        load_named("modelscope:org/set")
    assert str(caught.value) == (
        "the package modelscope is not installed\nInstall it:  %pip install modelscope"
    )


def test_samples_are_named_sources_too():
    dataset = read_named("sample:pirate", name="p")
    assert (dataset.name, dataset.sha256) == ("p", read_sample("pirate").sha256)
