"""Step 6, report: what the flow needs of a reporter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from reseal.flow.batch import Batch
from reseal.flow.stages import Ended, O, P, T


class Reporter(Protocol[T, O, P]):
    """Publishes the findings of a batch, then writes the log line and the metrics of each message."""

    def report(self, batch: Batch, ended: Mapping[str, Ended[T, O, P]]) -> None:
        """An error stops the messages that it concerns, through the batch."""
