"""A run as a status: state, progress, losses, samples. The same while it trains and after."""

from __future__ import annotations

from nbfinetune.core.runs.events import Planned, Sampled
from nbfinetune.core.runs.record import RunRecord
from nbfinetune.display.curve import curve_svg
from nbfinetune.display.html import box, esc, facts, note

CHIPS = {"finished": "good", "failed": "bad", "interrupted": "bad"}


def run_html(name: str, record: RunRecord) -> str:
    """The status for a notebook."""
    chip = CHIPS.get(record.state, "" if record.ended else "busy")
    head = f"<h4>{esc(name)}<span class='chip {chip}'>{esc(record.state)}</span></h4>"
    width = round(record.progress * 100, 1)
    bar = (
        f"<div class='bar' role='progressbar' aria-valuenow='{width}' aria-valuemin='0' "
        f"aria-valuemax='100'><div style='width:{width}%'></div></div>"
    )
    failure = note(record.failure.reason) if record.failure else ""
    return box(
        head
        + _plan_html(record)
        + (bar if not record.ended else "")
        + facts(run_facts(record))
        + "".join(note(told.notice) for told in record.notices)
        + failure
        + curve_svg(record)
        + _samples_html(record)
    )


def run_text(name: str, record: RunRecord) -> str:
    """The status in two lines or three."""
    figures = ", ".join(f"{label} {value}" for label, value in run_facts(record))
    lines = [f"{name}: {record.state}", f"  {figures}"]
    lines += [f"  {_fetching(record)}"] if _fetching(record) else []
    notices = [*(record.plan.notices if record.plan else []), *(n.notice for n in record.notices)]
    lines += [f"  {notice}" for notice in notices]
    lines += [f"  {record.failure.reason}"] if record.failure else []
    return "\n".join(lines)


def run_facts(record: RunRecord) -> list[tuple[str, object]]:
    """The figures that matter now, each with its name."""
    plan = record.plan
    pairs: list[tuple[str, object]] = []
    if plan is not None:
        pairs.append(("step", f"{record.step} / {plan.total_steps}"))
        if record.train:
            pairs.append(("epoch", f"{record.train[-1].epoch:.1f} / {plan.epochs}"))
    pairs.append(("time", duration(record.elapsed_seconds)))
    if record.remaining_seconds is not None:
        pairs.append(("left", "about " + duration(record.remaining_seconds)))
    if record.train:
        pairs.append(("training loss", loss_text(record.train_loss)))
    if record.validation:
        first, last = record.validation[0].loss, record.validation_loss
        arrow = f"{loss_text(first)} → {loss_text(last)}"
        shown = arrow if len(record.validation) > 1 else loss_text(last)
        pairs.append(("validation loss", shown))
    if record.checkpoints:
        best = record.best_checkpoint
        named = f"{len(record.checkpoints)}, best step-{best.step}" if best else ""
        pairs.append(("checkpoints", named))
    return pairs


def _plan_html(record: RunRecord) -> str:
    plan = record.plan
    if plan is None:
        waiting = {"queued": "Waits for its turn …", "preparing": "Loading torch and the model …"}
        text = _fetching(record) or waiting.get(record.state, "")
        return f"<div class='quiet'>{esc(text)}</div>" if text else ""
    notices = "".join(note(n) for n in plan.notices)
    return f"<div class='quiet'>{esc(plan_line(plan))}</div>{notices}"


def _fetching(record: RunRecord) -> str:
    """The last word of a run that prepares: how far its model is."""
    preparing = record.plan is None and record.state == "preparing"
    return record.log[-1] if preparing and record.log else ""


def plan_line(plan: Planned) -> str:
    """What will be trained on what, in one line."""
    share = plan.trained_parameters / max(plan.parameters, 1)
    return (
        f"{plan.train_rows} rows to train, {plan.validation_rows} to validate · "
        f"{plan.trained_tokens:,} of {plan.tokens:,} tokens are trained · "
        f"{plan.trained_parameters:,} weights ({share:.1%}) · {plan.device}, {plan.dtype}"
    )


def _samples_html(record: RunRecord) -> str:
    """Held-out prompts with the answers of all checkpoints, oldest first, and the reference."""
    if not record.samples:
        return ""
    rows: dict[int, list[Sampled]] = {}
    for sample in record.samples:
        rows.setdefault(sample.row, []).append(sample)
    body = []
    for samples in rows.values():
        answers = _changes(samples)
        lines = "".join(
            f"<span class='answer'>{_moment(s)}</span>{esc(s.answer)}\n" for s in answers
        )
        body.append(
            f"<tr><td>{esc(samples[0].prompt)}</td><td>{lines.rstrip()}</td>"
            f"<td>{esc(samples[0].reference)}</td></tr>"
        )
    head = "<tr><th>held-out prompt</th><th>answers over training</th><th>reference</th></tr>"
    return f"<table>{head}{''.join(body)}</table>"


def _moment(sample: Sampled) -> str:
    return f"step {sample.step}" if sample.step else "before"


def _changes(samples: list[Sampled]) -> list[Sampled]:
    """The first sample and each that differs from the one before: repetition says nothing."""
    kept = samples[:1]
    for sample in samples[1:]:
        if sample.answer != kept[-1].answer:
            kept.append(sample)
    return kept


def duration(seconds: float) -> str:
    """`8 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def loss_text(loss: float | None) -> str:
    return "not a number" if loss is None else f"{loss:.3f}"
