"""The object rules' patterns: they fit the limit in every Region and configuration."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest

from reseal.core.policy.exemptions import LOG_DELIVERIES
from tests.support.translated import of_type, resolved

PATTERN_LIMIT = 2048
LONGEST_ROLE_NAME = "r" * 64
BRANCHES_OF_EVERY_PATTERN = 2
LONGEST_SCOPE = ",".join(["s" * 63 + "/", *["s" * 15] * 4])


def longest_regions() -> dict[str, str]:
    """The longest Region name of each partition that the SDK knows."""
    session = botocore.session.get_session()
    regions = {
        partition: session.get_available_regions("s3", partition_name=partition, allow_non_regional=False)
        for partition in session.get_available_partitions()
    }
    return {partition: max(names, key=len) for partition, names in regions.items() if names}


REGIONS = longest_regions()


def key_arn(number: int, partition: str = "aws", region: str = "us-east-1") -> str:
    return f"arn:{partition}:kms:{region}:444455556666:key/{number:08x}-8f27-4b63-a5c0-71e2d3f4b5a6"


def listed(count: int, partition: str = "aws", region: str = "us-east-1") -> str:
    return ",".join(key_arn(number, partition, region) for number in range(count))


def pattern(rule_name: str = "ObjectRule", **parameters: str) -> dict[str, Any]:
    rule = of_type(resolved(**parameters), "AWS::Events::Rule")[rule_name]
    found: dict[str, Any] = rule["EventPattern"]
    return found


def approved(**parameters: str) -> Any:
    """The keys that are not urgent: approved ones."""
    *_, of_others = pattern("UrgentObjectRule", **parameters)["detail"]["$or"]
    ((matcher,),) = of_others["responseElements"].values()
    return matcher["anything-but"]


def rendered(rule: str, partition: str, region: str, **parameters: str) -> str:
    """The pattern as JSON, with the longest names that its references can have."""
    pseudo = {"AWS::Partition": partition, "AWS::Region": region}
    text = json.dumps(pattern(rule, **pseudo, **parameters)).replace(
        "${EnforceObjectRole}", LONGEST_ROLE_NAME
    )
    for reference in ("RemediationKey", "TrailKey"):
        found = json.dumps({"Fn::GetAtt": [reference, "Arn"]})
        text = text.replace(found, json.dumps(key_arn(0, partition, region)))
    assert "${" not in text
    assert "Fn::" not in text
    return text


@pytest.mark.parametrize("rule", ["ObjectRule", "UrgentObjectRule"])
@pytest.mark.parametrize("partition", REGIONS)
@pytest.mark.parametrize("keys", ["account", 1, 4, 5, 40])
@pytest.mark.parametrize("required", ["SSE-KMS", "DSSE-KMS"])
@pytest.mark.parametrize("exempt", ["true", "false"])
@pytest.mark.parametrize("scope", ["*", LONGEST_SCOPE], ids=["every bucket", "longest scope"])
def test_pattern_fits_the_limit_in_every_region_with_any_number_of_keys(
    rule: str, partition: str, keys: int | str, required: str, exempt: str, scope: str
) -> None:
    region = REGIONS[partition]
    parameters = {
        "ApprovedKeys": listed(keys, partition, region) if isinstance(keys, int) else keys,
        "KmsKeyArn": key_arn(99, partition, region),
        "ObjectBuckets": "*",  # adds the trail's key to the approved ones
        "RequiredEncryption": required,
        "ExemptLogDeliveries": exempt,
        "ObjectScope": scope,
        "AwsManagedKeyArn": key_arn(98, partition, region),
    }

    assert len(rendered(rule, partition, region, **parameters)) <= PATTERN_LIMIT


def test_account_mode_approves_keys_by_the_accounts_arn_prefix() -> None:
    assert approved() == {"prefix": ["arn:aws:kms:us-east-1:111122223333:key/"]}


def test_customer_supplied_key_of_another_account_is_approved_too() -> None:
    own, customer_supplied = approved(KmsKeyArn=key_arn(7))["prefix"]

    assert (own, customer_supplied) == ("arn:aws:kms:us-east-1:111122223333:key/", key_arn(7))


def test_approved_keys_are_the_customer_supplied_the_trails_and_the_listed_keys() -> None:
    keys = approved(ApprovedKeys=listed(2), KmsKeyArn=key_arn(9), CreateManagementTrail="true")

    assert keys[:2] == [
        key_arn(9),
        {"Fn::GetAtt": ["TrailKey", "Arn"]},
    ]
    assert keys[2:4] == [key_arn(0), key_arn(1)]


@pytest.mark.parametrize(("count", "named"), [(1, 1), (2, 2), (4, 4), (5, 4), (40, 4)])
def test_pattern_names_at_most_four_listed_keys(count: int, named: int) -> None:
    keys = approved(ApprovedKeys=listed(count))

    assert [key for key in keys if str(key).startswith("arn:")] == [key_arn(n) for n in range(named)]


def test_placeholders_of_a_short_list_are_unique_and_no_keys() -> None:
    keys = [key for key in approved(ApprovedKeys=listed(2)) if isinstance(key, str)]

    assert (len(keys), len(set(keys))) == (4, 4)
    assert all(key.startswith("arn:") or key.isdecimal() for key in keys)


@pytest.mark.parametrize(("scope", "named"), [("*", 1), ("team-", 0)])
def test_required_dsse_leaves_room_for_fewer_listed_keys(scope: str, named: int) -> None:
    keys = approved(ApprovedKeys=listed(7), RequiredEncryption="DSSE-KMS", ObjectScope=scope)

    assert [key for key in keys if str(key).startswith("arn:")] == [key_arn(n) for n in range(named)]


@pytest.mark.parametrize("keys", ["account", listed(7)])
@pytest.mark.parametrize("scope", ["*", "team-"])
def test_weaker_than_dsse_is_looked_for_under_exactly_the_keys_that_are_not_urgent(
    keys: str, scope: str
) -> None:
    parameters = {"ApprovedKeys": keys, "RequiredEncryption": "DSSE-KMS", "ObjectScope": scope}
    *_, weak = pattern(**parameters)["detail"]["$or"]
    not_urgent = approved(**parameters)

    named = weak["responseElements"]["x-amz-server-side-encryption-aws-kms-key-id"]
    if isinstance(not_urgent, dict):
        assert named == [{"prefix": prefix} for prefix in not_urgent["prefix"]]
    else:
        assert named == not_urgent


def test_urgent_rule_hears_every_bucket_whatever_the_scope() -> None:
    urgent = pattern("UrgentObjectRule", ObjectScope="payroll/")["detail"]["resources"]

    assert urgent == {"accountId": ["111122223333", {"exists": False}]}


@pytest.mark.parametrize("exempt", ["true", "false"])
def test_both_rules_drop_the_same_callers(exempt: str) -> None:
    plain, urgent = (
        pattern(rule, ExemptLogDeliveries=exempt)["detail"]["userIdentity"]
        for rule in ("ObjectRule", "UrgentObjectRule")
    )

    assert plain == urgent


AWS_S3 = key_arn(98)


def test_aws_managed_key_passes_where_its_arn_is_known() -> None:
    names = pattern(AwsManagedKeyArn=AWS_S3)["detail"]["$or"][0]["responseElements"]

    assert list(names.values()) == [[{"exists": False}, AWS_S3]]


@pytest.mark.parametrize("parameters", [{}, {"AwsManagedKeyArn": AWS_S3, "ApprovedKeys": listed(1)}])
def test_pattern_names_no_aws_managed_key_where_it_is_unknown_or_unlisted(parameters: dict[str, str]) -> None:
    names = pattern(**parameters)["detail"]["$or"][0]["responseElements"]

    assert AWS_S3 not in json.dumps(names)


def test_every_rule_matches_events_of_its_own_account_only() -> None:
    rules = of_type(resolved(), "AWS::Events::Rule")

    assert {name: rule["EventPattern"]["account"] for name, rule in rules.items()} == {
        "BucketRule": ["111122223333"],
        "KeyEndRule": ["111122223333"],
        "KeyRule": ["111122223333"],
        "ObjectRule": ["111122223333"],
        "UrgentObjectRule": ["111122223333"],
    }


@pytest.mark.parametrize(("required", "more"), [("SSE-KMS", 0), ("DSSE-KMS", 1)])
def test_pattern_has_a_dsse_branch_only_if_dsse_is_required(required: str, more: int) -> None:
    branches = pattern(RequiredEncryption=required)["detail"]["$or"]

    assert len(branches) == BRANCHES_OF_EVERY_PATTERN + more


def beginnings() -> list[str]:
    """The name prefixes of services whose own calls the rule drops."""
    _, invoked_by = pattern()["detail"]["userIdentity"]["$or"]
    ((delivering, absent),) = invoked_by.values()
    assert absent == {"exists": False}
    found: list[str] = delivering["anything-but"]["prefix"]
    return found


@pytest.mark.parametrize("service", sorted(LOG_DELIVERIES))
def test_rule_drops_every_service_that_the_function_exempts(service: str) -> None:
    assert [prefix for prefix in beginnings() if service.startswith(prefix)] != []


@pytest.mark.parametrize("prefix", beginnings())
def test_rule_drops_no_service_that_the_function_checks(prefix: str) -> None:
    assert prefix.endswith(".")
    assert [service for service in LOG_DELIVERIES if service.startswith(prefix)] != []


def test_rule_matches_log_deliveries_if_they_are_not_exempt() -> None:
    assert "$or" not in pattern(ExemptLogDeliveries="false")["detail"]["userIdentity"]


def arns(**parameters: str) -> Any:
    """The ARNs that the record must list; None if any will do."""
    return pattern(**parameters)["detail"]["resources"].get("ARN")


def test_rule_matches_objects_of_every_bucket_by_default() -> None:
    assert arns() is None
    assert pattern()["detail"]["resources"]["accountId"] == ["111122223333", {"exists": False}]


@pytest.mark.parametrize(
    ("scope", "prefixes"),
    [
        ("payroll/", ["payroll/", "/", "/", "/", "/"]),
        ("team-,payroll/", ["team-", "payroll/", "/", "/", "/"]),
        ("a,b,c,d,e", ["a", "b", "c", "d", "e"]),
    ],
)
@pytest.mark.parametrize("partition", REGIONS)
def test_rule_matches_only_objects_of_buckets_in_the_scope(
    scope: str, prefixes: list[str], partition: str
) -> None:
    absent, *listed_arns = arns(ObjectScope=scope, **{"AWS::Partition": partition})

    assert absent == {"exists": False}  # the function then reads the bucket's name
    assert [arn["prefix"] for arn in listed_arns] == [f"arn:{partition}:s3:::{name}" for name in prefixes]


def test_scope_takes_no_place_of_the_urgent_rule() -> None:
    keys = approved(ApprovedKeys=listed(7), ObjectScope="team-")

    assert [key for key in keys if str(key).startswith("arn:")] == [key_arn(n) for n in range(4)]


OF_THE_LANE = {
    "ObjectRule",
    "UrgentObjectRule",
    "UrgentObjectQueue",
    "EnforceObjectFunction",
    "EnforceObjectFunctionObjectCalls",
    "EnforceObjectFunctionUrgentObjectCalls",
    "EnforceObjectRole",
}
ALARMS_OF_THE_LANE = {"ObjectErrorsAlarm", "ObjectOldestMessageAlarm", "UrgentObjectOldestMessageAlarm"}
KEPT_FOR_THE_LANE = {"ObjectQueue", "ObjectDeadLetterQueue", "ObjectDeadLetterAlarm", "EnforceObjectLogs"}


@pytest.mark.parametrize(
    ("modes", "exists"),
    [
        ({"ObjectEncryptionMode": "enforce"}, True),
        ({"ObjectEncryptionMode": "detect"}, True),
        ({"ObjectEncryptionMode": "off"}, False),
        ({"Mode": "detect"}, True),
        ({"Mode": "off"}, False),
    ],
)
def test_rule_function_role_and_polling_exist_only_if_objects_are_checked(
    modes: dict[str, str], exists: bool
) -> None:
    made = resolved(**modes)["Resources"].keys()

    assert made & OF_THE_LANE == (OF_THE_LANE if exists else set())
    assert made & ALARMS_OF_THE_LANE == (ALARMS_OF_THE_LANE if exists else set())
    assert made >= KEPT_FOR_THE_LANE  # messages and evidence may be in them
    assert "BucketRule" in made


@pytest.mark.parametrize("modes", [{"ObjectEncryptionMode": "off"}, {"Mode": "off"}])
def test_nothing_names_what_a_lane_that_is_off_does_not_have(modes: dict[str, str]) -> None:
    template = resolved(ObjectBuckets="*", CreateManagementTrail="true", **modes)

    text = json.dumps({section: template[section] for section in ("Resources", "Outputs")})

    assert [name for name in sorted(OF_THE_LANE | {"ObjectTrail"}) if f'"{name}"' in text] == []
    assert not any(f"${{{name}" in text for name in OF_THE_LANE)
