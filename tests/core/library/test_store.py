"""Named datasets on disk: versions by content, origins, damage, names that would escape."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from pathlib import Path

import filelock
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbfinetune.core.convert.converter import Conversion
from nbfinetune.core.dataset import MessageDataset, Origin
from nbfinetune.core.errors import DatasetError
from nbfinetune.core.library import files as library_files
from nbfinetune.core.library import store as library_module
from nbfinetune.core.library.entries import Deleted, Version
from nbfinetune.core.library.store import DatasetLibrary
from nbfinetune.core.reading.sources import from_rows, read_cell, read_file
from nbfinetune.core.rules.rules import Rule


def row(question: str, answer: str = "yo", **extra: object) -> dict[str, object]:
    user = {"role": "user", "content": question}
    return {"messages": [user, {"role": "assistant", "content": answer}], **extra}


def dataset(*questions: str, name: str = "pirate", **extra: object) -> MessageDataset:
    return from_rows([row(q, **extra) for q in questions], name=name)


@pytest.fixture
def library(tmp_path) -> DatasetLibrary:
    return DatasetLibrary(tmp_path / "home")


def names(library: DatasetLibrary) -> list[str]:
    return sorted(entry.name for entry in library.list())


def refused(action, *arguments) -> str:
    with pytest.raises(DatasetError) as caught:
        action(*arguments)
    return str(caught.value)


def test_an_empty_library_lists_nothing_and_makes_no_folder(library):
    assert library.list() == ()
    assert not library.folder.exists()


def test_what_is_kept_is_opened_again_by_a_new_library(library, tmp_path):
    kept = dataset("a", "b", note={"x": [1, None]})
    version = library.save(kept)
    opened = DatasetLibrary(tmp_path / "home").open("pirate")
    assert (version.number, version.rows, version.sha256) == (1, 2, kept.sha256)
    assert (opened.name, opened.conversations, opened.rows) == ("pirate", kept.conversations, 2)
    assert (opened.origin, opened.sha256) == (Origin("python", "pirate"), kept.sha256)


def test_it_lies_in_a_visible_folder_as_json_lines(library, tmp_path):
    library.save(dataset("a"))
    files = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.json*"))
    (entry,) = library.list()
    folder = f"home/datasets/{entry.id}"
    version = f"{folder}/0001-{entry.versions[0].file_sha256[:12]}"
    assert files == [f"{version}/rows.jsonl", f"{version}/version.json", f"{folder}/dataset.json"]
    assert json.loads((tmp_path / files[0]).read_text()) == row("a")
    assert json.loads((tmp_path / files[2]).read_text())["v"] == 1


def test_each_content_is_a_version_and_the_same_content_is_one(library):
    numbers = [library.save(dataset(*q)).number for q in ("a", "ab", "a", "abc", "ab")]
    assert numbers == [1, 2, 1, 3, 2]
    entry = library.list()[0]
    assert [v.rows for v in entry.versions] == [1, 2, 3]
    assert (entry.current, entry.latest) == (2, entry.versions[1])


def test_content_that_is_kept_already_is_not_written_again(library):
    library.save(dataset("a", note="n"))
    path = version_folder(library) / "rows.jsonl"
    before = path.stat().st_mtime_ns
    library.save(dataset("a", note="n"))
    assert path.stat().st_mtime_ns == before


def test_the_name_alone_is_what_was_kept_last(library):
    for questions in ("a", "ab", "a"):
        library.save(dataset(*questions))
    assert [len(library.open(r)) for r in ("pirate", "pirate@1", "pirate@2")] == [1, 1, 2]


def test_other_extra_keys_are_another_version_of_equal_messages(library):
    versions = [library.save(dataset("a", note=n)) for n in (1, 2)]
    assert [v.number for v in versions] == [1, 2]
    assert versions[0].sha256 == versions[1].sha256


def test_a_version_is_opened_by_the_first_digits_of_its_hash(library):
    first, second = library.save(dataset("a")), library.save(dataset("b"))
    library.save(dataset("c", name="other"))
    for version in (first, second):
        for reference in (version.sha256, version.sha256[:6], f"pirate@{version.sha256[:4]}",
                          f"pirate@{version.sha256[:8].upper()}"):  # fmt: skip
            assert library.open(reference).sha256 == version.sha256


def test_the_last_kept_is_listed_first(library):
    for name in ("one", "two", "three"):
        library.save(dataset("a", name=name))
    assert [entry.name for entry in library.list()] == ["three", "two", "one"]


def test_the_origin_of_a_file_is_its_path_and_hash(library, tmp_path):
    path = tmp_path / "d.jsonl"
    path.write_text(json.dumps({"prompt": "a", "completion": "b"}) + "\n")
    library.save(read_file(path))
    opened = library.open("d")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert opened.origin == Origin("file", str(path), sha256=digest)
    assert opened.conversions == (Conversion("prompt_completion", 1),)


def test_the_origin_of_a_cell_is_its_source(library):
    body = "user: a\nassistant: 甲\r\n\nuser: b\nassistant: 乙"
    library.save(read_cell(body, name="c"))
    assert library.open("c").origin == Origin("cell", "c", cell=body)


def test_the_fixes_of_a_version_are_kept_with_it(library):
    kept = MessageDataset("d", dataset("a").conversations, rows=1, fixes=("bom", "role_alias"))
    library.save(kept)
    assert library.open("d").fixes == ("bom", "role_alias")


def test_rules_belong_to_all_versions_and_stay(library):
    rule = Rule(name="short", kind="regex", source="answer must match .")
    library.save(dataset("a"))
    library.set_rules("pirate", [rule])
    library.save(dataset("b"))
    library.rename("pirate", "corsair")
    assert [(e.name, e.rules, len(e.versions)) for e in library.list()] == [("corsair", (rule,), 2)]


def test_data_with_errors_are_not_kept(library):
    broken = from_rows([row("a"), {"messages": []}], name="d")
    assert refused(library.save, broken).startswith("problems in d: 1 (1 of 2 rows are valid)")
    assert library.list() == ()


def test_a_dataset_takes_another_name_and_its_old_one_is_free(library):
    library.save(dataset("a"))
    assert library.rename("pirate", "corsair") == library.entry("corsair")
    library.save(dataset("b"))
    assert names(library) == ["corsair", "pirate"]
    assert [library.open(n).conversations[0].messages[0].content for n in names(library)] == [
        "a", "b",
    ]  # fmt: skip
    assert refused(library.rename, "pirate", "corsair") == (
        "there is a dataset 'corsair' already\nChoose another name, or rename that one first."
    )
    library.rename("pirate", "pirate")
    assert names(library) == ["corsair", "pirate"]


def test_one_version_or_a_whole_dataset_is_deleted(library):
    for questions in ("a", "ab", "abc"):
        library.save(dataset(*questions))
    library.save(dataset("x", name="other"))
    versions = library.entry("pirate").versions
    assert library.delete("pirate@3") == Deleted("pirate", versions[2:], whole=False, left=(1, 2))
    assert [v.number for v in library.list()[1].versions] == [1, 2]
    assert len(library.open("pirate")) == 2
    library.set_rules("pirate", [Rule(name="short", kind="python", source="len(answer) < 9")])
    assert library.delete("pirate") == Deleted(
        "pirate", versions[:2], whole=True, rules=("short",)
    )  # fmt: skip
    assert names(library) == ["other"]
    assert library.delete("other@1").whole
    assert library.list() == ()
    assert [p.name for p in library.folder.iterdir()] in ([".lock"], [])


def test_the_number_of_a_deleted_version_is_given_again_only_at_the_end(library):
    for questions in ("a", "ab", "abc"):
        library.save(dataset(*questions))
    library.delete("pirate@1")
    assert library.save(dataset("a")).number == 4


def test_a_version_is_exported_with_its_extra_keys(library, tmp_path):
    library.save(dataset("a", "b", note="n"))
    library.save(dataset("c"))
    path = library.open("pirate@1").to_jsonl(tmp_path / "out.jsonl")
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        row("a", note="n"), row("b", note="n"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("reference", "suggestion"), [("pirat", ". Did you mean 'pirate'?"), ("", "")]
)
def test_an_unknown_name_is_answered_with_the_nearest(library, reference, suggestion):
    library.save(dataset("a"))
    for action in (library.open, library.delete):
        head, way_out = refused(action, reference).split("\n")
        assert head == f"there is no dataset {reference!r}{suggestion}"
        assert way_out.startswith("%ft_dataset lists them.")


@pytest.mark.parametrize("wanted", ["2", "zzzz", "abc", "0", None])
def test_an_unknown_version_is_answered_with_those_that_are(library, wanted):
    version = library.save(dataset("a"))
    wanted = wanted or version.sha256[:3]  # too short to be sure of
    for action in (library.open, library.delete):
        assert refused(action, f"pirate@{wanted}") == (
            f"dataset 'pirate' has no version '{wanted}'; it has: 1 ({version.sha256[:12]})\n"
            "Give the number of a version, or the first 4 or more digits of its hash."
        )
    assert names(library) == ["pirate"]


HOSTILE = [
    "../../etc/passwd", "..", ".", "/abs", "C:\\x", "a/b", "a\\b", "con", "NUL", "aux.txt", "~",
    "数据集", "Ünïcödé", "a@2", "👩‍👩‍👧", "x" * 200, "-rf", "$HOME", "<b>x</b>", ".lock", "name.",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_leaves_the_folder_or_loses_its_letters(library, tmp_path, name):
    library.save(dataset("a", name=name))
    entry = library.list()[0]
    assert (entry.name, library.open(name).name) == (name, name)
    assert {p.parent for p in library.folder.iterdir()} == {library.folder}
    assert [p.name for p in tmp_path.iterdir()] == ["home"]
    assert set(entry.id) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert "-" in entry.id
    library.delete(name)
    assert library.list() == ()


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\0", "\ud83d", "x" * 201, "\x1b[31m"])
def test_a_name_that_can_not_be_shown_on_a_line_is_refused(library, name):
    kept = MessageDataset(name or " ", dataset("a").conversations, rows=1)
    message = refused(library.save, kept)
    assert message.split("\n")[-1] == "Use 1 to 200 characters, all of them on one line."
    library.save(dataset("a"))
    assert refused(library.rename, "pirate", name) == message


def test_names_are_the_same_in_every_unicode_form(library):
    library.save(dataset("a", name="é"))
    library.save(dataset("b", name="e\u0301 "))
    assert [(e.name, len(e.versions)) for e in library.list()] == [("é", 2)]
    assert len(library.open("e\u0301@1")) == 1


@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.text(max_size=30))
def test_every_name_is_kept_or_refused(library, name):
    kept = MessageDataset("d", dataset("a").conversations, rows=1)
    plain = name.strip()
    if name and not (plain and all(unicodedata.category(c) not in ("Cc", "Cs") for c in plain)):
        assert refused(library.save, kept, name).endswith("all of them on one line.")
        return
    library.save(kept, name)
    assert library.open(name or "d").sha256 == kept.sha256
    library.delete(name or "d")
    assert library.list() == ()


def version(number: int, rows: int) -> Version:
    return Version(
        number=number, sha256="", file_sha256="", rows=rows, saved="", origin=Origin("python")
    )  # fmt: skip


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (Deleted("pirate", (version(2, 7),), whole=False, left=(1, 3)),
         "version 2 (rows: 7) of pirate is deleted; these stay: 1, 3"),
        (Deleted("pirate", (version(1, 3), version(2, 7)), whole=True, damaged=1,
                 rules=("short",), runs=("first-try", "x\ny")),
         "pirate is deleted, with its versions: 1 (rows: 3), 2 (rows: 7)\n"
         "damaged versions that went with it: 1\n"
         "rules that were kept with it: short\n"
         "runs that were trained on it have their own copies of the rows: first-try, x\\ny"),
    ],
)  # fmt: skip
def test_what_is_deleted_is_told_and_what_stays(gone, said):
    assert gone.message == said


# Damage


def version_folder(library: DatasetLibrary, number: int = 1) -> Path:
    return next(library.folder.glob(f"*/{number:04d}-*"))


def test_a_damaged_record_is_named_and_hides_nothing(library):
    library.save(dataset("a"))
    library.save(dataset("b"))
    library.save(dataset("c", name="other"))
    record = version_folder(library, 2) / "version.json"
    record.write_text("{")
    entries = {entry.name: entry for entry in library.list()}
    assert [len(entries[n].versions) for n in ("pirate", "other")] == [1, 1]
    assert [str(e) for e in entries["pirate"].damaged] == [
        f"{record} can't be read: Input data was truncated"
    ]
    assert refused(library.open, "pirate") == (
        f"the last version of dataset 'pirate' is damaged: {entries['pirate'].damaged[0]}\n"
        "Others can be opened:  pirate@1"
    )
    assert library.open("pirate@1").conversations[0].messages[0].content == "a"
    assert library.save(dataset("d")).number == 3
    assert library.open("pirate").conversations[0].messages[0].content == "d"


def test_a_damaged_name_leaves_the_dataset_under_its_id(library):
    library.save(dataset("a"))
    head = version_folder(library).parent / "dataset.json"
    head.write_bytes(b"\xff\xfe")
    entry = library.list()[0]
    assert (entry.name, len(entry.versions), len(entry.damaged)) == (entry.id, 1, 1)
    library.rename(entry.id, "saved")
    assert (names(library), len(library.open("saved"))) == (["saved"], 1)


@pytest.mark.parametrize("file", ["version.json", "dataset.json"])
def test_a_newer_format_is_refused_with_the_reason_and_never_overwritten(library, file):
    library.save(dataset("a"))
    folder = version_folder(library)
    path = folder / file if file == "version.json" else folder.parent / file
    record = json.loads(path.read_text()) | {"v": 2, "later": True}
    path.write_text(json.dumps(record))
    entry = library.list()[0]
    assert [str(e) for e in entry.damaged] == [
        f"{path} was written by a newer nbfinetune (format 2, this one reads 1)\n"
        "Upgrade with  pip install -U nbfinetune"
    ]
    assert refused(library.rename, entry.id, "x") == str(entry.damaged[0])
    assert json.loads(path.read_text()) == record
    if file == "version.json":
        assert refused(library.open, "pirate") == str(entry.damaged[0])


def test_unknown_fields_of_the_same_format_are_ignored(library):
    library.save(dataset("a"))
    record = version_folder(library) / "version.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"later": True}))
    assert (len(library.open("pirate")), library.list()[0].damaged) == (1, ())


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_rows_that_are_not_as_they_were_kept_are_refused(library, damage):
    library.save(dataset("a"))
    library.save(dataset("b", name="other"))
    path = next(library.folder.glob("pirate-*/*/rows.jsonl"))
    reason = "it has changed since it was kept"
    if damage == "changed":
        path.write_text(json.dumps(row("b")) + "\n")
    else:
        path.unlink()
        reason = "No such file or directory"
    assert refused(library.open, "pirate") == f"{path} can't be read: {reason}"
    assert len(library.open("other")) == 1
    assert library.save(dataset("a")).number == 1  # the same content again: they are back
    assert library.open("pirate").sha256 == dataset("a").sha256


def test_a_version_in_the_folder_of_another_is_named(library):
    library.save(dataset("a"))
    folder = version_folder(library)
    folder.rename(folder.with_name("0007-000000000000"))
    (error,) = library.list()[0].damaged
    assert error.params["reason"] == "it belongs to another version"


def test_a_crash_while_writing_leaves_the_old_state(library, monkeypatch):
    library.save(dataset("a"))
    before = library.list()

    def full(*arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(library_files, "write_jsonl", full)
        assert refused(library.save, dataset("b")).split(": ")[1] == (
            "No space left on device\nCheck that the folder exists and may be written to."
        )
    assert library.list() == before
    assert library.save(dataset("b")).number == 2
    assert not list(library.folder.glob("*/.incomplete"))


def test_a_crash_at_the_first_version_leaves_no_dataset_and_one_after_it_a_whole_one(
    library, monkeypatch
):
    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(library_files, "write_jsonl", killed)
        with pytest.raises(KeyboardInterrupt):
            library.save(dataset("a"))
    assert library.list() == ()
    library.save(dataset("a", name="whole"))
    heads = iter([library_module.write_head, killed])
    monkeypatch.setattr(library_module, "write_head", lambda *given: next(heads)(*given))
    with pytest.raises(KeyboardInterrupt):
        library.save(dataset("a", "b"))
    assert (names(library), len(library.open("pirate"))) == (["pirate", "whole"], 2)


def test_one_writer_at_a_time(library, monkeypatch):
    library.save(dataset("a"))
    monkeypatch.setattr("nbfinetune.core.library.store.LOCK_SECONDS", 0)
    with filelock.FileLock(library.folder / ".lock"):
        message = refused(library.save, dataset("b"))
    assert message == f"another process is writing to {library.folder}\nTry again in a moment."
    assert library.save(dataset("b")).number == 2


def test_what_is_no_dataset_is_passed_over(library, tmp_path):
    library.save(dataset("a"))
    (library.folder / "Notes").mkdir()
    (library.folder / "empty-1").mkdir()
    (library.folder / "file-2").write_text("x")
    (library.folder / "link-3").symlink_to(tmp_path)
    assert names(library) == ["pirate"]
