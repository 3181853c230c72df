"""What `npm ci` gets: the packages that were locked, from whatever registry the machine has."""

from __future__ import annotations

import json
from pathlib import Path

import nbfinetune

FOLDER = Path(__file__).parents[2] / "labextension"


def read(name: str) -> dict:
    return json.loads((FOLDER / name).read_text("utf-8"))


def test_the_lock_names_no_registry():
    packages = {name: p for name, p in read("package-lock.json")["packages"].items() if name}
    assert [name for name, p in packages.items() if "resolved" in p] == []
    assert [name for name, p in packages.items() if "integrity" not in p] == []
    assert "omit-lockfile-registry-resolved=true" in (FOLDER / ".npmrc").read_text("utf-8")


def test_the_lock_is_that_of_package_json():
    package, locked = read("package.json"), read("package-lock.json")["packages"][""]
    for field in ("name", "version", "dependencies", "devDependencies"):
        assert locked[field] == package[field]


def test_the_extension_has_the_version_of_the_package():
    assert read("package.json")["version"] == nbfinetune.__version__


def test_jupyterlab_4_2_is_new_enough():
    lab = {k: v for k, v in read("package.json")["dependencies"].items() if "jupyterlab" in k}
    oldest = {"@jupyterlab/apputils": "^4.3.0", "@jupyterlab/rendermime-interfaces": "^3.10.0"}
    oldest |= {"@jupyterlab/services": "^7.2.0"}
    assert lab == {name: oldest.get(name, "^4.2.0") for name in lab}
