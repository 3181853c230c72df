"""What runs in the page: plain ES modules and a style sheet, as they are; nothing is built.

The live panel and the JupyterLab extension draw with the same modules. A widget is sent to the page
as one text, so its modules are joined here; the extension's bundler follows the imports itself.
"""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent

_IMPORT = re.compile(r"^import .* from '\./(\w+\.js)';$", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.MULTILINE)


def module(entry: str) -> str:
    """The text of a module with everything that it imports, each file once, in front of it."""
    return "\n".join(_texts(entry, set()))


def style(name: str) -> str:
    """The text of a style sheet."""
    return (FOLDER / name).read_text("utf-8")


def _texts(name: str, seen: set[str]) -> list[str]:
    if name in seen:
        return []
    seen.add(name)
    source = (FOLDER / name).read_text("utf-8")
    needed = [text for other in _IMPORT.findall(source) for text in _texts(other, seen)]
    return [*needed, _EXPORT.sub("", _IMPORT.sub("", source))]
