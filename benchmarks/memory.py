"""The memory of this process, in MiB."""

from __future__ import annotations

from pathlib import Path

_STATUS = Path("/proc/self/status")


def peak_memory() -> float:
    """The most it held. Linux's ru_maxrss would include what the parent held before the exec."""
    if _STATUS.exists():
        return _status("VmHWM")
    import resource  # noqa: PLC0415  # not on every platform

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def held_memory() -> float:
    """What it holds now; 0 where the system does not say."""
    return _status("VmRSS") if _STATUS.exists() else 0.0


def _status(name: str) -> float:
    (kib,) = [line.split()[1] for line in _STATUS.read_text().splitlines() if line.startswith(name)]
    return int(kib) / 1024
