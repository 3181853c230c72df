"""The repair panel: what its buttons do to files, datasets and the library, and take back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbfinetune.core.dataset import MessageDataset, Origin
from nbfinetune.core.fixes.repair import CellBody, PythonRows, Repairable, RowsFile
from nbfinetune.core.rules.rules import written_rule
from nbfinetune.panels import repair as panels
from nbfinetune.panels.repair import RepairPanel
from nbfinetune.panels.repair_steps import Repair
from nbfinetune.session import Session
from tests.display.test_html import HOSTILE, read

ROW = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo"}]}
MEANT = json.dumps(ROW)
OTHER = MEANT.replace("hi", "ho")
PASTED = MEANT.replace(": ", ":\u00a0")
ALIASED = OTHER.replace('"user"', '"human"')
CUT = '{"messages": ['
KNOWN = {"div", "span", "p", "h4", "h5", "button", "pre", "code"}
"""The elements that the page lets through."""


class Shown:
    """A panel, and what it told about the report."""

    def __init__(self, session: Session, source: Repairable, cell_line: str = "") -> None:
        self.session = session
        self.reports: list[tuple[int, bool]] = []
        repair = Repair(session, source, source.read())
        self.panel = RepairPanel(repair, self._changed, cell_line)

    def _changed(self, dataset: MessageDataset, as_at_first: bool) -> None:
        self.reports.append((len(dataset.errors), as_at_first))

    @property
    def words(self) -> str:
        return " | ".join(t.strip() for t in read(self.panel.html()).texts if t.strip())

    @property
    def buttons(self) -> list[str]:
        pairs = read(self.panel.html()).attributes
        return [str(value) for name, value in pairs if name in ("data-do", "data-fix")]

    def press(self, *buttons: str) -> str:
        for button in buttons:
            do, _, fix = button.partition(" ")
            self.panel.press(do, fix)
        return self.words


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path / "home")


def file_of(tmp_path: Path, *lines: str) -> RowsFile:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return RowsFile(path, {"name": "rows"}, first=path)


def cell_of(*lines: str) -> CellBody:
    return CellBody("\n".join(lines), {"name": "rows"})


def versions(session: Session) -> list[tuple[int, int]]:
    """Of the dataset `rows`: number and rows of each version, the current one last."""
    entries = [entry for entry in session.library.list() if entry.name == "rows"]
    found = [(v.number, v.rows) for entry in entries for v in entry.versions]
    return sorted(found, key=lambda one: one[0] == entries[0].current) if entries else []


def test_there_is_a_button_for_each_fix_with_its_count_and_one_for_all(session: Session):
    shown = Shown(session, cell_of(PASTED, PASTED, ALIASED, CUT))
    assert shown.words == (
        "Quick-fixes | You see what changes before anything does. | Fix all | 3 | "
        "no-break spaces between tokens | 2 | other names of roles | 1 | "
        "errors for you to correct, no quick-fix knows what was meant: 1"
    )
    assert shown.buttons == [
        "preview", "all", "preview", "exotic_blanks", "preview", "role_aliases",
    ]  # fmt: skip


def test_a_panel_without_anything_to_fix_offers_nothing(session: Session):
    assert not Shown(session, cell_of(CUT)).panel.offers


def test_a_press_shows_the_preview_and_cancel_brings_the_buttons_back(session: Session):
    shown = Shown(session, cell_of(PASTED, ALIASED))
    before = shown.words
    assert shown.press("preview exotic_blanks") == (
        "no-break spaces between tokens | places that change: 1 · errors left then: 1 | "
        "Keeps the repaired rows and gives you the cell's new text; the cell stays as it is. | "
        "Apply | Cancel | no-break spaces between tokens | 1× | exotic_blanks | "
        "plain spaces for no-break spaces and other blanks that JSON does not know | line 2 | "
        '{"messages": | \\xa0 | ␣ | [{"role": | \\xa0 | ␣ | "user", "content": | \\xa0 | ␣ | '
        '"hi"}, {"role": | \\xa0 | ␣ | "assistant", "content": | \\xa0 | ␣ | "yo"}]}'
    )
    assert shown.panel.said == "no-break spaces between tokens: places that change: 1"
    assert shown.press("cancel") == before
    assert shown.reports == []


def test_a_file_is_repaired_into_a_new_one_and_undo_takes_that_and_the_dataset_back(
    session: Session, tmp_path: Path
):
    shown = Shown(session, file_of(tmp_path, PASTED, ALIASED))
    assert "Writes the new file 'rows.fixed.jsonl'; 'rows.jsonl' stays as it is." in shown.press(
        "preview all"
    )
    assert not (tmp_path / "rows.fixed.jsonl").exists()

    assert shown.press("apply") == (
        "repaired: 2 | 'rows.fixed.jsonl' is written, 'rows.jsonl' is as it was. "
        "Kept as dataset 'rows', version 1. | Undo"
    )
    assert (tmp_path / "rows.fixed.jsonl").read_text("utf-8") == f"{MEANT}\n{OTHER}\n"
    assert (tmp_path / "rows.jsonl").read_text("utf-8") == f"{PASTED}\n{ALIASED}\n"
    assert session.datasets["rows"].fixes == ("exotic_blanks", "role_aliases")
    assert versions(session) == [(1, 2)]

    assert shown.press("undo").startswith(
        "Dataset 'rows' is not kept any more, as before. 'rows.fixed.jsonl' is deleted again. | "
        "Quick-fixes"
    )
    assert not (tmp_path / "rows.fixed.jsonl").exists()
    assert (session.datasets, versions(session)) == ({}, [])
    assert shown.reports == [(0, False), (2, True)]


def test_fixes_are_applied_and_taken_back_one_after_another(session: Session, tmp_path: Path):
    shown = Shown(session, file_of(tmp_path, PASTED, ALIASED))
    assert shown.press("preview exotic_blanks", "apply").startswith(
        "repaired: 1 | 'rows.fixed.jsonl' is written, 'rows.jsonl' is as it was. "
        "Not kept as a dataset yet (errors left: 1). | Undo | Quick-fixes"
    )
    assert session.datasets == {}
    shown.press("preview role_aliases", "apply")
    assert session.datasets["rows"].fixes == ("exotic_blanks", "role_aliases")
    files = ["rows.fixed-2.jsonl", "rows.fixed.jsonl", "rows.jsonl"]
    assert sorted(p.name for p in tmp_path.glob("*.jsonl")) == files
    shown.press("undo", "undo", "undo")
    assert [p.name for p in tmp_path.glob("*.jsonl")] == ["rows.jsonl"]
    assert shown.reports == [(1, False), (0, False), (1, False), (2, True)]


def test_undo_keeps_a_file_that_was_changed_since_and_says_so(session: Session, tmp_path: Path):
    shown = Shown(session, file_of(tmp_path, PASTED))
    shown.press("preview all", "apply")
    (tmp_path / "rows.fixed.jsonl").write_text("mine", "utf-8")
    assert "'rows.fixed.jsonl' stays: it has changed since." in shown.press("undo")
    assert (tmp_path / "rows.fixed.jsonl").read_text("utf-8") == "mine"

    shown.press("preview all", "apply")
    (tmp_path / "rows.fixed-2.jsonl").unlink()
    assert "'rows.fixed-2.jsonl' was gone already." in shown.press("undo")


def test_undo_brings_back_the_dataset_and_the_version_that_were_there_before(session: Session):
    before = session.load_dataset([json.loads(OTHER)], name="rows")
    shown = Shown(session, cell_of(PASTED, PASTED), "%%ft_dataset rows")
    assert "Kept as dataset 'rows', version 2." in shown.press("preview all", "apply")
    assert versions(session) == [(1, 1), (2, 2)]
    assert "Dataset 'rows' is version 1 again." in shown.press("undo")
    assert session.datasets["rows"] is before
    assert versions(session) == [(1, 1)]


def test_undo_deletes_no_version_that_was_there_before_the_repair(session: Session):
    session.load_dataset([ROW], name="rows")
    session.load_dataset([json.loads(OTHER)], name="rows")
    shown = Shown(session, cell_of(PASTED))
    assert "Kept as dataset 'rows', version 1." in shown.press("preview all", "apply")
    assert "Dataset 'rows' is version 2 again." in shown.press("undo")
    assert versions(session) == [(1, 1), (2, 1)]


def test_undo_leaves_a_dataset_that_was_kept_anew_since(session: Session):
    shown = Shown(session, cell_of(PASTED))
    shown.press("preview all", "apply")
    newer = session.load_dataset([ROW, json.loads(OTHER)], name="rows")
    assert "Dataset 'rows' stays: it was kept anew since." in shown.press("undo")
    assert session.datasets["rows"] is newer
    assert versions(session) == [(1, 1), (2, 2)]


def test_undo_leaves_a_dataset_with_which_a_rule_was_kept(session: Session):
    shown = Shown(session, cell_of(PASTED))
    shown.press("preview all", "apply")
    session.library.set_rules("rows", [written_rule("brief", "len(answer) < 9")])
    assert "Dataset 'rows' stays" in shown.press("undo")
    assert "rows" in session.datasets


def test_a_cell_gets_its_new_text_to_copy_and_the_line_that_rewrites_it(session: Session):
    shown = Shown(session, cell_of(PASTED, ALIASED), "%%ft_dataset rows --system Brief.")
    assert shown.press("preview all", "apply") == (
        "repaired: 2 | Kept as dataset 'rows', version 1. | Undo | The cell's new text | Copy | "
        f"%%ft_dataset rows --system Brief.\n{MEANT}\n{OTHER} | Copy it over the cell. Or run the "
        "cell once with this first line, and it rewrites itself: | "
        "%%ft_dataset rows --system Brief. --fix exotic_blanks,role_aliases"
    )


def test_python_rows_are_kept_as_a_dataset_and_stay_what_they_are(session: Session):
    rows = [json.loads(ALIASED)]
    source = PythonRows(rows, {"name": "rows"}, Origin("python", "rows"))
    shown = Shown(session, source)
    assert "your Python object stays as it is." in shown.press("preview all")
    shown.press("apply")
    assert [row.as_dict() for row in session.datasets["rows"].conversations] == [json.loads(OTHER)]
    assert rows == [json.loads(ALIASED)]


def test_a_fix_that_must_wait_for_others_says_so_and_can_not_be_applied(session: Session):
    shown = Shown(session, cell_of(PASTED))
    words = shown.press("preview role_aliases")
    assert "This one comes after the others: choose 'Fix all'." in words
    assert shown.buttons == ["cancel"]


def test_a_failure_is_shown_where_the_button_was_pressed(session: Session, tmp_path: Path):
    shown = Shown(session, file_of(tmp_path, PASTED))
    shown.press("preview all")
    (tmp_path / "rows.fixed.jsonl").write_text("mine", "utf-8")
    assert "exists already and is not overwritten" in shown.press("apply")
    assert (tmp_path / "rows.fixed.jsonl").read_text("utf-8") == "mine"
    assert (shown.reports, session.datasets) == ([], {})
    assert "'rows.fixed-2.jsonl' is written" in shown.press("preview all", "apply")


def test_presses_that_make_no_sense_are_nothing(session: Session):
    shown = Shown(session, cell_of(PASTED))
    before = shown.words
    assert shown.press("apply", "undo", "look", "preview nonsense", "dance", "cancel") == before


def test_where_there_is_much_fixes_are_looked_for_when_asked(
    session: Session, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(panels, "MOST_ERRORS", 1)
    shown = Shown(session, cell_of(PASTED, PASTED))
    assert shown.words == (
        "Quick-fixes | There is much to look through: this can take a minute. | "
        "Look for quick-fixes"
    )
    assert shown.press("look").endswith("| no-break spaces between tokens | 2")
    assert shown.press("preview all", "apply").startswith("repaired: 2")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_data_say_stays_text(session: Session, hostile: str):
    hostile = hostile.replace("\x00", "")
    row = ALIASED.replace('"ho"', json.dumps(hostile))
    source = CellBody(f"{row}\n{hostile}", {"name": f"rows {hostile}"})
    shown = Shown(session, source, f"%%ft_dataset {hostile}")
    for button in ("preview role_aliases", "apply", "undo"):
        shown.press(button)
        assert read(shown.panel.html()).tags <= KNOWN
