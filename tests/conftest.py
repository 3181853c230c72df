"""What several tests share: a tiny model folder, made once, and messages in English."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # no test may reach for a network


@pytest.fixture(autouse=True)
def _english():
    """Messages in English, whatever the machine or an earlier test chose."""
    from nbfinetune.core import text

    text.set_language("en")
    yield
    text.set_language("en")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny ChatML model; its ids are those of `tests.models.byte_ids`."""
    from tests.models import save_tiny_model

    return save_tiny_model(tmp_path_factory.mktemp("models") / "tiny")
