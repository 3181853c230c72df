"""Base models as a table, what is loaded, and this machine as the doctor found it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from nbfinetune.chat.catalogue import Candidate, Catalogue
from nbfinetune.chat.models import Loaded
from nbfinetune.core import text
from nbfinetune.core.diagnosis import Diagnosis, Finding
from nbfinetune.core.sizes import in_bytes
from nbfinetune.display.html import box, esc, note
from nbfinetune.display.labels import heading, label
from nbfinetune.display.text import table

WIDTH = 120
_COLUMNS = ("model", "size", "languages", "licence", "here", "chat", "training")
_LOADED = ("model", "device", "format", "memory", "checkpoints")
_CHIPS = {"fits": "good", "fits_4bit": "busy", "too_large": ""}


def catalogue_html(found: Catalogue) -> str:
    """What is loaded, then every base model that is known or on this disk."""
    rows = "".join(f"<tr>{_candidate_html(c)}</tr>" for c in found.candidates)
    return box(
        _loaded_html(found.loaded)
        + f"<table><tr>{_head(_COLUMNS)}</tr>{rows}</table>"
        + "".join(f"<div class='quiet'>{esc(line)}</div>" for line in _below(found))
    )


def catalogue_text(found: Catalogue) -> str:
    """The same for a terminal."""
    listed = table(_names(_COLUMNS), [_candidate(c) for c in found.candidates], WIDTH)
    return "\n\n".join([_loaded_text(found.loaded), listed, "\n".join(_below(found))])


def diagnosis_html(found: Diagnosis) -> str:
    """What was looked at, and under each thing that is wrong the way out."""
    rows = "".join(_finding_html(finding) for finding in found.findings)
    well = "" if found.problems else f"<div class='quiet'>{esc(label('doctor_well'))}</div>"
    return box(f"<table>{rows}</table>{well}")


def diagnosis_text(found: Diagnosis) -> str:
    """The same for a terminal."""
    lines = []
    for finding in found.findings:
        mark = "!" if finding.problem else "✓"
        lines.append(f"{mark} {finding.label}: {finding.value}")
        lines += [f"    {line}" for line in finding.advice.split("\n") if line]
    return "\n".join([*lines, *([] if found.problems else [label("doctor_well")])])


def _finding_html(finding: Finding) -> str:
    mark = "<span class='chip bad'>!</span>" if finding.problem else ""
    advice = note(finding.advice) if finding.problem else ""
    return (
        f"<tr><td class='quiet'>{esc(finding.label)}</td>"
        f"<td>{esc(finding.value)}{mark}{advice}</td></tr>"
    )


def _candidate(candidate: Candidate) -> tuple[str, ...]:
    model = candidate.model
    here = label("models_yes") if candidate.cached else ""
    if model.gated and not candidate.cached:
        here = label("models_gated")
    return (
        model.name,
        parameters(model.parameters),
        model.languages,
        model.licence,
        here,
        label(candidate.chat),
        label(candidate.training),
    )


def _candidate_html(candidate: Candidate) -> str:
    *cells, chat, training = _candidate(candidate)
    kinds = ["", " class='number'", "", "", ""]
    plain = "".join(f"<td{k}>{esc(c)}</td>" for k, c in zip(kinds, cells, strict=True))
    return plain + _chip(candidate.chat, chat) + _chip(candidate.training, training)


def _chip(fit: str, words: str) -> str:
    kind = _CHIPS[fit]
    style = f"chip {kind}" if kind else "quiet"
    # a chip keeps away from what stands before it, and here nothing does
    return f"<td><span class='{style}' style='margin-left:0'>{esc(words)}</span></td>"


def _loaded_html(loaded: Sequence[Loaded]) -> str:
    if not loaded:
        return f"<div class='quiet'>{esc(label('models_none_loaded'))}</div>"
    rows = "".join(
        "<tr>" + "".join(f"<td>{esc(cell)}</td>" for cell in _loaded_row(told)) + "</tr>"
        for told in loaded
    )
    return heading("models_loaded") + f"<table><tr>{_head(_LOADED)}</tr>{rows}</table>"


def _loaded_text(loaded: Sequence[Loaded]) -> str:
    if not loaded:
        return label("models_none_loaded")
    return table(_names(_LOADED), [_loaded_row(told) for told in loaded], WIDTH)


def _loaded_row(told: Loaded) -> tuple[str, ...]:
    number_format = "4 bit" if told.load_in_4bit else told.dtype
    name = f"{told.name} ({label('models_in_training')})" if told.training else told.name
    memory, checkpoints = in_bytes(told.memory_bytes), str(told.checkpoints or "")
    return (name, told.device, number_format, memory, checkpoints)


def _below(found: Catalogue) -> list[str]:
    figures = {
        "device": found.device,
        "free": in_bytes(found.free_bytes),
        "total": in_bytes(found.total_bytes),
    }
    return [text.message("models_measured", figures), label("models_more")]


def parameters(count: int) -> str:
    """`6.0 M`, `494 M`, `7.6 B`: how many weights."""
    if count >= 1_000_000_000:
        return f"{count / 1e9:.1f} B"
    return f"{count / 1e6:.0f} M" if count >= 10_000_000 else f"{count / 1e6:.1f} M"


def _names(columns: Sequence[str]) -> list[str]:
    return [label(f"models_column_{name}") for name in columns]


def _head(columns: Sequence[str]) -> str:
    return "".join(f"<th>{esc(name)}</th>" for name in _names(columns))
