"""The functions' modules, which no package holds, and the batches that SQS brings them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any


def load_app(name: str) -> ModuleType:
    """A fresh copy of `functions/<name>/app.py`, with nothing remembered of an earlier test."""
    spec = importlib.util.spec_from_file_location(f"{name}_app", Path("functions") / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def batch(*bodies: str, receive_count: int = 1) -> dict[str, Any]:
    """An SQS event; the message id of a body is `id-` and the body."""
    return {
        "Records": [
            {
                "messageId": f"id-{body}",
                "receiptHandle": "handle",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(receive_count)},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "awsRegion": "us-east-1",
            }
            for body in bodies
        ]
    }
