"""The scenes as tables: the words of the demo are those of the findings."""

from __future__ import annotations

import pytest

from demo.bucket_scenes import BUCKET_GROUPS
from demo.key_scenes import KEY_GROUPS
from demo.object_scenes import OBJECT_GROUPS
from demo.scene import End, Scene
from reseal.core.checks.catalogue import CHECK_BY_ID
from reseal.core.decision import Severity
from reseal.core.findings.finding import Status

SCENES = [scene for group in (*BUCKET_GROUPS, *OBJECT_GROUPS, *KEY_GROUPS) for scene in group.scenes]
BY_TITLE = pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.title)


@BY_TITLE
def test_scene_expects_findings_that_exist(scene: Scene) -> None:
    for check, severity, status in scene.findings:
        assert check in CHECK_BY_ID
        assert severity in Severity.__members__
        assert status in Status.__members__


@BY_TITLE
def test_scene_is_remediated_only_with_that_status(scene: Scene) -> None:
    statuses = {status for _, _, status in scene.findings}

    assert (Status.REMEDIATED in statuses) == (scene.end is End.REMEDIATED)


@BY_TITLE
def test_scene_without_a_change_reports_one(scene: Scene) -> None:
    assert bool(scene.findings) == (scene.end in {End.REMEDIATED, End.UNCHANGED})


def test_short_form_remediates_and_reports_both_buckets_and_objects() -> None:
    short = {(scene.end, bool(scene.keys)) for scene in SCENES if scene.short}

    assert short == {(end, objects) for end in (End.REMEDIATED, End.UNCHANGED) for objects in (False, True)}
