"""The catalogue: both languages say the same, every code is in it, every entry is used."""

from __future__ import annotations

import ast
import os
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import nbfinetune
from nbfinetune.core import text
from nbfinetune.core.text import CATALOGUE
from nbfinetune.core.text.errors import ERRORS
from nbfinetune.core.text.phrase import Phrase

SOURCE = Path(nbfinetune.__file__).parent
WORDS = SOURCE / "core" / "text"
RAISED = ("DatasetError", "ConfigError", "ModelError", "RunError", "Notice")
HANGUL_AND_HAN = re.compile(r"[\u4e00-\u9fff]")


def names(format_string: str) -> set[str]:
    """The parameters of a format string."""
    return {name for _, name, _, _ in string.Formatter().parse(format_string) if name}


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Every raise of an error and every notice with a literal code: place, code, call."""
    for path in sorted(SOURCE.rglob("*.py")):
        if WORDS in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id in RAISED and node.args and isinstance(node.args[0], ast.Constant):
                place = f"{path.relative_to(SOURCE)}:{node.lineno}"
                yield place, node.args[0].value, node


CALLS = list(calls())


@pytest.mark.parametrize("code", CATALOGUE)
def test_both_languages_use_the_same_parameters(code):
    phrase = CATALOGUE[code]
    assert names(phrase.en) == names(phrase.zh)
    assert names(phrase.en_way_out) == names(phrase.zh_way_out)
    assert bool(phrase.en_way_out) == bool(phrase.zh_way_out)


@pytest.mark.parametrize("code", CATALOGUE)
def test_each_language_is_in_its_own_script(code):
    phrase = CATALOGUE[code]
    for english in (phrase.en, phrase.en_way_out):
        assert not HANGUL_AND_HAN.search(english)
    for chinese in (phrase.zh, phrase.zh_way_out):
        # what is nothing but parameters and commands needs no translation
        if re.search(r"[A-Za-z]{3}", re.sub(r"\{[^}]*\}|pip install|%\w+|--[\w-]+", "", chinese)):
            assert HANGUL_AND_HAN.search(chinese)


def test_the_walk_over_the_source_finds_what_is_raised():
    assert len(CALLS) > 40
    assert {"ConfigError", "RunError", "ModelError", "DatasetError", "Notice"} <= {
        call.func.id for _, _, call in CALLS
    }


@pytest.mark.parametrize(("place", "code"), [(place, code) for place, code, _ in CALLS])
def test_every_code_that_is_raised_has_its_words(place, code):
    assert code in CATALOGUE, place


@pytest.mark.parametrize("code", ERRORS)
def test_every_entry_is_used(code):
    named = re.compile(rf"""["']{re.escape(code)}["']""")
    sources = [p for p in SOURCE.rglob("*.py") if WORDS not in p.parents]
    assert any(named.search(path.read_text("utf-8")) for path in sources)


def given(call: ast.Call) -> set[str] | None:
    """The names of the parameters of a call; None where they aren't written out there."""
    if call.func.id == "Notice":
        if len(call.args) < 2:
            return set()
        params = call.args[1]
        if not isinstance(params, ast.Dict) or None in params.keys:  # None: a dict put in
            return None
        return {key.value for key in params.keys if isinstance(key, ast.Constant)}
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    of_config = {"field", "value", "allowed", "option"} if call.func.id == "ConfigError" else set()
    return {keyword.arg for keyword in call.keywords} | of_config


@pytest.mark.parametrize(
    ("place", "code", "params"),
    [(place, code, found) for place, code, call in CALLS if (found := given(call)) is not None],
)
def test_whoever_raises_gives_every_parameter_of_the_words(place, code, params):
    phrase = CATALOGUE[code]
    assert names(phrase.en) | names(phrase.en_way_out) <= params, place


@pytest.mark.parametrize(
    ("variable", "language"),
    [(None, "en"), ("", "en"), ("en_US.UTF-8", "en"), ("zh", "zh"), ("ZH_CN.UTF-8", "zh")],
)
def test_the_language_at_the_start_is_that_of_the_environment_else_english(variable, language):
    environment = {k: v for k, v in os.environ.items() if k != "NBFINETUNE_LANG"}
    if variable is not None:
        environment["NBFINETUNE_LANG"] = variable
    program = "from nbfinetune.core import text; print(text.language())"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == language + "\n"


def test_words_are_given_in_the_language_that_is_chosen():
    assert text.message("no_runs", {}) == "there is no run yet"
    text.set_language("zh")
    assert text.language() == "zh"
    assert text.message("no_runs", {}) == "还没有训练"
    assert text.way_out("no_runs", {}) == "用  %ft_train 数据集  开始。"


def test_another_language_is_refused():
    with pytest.raises(ValueError, match="language must be 'en' or 'zh', got 'fr'"):
        text.set_language("fr")


def test_a_phrase_without_a_way_out_has_none_in_both_languages():
    phrase = Phrase("{n} rows", "{n} 行")
    assert [phrase.message(c) for c in ("en", "zh")] == ["{n} rows", "{n} 行"]
    assert [phrase.way_out(c) for c in ("en", "zh")] == ["", ""]
