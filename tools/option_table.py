"""Write the README's table of training settings from `core/config.py`; `--check` only compares."""

from __future__ import annotations

import sys
from pathlib import Path

from nbfinetune.core.config import DEFAULTS, SETTINGS, allowed_values
from nbfinetune.core.presets import PRESETS

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- options: made by `make docs` -->", "<!-- options end -->"


def option_table() -> str:
    """One row per setting, everyday ones first, then the presets."""
    ordered = sorted(SETTINGS, key=lambda name: SETTINGS[name].advanced)
    rows = [
        f"| `--{name.replace('_', '-')}` | {SETTINGS[name].help} | {allowed_values(name)} "
        f"| `{DEFAULTS[name]}` |"
        for name in ordered
    ]
    head = ["| option | what it does | values | default |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, "", preset_table()])


def preset_table() -> str:
    """The presets side by side."""
    names = list(next(iter(PRESETS.values())))
    head = ["preset", *(f"`{name}`" for name in names)]
    rows = [[f"`{name}`", *(f"{values[n]:g}" for n in names)] for name, values in PRESETS.items()]
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def main() -> int:
    text = README.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    wanted = f"{before}{BEGIN}\n{option_table()}\n{END}{after}"
    if "--check" in sys.argv:
        if wanted != text:
            print("README.md: the option table is out of date; run  make docs")
        return int(wanted != text)
    README.write_text(wanted, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
