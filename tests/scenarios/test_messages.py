"""Messages per scenario: the table of docs/development/messages.md, measured. `-s` prints its rows."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from localcloud.client.handle import REPOSITORY
from tests.scenarios.world import records
from tests.scenarios.world.names import KEY, STRANGER_KEY, TEAM_KEY
from tests.scenarios.world.world import World

PAGE = REPOSITORY / "docs/development/messages.md"
Play = Callable[[World], int]


def flood(algorithm: str, key_id: str | None = None, writers: int = 1, number: int = 270) -> Play:
    """So many writes within half a minute, ten in a batch; returns their number."""

    def play(world: World) -> int:
        for start in range(0, number, 10):
            identities = [records.role(f"Writer{(start + one) % writers}") for one in range(10)]
            world.happens(
                *(
                    world.written(
                        f"{start + one}.csv",
                        algorithm=algorithm,
                        key_id=key_id,
                        record={"userIdentity": identity},
                    )
                    for one, identity in enumerate(identities)
                )
            )
            world.wait(30 / (number / 10))
        return number

    return play


def flapping(times: int) -> Play:
    """Somebody sets one wrong default and then another, every five seconds."""

    def play(world: World) -> int:
        for number in range(times):
            world.sets_default(*(("AES256", None), ("aws:kms", STRANGER_KEY))[number % 2])
            world.wait(5)
        return times

    return play


def denied(writers: int) -> Play:
    """So many writers, where the bucket denies reads to Reseal."""

    def play(world: World) -> int:
        world.account.deny("s3:GetObject")
        return flood("AES256", writers=writers, number=writers)(world)

    return play


def overwritten(world: World) -> int:
    """Writes under SSE-C that their writer overwrites before their records are read."""
    for _ in range(20):
        attacked = world.written(algorithm="SSE-C")
        world.wait(5)
        world.written(KEY, algorithm="aws:kms", key_id=TEAM_KEY)
        world.happens(attacked)
    return 20


SCENARIOS: dict[str, Play] = {
    "270 SSE-C writes, one writer, 30 s": flood("SSE-C"),
    "90 writes under another account's key, one writer, 30 s": flood("aws:kms", STRANGER_KEY, number=90),
    "90 SSE-C writes, 30 writers, 30 s": flood("SSE-C", writers=30, number=90),
    "90 plain writes, one writer, 30 s": flood("AES256", number=90),
    "60 writers, reads denied to Reseal": denied(60),
    "one default set wrong 20 times, two rules in turn": flapping(20),
    "20 SSE-C writes, each overwritten before its record": overwritten,
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_makes_as_many_messages_as_the_page_says(name: str, world: World) -> None:
    violations = SCENARIOS[name](world)
    world.run_out()

    row = f"| {name} | {violations} | {len(world.messages)} |"
    print(row)
    assert re.search(f"^{re.escape(row)}", PAGE.read_text(), re.MULTILINE), row
