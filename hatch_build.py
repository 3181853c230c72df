"""Puts the JupyterLab extension into what is built: builds it first where that is possible.

`NBFINETUNE_LABEXTENSION` says how much it matters: `auto` (default: with npm it is built, without
npm it is left out, and everything else works), `require` (a release: fail without it), `skip`
(leave it out).

`python hatch_build.py` only builds it, as `require` does.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VARIABLE = "NBFINETUNE_LABEXTENSION"
MODES = ("auto", "require", "skip")
BUILT = Path("labextension", "dist")
INSTALLED = "share/jupyter/labextensions/nbfinetune"
STAMP = "built-from.txt"
SOURCES = (
    "labextension/package.json",
    "labextension/package-lock.json",
    "labextension/build.config.cjs",
    "labextension/src/**/*.ts",
    "labextension/style/**/*.css",
    "src/nbfinetune/front/**/*.js",
    "src/nbfinetune/front/**/*.css",
    "notebooks/00_quickstart*.ipynb",
)

State = Literal["current", "outdated", "missing"]


class ExtensionError(Exception):
    """The extension is required, and can't be had."""


class ExtensionHook(BuildHookInterface[Any]):
    """What hatchling calls before it packs a wheel or an sdist."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        mode = os.environ.get(VARIABLE, "auto")
        if not provide(root, mode, self.app.display_warning):
            return
        if self.target_name == "sdist":
            build_data["artifacts"].append(f"/{BUILT.as_posix()}")
        else:
            # what JupyterLab's extension manager says of it, beside what was built
            install = {root / BUILT: "", root / "labextension/install.json": "/install.json"}
            build_data["shared_data"] |= {str(k): INSTALLED + v for k, v in install.items()}


def provide(
    root: Path,
    mode: str,
    warn: Callable[[str], None],
    find: Callable[[str], str | None] = shutil.which,
    run: Callable[..., object] = subprocess.run,
) -> bool:
    """Build the extension if it has to be; whether it goes into the package.

    Raises:
        ExtensionError: An unknown mode, or a required extension that can't be built.
    """
    if mode not in MODES:
        raise ExtensionError(f"{VARIABLE} is {mode!r}; it can be {', '.join(MODES)}")
    if mode == "skip":
        return False
    if state(root) == "current":
        return True
    try:
        build(root, find, run)
    except (OSError, subprocess.SubprocessError, ExtensionError) as error:
        reason = f"the JupyterLab extension could not be built: {error}"
        if mode == "require":
            raise ExtensionError(reason) from error
        old = state(root) != "missing"
        warn(f"{reason}. {'An older one is used.' if old else 'It is left out; the rest works.'}")
        return old
    return True


def state(root: Path) -> State:
    """Whether what was built was built from the sources that are there."""
    stamp = root / BUILT / STAMP
    if not stamp.is_file():
        return "missing"
    return "current" if stamp.read_text("utf-8").strip() == fingerprint(root) else "outdated"


def fingerprint(root: Path) -> str:
    """Of names and contents of all sources; times differ between clones and archives."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in SOURCES for path in root.glob(pattern)}):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def build(
    root: Path,
    find: Callable[[str], str | None] = shutil.which,
    run: Callable[..., object] = subprocess.run,
) -> None:
    """Build from the sources, with the packages of the lock file."""
    folder = root / "labextension"
    if not (folder / "package.json").is_file():
        raise ExtensionError("its sources are not here")
    npm = find("npm")
    if npm is None:
        raise ExtensionError("npm is not installed (it comes with Node.js 20.19 or newer)")
    if not installed(folder):
        quiet = ("--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1")
        run([npm, "ci", *quiet], cwd=folder, check=True, stdout=sys.stderr, timeout=900)
    run([npm, "run", "--silent", "build"], cwd=folder, check=True, stdout=sys.stderr, timeout=600)
    (root / BUILT / STAMP).write_text(fingerprint(root) + "\n", "utf-8")


def installed(folder: Path) -> bool:
    """Whether npm has installed since the lock file was last written."""
    done = folder / "node_modules" / ".package-lock.json"
    return done.is_file() and done.stat().st_mtime >= (folder / "package-lock.json").stat().st_mtime


if __name__ == "__main__":
    try:
        provide(Path(__file__).parent, "require", sys.exit)
    except ExtensionError as error:
        sys.exit(str(error))
