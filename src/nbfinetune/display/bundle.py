"""What of a run stays in a saved notebook: readable without a kernel, on any page."""

from __future__ import annotations

import base64
from typing import Any

from nbfinetune.core.errors import RunError
from nbfinetune.core.record import RunRecord
from nbfinetune.core.runs import Run, RunSpec
from nbfinetune.display.picture import MIME, picture
from nbfinetune.display.run import run_text


def run_bundle(run: Run, record: RunRecord) -> tuple[dict[str, Any], dict[str, Any]]:
    """Data and metadata by MIME type: the chart's data for our JupyterLab extension, a PNG for
    everybody else (no HTML: a notebook that isn't trusted would mangle the curve), and text.
    """
    from nbfinetune.display.figure import HEIGHT, WIDTH, run_png

    text = run_text(run.name, record)
    shown: dict[str, Any] = {MIME: picture(readable_spec(run), record), "text/plain": text}
    if record.train or record.validation:
        shown["image/png"] = base64.b64encode(run_png([(run.name, record)])).decode("ascii")
    return shown, {"image/png": {"width": WIDTH, "height": HEIGHT}}  # it has twice the pixels


def readable_spec(run: Run) -> RunSpec | None:
    """The spec, or None where it is damaged: the events can still be shown."""
    try:
        return run.spec
    except RunError:
        return None
