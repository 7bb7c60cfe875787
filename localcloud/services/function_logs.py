"""The log of an invocation is complete when the invocation returns, even on a slow machine.

MiniStack stops reading a worker's output at the first pause of 5 ms. A line that it has not read by then
appears with the worker's next invocation, or never.
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
    """Read a worker's output up to an end mark."""
    anchors.replace("core.lambda_runtime.Worker._drain_stderr_bounded", _complete_log)


def _complete_log(_original: Callable[..., str], worker: Any, **_: float) -> str:
    """The handler writes its output to the pipe before it returns, so a mark written now comes after it.

    Raises queue.Empty if the mark does not arrive: an error is better than an endless wait.
    """
    mark = f"end-{uuid.uuid4()}"
    if not _written(worker._proc, mark):  # the process has ended, and its output with it
        worker._stderr_thread.join(_PATIENCE_SECONDS)
        return str(worker._drain_stderr())
    lines = iter(partial(worker._stderr_queue.get, timeout=_PATIENCE_SECONDS), mark)
    return "\n".join(lines).removesuffix("\n")


def _written(process: subprocess.Popen[str] | None, text: str) -> bool:
    """Write a separate line to the pipe of the process's log; False if the process has ended."""
    if process is None:
        return False
    try:
        with Path(f"/proc/{process.pid}/fd/2").open("w") as pipe:
            pipe.write(f"\n{text}\n")
    except FileNotFoundError:
        return False
    return True
