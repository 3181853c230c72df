"""Install the last commit in every way there is: does the JupyterLab extension come along?

    python tools/install_cases.py          exit status 1 where a row is not as expected

Each case has a virtual environment and, where it needs one, a clone of its own. `--no-deps`: what
is checked is our own package. JupyterLab, which lists the extension, is in one shared environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ASSETS = "share/jupyter/labextensions/nbfinetune"
ENABLED = "enabled OK"
NOT_LISTED = "not listed"
BEHIND = "jupyterlab-behind.pth"


@dataclass(frozen=True)
class Row:
    """What came of a case."""

    case: str
    status: int
    seconds: float
    assets: bool
    listed: str
    reason: bool = False
    """Whether the output says why there is no extension."""
    output: str = ""

    def __str__(self) -> str:
        assets = "installed" if self.assets else "no assets"
        return (
            f"{self.case:<44} {self.status:>6} {self.seconds:>7.1f} s  {assets:<10} {self.listed}"
        )


class Place:
    """A temporary folder with what all cases share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shared = self.environment("jupyterlab", with_pip=True)
        pip = [self.shared, "-m", "pip", "install", "-qq"]
        subprocess.run([*pip, "jupyterlab>=4.2", "build>=1.2"], check=True)
        self.sites = _site(self.shared)

    def clone(self, name: str) -> Path:
        """The last commit, as somebody gets it who has nothing yet."""
        clone = self.folder / f"clone-{name}"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        return clone

    def environment(self, name: str, with_pip: bool = False) -> Path:
        """The interpreter of a new virtual environment."""
        folder = self.folder / f"env-{name}"
        venv.create(folder, with_pip=with_pip)
        python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        if not with_pip:
            (Path(_site(python)) / BEHIND).write_text(self.sites + "\n", "utf-8")
        return python

    def run(self, *command: str | Path, node: bool, mode: str) -> tuple[int, float, str]:
        """Status, seconds and output of a command of the shared environment."""
        env = self.variables(node) | {"NBFINETUNE_LABEXTENSION": mode}
        began = time.monotonic()
        done = subprocess.run(
            [self.shared, "-m", *command], env=env, capture_output=True, text=True, check=False
        )
        return done.returncode, time.monotonic() - began, done.stdout + done.stderr

    def variables(self, node: bool) -> dict[str, str]:
        """The machine's, with Jupyter's own pointed away; without Node.js nothing is on PATH."""
        nothing = self.folder / "nothing"
        nothing.mkdir(exist_ok=True)
        jupyter = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
        away = {name: str(nothing) for name in jupyter}
        kept = {k: v for k, v in os.environ.items() if k not in ("JUPYTER_PATH", "PYTHONPATH")}
        return {**kept, **away, **({} if node else {"PATH": str(nothing)})}

    def install(
        self, case: str, *what: str | Path, node: bool, mode: str = "auto", name: str = ""
    ) -> Row:
        """pip install, and what JupyterLab says after it. `name`: an environment that is there."""
        python = Path(name) if name else self.environment(case.replace(" ", "-").replace(",", ""))
        pip = ("pip", "--python", str(python), "install", "--no-deps", "--verbose")
        status, seconds, output = self.run(*pip, *what, node=node, mode=mode)
        assets = (python.parent.parent / ASSETS / "package.json").is_file()
        reason = "could not be built: npm is not installed" in output
        return Row(case, status, seconds, assets, self.listed(python, node), reason, output)

    def listed(self, python: Path, node: bool) -> str:
        """What `jupyter labextension list` has to say about it."""
        done = subprocess.run(
            [python, "-m", "jupyterlab.labextensions", "list"],
            env=self.variables(node), capture_output=True, text=True, check=False,
        )  # fmt: skip
        lines = [
            line for line in (done.stdout + done.stderr).splitlines() if "nbfinetune v" in line
        ]
        plain = lines[0].replace("\x1b[32m", "").replace("\x1b[0m", "") if lines else ""
        return ENABLED if ENABLED in plain else plain.strip() or NOT_LISTED


def cases(place: Place) -> Iterator[tuple[Row, Row]]:
    """Each case as it went, and as it should have gone (its seconds are the most it may take)."""
    yield (
        place.install("clone, with Node.js", place.clone("node"), node=True),
        Row("  at most", 0, 300, True, ENABLED),
    )
    bare = place.clone("bare")
    yield (
        place.install("clone, without Node.js", bare, node=False),
        Row("  at most", 0, 60, False, NOT_LISTED, reason=True),
    )
    yield (
        place.install("clone, without Node.js, required", bare, node=False, mode="require"),
        Row("  at most", 1, 60, False, NOT_LISTED, reason=True),
    )
    yield (
        place.install("clone, with Node.js, skipped", bare, node=True, mode="skip"),
        Row("  at most", 0, 60, False, NOT_LISTED),
    )
    yield (
        place.install("clone, unknown mode", bare, node=True, mode="never"),
        Row("  at most", 1, 60, False, NOT_LISTED),
    )
    worked_on = place.clone("editable")
    python = str(place.environment("editable"))
    yield (
        place.install("editable, with Node.js", "-e", worked_on, node=True, name=python),
        Row("  at most", 0, 300, True, ENABLED),
    )
    yield (
        place.install("editable again, nothing changed", "-e", worked_on, node=True, name=python),
        Row("  at most", 0, 20, True, ENABLED),
    )
    yield from _releases(place)


def _releases(place: Place) -> Iterator[tuple[Row, Row]]:
    """`python -m build`, and what one installs from it on a machine without Node.js."""
    clone = place.clone("release")
    status, seconds, output = place.run("build", str(clone), node=True, mode="require")
    made = sorted((clone / "dist").glob("nbfinetune-*"))
    both = [path.suffix for path in made] == [".whl", ".gz"]
    yield (
        Row("python -m build", status, seconds, both, "-", output=output),
        Row("  at most", 0, 300, True, "-"),
    )
    if not both:
        return
    for case, path, mode in (
        ("its wheel, without Node.js", made[0], "auto"),
        ("its sdist, without Node.js, required", made[1], "require"),
    ):
        yield (
            place.install(case, path, node=False, mode=mode),
            Row("  at most", 0, 60, True, ENABLED),
        )


def _site(python: Path) -> str:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def main() -> int:
    """Print one row per case; 0 where all are as expected."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="nbfinetune-install-") as folder:
        print(f"{'case':<44} {'status':>6} {'time':>9}  {'extension':<10} JupyterLab lists it")
        for row, expected in cases(Place(Path(folder))):
            same = (row.status, row.assets, row.listed, row.reason) == (
                expected.status, expected.assets, expected.listed, expected.reason,
            )  # fmt: skip
            print(row, flush=True)
            if not same or row.seconds > expected.seconds:
                failed += 1
                print(f"{expected}   <- was expected\n{row.output[-3000:]}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
