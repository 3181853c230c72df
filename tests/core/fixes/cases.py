"""What the tests of the quick-fixes share: a valid row, and a text before and after its fixes."""

from __future__ import annotations

from collections.abc import Collection

from nbfinetune.core.fixes.apply import FIXES, Fixed, Form, apply_fixes, undo

ROW = '{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo"}]}'


def row(*turns: str) -> str:
    """A row of messages given as `role: content`."""
    messages = [turn.split(": ", 1) for turn in turns]
    inner = ", ".join(f'{{"role": "{role}", "content": "{text}"}}' for role, text in messages)
    return f'{{"messages": [{inner}]}}'


def fixed(text: str, form: Form = "jsonl", names: Collection[str] = FIXES) -> Fixed:
    """The text after the fixes, after the proof that they can be undone and are done."""
    found = apply_fixes(text, form, names)
    assert undo(found.text, found.patches) == text
    assert apply_fixes(found.text, form, names).patches == ()
    return found


def only(fix: str, before: str, form: Form = "jsonl") -> str:
    """The text after all fixes, of which that one was the only one; nothing is left."""
    found = fixed(before, form)
    assert found.counts == {fix: len(found.preview(fix))}
    assert [str(problem) for problem in found.left] == []
    assert found.refused == ()
    return found.text


def unchanged(text: str, form: Form = "jsonl") -> list[tuple[str, int, str]]:
    """What was refused in a text that stays as it is."""
    found = fixed(text, form)
    assert found.text == text
    assert found.patches == ()
    return [tuple(refusal) for refusal in found.refused]
