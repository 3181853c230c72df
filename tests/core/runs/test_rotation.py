"""Which checkpoints make room: by step, never the best, never below two."""

from __future__ import annotations

import pytest

from nbfinetune.core.runs.rotation import superfluous


@pytest.mark.parametrize(
    ("steps", "keep", "best", "gone"),
    [
        ([], 2, None, []),
        ([10], 2, None, []),
        ([10, 20], 2, 20, []),
        ([10, 20, 30], 2, None, [10]),
        ([10, 20, 30], 2, 10, []),
        ([10, 20, 30, 40], 2, 10, [20]),
        ([30, 9, 100, 20], 3, None, [9]),  # by number, in whatever order they are found
        ([10, 20, 30], 1, None, [10]),  # one of two may turn out to be damaged
        ([10, 20, 30], 0, 30, [10]),
        ([10, 20, 30], 10, 10, []),
        ([10, 20, 30], 2, 99, [10]),  # a best one that is gone already
    ],
)
def test_what_is_removed(steps, keep, best, gone):
    assert superfluous(steps, keep, best) == gone
