"""How fast a training step is, beside what people use today, and what it takes in memory.

    python benchmarks/train.py [--quick] [--scenario NAME] [--dtype NAME] [--layouts] …

Ours, TRL's `SFTTrainer` padded and padding-free, and transformers' `Trainer`, each at its fastest
layout, train the same rows in the same order: rank 8 on all linear layers, AdamW, two threads,
dropout 0.05, eight rows a step. Scenarios: a real corpus with its short system prompt and with a
long one, on four random layers in the shape of Qwen2.5-0.5B with its vocabulary (`--device cuda`:
Qwen2.5-7B), in bfloat16 and float32; and the built-in model on a sample. Competitors live in
processes of their own and compute in turns of some seconds, one at a time; a step counts from the
fetching of rows to the updated weights. Peak memory is that of a process from its start to its
end, with its libraries. A second, short training in float32 without dropout shows that all of them
compute the same; it fails where losses differ. The last line is JSON: ours / the fastest peer, ours
/ the smallest peer's peak (the worse of short and long), the share of this machine's peak (long);
all of them in bfloat16. `--quick` only shows that it runs: one layer, a small vocabulary.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from training.measure import Pace, Turn, compete, machine_peak, race
from training.peers import LAYOUTS, fastest
from training.scenario import LARGE, ROWS, SMALL, Job, is_stand_in

TURNS = 5
LOSS_STEPS = 3
LOSS_TOLERANCE = 1e-3
LOSS_LEARNING_RATE = 1e-3


LEAST = Turn(1, 4.0)
LEAST_QUICK = Turn(1, 0.5)
MOST_STEPS = 120
"""Of a turn; nobody comes near it."""

LOSS_ROWS = {"short": 8, "long": 2, "starter": 8}
"""Of a step where losses are compared."""

QUICK = {"num_hidden_layers": 1, "vocab_size": 8192}


class Outcome(NamedTuple):
    """Of a scenario in one number format: each competitor's pace, ours first."""

    scenario: str
    dtype: str
    paces: dict[str, Pace]

    @property
    def ours(self) -> Pace:
        return self.paces["ours"]

    @property
    def peers(self) -> dict[str, Pace]:
        return {name: pace for name, pace in self.paces.items() if name != "ours"}

    def ratios(self, peer: str) -> list[float]:
        """How many times as fast ours was, turn by turn."""
        pairs = zip(self.ours.steps_per_second, self.paces[peer].steps_per_second, strict=True)
        return [own / theirs for own, theirs in pairs]

    @property
    def ratio(self) -> float:
        """To the fastest peer."""
        return min(statistics.median(self.ratios(peer)) for peer in self.peers)

    @property
    def memory_ratio(self) -> float:
        """To the peer that takes least."""
        least = min(pace.report.peak_bytes for pace in self.peers.values())
        return self.ours.report.peak_bytes / least

    def share(self, peak: float) -> float:
        """Of the machine's peak, in the median turn."""
        return statistics.median(self.ours.rates(self.ours.report.flops)) / peak


def job(options: argparse.Namespace, scenario: str, dtype: str, competitor: str) -> Job:
    full = SMALL if options.device == "cpu" else LARGE
    return Job(
        competitor=competitor,
        scenario=scenario,
        dtype=dtype,
        device=options.device,
        shape=full | QUICK if options.quick else full,
        steps=1 + options.turns * MOST_STEPS,
    )


def timed(options: argparse.Namespace, scenario: str, dtype: str) -> Outcome:
    """Everybody's pace."""
    names = LAYOUTS if options.layouts else fastest(scenario, options.device)
    jobs = [job(options, scenario, dtype, name) for name in names]
    paces = race(jobs, options.turns, LEAST_QUICK if options.quick else LEAST)
    return Outcome(scenario, dtype, dict(zip(names, paces, strict=True)))


def losses(options: argparse.Namespace, scenario: str) -> dict[str, float]:
    """Everybody's loss after a few steps in float32 without dropout, on four layers at most."""
    names = fastest(scenario, options.device)
    jobs = [without_noise(job(options, scenario, "float32", name)) for name in names]
    paces = race(jobs, 1, Turn(LOSS_STEPS, 0.0))
    return {n: pace.report.losses[-1] for n, pace in zip(names, paces, strict=True)}


def without_noise(timed: Job) -> Job:
    layers = min(timed.shape["num_hidden_layers"], SMALL["num_hidden_layers"])
    return msgspec.structs.replace(
        timed,
        shape=timed.shape | {"num_hidden_layers": layers},
        steps=1 + LOSS_STEPS,
        rows=LOSS_ROWS[timed.scenario],
        dropout=0.0,
        learning_rate=LOSS_LEARNING_RATE,
        logs=True,
    )


def show(outcome: Outcome, peak: float, turns: int) -> None:
    """A table of the competitors."""
    report = outcome.ours.report
    rows = " (generated rows of the same lengths)" if is_stand_in(outcome.scenario) else ""
    print(f"\n{outcome.scenario}, {report.dtype}{rows}; {turns} turns")
    print(f"{'':24s}{'rows/s':>8s}{'all turns':>16s}{'tokens/s':>10s}{'peak MB':>9s}{'ours':>8s}")
    for name, pace in outcome.paces.items():
        rates, tokens = pace.rates([ROWS] * len(report.tokens)), pace.rates(report.tokens)
        spread = f"{min(rates):.2f} - {max(rates):.2f}"
        ratio = "" if name == "ours" else f"{statistics.median(outcome.ratios(name)):.2f} x"
        print(f"{name:24s}{statistics.median(rates):8.2f}{spread:>16s}"
              f"{statistics.median(tokens):10,.0f}{pace.report.peak_bytes / 1e6:9,.0f}{ratio:>8s}"
        )  # fmt: skip
    print(
        f"ours computes {sum(report.computed[1:]) / sum(report.tokens[1:]):.0%} of the tokens, "
        f"at {outcome.share(peak):.0%} of this machine's {peak / 1e12:.2f} TFLOP/s",
        flush=True,
    )


def show_losses(scenario: str, found: dict[str, float]) -> float:
    """The losses in a line; the largest difference from ours."""
    apart = max(abs(loss - found["ours"]) for loss in found.values())
    each = ", ".join(f"{name} {loss:.6f}" for name, loss in found.items())
    print(f"\n{scenario}, loss in step {1 + LOSS_STEPS}, float32, dropout 0: {each}; "
          f"at most {apart:.1e} apart", flush=True)  # fmt: skip
    return apart


def verdict(outcomes: Sequence[Outcome], peak: float) -> dict[str, float | None]:
    """The last line; None for what was not measured."""
    found = {o.scenario: o for o in outcomes if o.dtype != "float32"}
    memory = [found[name].memory_ratio for name in ("short", "long") if name in found]
    values = {f"ratio_{name}": found[name].ratio if name in found else None for name in LOSS_ROWS}
    values["memory_ratio"] = max(memory, default=None)
    values["peak_share"] = found["long"].share(peak) if "long" in found else None
    return {name: value and round(value, 3) for name, value in values.items()}


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="only show that it runs")
    parser.add_argument("--scenario", choices=LOSS_ROWS, action="append", help="this one alone")
    parser.add_argument("--dtype", choices=("bfloat16", "float32"), help="this one alone")
    parser.add_argument("--layouts", action="store_true", help="all layouts of the peers")
    parser.add_argument("--turns", type=int, help="of each competitor")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    found = parser.parse_args()
    found.turns = found.turns or (2 if found.quick else TURNS)
    return found


def measured(wanted: argparse.Namespace) -> int:
    """Tables and verdict of what is wanted. 1 where the competitors' losses differ."""
    peak = machine_peak(wanted.device)
    outcomes, apart = [], [0.0]
    for scenario in wanted.scenario or LOSS_ROWS:
        for dtype in dtypes(wanted, scenario):
            outcomes.append(timed(wanted, scenario, dtype))
            show(outcomes[-1], peak, wanted.turns)
        apart.append(show_losses(scenario, losses(wanted, scenario)))
    print(json.dumps(verdict(outcomes, peak)))
    return int(max(apart) > LOSS_TOLERANCE)


def dtypes(wanted: argparse.Namespace, scenario: str) -> list[str]:
    if scenario == "starter":
        return ["auto"]
    if wanted.dtype:
        return [wanted.dtype]
    return ["bfloat16", "float32"] if wanted.device == "cpu" else ["bfloat16"]


def main() -> int:
    """Measure, or be one of the processes that are measured."""
    role, *others = sys.argv[1:] or [""]
    if role == "compete":
        compete(others[0])
    elif role == "peak":
        from training.flops import peak_flops

        print(peak_flops(others[0]))
    else:
        return measured(asked())
    return 0


if __name__ == "__main__":
    sys.exit(main())
