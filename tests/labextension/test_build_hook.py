"""When the extension is built, used or left out: mode × npm × what is there already."""

from __future__ import annotations

import importlib.util
import subprocess
from contextlib import nullcontext
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OUTCOMES = {
    # mode, npm works, what is there: is it built, does it go in
    ("auto", True, "missing"): ("built", True),
    ("auto", True, "outdated"): ("built", True),
    ("auto", True, "current"): ("not built", True),
    ("auto", False, "missing"): ("warned", False),
    ("auto", False, "outdated"): ("warned", True),
    ("auto", False, "current"): ("not built", True),
    ("require", True, "missing"): ("built", True),
    ("require", True, "outdated"): ("built", True),
    ("require", True, "current"): ("not built", True),
    ("require", False, "missing"): ("refused", False),
    ("require", False, "outdated"): ("refused", False),
    ("require", False, "current"): ("not built", True),
    ("skip", True, "missing"): ("not built", False),
    ("skip", True, "current"): ("not built", False),
    ("skip", False, "missing"): ("not built", False),
}


@pytest.fixture(scope="module")
def hook():
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Npm:
    """Stands for npm: remembers what it was asked, and builds as far as the hook can see."""

    def __init__(self, root: Path, works: bool = True) -> None:
        self.root, self.works, self.asked = root, works, []

    def __call__(self, command, cwd, **_options):
        assert cwd == self.root / "labextension"
        self.asked.append(command[1])
        if not self.works:
            raise subprocess.CalledProcessError(1, command)
        if command[1] == "ci":
            put(cwd / "node_modules" / ".package-lock.json", "{}")
        else:
            put(cwd / "dist" / "package.json", "{}")


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


@pytest.fixture
def root(tmp_path, hook):
    put(tmp_path / "labextension/package.json", "{}")
    put(tmp_path / "labextension/package-lock.json", "{}")
    put(tmp_path / "labextension/src/index.ts", "export default [];")
    put(tmp_path / "src/nbfinetune/front/run_view.js", "export {};")
    put(tmp_path / "notebooks/00_quickstart.ipynb", "{}")
    return tmp_path


def bring(hook, root, state):
    if state != "missing":
        put(root / hook.BUILT / hook.STAMP, hook.fingerprint(root))
    if state == "outdated":
        put(root / "src/nbfinetune/front/run_view.js", "export const changed = 1;")
    assert hook.state(root) == state


@pytest.mark.parametrize(("mode", "npm_there", "state"), OUTCOMES)
def test_what_happens(hook, root, mode, npm_there, state):
    bring(hook, root, state)
    npm, warnings = Npm(root), []
    expected, expected_in = OUTCOMES[mode, npm_there, state]
    refusal = pytest.raises(hook.ExtensionError, match="npm is not installed")
    find = (lambda _: "npm") if npm_there else (lambda _: None)
    goes_in = False
    with refusal if expected == "refused" else nullcontext():
        goes_in = hook.provide(root, mode, warnings.append, find, npm)
    assert (bool(warnings), bool(npm.asked)) == (expected == "warned", expected == "built")
    assert goes_in == expected_in
    assert hook.state(root) == ("current" if npm.asked else state)


def test_an_unknown_mode_is_an_error_that_names_the_three(hook, root):
    expected = "NBFINETUNE_LABEXTENSION is 'never'; it can be auto, require, skip"
    with pytest.raises(hook.ExtensionError, match=expected):
        hook.provide(root, "never", pytest.fail)


def test_a_build_that_fails_is_a_warning_or_with_require_an_error(hook, root):
    warnings = []
    assert hook.provide(root, "auto", warnings.append, lambda _: "npm", Npm(root, False)) is False
    assert [w.split(":")[0] for w in warnings] == ["the JupyterLab extension could not be built"]
    assert warnings[0].endswith("It is left out; the rest works.")
    with pytest.raises(hook.ExtensionError, match="could not be built"):
        hook.provide(root, "require", warnings.append, lambda _: "npm", Npm(root, False))


def test_packages_are_installed_once_for_each_lock(hook, root):
    npm = Npm(root)
    hook.build(root, lambda _: "npm", npm)
    hook.build(root, lambda _: "npm", npm)
    assert npm.asked == ["ci", "run", "run"]
    (root / "labextension/node_modules").rename(root / "gone")
    hook.build(root, lambda _: "npm", npm)
    assert npm.asked[3:] == ["ci", "run"]


@pytest.mark.parametrize("name", ["labextension/src/index.ts", "notebooks/00_quickstart.ipynb"])
def test_contents_decide_what_is_outdated_not_times(hook, root, name):
    bring(hook, root, "current")
    text = (root / name).read_text()
    put(root / name, text)
    assert hook.state(root) == "current"
    put(root / name, text + " ")
    assert hook.state(root) == "outdated"


def test_every_source_of_the_checkout_counts(hook):
    for pattern in hook.SOURCES:
        assert list(ROOT.glob(pattern)), pattern
