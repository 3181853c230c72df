"""Processes, told apart by pid and start time: whether one still runs, and how it is ended.

A pid alone is used again, and a wall clock may jump: start times are counted from the boot.
"""

from __future__ import annotations

import os
import platform

import psutil

from nbfinetune.core.runs.launched import Launched

SAME_SECONDS = 2.0
"""How far two readings of one start time may lie apart: some systems count the boot anew."""


def started(pid: int) -> float:
    """When a process began, in seconds since the boot; 0 where there is no such process."""
    try:
        return float(round(psutil.Process(pid).create_time() - psutil.boot_time(), 2))
    except psutil.Error:
        return 0.0


def runs(pid: int, began: float) -> bool:
    """Whether the process of that pid is the one that began then, and no zombie."""
    try:
        if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return False
    except psutil.Error:
        return False
    return abs(started(pid) - began) <= SAME_SECONDS


def is_alive(launched: Launched) -> bool:
    """Whether the process that trains is on this machine and runs."""
    return launched.host == platform.node() and runs(launched.pid, launched.started)


def has_keeper(launched: Launched) -> bool:
    """Whether the kernel that started it, or took it over, runs. Process 1 keeps orphans only."""
    return launched.keeper_pid > 1 and runs(launched.keeper_pid, launched.keeper_started)


def end(launched: Launched, patience_seconds: float) -> None:
    """End a process and its children: asked first, then killed. Nothing where it is gone."""
    if not is_alive(launched) or launched.pid == os.getpid():
        return
    try:
        process = psutil.Process(launched.pid)
        tree = [process, *process.children(recursive=True)]
        process.terminate()
    except psutil.Error:
        return
    _, left = psutil.wait_procs(tree, timeout=patience_seconds)
    for one in left:
        try:
            one.kill()  # psutil looks at the start time once more
        except psutil.Error:
            continue
    psutil.wait_procs(left, timeout=patience_seconds)
