"""What of a run stays in a saved notebook: readable without a kernel, on any page."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from nbfinetune.core.errors import RunError
from nbfinetune.core.runs.record import RunRecord
from nbfinetune.core.runs.store import Run, RunSpec
from nbfinetune.display.picture import MIME, picture
from nbfinetune.display.run import run_text

PNG_SIZE = {"image/png": {"width": 640, "height": 240}}
"""The display metadata: it has twice the pixels."""


def run_bundle(run: Run, record: RunRecord) -> tuple[dict[str, Any], dict[str, Any]]:
    """Data and metadata by MIME type: the chart's data for our JupyterLab extension, a PNG for
    everybody else (no HTML: a notebook that isn't trusted would mangle the curve), and text.
    """
    text = run_text(run.name, record)
    shown = {MIME: picture(readable_spec(run), record), "text/plain": text}
    try:
        return {**shown, **png(run, record)}, PNG_SIZE
    except Exception as error:  # a font, a full memory: the figures must stay all the same
        shown["text/plain"] = f"{text}\n  no picture: {type(error).__name__}: {error}"
        return shown, {}


def png(run: Run, record: RunRecord) -> dict[str, str]:
    """The curve as `image/png`, with `PNG_SIZE`; nothing before the first value."""
    if not (record.train or record.validation):
        return {}
    from nbfinetune.display.figure import run_png

    return {"image/png": base64.b64encode(run_png([(run.name, record)])).decode("ascii")}


def readable_spec(run: Run) -> RunSpec | None:
    """The spec with the name that the run has now, or None where it is damaged: the events can
    still be shown.
    """
    try:
        return msgspec.structs.replace(run.spec, name=run.name)
    except RunError:
        return None
