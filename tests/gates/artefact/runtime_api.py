"""A small Lambda Runtime API: runs a built function with its layers as the managed runtime would.

with Runtime(python, folder, "app.handler", layers=[...], environment={...}, scratch=tmp) as runtime:
    result = runtime.invoke({"Records": []})
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

TIMEOUT = 30.0
FUNCTION_TIMEOUT = 90.0
"""The bucket function's in the template: with less time it starts no call to AWS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The answer of an invocation; `error` is true if it is an error document."""

    document: Any
    error: bool


class RuntimeDiedError(RuntimeError):
    """The function's process ended, or did not answer in time; the message ends with its output."""


class Runtime:
    """One execution environment: a server that hands out events, and the runtime client that polls it."""

    def __init__(
        self,
        python: Path,
        task_root: Path,
        handler: str,
        *,
        layers: Sequence[Path],
        environment: Mapping[str, str],
        scratch: Path,
    ) -> None:
        self._events: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._server = _Server(self._events, self._results)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self._log = scratch / "function.log"
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [str(python), "-m", "awslambdaric", handler],
                cwd=task_root,
                env=_environment(task_root, handler, layers, self._server.server_port) | dict(environment),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def log(self) -> str:
        """Everything the function printed so far."""
        return self._log.read_text(errors="replace")

    def invoke(self, event: Any) -> Result:
        """Hand over one event and wait. An error at import is the result of the first invocation."""
        self._events.put((str(uuid.uuid4()), json.dumps(event).encode()))
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            try:
                return self._results.get(timeout=0.1)
            except queue.Empty:
                if self._process.poll() is not None:
                    break
        raise RuntimeDiedError(self.log)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _environment(task_root: Path, handler: str, layers: Sequence[Path], port: int) -> dict[str, str]:
    """The variables that Lambda sets, and none of the developer's."""
    return {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_FUNCTION_NAME": "enforce-bucket",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": "artefact",
        "AWS_LAMBDA_LOG_STREAM_NAME": "artefact",
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "AWS_REGION": "us-east-1",
        "HOME": "/nonexistent",
        "LAMBDA_TASK_ROOT": str(task_root),
        "LANG": "en_US.UTF-8",
        "NO_PROXY": "127.0.0.1",
        "PATH": os.defpath,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join([str(task_root), *(str(layer / "python") for layer in layers)]),
        "TZ": ":UTC",
        "_HANDLER": handler,
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(
        self, events: queue.SimpleQueue[tuple[str, bytes]], results: queue.SimpleQueue[Result]
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Api)
        self.events, self.results = events, results


class _Api(BaseHTTPRequestHandler):
    """`/runtime/invocation/next`, `.../response`, `.../error` and `/runtime/init/error`."""

    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        request, event = self.server.events.get()
        deadline = int((time.time() + FUNCTION_TIMEOUT) * 1000)
        headers = {
            "Lambda-Runtime-Aws-Request-Id": request,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:111122223333:function:artefact",
            "Content-Type": "application/json",
        }
        self._answer(200, event, headers)

    def do_POST(self) -> None:
        document = json.loads(self._body() or b"null")
        self.server.results.put(Result(document=document, error=self.path.endswith("/error")))
        self._answer(202, b"{}", {})

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().strip() or b"0", 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write nothing: the log contains only the function's output."""
