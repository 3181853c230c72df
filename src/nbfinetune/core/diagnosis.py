"""What a look at this machine found: one line for each thing, and what to do where it is wrong."""

from __future__ import annotations

import msgspec

from nbfinetune.core import text


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at. `code` names it in the catalogue of words, `value` says what
    was found, and `problem` is the code of what is wrong with it, with its parameters.
    """

    code: str
    value: str
    problem: str = ""
    params: dict[str, str] = {}

    @property
    def label(self) -> str:
        return text.message(self.code, {})

    @property
    def advice(self) -> str:
        """What is wrong and the way out; empty where nothing is."""
        if not self.problem:
            return ""
        found = text.message(self.problem, self.params), text.way_out(self.problem, self.params)
        return "\n".join(filter(None, found))


class Diagnosis(msgspec.Struct, frozen=True):
    """All that was looked at, in an order to read it in."""

    findings: tuple[Finding, ...]

    @property
    def problems(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.problem]
