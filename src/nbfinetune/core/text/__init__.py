"""The one catalogue of words: a code and its parameters in, a sentence out, in the user's language.

Problems and errors carry codes. What they say is looked up here when they are shown, so that one
stored problem can be read in English and in Chinese.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal, cast

from nbfinetune.core.text.draft import DRAFT
from nbfinetune.core.text.errors import ERRORS
from nbfinetune.core.text.fixes import FIX_WORDS
from nbfinetune.core.text.library import LIBRARY
from nbfinetune.core.text.models import MODELS
from nbfinetune.core.text.phrase import Phrase
from nbfinetune.core.text.problems import PROBLEMS
from nbfinetune.core.text.quality import QUALITY
from nbfinetune.core.text.repair import REPAIR
from nbfinetune.core.text.report import LABELS
from nbfinetune.core.text.rules import RULES
from nbfinetune.core.text.runs import RUNS
from nbfinetune.core.text.templates import TEMPLATES
from nbfinetune.core.text.training import TRAINING

Language = Literal["en", "zh"]

CATALOGUE: Mapping[str, Phrase] = {
    **PROBLEMS,
    **ERRORS,
    **FIX_WORDS,
    **LIBRARY,
    **RULES,
    **QUALITY,
    **LABELS,
    **REPAIR,
    **DRAFT,
    **MODELS,
    **TEMPLATES,
    **RUNS,
    **TRAINING,
}

_chosen: Language | None = None


def language() -> Language:
    """The language of messages: the one set, else `NBFINETUNE_LANG`, else English."""
    if _chosen is not None:
        return _chosen
    return "zh" if os.environ.get("NBFINETUNE_LANG", "").lower().startswith("zh") else "en"


def set_language(code: str) -> None:
    """Show messages in `"en"` or `"zh"` from now on."""
    global _chosen
    if code not in ("en", "zh"):
        raise ValueError(f"language must be 'en' or 'zh', got {code!r}")
    _chosen = cast(Language, code)


def message(code: str, params: Mapping[str, object]) -> str:
    """What happened, without the way out."""
    return CATALOGUE[code].message(language()).format_map(params)


def way_out(code: str, params: Mapping[str, object]) -> str:
    """What the user can do about it; empty where there is nothing to add."""
    return CATALOGUE[code].way_out(language()).format_map(params)
