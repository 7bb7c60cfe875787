"""`make demo`: play every scene, show what happens, and fail unless each had the expected result."""

from __future__ import annotations

import argparse
import re
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from demo.bucket_scenes import BUCKET_GROUPS
from demo.key_scenes import KEY_GROUPS
from demo.object_scenes import OBJECT_GROUPS, prepare
from demo.runner import Played, play
from demo.scene import Group
from demo.summary import own_writes, show_summary
from demo.sweep import sweep
from demo.verdict import faults
from demo.view import console, show_error, show_group, show_scene, show_sweep, show_world, step, waiting
from demo.world import World, world
from localcloud.client.handle import LocalCloudError
from localcloud.client.sam import DeployError

INTERRUPTED = 130
_PICTURE_WIDTH = 104
_REMOTE_FONTS = re.compile(r"@font-face \{.*?\}", re.DOTALL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; the exit status."""
    parser = argparse.ArgumentParser(prog="demo", description="Show what Reseal does on a local cloud.")
    parser.add_argument("--scenes", choices=("all", "short"), default="all")
    parser.add_argument("--picture", type=Path, help="play the short form, and draw some scenes of it here")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if options.picture:
        console.width = _PICTURE_WIDTH
    try:
        right = _run(short=options.scenes == "short" or bool(options.picture), draw=bool(options.picture))
    except (DeployError, LocalCloudError) as error:
        show_error("The demo could not run.", error)
        return 1
    except KeyboardInterrupt:
        console.print("\nstopped; the local cloud and its files were removed")
        return INTERRUPTED
    if right and options.picture:
        picture = console.export_svg(title="make demo SCENES=short")
        options.picture.write_text(_REMOTE_FONTS.sub("", picture))
    return 0 if right else 1


def _run(*, short: bool, draw: bool) -> bool:
    """Play the scenes, and record those to be drawn; whether each had the expected result."""
    started = time.monotonic()
    console.print(
        "[bold]Reseal[/] keeps S3 buckets and objects encrypted. This demo runs on a local cloud.\n"
    )
    bucket_groups, object_groups = _chosen(BUCKET_GROUPS, short=short), _chosen(OBJECT_GROUPS, short=short)
    with world(step) as stage:
        show_world(stage)
        played = _play(bucket_groups, stage, draw=draw)
        console.print()
        with step("creating the buckets of the object scenes; Reseal remediates their default encryption"):
            prepare(stage, [scene for group in object_groups for scene in group.scenes])
        played += _play(object_groups, stage, len(played) + 1, draw=draw)
        played += _play(_chosen(KEY_GROUPS, short=short), stage, len(played) + 1, draw=draw)
        with waiting("Reseal checks every bucket"):
            swept = sweep(stage)
        show_sweep(swept)
        return show_summary(played, own_writes(stage), swept, started, short=short)


def _chosen(groups: Sequence[Group], *, short: bool) -> list[Group]:
    """The groups with the scenes to play."""
    kept = [replace(group, scenes=tuple(s for s in group.scenes if s.short or not short)) for group in groups]
    return [group for group in kept if group.scenes]


def _play(groups: Sequence[Group], stage: World, first: int = 1, *, draw: bool) -> list[Played]:
    played: list[Played] = []
    for group in groups:
        show_group(group.title)
        for scene in group.scenes:
            with waiting(f"{scene.who} {scene.title}"):
                one = play(scene, stage)
            one.faults = faults(one, stage)
            console.record = draw and scene.pictured
            show_scene(first + len(played), one, stage)
            console.record = False
            played.append(one)
    return played


if __name__ == "__main__":
    sys.exit(main())
