"""Kills the processes that run the deployed function."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from localcloud.client.handle import LocalCloud


def kill_workers(cloud: LocalCloud) -> int:
    """SIGKILL every worker at once, as when an execution environment dies; returns their number.

    The local cloud's server is their parent. The journal does not show which of them made a call.
    """
    server = cloud._process.pid
    workers = [pid for pid in _processes() if _parent(pid) == server]
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    return len(workers)


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _parent(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        return 0
    return int(stat.rpartition(")")[2].split()[1])
