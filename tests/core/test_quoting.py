"""Values of data as they are named in a message."""

from __future__ import annotations

from pathlib import Path

from nbfinetune.core.quoting import quoted, quoted_path


def test_a_path_keeps_its_end_where_a_value_keeps_its_beginning():
    folder = "/home/somebody/projects/tuning/data/customers/"
    assert quoted_path(Path(folder) / "rows.fixed.jsonl") == f"'{folder}rows.fixed.jsonl'"
    assert quoted(folder + "rows.fixed.jsonl") == f"'{folder}r…'"
    shown = quoted_path("x" * 300 + "/rows\n.jsonl")
    assert shown == "'…" + "x" * 187 + "/rows\\n.jsonl'"
