"""Which quick-fix is made for a problem, told by its phrase and by what was got there.

What a way out offers as `--fix NAME`. Only the fix itself, with the row before it, can tell whether
what was meant is certain. Where it isn't, it changes nothing and says why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SMART = "“”„‟＂〝〞‘’‚‛＇"
_WIDE = "｛｝［］【】，："
_TALK = r"""^'(?!\W*\w+\W*[:：][^'])(?!['"“‘])[^{}[\]｛｝［］【】"\\]*\w"""
"""Words, but no `user: hi`, and nothing that looks like a piece of JSON."""

_CHARACTERS = {f"'[{_SMART}]'$": "smart_quotes", f"'[{_WIDE}]'$": "full_width"}
_QUOTES = {**_CHARACTERS, '"\'"$': "python_literals"}
_LINES = {"^'(```|~~~)": "code_fences", _TALK: "preamble"}

_MADE_FOR: Mapping[str, Mapping[str, str]] = {
    "json_parse/value": {**_QUOTES, "'(True|False|None)'$": "python_literals"},
    "json_parse/name": _QUOTES,
    "json_parse/colon": _CHARACTERS,
    "json_parse/separator": _CHARACTERS,
    "json_parse/rows": {"": "split_objects"},
    "json_parse/comma": {"": "trailing_commas"},
    "json_parse/extra": {r"'\{'": "split_objects", "'[,，]'": "trailing_commas"},
    "json_parse/newline": {"": "line_breaks"},
    "json_parse/escape": {r"'\\''$": "python_literals"},
    "json_parse/control": {r"U\+0009": "raw_tabs"},
    "json_parse/blank": {"": "exotic_blanks"},
    "json_parse/prose": {**_LINES, "^'[｛［【]": "full_width"},
    "role_missing/chat": _LINES,
    "role_missing/chat_alias": {"": "role_aliases"},
    "role_missing/chat_blank": {r"^'(?: |\\t)*\\[xu]": "exotic_blanks"},
    "array_in_jsonl": {"": "array_to_lines"},
    "array_in_jsonl/messages": {"": "messages_list"},
    "jsonl_in_json": {"": "lines_to_array"},
    "pretty_printed": {"": "one_line"},
    "row_not_object": {r'^\[\{"(role|content)"': "messages_list"},
    "messages_missing/alias": {"": "messages_key"},
    "messages_missing/wrapper": {"": "wrapper"},
    "role_invalid/alias": {"": "role_aliases"},
    "content_not_string/parts": {"": "content_parts"},
    "system_multiple": {"": "systems_joined"},
    "system_not_first": {"": "system_first"},
    "not_alternating": {"": "turns_joined"},
    "unpaired_end": {"": "trailing_user"},
    "bom": {"": "bom"},
}
"""For each phrase: a pattern that is looked for in what was got, and the fix."""


def fix_for(phrase: str, params: Mapping[str, object]) -> str:
    """The name of the quick-fix; empty where there is none."""
    got = str(params.get("got", ""))
    found = _MADE_FOR.get(phrase, {})
    return next((fix for pattern, fix in found.items() if re.search(pattern, got)), "")
