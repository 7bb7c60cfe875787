"""What the command says if it could not begin."""

from __future__ import annotations

import pytest

from operations.redrive import main


def test_without_credentials_it_does_not_claim_to_have_received_messages(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = main(["--yes"])

    assert status == 1
    assert capsys.readouterr().err.splitlines() == [
        "redrive: Unable to locate credentials",
        "No message was received, so nothing changed.",
    ]
