"""What the live view costs: per update, for the training beside it, and to open long runs.

    python benchmarks/live_view.py [update|training|opening] …

Each part prints figures and ratios of this machine, measured in one run. CPU times are those of the
kernel's process, so that the machine's other work counts as little as possible.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager, start_new_kernel

SETUP = """
import os, json, math, time, statistics
os.environ["NBFINETUNE_HOME"] = {home!r}
get_ipython().run_line_magic("load_ext", "nbfinetune")
from nbfinetune.session import current
from nbfinetune.core.config import TrainConfig
from nbfinetune.core.runs.events import EventWriter, StateChanged, TrainStep
from nbfinetune.core.runs.store import DataSpec, RunSpec
session = current()

def new_run(name):
    return session.runs.create(RunSpec(
        run_id=name, name=name, created="2026-01-02T03:04:05+00:00", base_model="starter",
        preset="starter", config=TrainConfig(),
        data=DataSpec(name="d", sha256="", train_rows=9, validation_rows=1)))

def step(i):
    return TrainStep(step=i + 1, epoch=i / 100, loss=2 * math.exp(-i / 300) + 0.1 * math.sin(i),
                     learning_rate=1e-4 * (1 - i / 1e6), grad_norm=1 + math.cos(i) / 2,
                     tokens=512, seconds=0.0421, memory_bytes=612_345_678 + i)
"""

# Five steps per update, 4 updates a second: a small model on a CPU. The peers redraw what the same
# steps give, as notebooks commonly do: a matplotlib picture in a display that is updated.
UPDATE = """
from IPython.display import display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
import base64, io
from nbfinetune.panels.run import RunPanel
from nbfinetune.training.job import TrainingJob

updates, points = 400, 5
run = new_run("update")
writer = EventWriter(run.events)
writer.emit(StateChanged(state="training"))
panel = RunPanel(TrainingJob(run))
panel.show()
sent = []
plain_send = panel.view.send
panel.view.send = lambda news: (sent.append(len(json.dumps(news, separators=(",", ":")))),
                                plain_send(news))
ours, peer = [], []
handle = display({"text/plain": ""}, raw=True, display_id=True)
steps = []

def picture():
    figure = Figure(figsize=(6.4, 2.4))
    FigureCanvasAgg(figure)
    figure.add_subplot().plot([e.step for e in steps], [e.loss for e in steps])
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return base64.b64encode(buffer.getvalue()).decode("ascii")

for update in range(updates):
    for i in range(points):
        steps.append(step(update * points + i))
        writer.emit(steps[-1])
    before = time.process_time()
    panel.refresh()
    ours.append((time.process_time() - before) * 1000)
    if update % 10 == 0:
        before = time.process_time()
        handle.update({"image/png": picture(), "text/plain": ""}, raw=True)
        peer.append((time.process_time() - before) * 1000)
print(json.dumps({"ms": ours, "bytes": sent, "peer_ms": peer, "peer_bytes": len(picture())}))
"""

# One run whose view sleeps and wakes in turns of ten steps: neighbours see the same machine.
TRAINING = """
from nbfinetune.panels.run import RunPanel
rows = [{"messages": [{"role": "user", "content": f"What is number {i}?"},
                      {"role": "assistant", "content": f"Ahoy! Number {i} be {i * 7}, arr!"}]}
        for i in range(240)]
job = session.train(session.load_dataset(rows, name="d"), epochs=10, validation=0)
panel = RunPanel(job)
awake, refresh = True, panel.refresh
panel.refresh = lambda: refresh() if awake else None
panel.show()
panel.follow()

def cpu_at(step):
    while job.record().step < step and job.running:
        time.sleep(0.002)
    return time.process_time()

turns = []
begin = cpu_at(20)
for turn in range(56):
    awake = turn % 2 == 0
    end = cpu_at(30 + 10 * turn)
    turns.append(end - begin)
    begin = end
job.stop()
job.wait()
print(json.dumps(turns))
"""

OPENING = """
runs = [new_run(f"long-{i}") for i in range(20)]
for run in runs:
    writer = EventWriter(run.events)
    writer.emit(StateChanged(state="training"))
    for i in range(50_000):
        writer.emit(step(i))
    writer.emit(StateChanged(state="finished"))
    writer.close()
from nbfinetune.display.picture import picture
opened, texts = [], 0
for _ in range(5):
    wall = time.perf_counter()
    messages = [picture(run.spec, run.record()) for run in runs]
    texts = sum(len(json.dumps(message)) for message in messages)
    opened.append(time.perf_counter() - wall)
points = sum(message["train"]["to"] for message in messages)
size = sum(run.events.stat().st_size for run in runs)
wall = time.perf_counter()
lines = sum(1 for run in runs for line in run.events.open("rb") if json.loads(line))
peer = time.perf_counter() - wall
print(json.dumps({"seconds": opened, "points": points, "size": size, "sent": texts, "peer": peer}))
"""


class Kernel:
    """A kernel of its own, as a notebook has it."""

    def __init__(self, folder: Path) -> None:
        self._manager: KernelManager
        self._manager, self._client = start_new_kernel(cwd=str(folder))
        self.run(SETUP.format(home=str(folder / "home")))

    def run(self, code: str) -> Any:
        """The JSON that the code prints last; None where it prints nothing."""
        printed: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                printed.append(message["content"]["text"])

        reply = self._client.execute_interactive(code, output_hook=hear, timeout=1800)
        if reply["content"]["status"] != "ok":
            raise RuntimeError("\n".join(reply["content"]["traceback"]))
        return json.loads("".join(printed).splitlines()[-1]) if printed else None

    def close(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


def update(kernel: Kernel) -> None:
    """CPU time and bytes of one update with five new steps."""
    found = kernel.run(UPDATE)
    mean, late = statistics.mean(found["ms"]), statistics.mean(found["ms"][-50:])
    peer = statistics.mean(found["peer_ms"])
    size, peer_size = statistics.mean(found["bytes"]), found["peer_bytes"]
    print(f"update: {mean:.2f} ms CPU (the last 50: {late:.2f}), {size:.0f} bytes, "
          f"at most {max(found['bytes'][1:])}")  # fmt: skip
    print(f"  a matplotlib picture in an updated display: {peer:.1f} ms, {peer_size} bytes "
          f"({peer / mean:.0f} x, {peer_size / size:.0f} x)")  # fmt: skip


def training(kernel: Kernel) -> None:
    """CPU time of ten steps with a view that is awake, relative to ten with one that sleeps."""
    turns = kernel.run(TRAINING)
    pairs = list(zip(turns[0::2], turns[1::2], strict=True))
    ratios = sorted(awake / asleep for awake, asleep in pairs)
    middle = ratios[len(ratios) // 4 : -(len(ratios) // 4)]
    print(f"training with the view / without: {statistics.median(ratios):.4f} (median of "
          f"{len(pairs)} pairs, the middle half {middle[0]:.4f} to {middle[-1]:.4f}; "
          f"{statistics.median(turns[1::2]) / 10 * 1000:.0f} ms CPU a step without)")  # fmt: skip


def opening(kernel: Kernel) -> None:
    """Wall time from twenty logs on disk to what the page is sent."""
    found = kernel.run(OPENING)
    seconds = statistics.median(found["seconds"])
    print(f"opening {found['points']:,} steps ({found['size'] / 1e6:.0f} MB of logs): "
          f"{seconds:.2f} s, {found['sent'] / 1e3:.0f} kB to the page")  # fmt: skip
    print(
        f"  json.loads of every line alone: {found['peer']:.2f} s ({found['peer'] / seconds:.1f} x)"
    )


PARTS = {part.__name__: part for part in (update, training, opening)}


def main(wanted: list[str]) -> int:
    """Run the parts that are named, or all."""
    for name in wanted or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            kernel = Kernel(Path(folder))
            try:
                PARTS[name](kernel)
            finally:
                kernel.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
