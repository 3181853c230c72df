"""The symptom watch: what goes wrong in a run, told once, with the cause and the way out.

A fold over what a run tells, and nothing else: the same events give the same notices. It never ends
a run. That the loss or a weight is no number any more does, and is known to the loop.

Every threshold is there to be silent on a healthy run: a false alarm costs more trust than a late
one costs time. They were tried on made-up curves and on the real runs of `make test-data`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean, median

from nbfinetune.core.runs.events import AnyEvent, Notice, Sampled, TrainStep, Validated
from nbfinetune.core.runs.record import RunRecord

RECENT = 20
FEWEST = 10
"""Steps that a spike is compared with, and how few are enough to know what is usual."""
SPIKE_DEVIATIONS, SPIKE_SHARE, SPIKE_NATS = 8.0, 0.5, 0.3
"""A spike is 8 robust deviations above the median of the recent losses (batches of one row scatter
widely, and are no news), half as high again, and by 0.3 nats: near 0 half as high is nothing."""
FLAT_SHARE = 0.01
FLAT_NATS = 0.1
FLAT_STEPS = 20
"""Less than 1 % of the loss in a third of the run or 20 steps: nobody sees that in an answer. Below
0.1 nats there is nothing left to learn, so that flat is fine."""
RISE_SHARE, RISE_NATS = 1.5, 0.2
"""A training loss that is half as high again as in the beginning does not come back by itself."""
OVERFIT_SHARE, OVERFIT_TWICE, OVERFIT_NATS = 1.10, 1.05, 0.05
"""10 % above the lowest, and 5 % at the measurement before, as one may be a wave. Our own samples
rise by 6 to 9 % on the built-in model while their answers still get better: that is no news. Nor is
a rise from 0.02 to 0.03: a share of nearly nothing."""
WORSE_SHARE = 1.05
"""The same rows are measured each time, so that 5 % above the base model is no chance."""
SHORT_REFERENCE = 0.5
"""A reference of less than half the tokens that a sample may have: the answer should have ended."""


class SymptomWatch:
    """Sees the events of one run in their order; says each symptom once.

    Args:
        total_steps: Of the whole run.
        told: What an earlier attempt told: it is seen, too, and what it noticed is not said again.
    """

    def __init__(self, total_steps: int, told: RunRecord | None = None) -> None:
        self._total = total_steps
        self._said: set[str] = set()
        self._train: list[tuple[int, float]] = []
        self._validation: list[tuple[int, float]] = []
        self._samples: dict[int, dict[int, Sampled]] = {}
        self._rate = 0.0
        if told is not None:
            earlier: list[AnyEvent] = [*told.train, *told.validation, *told.samples]
            for event in sorted(earlier, key=lambda event: event.seq):
                self.see(event)
            self._said = {event.notice.code for event in told.notices}

    def see(self, event: AnyEvent, lines: str = "") -> list[Notice]:
        """What shows with this event for the first time. `lines`: those of the step's rows."""
        found: Iterable[Notice | None] = ()
        if isinstance(event, TrainStep) and event.loss is not None:
            found = self._see_step(event.step, event.loss, event.learning_rate, lines)
        elif isinstance(event, Validated) and event.loss is not None:
            self._validation.append((event.step, event.loss))
            found = [self._flat(), self._overfit(), self._worse_than_base()]
        elif isinstance(event, Sampled):
            self._samples.setdefault(event.step, {})[event.row] = event
            found = [self._unchanged(event.step), self._cut(event.step)]
        new = [notice for notice in found if notice and notice.code not in self._said]
        self._said.update(notice.code for notice in new)
        return new

    def _see_step(self, step: int, loss: float, rate: float, lines: str) -> list[Notice | None]:
        spike = self._spike(step, loss, lines)
        self._train.append((step, loss))
        self._rate = max(self._rate, rate)
        without = [self._flat_train()] if not self._validation else []
        return [spike, self._rising(), *without]

    # the training loss

    def _spike(self, step: int, loss: float, lines: str) -> Notice | None:
        recent = [value for _, value in self._train[-RECENT:]]
        if len(recent) < FEWEST:
            return None
        usual = median(recent)
        # the median absolute deviation, scaled to a standard deviation: blind to the odd one
        deviation = 1.4826 * median(abs(value - usual) for value in recent)
        least = max(SPIKE_DEVIATIONS * deviation, SPIKE_SHARE * usual, SPIKE_NATS)
        if loss - usual < least:
            return None
        figures = {"loss": _nats(loss), "usual": _nats(usual)}
        return Notice("loss_spike", {"step": step, **figures, "lines": lines or "?"})

    def _rising(self) -> Notice | None:
        losses = [value for _, value in self._train]
        if len(losses) < 2 * FEWEST:
            return None
        before, now = median(losses[:FEWEST]), median(losses[-FEWEST:])
        if now < RISE_SHARE * before + RISE_NATS:
            return None
        return Notice("loss_rising", {**_from_to(before, now), "rate": f"{self._rate / 10:g}"})

    def _flat_train(self) -> Notice | None:
        """Without validation rows: two stretches of a third of the run, each over many rows."""
        length = max(FLAT_STEPS, self._total // 3)
        if len(self._train) < 2 * length or len(self._train) % length:
            return None
        losses = [value for _, value in self._train]
        return self._if_flat(fmean(losses[:length]), fmean(losses[-length:]))

    # the validation loss

    def _flat(self) -> Notice | None:
        (first, before), (step, now) = self._validation[0], self._validation[-1]
        if first != 0 or step < max(FLAT_STEPS, self._total / 3):
            return None
        if any(self._if_flat(before, loss) is None for _, loss in self._validation):
            return None  # it went away and came back: such steps are not small
        return self._if_flat(before, now)

    def _if_flat(self, before: float, now: float) -> Notice | None:
        if before < FLAT_NATS or abs(before - now) >= FLAT_SHARE * before:
            return None
        higher = f"{min(0.1, self._rate * 10):g}"
        return Notice("loss_flat", {**_from_to(before, now), "step": self._step, "rate": higher})

    def _overfit(self) -> Notice | None:
        measured = [(step, loss) for step, loss in self._validation if step]
        if len(measured) < 3:
            return None
        best, lowest = min(measured, key=lambda pair: pair[1])
        (before, last_but_one), (_, last) = measured[-2:]
        least = max(OVERFIT_SHARE * lowest, lowest + OVERFIT_NATS)
        if before <= best or last_but_one < OVERFIT_TWICE * lowest or last < least:
            return None
        if not self._fell_since(best):
            return None
        return Notice("overfit", {"step": best, **_from_to(lowest, last)})

    def _fell_since(self, step: int) -> bool:
        """Whether the training loss is lower behind `step` than in as many steps before it."""
        after = [loss for number, loss in self._train if number > step]
        before = [loss for number, loss in self._train if number <= step][-len(after) :]
        return bool(after and before) and fmean(after) < fmean(before)

    def _worse_than_base(self) -> Notice | None:
        if len(self._validation) < 3 or self._validation[0][0] != 0:
            return None
        base = self._validation[0][1]
        if min(loss for _, loss in self._validation[-2:]) < WORSE_SHARE * base:
            return None
        if min(loss for step, loss in self._validation if step) < base:
            return None  # it was better: what made it worse has another name
        params = {**_from_to(base, self._validation[-1][1]), "rate": f"{self._rate / 10:g}"}
        return Notice("worse_than_base", params)

    # the answers

    def _unchanged(self, step: int) -> Notice | None:
        here, base = self._samples[step], self._samples.get(0, {})
        if not base or self._is_early(step) or here.keys() < base.keys():
            return None
        pairs = [(here[row], base[row]) for row in base]
        if any(a.ending == "stopped" or b.ending == "stopped" for a, b in pairs):
            return None
        if any(a.answer != b.answer for a, b in pairs):
            return None
        if all(_same(a.answer, a.reference) for a, _ in pairs):
            return None  # right from the beginning
        rate = f"{min(0.1, self._rate * 10):g}"
        return Notice("answers_unchanged", {"step": step, "count": len(base), "rate": rate})

    def _cut(self, step: int) -> Notice | None:
        """What answers that had to be cut say: nothing any more, or only that ends are missing."""
        here = list(self._samples[step].values())
        if self._is_early(step) or len(here) < len(self._samples.get(0, {})):
            return None
        return self._collapsed(step, here) or self._endless(step, here)

    def _collapsed(self, step: int, here: Sequence[Sampled]) -> Notice | None:
        """One endless text as the answer to everything: steps this large broke the model."""
        if len({sample.reference for sample in here}) < 2:
            return None
        if len({sample.answer for sample in here}) > 1 or here[0].ending != "cut":
            return None
        rate = f"{self._rate / 10:g}"
        return Notice("answers_same", {"count": len(here), "step": step, "rate": rate})

    def _endless(self, step: int, here: Sequence[Sampled]) -> Notice | None:
        if "answers_same" in self._said:
            return None
        should_end = [s for s in here if s.ending == "ended" or _is_too_long(s)]
        endless = [s for s in should_end if s.ending == "cut"]
        if len(endless) * 2 <= len(should_end):
            return None
        params = {"count": len(endless), "of": len(should_end), "tokens": endless[0].tokens}
        return Notice("answers_endless", {**params, "step": step})

    def _is_early(self, step: int) -> bool:
        """Before the second half, answers need not have changed. That a run is too short to change
        any was said before it began.
        """
        return step * 2 < self._total or step < FLAT_STEPS

    @property
    def _step(self) -> int:
        return self._train[-1][0] if self._train else 0


def _is_too_long(sample: Sampled) -> bool:
    """Whether it was cut, and the reference is far shorter."""
    short = sample.reference_tokens < SHORT_REFERENCE * sample.tokens
    return sample.ending == "cut" and short


def _same(answer: str, reference: str) -> bool:
    return answer.strip() == reference.strip()


def _nats(loss: float) -> str:
    return f"{loss:.3g}" if loss < 1000 else f"{loss:.2e}"


def _from_to(before: float, now: float) -> dict[str, str | int | float]:
    return {"before": _nats(before), "now": _nats(now)}


def named_lines(lines: Sequence[int | None]) -> str:
    """The lines of a batch's rows, ascending: `3, 8, 21`."""
    return ", ".join(map(str, sorted(line for line in lines if line is not None)))
