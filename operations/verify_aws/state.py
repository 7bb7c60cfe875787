"""What a run has seen so far, in a file, so that a run that was interrupted can be resumed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from operations.verify_aws.report import Row

_NAME = "state.json"


@dataclass(slots=True, kw_only=True)
class State:
    """`requests` has the id of each recorded call's request, `records` the events that arrived for it."""

    folder: Path
    account: str
    region: str
    prefix: str
    with_stack: bool = False
    collecting: bool = False
    finished: bool = False
    rows: dict[str, Row] = field(default_factory=dict)
    requests: dict[str, str] = field(default_factory=dict)
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def save(self) -> None:
        """Write the file, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = asdict(self)
        del content["folder"]
        fresh = self.folder / f"{_NAME}.new"
        fresh.write_text(json.dumps(content, indent=1))
        fresh.replace(self.folder / _NAME)

    @classmethod
    def load(cls, folder: Path) -> State:
        """Read the file of a run."""
        content = json.loads((folder / _NAME).read_text())
        rows = {name: Row(**row) for name, row in content.pop("rows").items()}
        return cls(folder=folder, rows=rows, **content)


def unfinished(runs: Path) -> list[State]:
    """The runs that are not finished, the newest first."""
    states = [State.load(found.parent) for found in sorted(runs.glob(f"*/{_NAME}"), reverse=True)]
    return [state for state in states if not state.finished]


def give_up(runs: Path, account: str) -> None:
    """Mark the runs of an account as finished, because what they made was removed."""
    for state in unfinished(runs):
        if state.account == account:
            state.finished = True
            state.save()
