"""Whatever others name an object and AWS says about it: it is published, quoted, cut, and fits."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reseal.core.errors import AccessDeniedError, RefusalError
from reseal.core.policy.requirements import Mode
from reseal.core.state.bucket_access import AclGrant
from tests.support.builders import BUCKET, DEFAULT_MODES, OBJECT_ENCRYPTION, a_policy
from tests.support.findings import MARKED, assert_fits, assert_keeps_its_schema, assert_nothing_is_imitated
from tests.unit.resources.object.stage import SSE_C, Stage, an_event

LONGEST_KEY = 1024
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


def fitting(key: str) -> str:
    """As much of it as S3 takes for a key."""
    return key.encode("utf-8", "ignore")[:LONGEST_KEY].decode("utf-8", "ignore")


HOSTILE = st.text(st.characters(exclude_categories=()), max_size=30).map(lambda text: MARKED + text)
KEYS = st.builds(
    lambda text, times: fitting(text * times),
    HOSTILE,
    st.sampled_from([1, 30]),
) | st.sampled_from([MARKED + "\x01" * 900, MARKED + "\U0001f600" * 200, MARKED + "'\"\\" * 300])

REFUSALS = st.builds(
    lambda kind, said: kind("Code", "s3:PutObject", said),
    st.sampled_from([AccessDeniedError, RefusalError]),
    HOSTILE,
)


def share(stage: Stage, key: str, grantee: str) -> None:
    """Somebody grants a read in the object's ACL."""
    acl = stage.cloud.objects.stored(BUCKET, key).acl
    grant = AclGrant(grantee=grantee, permission="READ")
    stage.cloud.objects.change(BUCKET, key, acl=replace(acl, grants=(grant,)))
    stage.cloud.cloud.buckets.with_acls.add(BUCKET)


def a_stage(mode: Mode) -> Stage:
    modes = DEFAULT_MODES | {OBJECT_ENCRYPTION: mode}
    return Stage(policy=a_policy(check_modes=modes, exempts_log_deliveries=True))


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None, phases=PHASES)
@given(
    keys=st.lists(KEYS, min_size=1, max_size=12, unique=True),
    encryption=st.sampled_from([None, SSE_C]),
    refusal=st.none() | REFUSALS,
    grantee=st.none() | HOSTILE,
    mode=st.sampled_from([Mode.ENFORCE, Mode.DETECT]),
    identity=HOSTILE,
)
def test_whatever_an_object_is_called_its_finding_fits_and_imitates_nothing(
    keys: list[str],
    encryption: object,
    refusal: RefusalError | None,
    grantee: str | None,
    mode: Mode,
    identity: str,
) -> None:
    stage = a_stage(mode)
    for key in keys:
        how = {} if encryption is None else {"encryption": encryption}
        stage.cloud.objects.put(BUCKET, key, **how)  # type: ignore[arg-type]
        if grantee:
            share(stage, key, grantee)
        if refusal:
            stage.cloud.objects.failures["copy"].append(refusal)
    who = {"type": "AssumedRole", "arn": identity}

    back = stage.deliver(*(an_event(key, n, userIdentity=who) for n, key in enumerate(keys)))

    assert back == {}
    assert stage.findings
    for message in stage.cloud.cloud.topic.messages:
        assert_fits(message)
        assert_nothing_is_imitated(message)
        assert_keeps_its_schema(message)
    for entry in stage.cloud.cloud.ledger.entries:
        assert len(json.dumps(entry.to_document())) < 400_000


def test_many_objects_with_long_names_are_one_message_that_fits() -> None:
    stage = a_stage(Mode.DETECT)
    keys = [f"{number:02}" + "\x01" * 1022 for number in range(20)]
    for key in keys:
        stage.cloud.objects.put(BUCKET, key)

    stage.deliver(*(an_event(key, number) for number, key in enumerate(keys)))

    (message,) = stage.cloud.cloud.topic.messages
    assert_fits(message)
    assert stage.findings[0]["occurrences"]["count"] == 20


@pytest.mark.parametrize(
    "key", ["Gehälter 2026.csv", "x" * LONGEST_KEY, "給" * 341], ids=["ä", "long", "Japanese"]
)
def test_ordinary_object_key_is_whole(key: str) -> None:
    stage = a_stage(Mode.DETECT)
    stage.cloud.objects.put(BUCKET, key)

    stage.deliver(an_event(key))

    assert repr(key) in stage.cloud.cloud.topic.messages[0].email
    assert stage.findings[0]["resource"]["name"] == f"{BUCKET}/{key}"
