"""Build `.venv-floors`: the oldest kernel stack that is supported (Google Colab's), nothing else.

    python tools/floors_env.py          then  .venv-floors/bin/python -m pytest tests/kernel

Its own packages come first; everything else (torch, transformers, nbfinetune, pytest …) is seen in
the environment that ran this script, through one `.pth` file at the end of `sys.path`.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / ".venv-floors"
FLOORS = {
    "ipython": "7.34.0",
    "ipykernel": "6.17.1",
    "ipywidgets": "7.7.1",
    "traitlets": "5.7.1",
    "jupyter_client": "7.4.9",
    "anywidget": "0.9.21",
}
BEHIND = "nbfinetune-behind.pth"


def main() -> int:
    """Make the environment, unless it is there and as wanted; 0 where it is usable."""
    python = TARGET / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    pins = [f"{name}=={version}" for name, version in FLOORS.items()]
    stamp = TARGET / "floors.txt"
    wanted = "\n".join([sys.version, *pins, *_behind()])
    if stamp.is_file() and stamp.read_text("utf-8") == wanted and python.exists():
        print(f"{TARGET.name} is up to date")
        return 0
    venv.create(TARGET, clear=True, with_pip=True)
    (TARGET / ".gitignore").write_text("*\n", "utf-8")
    # pip must not see the packages behind: it would take them for installed ones
    subprocess.run([python, "-m", "pip", "install", "--quiet", *pins], check=True)
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    # read in the order of the alphabet, and appended: what is installed here wins
    (Path(site) / BEHIND).write_text("\n".join(_behind()) + "\n", "utf-8")
    stamp.write_text(wanted, "utf-8")
    print(f"{TARGET.name}: {', '.join(pins)}")
    return 0


def _behind() -> list[str]:
    """Where this interpreter's packages are, and `src`, which an editable install points to."""
    paths = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    return [str(ROOT / "src"), *sorted(paths)]


if __name__ == "__main__":
    sys.exit(main())
