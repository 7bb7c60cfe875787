"""`make demo`: play every scene, show what happens, and fail unless each ended as it must."""

from __future__ import annotations

import signal
import sys
import time

from demo.performance import Played, play
from demo.scenes import SCENES
from demo.view import console, show_scene, show_summary, show_world, step
from demo.world import World, world
from localcloud.deploy import DeployError
from localcloud.handle import LocalCloudError

INTERRUPTED = 130


def main() -> int:
    """Run the demo; the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    console.print("[bold]Reseal[/]: buckets put themselves right, on a local cloud\n")
    try:
        with world(step) as stage:
            show_world(stage)
            played = _play_all(stage)
            loops = _own_calls_handled(stage)
    except (DeployError, LocalCloudError) as error:
        console.print(f"[bold red]The demo could not run.[/] {error}", markup=True)
        return 1
    except KeyboardInterrupt:
        console.print("\nstopped; the local cloud is down and nothing is left behind")
        return INTERRUPTED
    return 0 if show_summary(played, loops, started) else 1


def _play_all(stage: World) -> list[Played]:
    played = []
    for number, scene in enumerate(SCENES, 1):
        with console.status(f"{scene.who} {scene.title} ..."):
            one = play(scene, stage)
        show_scene(number, one, stage)
        played.append(one)
    return played


def _own_calls_handled(stage: World) -> int:
    """How many of Reseal's own writes reached its function: each would be a turn of a loop."""
    stage.arrivals.poll()
    return sum("EnforceBucketRole" in line.get("actor", "") for line in stage.arrivals.lines)


if __name__ == "__main__":
    sys.exit(main())
