"""The log of an invocation is complete when the invocation returns, even on a slow machine.

MiniStack stops reading a worker's output at the first pause of 5 ms. A line that it has not read by then
appears with the worker's next invocation, or never. And it makes a log group that is not there, which on AWS
needs a right (logs:CreateLogGroup) that no role of Reseal's has: an invocation that ends after its stack was
deleted leaves no group behind.
"""

import subprocess
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ministack.services import cloudwatch_logs

from localcloud.request import anchors

_PATIENCE_SECONDS = 30.0


def install() -> None:
    """Read a worker's output up to an end mark, and keep it in a log group that exists."""
    anchors.replace("core.lambda_runtime.Worker._drain_stderr_bounded", _complete_log)
    anchors.replace("services.lambda_svc._emit_lambda_logs", _into_its_group)


def _into_its_group(
    original: Callable[..., None], function: dict[str, Any], *rest: Any, **named: Any
) -> None:
    """A group that the function's configuration names must be there."""
    group = function.get("config", function).get("LoggingConfig", {}).get("LogGroup")
    if group is None or group in cloudwatch_logs._log_groups:
        original(function, *rest, **named)


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
