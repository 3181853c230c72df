"""A run for TensorBoard: the same numbers that the run's log has, in `RUN/tensorboard`."""

from __future__ import annotations

from pathlib import Path

from nbfinetune.core.errors import MissingDependency
from nbfinetune.core.runs.events import AnyEvent, Resumed, TrainStep, Validated


class TensorBoard:
    """Called with each event of a run, writes its numbers by their step.

    A run that goes on from an older step hides what an earlier attempt wrote of later ones.

    Raises:
        MissingDependency: TensorBoard's package is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise MissingDependency("tensorboard_missing") from None
        self._folder = folder
        self._make = SummaryWriter
        self._writer = SummaryWriter(str(folder))

    def __call__(self, event: AnyEvent) -> None:
        match event:
            case TrainStep():
                numbers = {
                    "loss/train": event.loss,
                    "learning_rate": event.learning_rate,
                    "gradient_norm": event.grad_norm,
                    "tokens_per_second": event.tokens / event.seconds if event.seconds else None,
                    "memory_bytes": event.memory_bytes,
                }
            case Validated():
                numbers = {"loss/validation": event.loss}
            case Resumed():
                self._writer.close()
                self._writer = self._make(str(self._folder), purge_step=event.step + 1)
                return
            case _:
                return
        for name, value in numbers.items():
            if value is not None:
                self._writer.add_scalar(name, value, event.step, event.wall or None)

    def close(self) -> None:
        """Write what is still waiting."""
        self._writer.close()
