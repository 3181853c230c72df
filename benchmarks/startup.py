"""How long it takes from `%ft_train` to the first step, and where that time goes.

    python benchmarks/startup.py [start|tokens|memory] …

`start`: the built-in model on a sample, with the live view, in five kernels of their own; in each a
first run, and a second one that finds everything there. Stamps are those of the run's event log;
`planned`: the rows are tokenized, the memory is looked at, the step has been tried.
`tokens`: rows to ids and labels, for the first time and again. `memory`: what is asked before a
large model trains. CPU times are the process's, so that the machine's other work counts little.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from jupyter_client.manager import start_new_kernel

KERNELS = 5
REPEATS = 5
DATA = Path(__file__).parents[2] / "shared" / "data"
MOMENTS = ("cell returned", "imported", "model loaded", "planned", "validated", "answered",
           "first step")  # fmt: skip

SETUP = """
import json, os, threading, time
os.environ.update(NBFINETUNE_HOME={home!r}, HF_HUB_OFFLINE="1")
shell = get_ipython()
shell.run_line_magic("load_ext", "nbfinetune")
shell.run_line_magic("ft_dataset", "sample:pirate")
from bisect import bisect
from nbfinetune.core.runs.events import read_events

clock = [(time.time(), time.process_time())]
def tick():
    while True:
        clock.append((time.time(), time.process_time()))
        time.sleep(0.002)
threading.Thread(target=tick, daemon=True).start()
time.sleep(1)  # the kernel's own start is over
"""

# The cell as a page runs it: the magic, then the panel below it.
RUN = """
before = len(clock)
began = time.time(), time.process_time()
job = shell.run_line_magic("ft_train", "pirate --name {name} --base-model starter --max-steps 2")
from nbfinetune.panels.run import RunPanel
panel = RunPanel(job)
panel.show()
panel.follow()
stamps = dict([("cell returned", time.time())])
record = job.wait()
assert record.state == "finished", record.failure
for event in read_events(job.run.events):
    kind = type(event).__name__
    if kind == "StateChanged" and event.state == "preparing":
        stamps["imported"] = event.wall
    name = dict(Environment="model loaded", Planned="planned", Validated="validated",
                Sampled="answered", TrainStep="first step").get(kind)
    if name and event.step <= (kind == "TrainStep"):
        stamps[name] = event.wall
spent = {{name: (at - began[0], clock[min(bisect(clock, (at,)), len(clock) - 1)][1] - began[1])
         for name, at in stamps.items()}}
print()
print(json.dumps(spent))
"""


class Kernel:
    """A kernel of its own, as a notebook has it."""

    def __init__(self, folder: Path) -> None:
        self._manager, self._client = start_new_kernel(cwd=str(folder))
        self.run(SETUP.format(home=str(folder / "home")))

    def run(self, code: str) -> Any:
        """The JSON that the code prints last; None where it prints nothing."""
        printed: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                printed.append(message["content"]["text"])

        # a page lets cells ask: a runner's cell would wait for the end of the run
        reply = self._client.execute_interactive(
            code, output_hook=hear, timeout=600, allow_stdin=True
        )
        if reply["content"]["status"] != "ok":
            raise RuntimeError("\n".join(reply["content"]["traceback"]))
        return json.loads("".join(printed).splitlines()[-1]) if printed else None

    def close(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


def start() -> None:
    """Seconds from the magic to each moment: wall, and the CPU time of the kernel's process."""
    runs: dict[str, list[dict[str, list[float]]]] = {"first": [], "second": []}
    for _ in range(KERNELS):
        with tempfile.TemporaryDirectory() as folder:
            kernel = Kernel(Path(folder))
            try:
                for name, found in runs.items():
                    found.append(kernel.run(RUN.format(name=name)))
            finally:
                kernel.close()
    for name, found in runs.items():
        print(f"{name} run, seconds after the magic, wall (CPU), median of {KERNELS}:")
        for moment in MOMENTS:
            wall, cpu = (statistics.median(run[moment][i] for run in found) for i in (0, 1))
            print(f"  {moment:13} {wall:6.3f} ({cpu:.3f})")
        firsts = sorted(run["first step"][0] for run in found)
        print(f"  first step, wall: {firsts[0]:.3f} to {firsts[-1]:.3f}")


def tokens() -> None:
    """Rows a second for short rows, the same with a long prompt, and ten thousand of those."""
    from nbfinetune.chat.loading import load_template
    from nbfinetune.training.tokenizing import tokenize

    short, prompt = _corpus(), _long_prompt()
    sets = {"short": short, "long": [_prompted(row, prompt) for row in short]}
    sets["10,000 long"] = [
        _prompted(row, prompt, f" {number}")
        for number in range(0, 10_000, len(short))
        for row in short
    ][:10_000]
    for name, rows in sets.items():
        template = load_template("starter")
        (first, cpu), (again, _) = (
            _seconds(lambda rows=rows, template=template: tokenize(rows, template, 1_000_000))
            for _ in range(2)
        )
        print(f"{name} ({len(rows)} rows): {len(rows) / first:,.0f} rows/s, {first:.3f} s "
              f"(CPU {cpu:.3f}); again {again:.3f} s")  # fmt: skip


def memory() -> None:
    """What is simulated before a model of the Qwen2.5-0.5B shape trains, for the first time and
    again.
    """
    from transformers import Qwen2Config

    from nbfinetune.core.config import TrainConfig
    from nbfinetune.templates.labels import LabelledRow
    from nbfinetune.training.simulation import simulate

    rows = [LabelledRow([row] * 512, [row] * 512) for row in range(8)]
    shape = Qwen2Config(
        vocab_size=151_936, hidden_size=896, intermediate_size=4864, num_hidden_layers=24,
        num_attention_heads=14, num_key_value_heads=2, tie_word_embeddings=True,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        shape.save_pretrained(folder)

        def ask() -> int:
            found = simulate(Path(folder), TrainConfig(), "bfloat16", rows)
            assert found is not None
            return found.step(rows)

        (first, _), *others = (_seconds(ask) for _ in range(REPEATS))
        again = statistics.median(cpu for _, cpu in others)
        print(f"memory estimate: {first:.2f} s, then {again:.2f} s CPU (median of {len(others)})")


def _seconds(call: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU time."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - cpu


def _corpus() -> Sequence[Any]:
    """The real rows, or as many that are made up."""
    from nbfinetune.core.messages import Conversation, Message
    from nbfinetune.core.reading.sources import read_file

    path = DATA / "shishuoxinyu_ft_data.jsonl"
    if path.is_file():
        return read_file(path).conversations
    words = [f"word{i}" for i in range(500)]
    draw = random.Random(0)
    return [
        Conversation((Message("system", "Be brief."), Message("user", draw.choice(words)),
                      Message("assistant", " ".join(draw.choices(words, k=12)))))
        for _ in range(178)
    ]  # fmt: skip


def _long_prompt() -> str:
    path = DATA / "long_prompt.txt"
    return path.read_text("utf-8") if path.is_file() else "Answer as a careful clerk would. " * 120


def _prompted(row: Any, prompt: str, behind: str = "") -> Any:
    """The row under another prompt; `behind` makes its answer another one."""
    from nbfinetune.core.messages import Conversation, Message

    *before, answer = [m for m in row.messages if m.role != "system"]
    said = Message("assistant", answer.content + behind)
    return Conversation((Message("system", prompt), *before, said))


PARTS = {part.__name__: part for part in (start, tokens, memory)}


def main(wanted: list[str]) -> int:
    """Run the parts that are named, or all."""
    for name in wanted or PARTS:
        PARTS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
