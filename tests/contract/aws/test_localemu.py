"""The LocalEmu server: where it listens, that it stops, and that its known gaps are up to date."""

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


@pytest.mark.skipif(not TABLES, reason="only Linux lists listening sockets in /proc")
def test_server_listens_only_on_the_loopback(localemu: str) -> None:
    port = f":{urlsplit(localemu).port:04X}"

    rows = [row.split() for table in TABLES for row in table.read_text().splitlines()[1:]]
    listening = [row[1] for row in rows if row[3] == LISTENS and row[1].endswith(port)]

    assert listening == [f"{LOOPBACK}{port}"]


def test_stopped_server_accepts_no_connection(localemu: str) -> None:
    with localemu_server.running() as endpoint:
        address = urlsplit(endpoint)

    assert endpoint != localemu
    with socket.socket() as caller, pytest.raises(ConnectionRefusedError):
        caller.connect((address.hostname, address.port))


def test_every_known_gap_names_an_existing_test() -> None:
    files = Path(__file__).parents[1].rglob("test_*_contract.py")
    tests = {
        node.name for file in files for node in ast.parse(file.read_text()).body if hasattr(node, "name")
    }

    assert {gap.test for gap in GAPS} <= tests
