"""20,000 lines with a mistake among as many good ones: every error names one with a mistake."""

from __future__ import annotations

from random import Random

from nbfinetune.core.messages import Conversation
from nbfinetune.core.reading.checking import Check
from nbfinetune.core.reading.stream import stream_jsonl
from tests.mutations import MUTATIONS, row_line

LINES = 20_000
CONTENTS = [
    "hi",
    "How are you?",
    "你好，世界",
    'He said "yes".',
    "a\\b",
    "1\n2",
    "😀",
    "{",
    "]",
    "x: y",
]


def mutated(random: Random) -> dict[int, bytes]:
    """By line number, each operator about as often as any other; a good line comes before each."""
    names = sorted(MUTATIONS)
    lines = {}
    for number in range(2, 2 * LINES + 1, 2):
        contents = random.choices(CONTENTS, k=random.choice([2, 2, 4]))
        line = row_line(*contents, system=random.choice([None, "Be brief."]))
        mutation = MUTATIONS[names[number // 2 % len(names)]]
        lines[number] = mutation(line.encode(), random)
    return lines


def test_every_error_is_on_a_line_with_a_mistake_and_every_other_line_is_kept():
    wrong = mutated(Random(1))
    good = {number - 1: row_line(f"question {number}", "answer").encode() for number in wrong}
    lines = {**good, **wrong}
    kept: list[Conversation] = []
    check = Check(keep=kept.append)
    problems = list(check.problems(stream_jsonl([b"\n".join(lines[n] for n in sorted(lines))])))
    errors = {problem.line for problem in problems if problem.severity == "error"}
    valid = {conversation.line for conversation in kept}
    assert errors - wrong.keys() == set()
    assert good.keys() - valid == set()
    # a line without error is a valid row, or blank
    blank = {number for number, line in wrong.items() if not line.decode(errors="replace").strip()}
    assert wrong.keys() - errors - blank == valid - good.keys()
    assert len(errors) > LINES / 2
    assert {problem.code for problem in problems} >= {
        "json_parse", "encoding", "duplicate_key", "lone_surrogate", "too_deep", "messages_missing",
        "role_invalid", "role_missing", "content_missing", "not_alternating", "extra_key",
    }  # fmt: skip
