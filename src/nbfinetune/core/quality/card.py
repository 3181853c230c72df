"""The quality card: what can be measured of "accurate, in one style, covering what is needed".

Whether an answer is true can't be measured: for that there is a page for human eyes
(`display.quality.review_page`). Rows are named by their position, 0-based.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from math import log
from statistics import median
from typing import Literal

import msgspec

from nbfinetune.core import text
from nbfinetune.core.messages import Conversation
from nbfinetune.core.quality.similar import tokens
from nbfinetune.core.quality.statistics import Group, Statistics, describe, script_of
from nbfinetune.core.quality.topics import Topic, topics_of

Aspect = Literal["accuracy", "style", "coverage", "repetition"]

_FEWEST_ROWS = 10  # of which a style can be told
_FAR = 3.5  # robust z-score from which on a value is an outlier (Iglewicz and Hoaglin 1993)
_RARE = 0.05  # a habit that so few rows have, or lack, is an exception
_REPEATED = 0.1  # the share of rows with one and the same answer that is too large
_HEAVY = 0.5  # the share of rows about one topic that is too large
_THIN = 3  # rows about a topic, too few to learn it

_SENTENCE = re.compile(r"[.!?。！？…]+[\"'”’)）」』]*(?:\s|$)|[。！？]|\n+")
_PUNCTUATION = re.compile(r"[^\w\s]")
_LIST = re.compile(r"^\s*(?:[-*•·]|\d+[.)、])\s+|\*\*\S|^#{1,6} |^```|^\|.*\|$", re.MULTILINE)
_DOUBLED = re.compile(r"[，、；][，、；。！？,.]|,[,.;](?!\.)|(?<!。)。。(?!。)")
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
_ENDED = re.compile(r"[.!?。！？…~～][\"'”’)）」』*]*$")


Params = dict[str, str | int | float]


class Finding(msgspec.Struct, frozen=True):
    """One thing to look at: its code, the rows that it is about, what the words need."""

    code: str
    aspect: Aspect
    rows: tuple[int, ...] = ()
    params: Params = {}

    @property
    def message(self) -> str:
        return text.message(self.code, self.params)

    @property
    def way_out(self) -> str:
        """What to do about it, in a plain sentence."""
        return text.way_out(self.code, self.params)


class QualityCard(msgspec.Struct, frozen=True):
    """What was found among `rows` rows, and what they are about.

    `looked_at` rows were sorted into topics (a sample where there are many); `alone` of them are
    like no others.
    """

    rows: int
    findings: tuple[Finding, ...]
    topics: tuple[Topic, ...] = ()
    alone: tuple[int, ...] = ()
    looked_at: int = 0


def assess(
    rows: Sequence[Conversation], *, seed: int = 0, statistics: Statistics | None = None
) -> QualityCard:
    """The card of some rows. `statistics` are theirs, where they are known already."""
    figures = statistics or describe(rows)
    topics = topics_of([_said(row, "user") for row in rows], seed)
    findings = [*_accuracy(rows, figures), *_style(rows, figures), *_repetition(rows, figures)]
    findings += _coverage(topics.looked_at, topics.topics, topics.alone)
    return QualityCard(len(rows), tuple(findings), topics.topics, topics.alone, topics.looked_at)


def _said(row: Conversation, role: str) -> str:
    return "\n".join(m.content for m in row.messages if m.role == role)


# what may be wrong


def _accuracy(rows: Sequence[Conversation], figures: Statistics) -> list[Finding]:
    found = []
    if figures.conflicts:
        involved = _flat(figures.conflicts)
        params: Params = {"count": len(figures.conflicts), "rows": len(involved)}
        found.append(Finding("quality_conflicts", "accuracy", involved, params))
    cut = tuple(i for i, row in enumerate(rows) if _looks_cut(row.answer))
    if cut and len(cut) <= len(rows) * _RARE + 1 and len(rows) >= _FEWEST_ROWS:
        found.append(Finding("quality_cut", "accuracy", cut, {"count": len(cut)}))
    return found


def _looks_cut(answer: str) -> bool:
    """Whether a text stops in the middle: at a comma, or in a code block that never ends."""
    return answer.rstrip().endswith((",", "，", "、", ";", "；")) or answer.count("```") % 2 == 1


# one style


def _style(rows: Sequence[Conversation], figures: Statistics) -> list[Finding]:
    found: list[Finding] = []
    if len(rows) >= _FEWEST_ROWS:
        answers = [_said(row, "assistant") for row in rows]
        for code, (measure, least) in _MEASURES.items():
            known = {i for finding in found for i in finding.rows}
            found += _outliers(code, [measure(a) for a in answers], least, known)
        found += [f for code, has in _HABITS.items() for f in _exceptions(code, answers, has)]
    doubled = tuple(i for i, row in enumerate(rows) if _DOUBLED.search(_said(row, "assistant")))
    if doubled:
        found.append(Finding("quality_doubled", "style", doubled, {"count": len(doubled)}))
    found += _other_script(rows)
    if figures.drifts:
        slips = {figures.systems[d.slip].text for d in figures.drifts}
        drifted = tuple(i for i, row in enumerate(rows) if row.system in slips)
        params: Params = {"count": len(slips), "rows": len(drifted)}
        found.append(Finding("quality_drift", "style", drifted, params))
    return found


def _sentence_length(answer: str) -> float:
    sentences = [s for s in _SENTENCE.split(answer) if s and s.strip()]
    return log(1 + sum(map(len, sentences)) / max(len(sentences), 1))


_MEASURES: Mapping[str, tuple[Callable[[str], float], float]] = {
    "quality_length": (lambda a: log(1 + len(a)), 0.2),
    "quality_sentence": (_sentence_length, 0.2),
    "quality_punctuation": (lambda a: len(_PUNCTUATION.findall(a)) / max(len(a), 1), 0.02),
}
"""What is measured of each answer, and the least spread that its outliers are told by: where all
answers are alike, a difference that nobody sees is none."""

_HABITS: Mapping[str, Callable[[str], bool]] = {
    "quality_exclaims": lambda a: "!" in a or "！" in a,
    "quality_asks": lambda a: "?" in a or "？" in a,
    "quality_emoji": lambda a: _EMOJI.search(a) is not None,
    "quality_layout": lambda a: _LIST.search(a) is not None,
    "quality_lines": lambda a: "\n" in a.strip(),
    "quality_ended": lambda a: _ENDED.search(a.rstrip()) is not None,
    "quality_polite": lambda a: "您" in a,
}


def _outliers(
    code: str, values: Sequence[float], least: float, known: Container[int]
) -> list[Finding]:
    """What is far above the median, and what is far below it; without what is `known` as such."""
    middle = median(values)
    spread = max(1.4826 * median(abs(v - middle) for v in values), least)
    scores = [(value - middle) / spread for value in values]
    found = []
    for kind, far in (("high", [s > _FAR for s in scores]), ("low", [s < -_FAR for s in scores])):
        there = [i for i, is_far in enumerate(far) if is_far and i not in known]
        there.sort(key=lambda i: -abs(scores[i]))
        if there:
            found.append(Finding(f"{code}_{kind}", "style", tuple(there), {"count": len(there)}))
    return found


def _exceptions(code: str, answers: Sequence[str], has: Callable[[str], bool]) -> list[Finding]:
    """The few answers that have what the others lack, or lack what the others have."""
    having = [has(answer) for answer in answers]
    usual = sum(having) * 2 > len(having)
    rare = tuple(i for i, value in enumerate(having) if value != usual)
    if not rare or len(rare) > max(1, _RARE * len(answers)):
        return []
    kind = "without" if usual else "with"
    return [Finding(f"{code}_{kind}", "style", rare, {"count": len(rare)})]


def _other_script(rows: Sequence[Conversation]) -> list[Finding]:
    """Rows that are asked in English and answered in Chinese, or the reverse, where few are."""
    said = [(_said(row, "user"), _said(row, "assistant")) for row in rows]
    other = tuple(
        i
        for i, (asked, answered) in enumerate(said)
        # one word in Latin letters is a name or a term of any language
        if len(tokens(asked)) > 2
        and {script_of(asked), script_of(answered)} == {"latin", "chinese"}
    )
    if not other or len(other) * 2 > len(rows):
        return []
    return [Finding("quality_script", "style", other, {"count": len(other)})]


# repetition


def _repetition(rows: Sequence[Conversation], figures: Statistics) -> list[Finding]:
    found = []
    for code, groups in (
        ("quality_duplicates", figures.duplicates),
        ("quality_near", figures.near_duplicates),
    ):
        if groups:
            involved = _flat(groups)
            params: Params = {"count": len(groups), "rows": len(involved)}
            found.append(Finding(code, "repetition", involved, params))
    ((answer, times),) = Counter(row.answer.strip() for row in rows).most_common(1) or [("", 0)]
    if times > max(2, _REPEATED * len(rows)):
        same = tuple(i for i, row in enumerate(rows) if row.answer.strip() == answer)
        if len({rows[i].prompt[-1].content for i in same}) > 1:
            found.append(Finding("quality_same_answer", "repetition", same, {"count": times}))
    return found


# coverage


def _coverage(looked_at: int, topics: Sequence[Topic], alone: Group) -> list[Finding]:
    if not topics or len(alone) * 2 > looked_at:
        return [Finding("quality_no_topics", "coverage")] if looked_at else []
    found = []
    first = topics[0]
    if len(first.rows) > _HEAVY * looked_at:
        params: Params = {
            "words": ", ".join(first.words),
            "percent": round(100 * len(first.rows) / looked_at),
        }
        found.append(Finding("quality_heavy_topic", "coverage", first.rows, params))
    thin = [topic for topic in topics if len(topic.rows) < _THIN]
    if thin:
        words = "; ".join(", ".join(topic.words) for topic in thin[:5])
        involved = _flat(topic.rows for topic in thin)
        params = {"count": len(thin), "words": words, "limit": _THIN}
        found.append(Finding("quality_thin_topics", "coverage", involved, params))
    return found


def _flat(groups: Iterable[Group]) -> tuple[int, ...]:
    return tuple(sorted({i for group in groups for i in group}))
