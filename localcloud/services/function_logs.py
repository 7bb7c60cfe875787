"""An invocation's log is whole when the invocation is answered, as slow as the machine may be.

MiniStack takes what it has read of a worker's output, and stops at the first pause of 5 ms: a line it has not
read by then comes with the worker's next invocation, or never.
"""

import subprocess
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from localcloud.request import anchors

_PATIENCE_SECONDS = 30.0


def install() -> None:
    """Read a worker's output up to a mark."""
    anchors.replace("core.lambda_runtime.Worker._drain_stderr_bounded", _whole)


def _whole(_original: Callable[..., str], worker: Any, **_: float) -> str:
    """Whatever the handler wrote is in the pipe before its answer: what follows the answer is ours.

    Raises queue.Empty if the output is read no more: better than an answer that never comes.
    """
    mark = f"end-{uuid.uuid4()}"
    if not _said(worker._proc, mark):  # the process has ended, and its output with it
        worker._stderr_thread.join(_PATIENCE_SECONDS)
        return str(worker._drain_stderr())
    lines = iter(partial(worker._stderr_queue.get, timeout=_PATIENCE_SECONDS), mark)
    return "\n".join(lines).removesuffix("\n")


def _said(process: subprocess.Popen[str] | None, text: str) -> bool:
    """Write a line of its own where the process writes its log; False if it has ended."""
    if process is None:
        return False
    try:
        with Path(f"/proc/{process.pid}/fd/2").open("w") as pipe:
            pipe.write(f"\n{text}\n")
    except FileNotFoundError:
        return False
    return True
