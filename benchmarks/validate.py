"""How fast a dataset file is checked, beside a straightforward checker that finds the same.

    python benchmarks/validate.py [ROWS]

Makes two files of 500,000 rows (200 MB), one clean and one with 1 % bad rows, and checks each in
processes of their own: `Check`, as `python -m nbfinetune validate` runs it, with every warning on;
and `json.loads` with a hook for duplicate keys and the rules in plain Python. Prints one row per
file: speed, peak memory, how often a problem was found, and the ratio. The two must find the same
problems on the same lines in the same order, else it fails.
"""

from __future__ import annotations

import hashlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from nbfinetune.core.reading.checking import Check, file_items

ROWS = 500_000
REPEATS = 3
CASES = (("clean rows", 0.0, 0.0), ("1 % bad rows", 0.01, 0.0), ("mixed lengths", 0.0, 0.3))
ROLES = ("system", "user", "assistant")
SYSTEM = "You are a friendly guide. Answer in plain words."
ENGLISH = [
    "what",
    "is",
    "the",
    "capital",
    "of",
    "France",
    "please",
    "tell",
    "me",
    "dragons",
    "and",
    "sea",
]
CHINESE = list("今天天气怎么样请告诉我一个关于大海的故事谢谢你")

Found = tuple[str, int | None]


# The files


def write_rows(
    path: Path, rows: int, bad: float = 0.0, two_turns: float = 0.0, seed: int = 7
) -> None:
    """Rows of about 400 bytes, a fifth of them Chinese, a few of them repeated."""
    rng = random.Random(seed)
    english = [" ".join(rng.choices(ENGLISH, k=k)) for k in rng.choices(range(3, 24), k=5000)]
    chinese = ["".join(rng.choices(CHINESE, k=k)) for k in rng.choices(range(3, 40), k=5000)]
    line = ""
    with path.open("wb") as file:
        for number in range(rows):
            if rng.random() > 0.001:
                line = json.dumps(row(rng, number, english, chinese, two_turns), ensure_ascii=False)
            written = line
            if number and rng.random() < bad:
                written = rng.choice(MISTAKES)(line)
            file.write(written.encode() + b"\n")


def row(
    rng: random.Random, number: int, english: list[str], chinese: list[str], two_turns: float
) -> object:
    texts = chinese if rng.random() < 0.2 else english
    messages = [{"role": "system", "content": SYSTEM}]
    for turn in range(2 if rng.random() < two_turns else 1):
        asked = f"{number}.{turn} {rng.choice(texts)}" if rng.random() > 0.002 else "And then?"
        messages.append({"role": "user", "content": asked})
        messages.append({"role": "assistant", "content": " ".join(rng.choices(texts, k=3))})
    return {"messages": messages}


MISTAKES = (
    lambda line: line[:-30],
    lambda line: line.replace('"user"', '"human"', 1),
    lambda line: line.replace('"content"', '"contents"', 1),
    lambda line: line.replace('"role"', '"role": "user", "role"', 1),
    lambda line: line.replace('"user"', '"assistant"', 1),
    lambda line: line.replace(": [", ":\u00a0[", 1),
    lambda line: line.replace('"user"', "NaN", 1),
    lambda line: json.dumps({"messages": json.loads(line)["messages"][:-1]}, ensure_ascii=False),
)


# The straightforward checker


class DuplicateKey(ValueError):
    pass


def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise DuplicateKey
    return found


def no_constant(word: str) -> object:
    raise ValueError(word)


def straightforward(path: Path) -> Iterator[Found]:
    rows = 0
    answers: dict[tuple[str, ...], dict[str, int]] = {}
    repeats: list[Found] = []
    outer: dict[str, int] = {}
    extra: dict[str, int] = {}
    systems: dict[str | None, int] = {}
    with path.open(encoding="utf-8") as file:
        for line, text in enumerate(file, start=1):
            if not text.strip():
                continue
            rows += 1
            try:
                row = json.loads(text, object_pairs_hook=unique, parse_constant=no_constant)
            except DuplicateKey:
                yield "duplicate_key", line
                continue
            except ValueError:
                yield "json_parse", line
                continue
            found = list(broken_rules(row))
            for code in found:
                yield code, line
            if not isinstance(row, dict) or not isinstance(row.get("messages"), list):
                continue
            note_habits(row, line, extra, outer)
            if any(code not in ("user_empty", "system_empty") for code in found):
                continue
            messages = row["messages"]
            first = messages[0]
            systems.setdefault(first["content"] if first["role"] == "system" else None, line)
            texts = [unicodedata.normalize("NFC", m["content"]).strip() for m in messages]
            known = answers.setdefault(tuple(texts[:-1]), {})
            if texts[-1] in known:
                repeats.append(("duplicate_row", line))
            elif known:
                repeats.append(("conflicting_answers", line))
            known.setdefault(texts[-1], line)
    whole = [*repeats, *(("extra_key", line) for line in extra.values())]
    whole += [("outer_whitespace", line) for line in outer.values()]
    if len(systems) > 1:
        whole.append(("system_prompt_varies", sorted(systems.values())[1]))
    yield from sorted(whole, key=lambda found: found[1] or 0)
    if rows == 0:
        yield "no_rows", None
    elif rows < 10:
        yield "few_rows", None
    elif rows > 1000:
        yield "many_rows", None


def broken_rules(row: object) -> Iterator[str]:
    if not isinstance(row, dict):
        yield "row_not_object"
        return
    if "messages" not in row:
        yield "messages_missing"
        return
    messages = row["messages"]
    if not isinstance(messages, list):
        yield "messages_not_array"
        return
    if not messages:
        yield "messages_empty"
        return
    for message in messages:
        if not isinstance(message, dict):
            yield "message_not_object"
            continue
        role = message.get("role")
        if "role" not in message:
            yield "role_missing"
        elif role not in ROLES:
            yield "role_invalid"
        content = message.get("content")
        if "content" not in message:
            yield "content_missing"
        elif content is None:
            yield "content_null"
        elif not isinstance(content, str):
            yield "content_not_string"
        elif not content.strip().strip("\u200b\u200c\u200d\u2060\ufeff"):
            if role == "assistant":
                yield "content_blank" if content else "content_empty"
            elif role in ROLES:
                yield f"{role}_empty"  # a warning
        else:
            try:
                content.encode()
            except UnicodeEncodeError:
                yield "lone_surrogate"
    yield from broken_order([m.get("role") if isinstance(m, dict) else None for m in messages])


def broken_order(roles: list[object]) -> Iterator[str]:
    previous: object = "start"
    seen_system = wrong_end = False
    for index, role in enumerate(roles):
        if role == "system":
            if seen_system or index:
                yield "system_multiple" if seen_system else "system_not_first"
            seen_system = True
            continue
        wrong_end = False
        if role not in ROLES:
            previous = "unknown"
            continue
        if previous == "start" and role == "assistant":
            yield "first_not_user"
        elif role == previous:
            wrong_end = True
            yield "not_alternating"
        previous = role
    if previous == "start":
        yield "no_pair"
    elif previous == "user" and not wrong_end:
        yield "unpaired_end"


def note_habits(
    row: dict[str, object], line: int, extra: dict[str, int], outer: dict[str, int]
) -> None:
    for key in row:
        if key != "messages":
            extra.setdefault(key, line)
    messages = row["messages"]
    assert isinstance(messages, list)
    for message in messages:
        if isinstance(message, dict):
            for key in message:
                if key not in ("role", "content"):
                    extra.setdefault(key, line)
            content, role = message.get("content"), message.get("role")
            if isinstance(content, str) and role in ROLES and content != content.strip() != "":
                outer.setdefault(role, line)


# The measurement


def ours(path: Path) -> Iterator[Found]:
    for problem in Check().problems(file_items(path)):
        yield problem.code, problem.line


def measure(checker: str, path: Path) -> None:
    """Seconds, peak memory, what was found: printed as JSON by a process of its own."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    digest, count, bad = hashlib.sha256(), 0, set()
    for found in (ours if checker == "ours" else straightforward)(path):
        digest.update(repr(found).encode())
        count += 1
        if found[0] not in WARNINGS:
            bad.add(found[1])
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak": peak * 1024, "start": before * 1024,
                      "count": count, "bad": len(bad), "digest": digest.hexdigest()}))  # fmt: skip


WARNINGS = {
    "few_rows", "many_rows", "duplicate_row", "conflicting_answers", "extra_key", "user_empty",
    "system_empty", "system_prompt_varies", "outer_whitespace",
}  # fmt: skip


def measured(checker: str, path: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, __file__, "measure", checker, str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    result: dict[str, float] = json.loads(done.stdout)
    return result


def compare(name: str, path: Path) -> None:
    """The two checkers in turn, so that both see the same machine; the best of each counts."""
    turns = [(measured("ours", path), measured("straightforward", path)) for _ in range(REPEATS)]
    if len({result["digest"] for turn in turns for result in turn}) != 1:
        raise SystemExit(f"{name}: the two checkers don't find the same")
    size = path.stat().st_size / 1e6
    fast, plain = (min(turn[i]["seconds"] for turn in turns) for i in (0, 1))
    ratios = sorted(turn[1]["seconds"] / turn[0]["seconds"] for turn in turns)
    first, second = turns[0]
    print(
        f"{name:12s} {size:6.0f} MB  {first['count']:6.0f} problems, {first['bad']:5.0f} bad lines"
        f"   ours {size / fast:4.0f} MB/s, peak {first['peak'] / 1e6:4.0f} MB"
        f"   straightforward {size / plain:4.0f} MB/s, peak {second['peak'] / 1e6:4.0f} MB"
        f"   ratio {plain / fast:.1f} (in turns: {', '.join(f'{r:.1f}' for r in ratios)})"
    )


def main() -> None:
    if sys.argv[1:2] == ["measure"]:
        measure(sys.argv[2], Path(sys.argv[3]))
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        for name, bad, two_turns in CASES:
            path = Path(folder) / "rows.jsonl"
            write_rows(path, rows, bad, two_turns)
            compare(name, path)


if __name__ == "__main__":
    main()
