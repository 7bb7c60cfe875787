"""The memory of this process, in MiB."""

from __future__ import annotations

from pathlib import Path

_STATUS = Path("/proc/self/status")


def peak_memory() -> float:
    """The peak. Linux's ru_maxrss would include the memory of the parent before the exec."""
    if _STATUS.exists():
        return _status("VmHWM")
    import resource  # noqa: PLC0415  # not on every platform

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def held_memory() -> float:
    """The memory now; 0 if the system does not report it."""
    return _status("VmRSS") if _STATUS.exists() else 0.0


def _status(name: str) -> float:
    (kib,) = [line.split()[1] for line in _STATUS.read_text().splitlines() if line.startswith(name)]
    return int(kib) / 1024
