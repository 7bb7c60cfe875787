"""The scenes of the laws: one violation each, and the message that it leads to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from tests.scenarios.world.names import KEY, PARTNER, STRANGER_KEY, TEAM_KEY
from tests.scenarios.world.policies import admits, policy, root
from tests.scenarios.world.world import World

Act = Callable[[World], None]


@dataclass(frozen=True, slots=True)
class Scene:
    """One violation in a stack with these parameters; `act` makes it, and its message is delivered.

    `shown_by` holds the reads that show the violation. Without one of them there is no decision that could be
    lost. It is empty if the record of the call shows the violation, too.
    """

    name: str
    act: Act
    parameters: Mapping[str, str] = field(default_factory=dict)
    shown_by: frozenset[str] = frozenset()

    def world(self, monkeypatch: pytest.MonkeyPatch) -> World:
        return World(monkeypatch, **self.parameters)


def _default(algorithm: str, key_id: str | None = None, blocked: str | None = None) -> Act:
    return lambda world: world.sets_default(algorithm, key_id, blocked=blocked)


def _unusable_key(world: World) -> None:
    world.team_key.state = "Disabled"
    world.sets_default("aws:kms", TEAM_KEY)


def _access(world: World) -> None:
    """A partner may read the bucket, whose key does not admit the partner."""
    world.lowered("aws:kms", TEAM_KEY)
    world.bucket.policy = policy(admits(root(PARTNER)))
    world.calls("PutBucketPolicy")


def _access_under_foreign_key(world: World) -> None:
    world.lowered("aws:kms", STRANGER_KEY)
    world.calls("PutBucketPolicy")


def _created_again(world: World) -> None:
    """In us-east-1 a second CreateBucket succeeds and changes nothing."""
    world.calls("CreateBucket")


def _write(algorithm: str, key_id: str | None = None) -> Act:
    return lambda world: world.writes(algorithm=algorithm, key_id=key_id)


def _look_at_bucket(algorithm: str, key_id: str | None = None) -> Act:
    def act(world: World) -> None:
        world.lowered(algorithm, key_id)
        world.is_asked_to_look("look-1")

    return act


def _look_at_object(world: World) -> None:
    world.written(algorithm="aws:kms", key_id=STRANGER_KEY)
    world.is_asked_to_look("look-1", KEY)


BUCKET_READ, OBJECT_READ = frozenset({"s3:GetBucketEncryption"}), frozenset({"s3:HeadObject"})
ACCESS_READS = BUCKET_READ | {
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:ListKeyPolicies",
    *(f"s3:GetBucket{part}" for part in ("Acl", "Policy", "Replication", "Website")),
}

SCENES = (
    Scene("bucket lowered", _default("AES256")),
    Scene("bucket under a foreign key", _default("aws:kms", STRANGER_KEY)),
    Scene("bucket under a foreign key, mode detect", _default("aws:kms", STRANGER_KEY), {"Mode": "detect"}),
    Scene("bucket under an unusable key", _unusable_key, shown_by=frozenset({"kms:DescribeKey"})),
    Scene("SSE-C unblocked", _default("AES256", blocked="NONE"), {"SseCBlockMode": "enforce"}),
    Scene("access opened", _access, shown_by=ACCESS_READS),
    Scene("access to a bucket under a foreign key opened", _access_under_foreign_key, shown_by=BUCKET_READ),
    Scene("old bucket created again", _created_again, shown_by=BUCKET_READ),
    Scene("plain object", _write("AES256"), shown_by=OBJECT_READ),
    Scene("object under a foreign key", _write("aws:kms", STRANGER_KEY)),
    Scene("object under SSE-C", _write("SSE-C")),
    Scene("look at a lowered bucket", _look_at_bucket("AES256"), shown_by=BUCKET_READ),
    Scene(
        "look at a bucket under a foreign key", _look_at_bucket("aws:kms", STRANGER_KEY), shown_by=BUCKET_READ
    ),
    Scene("look at an object under a foreign key", _look_at_object, shown_by=OBJECT_READ),
)
BY_SCENE = pytest.mark.parametrize("scene", SCENES, ids=[scene.name for scene in SCENES])
