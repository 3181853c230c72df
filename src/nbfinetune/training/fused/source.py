"""What a class of a model computes, by its source: models share their parts, under many names."""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache
from typing import Any


def body(module: object, method: str = "forward") -> str:
    """The statements of a method in one line, without comments and docstring.

    Empty where there is no source, as in a frozen program.
    """
    return _body(getattr(type(module), method, None))


@cache
def _body(function: Any) -> str:
    try:
        source = textwrap.dedent(inspect.getsource(function))
        tree = ast.parse(source).body[0]
    except (OSError, TypeError, SyntaxError):
        return ""
    if not isinstance(tree, ast.FunctionDef):
        return ""
    said = ast.get_docstring(tree) is not None
    return " ".join(ast.unparse(statement) for statement in tree.body[said:])
