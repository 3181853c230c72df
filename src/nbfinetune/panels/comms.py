"""Messages from a page while a cell runs."""

from __future__ import annotations

from typing import Any


def heard_while_busy(widget: Any) -> None:
    """Have the kernel hear this widget's pages while a cell runs (nothing before ipykernel 7.4).

    ipykernel 7.4 sends what a page says to the (sub)shell that last sent on the same comm: to the
    main one, which is busy with the cell, or, after a reload, to one that is gone. The page knows
    better. `tests/kernel/test_kernel_comms.py` fails once ipykernel does without this; related:
    https://github.com/ipython/ipykernel/issues/1557
    """
    if hasattr(widget.comm, "_reply_subshell_for"):
        widget.comm._reply_subshell_for = lambda _data, from_page: from_page
