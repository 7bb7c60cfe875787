"""The independent server: where it listens, that it leaves nothing, and what is known of it."""

from __future__ import annotations

import ast
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.contract.worlds import localemu_server
from tests.contract.worlds.known_gaps import GAPS

TABLES = [path for path in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")) if path.exists()]
LISTENS = "0A"
LOOPBACK = "0100007F"


@pytest.mark.skipif(not TABLES, reason="only Linux says in /proc who listens where")
def test_server_listens_on_the_loopback_and_nowhere_else(localemu: str) -> None:
    port = f":{urlsplit(localemu).port:04X}"

    rows = [row.split() for table in TABLES for row in table.read_text().splitlines()[1:]]
    listening = [row[1] for row in rows if row[3] == LISTENS and row[1].endswith(port)]

    assert listening == [f"{LOOPBACK}{port}"]


def test_server_that_was_stopped_answers_nobody(localemu: str) -> None:
    with localemu_server.running() as endpoint:
        address = urlsplit(endpoint)

    assert endpoint != localemu
    with socket.socket() as caller, pytest.raises(ConnectionRefusedError):
        caller.connect((address.hostname, address.port))


def test_every_known_gap_is_of_a_test_there_is() -> None:
    files = Path(__file__).parent.glob("test_*_contract.py")
    tests = {
        node.name for file in files for node in ast.parse(file.read_text()).body if hasattr(node, "name")
    }

    assert {gap.test for gap in GAPS} <= tests
