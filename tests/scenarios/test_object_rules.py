"""The two rules of the object lane: disjoint, together complete, and the urgent one takes what is urgent."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.client.handle import REPOSITORY
from tests.scenarios.world import records
from tests.scenarios.world.aws.account import ACCOUNT, REGION, Clock
from tests.scenarios.world.patterns import matches
from tests.support.translated import of_type, resolved

OTHER = "444455556666"
SSE, PLAIN_CALLS = (
    "x-amz-server-side-encryption",
    [
        "PutObject",
        "PostObject",
        "CopyObject",
        "CompleteMultipartUpload",
        "UpdateObjectEncryption",
    ],
)
KEY_ID, CUSTOMER = f"{SSE}-aws-kms-key-id", f"{SSE}-customer-algorithm"
BEGINNINGS = ["CreateMultipartUpload", "InitiateMultipartUpload"]


def key(number: int, account: str = ACCOUNT) -> str:
    return f"arn:aws:kms:{REGION}:{account}:key/{number:08x}-8f27-4b63-a5c0-71e2d3f4b5a6"


OWN, FOREIGN, SUPPLIED, AWS_S3 = key(99), key(98, OTHER), key(97, OTHER), key(96)
LISTED = [key(1), key(2, OTHER), *(key(number) for number in range(3, 9))]
MODES: dict[str, dict[str, str]] = {
    "account": {},
    "account, supplied key, DSSE": {
        "KmsKeyArn": SUPPLIED,
        "RequiredEncryption": "DSSE-KMS",
        "AwsManagedKeyArn": AWS_S3,
    },
    "list": {"ApprovedKeys": ",".join(LISTED[:2]), "KmsKeyArn": SUPPLIED},
    "long list": {"ApprovedKeys": ",".join(LISTED), "ExemptLogDeliveries": "false"},
    "list, DSSE": {"ApprovedKeys": ",".join(LISTED[:2]), "RequiredEncryption": "DSSE-KMS"},
    "scope": {"ObjectScope": "payroll/,team-"},
}


@cache
def patterns(mode: str) -> tuple[Any, Any]:
    """The urgent rule's pattern and the other's."""
    rules = of_type(resolved(**MODES[mode]), "AWS::Events::Rule")
    text = json.dumps([rules[name]["EventPattern"] for name in ("UrgentObjectRule", "ObjectRule")])
    stacks_key = json.dumps({"Fn::GetAtt": ["RemediationKey", "Arn"]})
    text = text.replace("${EnforceObjectRole}", "EnforceObjectRole").replace(stacks_key, f'"{key(50)}"')
    found = json.loads(text)
    return found[0], found[1]


def taken_by(mode: str, event: dict[str, Any]) -> list[str]:
    urgent, plain = (matches(pattern, event) for pattern in patterns(mode))
    return ["urgent"] * urgent + ["plain"] * plain


answers = st.fixed_dictionaries(
    {},
    optional={
        SSE: st.sampled_from(["AES256", "aws:kms", "AWS:KMS", "aws:kms:dsse", "aws:fsx"]),
        KEY_ID: st.sampled_from([OWN, FOREIGN, SUPPLIED, AWS_S3, *LISTED, "alias/aws/s3", "alias/team"]),
        CUSTOMER: st.just("AES256"),
    },
)
callers = st.sampled_from(
    [
        records.role("Payroll"),
        records.role("Partner", OTHER),
        records.role("EnforceObjectRole"),
        {"type": "AWSService", "invokedBy": "delivery.logs.amazonaws.com"},
        {"type": "AWSService", "invokedBy": "redshift.amazonaws.com"},
        None,
    ]
)


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """An event of a write, or of the beginning of an upload in parts, with any encryption and any caller."""
    record = records.object_call(
        draw(st.sampled_from([*PLAIN_CALLS, *BEGINNINGS])),
        draw(st.sampled_from(["payroll", "another"])),
        "a.csv",
        Clock().now(),
        asked=draw(answers),
        userIdentity=draw(callers),
    )
    record["responseElements"] = draw(st.none() | answers)
    return records.event(record)


@settings(max_examples=300, deadline=None)
@given(event=events(), mode=st.sampled_from(sorted(MODES)))
def test_no_record_is_on_both_queues(event: dict[str, Any], mode: str) -> None:
    assert len(taken_by(mode, event)) <= 1


def states_urgent(record: dict[str, Any]) -> bool:
    request, response = record["requestParameters"], record["responseElements"] or {}
    if CUSTOMER in request or CUSTOMER in response:
        return True
    named, asked = response.get(KEY_ID, OWN), request.get(KEY_ID, "alias/aws/s3")
    by_aws_s3 = request.get(SSE, "").lower().startswith("aws:kms") and asked.endswith("alias/aws/s3")
    return not named.startswith(f"arn:aws:kms:{REGION}:{ACCOUNT}:") and not by_aws_s3


def is_dropped_by_caller(record: dict[str, Any], mode: str) -> bool:
    caller = record.get("userIdentity") or {}
    if "assumed-role/EnforceObjectRole/" in caller.get("arn", ""):
        return True
    delivers = caller.get("invokedBy") == "delivery.logs.amazonaws.com"
    return delivers and MODES[mode].get("ExemptLogDeliveries") != "false"


@settings(max_examples=300, deadline=None)
@given(event=events(), mode=st.sampled_from(["account", "scope"]))
def test_sse_c_and_keys_of_others_are_urgent_and_no_other_record_is(event: dict[str, Any], mode: str) -> None:
    record = event["detail"]
    is_urgent = states_urgent(record) and not is_dropped_by_caller(record, mode)

    assert (taken_by(mode, event) == ["urgent"]) is is_urgent


def is_approved(record: dict[str, Any], mode: str) -> bool:
    """Whether the record proves the object right: an approved key, not aws/s3, and DSSE if it is required."""
    request, response = record["requestParameters"], record["responseElements"] or {}
    named, parameters = response.get(KEY_ID), MODES[mode]
    if named is None or CUSTOMER in request or CUSTOMER in response:
        return False
    by_aws_s3 = request.get(SSE, "").lower() in ("aws:kms", "aws:kms:dsse") and request.get(
        KEY_ID, "alias/aws/s3"
    ).endswith("alias/aws/s3")
    weak = response.get(SSE, "").lower() != "aws:kms:dsse" and "RequiredEncryption" in parameters
    listed = parameters.get("ApprovedKeys", "").split(",")
    own = "ApprovedKeys" not in parameters and named.startswith(key(0)[: key(0).index("key/") + 4])
    approved = (own or named in [*listed, parameters.get("KmsKeyArn")]) and named != parameters.get(
        "AwsManagedKeyArn"
    )
    return approved and not weak and not by_aws_s3


@settings(max_examples=500, deadline=None)
@given(event=events(), mode=st.sampled_from(sorted(set(MODES) - {"scope"})))
def test_every_write_that_its_record_does_not_prove_right_is_on_a_queue(
    event: dict[str, Any], mode: str
) -> None:
    record = event["detail"]
    is_proved = is_approved(record, mode) or is_dropped_by_caller(record, mode)

    if record["eventName"] in PLAIN_CALLS and not is_proved:
        assert len(taken_by(mode, event)) == 1


@settings(max_examples=300, deadline=None)
@given(event=events(), mode=st.sampled_from(["account", "account, supplied key, DSSE", "list"]))
def test_writes_that_their_records_prove_right_start_no_function(event: dict[str, Any], mode: str) -> None:
    if is_approved(event["detail"], mode):
        assert taken_by(mode, event) == []


@settings(max_examples=500, deadline=None)
@given(event=events(), mode=st.sampled_from(sorted(MODES)))
def test_the_beginning_of_an_upload_is_never_plain(event: dict[str, Any], mode: str) -> None:
    if event["detail"]["eventName"] in BEGINNINGS:
        assert "plain" not in taken_by(mode, event)


@pytest.mark.parametrize(("bucket", "expected"), [("payroll", ["plain"]), ("another", [])])
def test_the_scope_bounds_the_plain_rule(bucket: str, expected: list[str]) -> None:
    record = records.object_call("PutObject", bucket, "a.csv", Clock().now())

    assert taken_by("scope", records.event(record)) == expected


@pytest.mark.parametrize("mode", MODES)
def test_each_event_file_is_on_one_queue_at_most(mode: str) -> None:
    for file in (REPOSITORY / "events").glob("*.json"):
        event = json.loads(file.read_text())
        assert "detail" not in event or len(taken_by(mode, event)) <= 1, file.name


@pytest.mark.parametrize(
    ("mode", "listed", "dropped"), [("long list", LISTED, 4), ("list, DSSE", LISTED[:2], 1)]
)
def test_the_rules_drop_writes_under_the_first_listed_keys_only(
    mode: str, listed: list[str], dropped: int
) -> None:
    """The others start the function: a pattern has no room for more (docs/limits.md)."""
    answers = [{SSE: "aws:kms:dsse", KEY_ID: key_id} for key_id in listed]
    now = Clock().now()
    written = [records.object_call("PutObject", "payroll", "a.csv", now) for _ in answers]
    happened = [
        records.event(one | {"responseElements": answer})
        for one, answer in zip(written, answers, strict=True)
    ]

    assert [taken_by(mode, event) for event in happened] == [
        [] if number < dropped else ["urgent"] for number in range(len(listed))
    ]
