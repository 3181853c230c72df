"""A run where there is no page: its progress as text, then the picture that stays."""

from __future__ import annotations

from IPython.display import DisplayHandle

from nbfinetune.display.bundle import run_bundle
from nbfinetune.display.run import run_text
from nbfinetune.training.job import TrainingJob


class TextPanel:
    """One output that is replaced at each checkpoint; in a terminal the next one below it."""

    def __init__(self, job: TrainingJob) -> None:
        self._job = job
        self._handle = DisplayHandle()
        self._shown: tuple[str, int] | None = None

    def show(self) -> None:
        """Display what is known now."""
        self._handle.display(self._text(), raw=True)
        self._shown = self._stage()

    def refresh(self) -> None:
        """Show a new state or checkpoint."""
        if self._stage() != self._shown:
            self._shown = self._stage()
            self._handle.update(self._text(), raw=True)

    def leave_picture(self) -> None:
        """Show how it ended."""
        shown, metadata = run_bundle(self._job.run, self._job.record())
        self._handle.update(shown, raw=True, metadata=metadata)

    def follow(self) -> None:
        """Nothing: what a background thread shows without a page would land anywhere."""

    def _stage(self) -> tuple[str, int]:
        record = self._job.record()
        return record.state, len(record.checkpoints)

    def _text(self) -> dict[str, str]:
        return {"text/plain": run_text(self._job.name, self._job.record())}
