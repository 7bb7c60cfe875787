"""`make demo`: play every scene, show what happens, and fail unless each had the expected result."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Sequence

from demo.bucket_scenes import BUCKET_SCENES
from demo.object_scenes import OBJECT_SCENES, prepare
from demo.runner import Played, play
from demo.scene import Scene
from demo.summary import own_writes, show_summary
from demo.verdict import faults
from demo.view import console, show_scene, show_world, step
from demo.world import World, world
from localcloud.client.deploy import DeployError
from localcloud.client.handle import LocalCloudError

INTERRUPTED = 130


def main() -> int:
    """Run the demo; the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    console.print(
        "[bold]Reseal[/] keeps S3 buckets and objects encrypted. This demo runs on a local cloud.\n"
    )
    try:
        with world(step) as stage:
            show_world(stage)
            played = _play(BUCKET_SCENES, stage)
            console.print()
            with step(
                "creating the buckets of the object scenes; Reseal remediates their default encryption"
            ):
                prepare(stage)
            played += _play(OBJECT_SCENES, stage, len(played) + 1)
            own = own_writes(stage)
    except (DeployError, LocalCloudError) as error:
        console.print(f"[bold red]The demo could not run.[/] {error}", markup=True)
        return 1
    except KeyboardInterrupt:
        console.print("\nstopped; the local cloud and its files were removed")
        return INTERRUPTED
    return 0 if show_summary(played, own, started) else 1


def _play(scenes: Sequence[Scene], stage: World, first: int = 1) -> list[Played]:
    played = []
    for number, scene in enumerate(scenes, first):
        with console.status(f"{scene.who} {scene.title} ..."):
            one = play(scene, stage)
        one.faults = faults(one, stage)
        show_scene(number, one, stage)
        played.append(one)
    return played


if __name__ == "__main__":
    sys.exit(main())
