"""Bytes as people read them."""

from __future__ import annotations


def in_bytes(count: float) -> str:
    """`0 B`, `512 kB`, `3.4 MB`, `15 GB`: two digits or more, in units of a thousand."""
    if abs(count) < 1000:
        return f"{count:.0f} B"
    for unit in ("kB", "MB", "GB", "TB"):
        count /= 1000
        if abs(count) < 999.5 or unit == "TB":
            break
    return f"{count:.1f} {unit}" if abs(count) < 9.95 else f"{count:.0f} {unit}"
