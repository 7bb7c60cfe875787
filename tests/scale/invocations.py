"""Runs the sweep's handler, message after message, as Lambda does; prints what it took as JSON."""

from __future__ import annotations

import json
import os
import threading
import time
import urllib.request
import uuid
from pathlib import Path
from typing import Any

from tests.unit.functions.handlers import load_app

TIMEOUT_SECONDS = 300.0


class Context:
    """Lambda's context of one invocation."""

    function_name = memory_limit_in_mb = invoked_function_arn = "sweep"

    def __init__(self) -> None:
        self.aws_request_id, self._ends = str(uuid.uuid4()), time.monotonic() + TIMEOUT_SECONDS

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self._ends - time.monotonic()))


def main() -> None:
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    app, memory = load_app("sweep"), Memory()
    started, messages, hops = time.monotonic(), ['{"reseal": "sweep"}'], 0
    while messages:
        hops += 1
        records = [
            {"messageId": "m1", "body": messages.pop(0), "attributes": {"ApproximateReceiveCount": "1"}}
        ]
        answer = app.handler({"Records": records}, Context())
        if answer["batchItemFailures"]:
            raise RuntimeError("the sweep failed")
        with urllib.request.urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/_messages") as waiting:
            messages += json.load(waiting)
    took, cpu = time.monotonic() - started, time.process_time()
    json.dump({"seconds": took, "cpu": cpu, "invocations": hops, "memory": memory.samples}, output)
    output.close()
    os._exit(0)


class Memory:
    """The resident memory in MiB, once a second, with the time of the system's monotonic clock."""

    def __init__(self) -> None:
        self.samples: list[tuple[float, float]] = []
        threading.Thread(target=self._sample, daemon=True).start()

    def _sample(self) -> None:
        while True:
            pages: Any = Path("/proc/self/statm").read_text().split()[1]
            self.samples.append((time.monotonic(), int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20))
            time.sleep(1)


if __name__ == "__main__":
    main()
