"""An invocation's log is whole when the invocation is answered, as slow as the machine may be.

MiniStack takes what it has read of a worker's output, and stops at the first pause of 5 ms: a line it has not
read by then comes with the worker's next invocation, or never.
"""

import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from localcloud import anchors

_LAST_WORDS_SECONDS = 5.0


def install() -> None:
    """Read a worker's output up to a mark."""
    anchors.replace("core.lambda_runtime.Worker._drain_stderr_bounded", _whole)


def _whole(_original: Callable[..., str], worker: Any, **_: float) -> str:
    """Whatever the handler wrote is in the pipe before its answer: what follows the answer is ours."""
    mark = f"end-{uuid.uuid4()}"
    try:
        _say(worker._proc, mark)
    except ProcessLookupError:  # its output has ended with it
        worker._stderr_thread.join(_LAST_WORDS_SECONDS)
        return str(worker._drain_stderr())
    lines: list[str] = []
    while not (line := worker._stderr_queue.get()).endswith(mark):
        lines.append(line)
    return "\n".join([*lines, *filter(None, [line.removesuffix(mark)])])


def _say(process: subprocess.Popen[str] | None, text: str) -> None:
    """Write a line where the process writes its log; ProcessLookupError if it has ended."""
    if process is None:
        raise ProcessLookupError
    try:
        with Path(f"/proc/{process.pid}/fd/2").open("w") as pipe:
            pipe.write(f"{text}\n")
    except FileNotFoundError as error:
        raise ProcessLookupError from error
