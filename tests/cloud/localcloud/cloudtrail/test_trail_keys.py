"""KMS calls that change something, and what KMS does by itself, arrive as events (A40, A41)."""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import Credentials, LocalCloud

OWN, OTHER = "111122223333", "222222222222"
HERE, THERE = "us-east-1", "eu-west-1"
VIA_CLOUDTRAIL = "AWS API Call via CloudTrail"
SERVICE_EVENT = "AWS Service Event via CloudTrail"
DATE = r"[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d\d:\d\d [AP]M"
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{OWN}:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
)
Next = Callable[..., Any]


@pytest.fixture
def next_event(events: Any, make_queue: Any) -> Iterator[Next]:
    """The next event of `aws.kms` with this name or detail-type; earlier ones belong to the preparation."""
    queue, name, waiting = make_queue(), f"keys-{uuid.uuid4().hex[:8]}", []
    rule = events.put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.kms"]}))["RuleArn"]
    queue.admit("events.amazonaws.com", rule)
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue.arn}])

    def find(wanted: str) -> Any:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            waiting.extend(queue.receive_json(within=0.5))
            while waiting:
                event = waiting.pop(0)
                if wanted in (event["detail-type"], event["detail"].get("eventName")):
                    return event
        raise AssertionError(f"no event {wanted} arrived")

    yield find
    events.remove_targets(Rule=name, Ids=["queue"])
    events.delete_rule(Name=name)


def key_resource(arn: str) -> dict[str, str]:
    return {"accountId": OWN, "type": "AWS::KMS::Key", "ARN": arn}


def bare(arn: str) -> str:
    return arn.rpartition("/")[2]


def test_record_has_the_fields_of_real_records(kms: Any, next_event: Next, key_arn: str) -> None:
    kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)

    event = next_event("ScheduleKeyDeletion")

    assert (event["source"], event["detail-type"], event["account"]) == ("aws.kms", VIA_CLOUDTRAIL, OWN)
    detail = event["detail"]
    assert detail.keys() == {
        "awsRegion",
        "eventCategory",
        "eventID",
        "eventName",
        "eventSource",
        "eventTime",
        "eventType",
        "eventVersion",
        "managementEvent",
        "readOnly",
        "recipientAccountId",
        "requestID",
        "requestParameters",
        "resources",
        "responseElements",
        "sourceIPAddress",
        "tlsDetails",
        "userAgent",
        "userIdentity",
    }
    assert (detail["eventSource"], detail["eventType"]) == ("kms.amazonaws.com", "AwsApiCall")
    assert (detail["readOnly"], detail["managementEvent"]) == (False, True)
    assert detail["userIdentity"]["arn"] == f"arn:aws:iam::{OWN}:user/engineer"
    assert re.match(r"Boto3/", detail["userAgent"])


def test_scheduled_deletion_shows_its_date_as_english_text(kms: Any, next_event: Next, key_arn: str) -> None:
    kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)

    detail = next_event("ScheduleKeyDeletion")["detail"]

    assert detail["requestParameters"] == {"keyId": key_arn, "pendingWindowInDays": 7}
    date = detail["responseElements"].pop("deletionDate")
    assert re.fullmatch(DATE, date)
    assert detail["responseElements"] == {
        "keyId": key_arn,
        "keyState": "PendingDeletion",
        "pendingWindowInDays": 7,
    }
    assert detail["resources"] == [key_resource(key_arn)]


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("DisableKey", "disable_key"),
        ("EnableKey", "enable_key"),
        ("DisableKeyRotation", "disable_key_rotation"),
    ],
)
def test_call_with_a_bare_id_shows_the_arn_in_its_response(
    kms: Any, next_event: Next, key_arn: str, name: str, call: str
) -> None:
    getattr(kms, call)(KeyId=bare(key_arn))

    detail = next_event(name)["detail"]

    assert detail["requestParameters"] == {"keyId": bare(key_arn)}
    assert detail["responseElements"] == {"keyId": key_arn}
    assert detail["resources"] == [key_resource(key_arn)]


def test_enabled_rotation_shows_its_period_if_it_was_sent(kms: Any, next_event: Next, key_arn: str) -> None:
    kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=180)

    parameters = next_event("EnableKeyRotation")["detail"]["requestParameters"]

    assert parameters == {"keyId": key_arn, "rotationPeriodInDays": 180}


def test_cancelled_deletion_shows_the_key(kms: Any, next_event: Next, key_arn: str) -> None:
    kms.schedule_key_deletion(KeyId=key_arn)
    kms.cancel_key_deletion(KeyId=bare(key_arn))

    detail = next_event("CancelKeyDeletion")["detail"]

    assert (detail["requestParameters"], detail["responseElements"]) == (
        {"keyId": bare(key_arn)},
        {"keyId": key_arn},
    )


def test_key_policy_is_shown_as_text(kms: Any, next_event: Next, key_arn: str) -> None:
    kms.put_key_policy(KeyId=key_arn, Policy=POLICY)

    detail = next_event("PutKeyPolicy")["detail"]

    assert detail["requestParameters"] == {
        "keyId": key_arn,
        "policyName": "default",
        "policy": POLICY,
        "bypassPolicyLockoutSafetyCheck": False,
    }
    assert detail["responseElements"] is None


def test_alias_records_name_alias_and_key_in_an_order_of_their_own(
    kms: Any, next_event: Next, key_arn: str
) -> None:
    name, other = f"alias/a{uuid.uuid4().hex[:8]}", kms.create_key()["KeyMetadata"]["Arn"]
    alias = f"arn:aws:kms:{HERE}:{OWN}:{name}"
    kms.create_alias(AliasName=name, TargetKeyId=key_arn)
    kms.update_alias(AliasName=name, TargetKeyId=bare(other))
    kms.delete_alias(AliasName=name)

    created, updated, deleted = (
        next_event(call)["detail"] for call in ("CreateAlias", "UpdateAlias", "DeleteAlias")
    )

    assert created["requestParameters"] == {"aliasName": name, "targetKeyId": key_arn}
    assert updated["requestParameters"] == {"aliasName": name, "targetKeyId": bare(other)}
    assert deleted["requestParameters"] == {"aliasName": name}
    assert created["resources"] == [key_resource(key_arn), key_resource(alias)]
    assert updated["resources"] == [key_resource(alias), key_resource(other)]
    assert deleted["resources"] == [key_resource(alias), key_resource(other)]
    elements = [record["responseElements"] for record in (created, updated, deleted)]
    assert elements == [{"keyId": key_arn}, {"keyId": other}, {"keyId": other}]


def test_grant_is_named_when_it_is_created_revoked_and_retired(
    kms: Any, next_event: Next, key_arn: str
) -> None:
    grantee = f"arn:aws:iam::{OWN}:user/engineer"
    constraints = {"EncryptionContextSubset": {"Project": "Alpha"}}
    grant = kms.create_grant(
        KeyId=key_arn, GranteePrincipal=grantee, Operations=["Decrypt"], Constraints=constraints
    )
    kms.revoke_grant(KeyId=key_arn, GrantId=grant["GrantId"])
    second = kms.create_grant(KeyId=key_arn, GranteePrincipal=grantee, Operations=["Decrypt"])
    kms.retire_grant(GrantToken=second["GrantToken"])

    created, revoked, retired = (
        next_event(call)["detail"] for call in ("CreateGrant", "RevokeGrant", "RetireGrant")
    )

    assert created["requestParameters"] == {
        "keyId": key_arn,
        "granteePrincipal": grantee,
        "operations": ["Decrypt"],
        "constraints": {"encryptionContextSubset": {"Project": "Alpha"}},
    }
    assert created["responseElements"] == {"grantId": grant["GrantId"], "keyId": key_arn}
    assert revoked["requestParameters"] == {"keyId": key_arn, "grantId": grant["GrantId"]}
    assert (revoked["responseElements"], retired["requestParameters"]) == (None, None)
    assert retired["additionalEventData"] == {"grantId": second["GrantId"]}
    assert retired["resources"] == [key_resource(key_arn)]


def test_imported_material_is_not_shown(
    kms: Any, next_event: Next, import_material: Callable[[str], None]
) -> None:
    key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"]
    import_material(key)
    kms.delete_imported_key_material(KeyId=key)

    imported, deleted = (
        next_event(call)["detail"] for call in ("ImportKeyMaterial", "DeleteImportedKeyMaterial")
    )

    assert imported["requestParameters"].keys() == {"keyId", "validTo"}
    assert re.fullmatch(DATE, imported["requestParameters"]["validTo"])
    assert imported["responseElements"].keys() == {"keyId", "keyMaterialId"}
    assert deleted["responseElements"] == imported["responseElements"]


def test_created_key_is_shown_with_its_metadata(kms: Any, next_event: Next) -> None:
    key = kms.create_key(Description="a")["KeyMetadata"]["Arn"]

    detail = next_event("CreateKey")["detail"]

    metadata = detail["responseElements"]["keyMetadata"]
    assert (metadata["aWSAccountId"], metadata["arn"], metadata["keyState"]) == (OWN, key, "Enabled")
    assert re.fullmatch(DATE, metadata["creationDate"])
    assert detail["requestParameters"]["origin"] == "AWS_KMS"
    assert detail["resources"] == [key_resource(key)]


def test_primary_with_replicas_shows_that_it_waits(
    local_cloud: LocalCloud, kms: Any, next_event: Next
) -> None:
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
    kms.replicate_key(KeyId=key, ReplicaRegion=THERE)
    kms.schedule_key_deletion(KeyId=key)

    replicated, scheduled = (next_event(call)["detail"] for call in ("ReplicateKey", "ScheduleKeyDeletion"))

    assert replicated["requestParameters"] == {
        "keyId": key,
        "replicaRegion": THERE,
        "bypassPolicyLockoutSafetyCheck": False,
        "description": "",
    }
    shown = replicated["responseElements"]["replicaKeyMetadata"]
    assert (shown["arn"], shown["keyState"], shown["enabled"]) == (
        key.replace(HERE, THERE),
        "Creating",
        False,
    )
    assert replicated["resources"] == [key_resource(key)]
    assert scheduled["responseElements"] == {
        "keyId": key,
        "keyState": "PendingReplicaDeletion",
        "pendingWindowInDays": 30,
    }


def test_new_primary_region_is_recorded_where_the_call_was_made(kms: Any, next_event: Next) -> None:
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
    kms.replicate_key(KeyId=key, ReplicaRegion=THERE)
    kms.update_primary_region(KeyId=bare(key), PrimaryRegion=THERE)

    detail = next_event("UpdatePrimaryRegion")["detail"]

    assert (detail["awsRegion"], detail["resources"]) == (HERE, [key_resource(key)])
    assert detail["requestParameters"] == {"keyId": bare(key), "primaryRegion": THERE}


def test_second_record_of_a_new_primary_region_names_no_resource(
    local_cloud: LocalCloud, user: Credentials, kms: Any, make_queue: Any
) -> None:
    events, sqs = (local_cloud.client(service, user, THERE) for service in ("events", "sqs"))
    queue = make_queue(sqs)
    pattern = json.dumps({"detail": {"eventName": ["UpdatePrimaryRegion"]}})
    queue.admit("events.amazonaws.com", events.put_rule(Name="moved", EventPattern=pattern)["RuleArn"])
    events.put_targets(Rule="moved", Targets=[{"Id": "queue", "Arn": queue.arn}])
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
    kms.replicate_key(KeyId=key, ReplicaRegion=THERE)

    kms.update_primary_region(KeyId=key, PrimaryRegion=THERE)

    (event,) = queue.receive_json()
    detail = event["detail"]
    assert "resources" not in detail
    assert detail["userIdentity"]["invokedBy"] == "kms.amazonaws.com"
    assert detail["requestParameters"] == {"keyId": key.replace(HERE, THERE), "primaryRegion": THERE}


def test_refused_call_is_recorded_with_its_error(kms: Any, next_event: Next, key_arn: str) -> None:
    with pytest.raises(ClientError):
        kms.cancel_key_deletion(KeyId=key_arn)

    detail = next_event("CancelKeyDeletion")["detail"]

    assert (detail["errorCode"], detail["responseElements"]) == ("KMSInvalidStateException", None)
    assert detail["errorMessage"] == f"{key_arn} is not pending deletion."


def test_call_without_permission_is_recorded_as_denied(
    local_cloud: LocalCloud, storage_user: Credentials, next_event: Next, key_arn: str
) -> None:
    with pytest.raises(ClientError):
        local_cloud.client("kms", storage_user).disable_key(KeyId=key_arn)

    assert next_event("DisableKey")["detail"]["errorCode"] == "AccessDenied"


def test_reads_and_uses_make_no_event(kms: Any, next_event: Next, key_arn: str) -> None:
    kms.encrypt(KeyId=key_arn, Plaintext=b"x")
    kms.get_key_policy(KeyId=key_arn)
    kms.disable_key(KeyId=key_arn)

    with pytest.raises(AssertionError, match="no event Encrypt"):
        next_event("Encrypt")


def test_rotation_on_demand_is_followed_by_the_rotation(kms: Any, next_event: Next, key_arn: str) -> None:
    kms.rotate_key_on_demand(KeyId=key_arn)

    asked, done, own = (next_event(name) for name in ("RotateKeyOnDemand", "RotateKey", "KMS CMK Rotation"))

    assert asked["detail"]["responseElements"] == {"keyId": bare(key_arn)}
    assert (done["detail-type"], done["detail"]["eventType"]) == (SERVICE_EVENT, "AwsServiceEvent")
    assert done["detail"]["serviceEventDetails"] == {
        "keyId": bare(key_arn),
        "rotationType": "ON_DEMAND",
        "keyOrigin": "AWS_KMS",
    }
    assert (own["resources"], own["detail"]) == ([key_arn], {"key-id": bare(key_arn)})


def test_end_of_a_key_is_a_service_event_and_one_of_kms_itself(
    local_cloud: LocalCloud, kms: Any, next_event: Next, key_arn: str
) -> None:
    kms.schedule_key_deletion(KeyId=key_arn)

    local_cloud.let_happen("deleted", key_arn)

    record, own = next_event("DeleteKey"), next_event("KMS CMK Deletion")
    assert record["detail-type"] == SERVICE_EVENT
    assert record["detail"]["userIdentity"] == {"accountId": OWN, "invokedBy": "AWS Internal"}
    assert record["detail"]["resources"] == [key_resource(key_arn)]
    assert "serviceEventDetails" not in record["detail"]
    assert (own["account"], own["resources"], own["detail"]) == (OWN, [key_arn], {"key-id": bare(key_arn)})


def test_automatic_rotation_is_a_service_event(
    local_cloud: LocalCloud, kms: Any, next_event: Next, key_arn: str
) -> None:
    kms.enable_key_rotation(KeyId=key_arn)

    local_cloud.let_happen("rotated", key_arn)

    details = next_event("RotateKey")["detail"]["serviceEventDetails"]
    assert (details["keyId"], details["rotationType"]) == (bare(key_arn), "AUTOMATIC")


def test_expired_material_is_a_service_event(
    local_cloud: LocalCloud, kms: Any, next_event: Next, import_material: Callable[[str], None]
) -> None:
    key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"]
    import_material(key)

    local_cloud.let_happen("expired", key)

    record, own = next_event("DeleteExpiredKeyMaterial"), next_event("KMS Imported Key Material Expiration")
    assert record["detail"]["serviceEventDetails"] == {"keyId": bare(key)}
    assert own["detail"] == {"key-id": bare(key)}


def test_synchronization_is_an_api_call_of_kms_itself(
    local_cloud: LocalCloud, kms: Any, next_event: Next
) -> None:
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
    kms.replicate_key(KeyId=key, ReplicaRegion=THERE)

    local_cloud.let_happen("synchronized", key)

    event = next_event("SynchronizeMultiRegionKey")
    assert event["detail-type"] == VIA_CLOUDTRAIL
    assert event["detail"]["userIdentity"]["invokedBy"] == "AWS Internal"


def test_grant_by_another_account_is_recorded_for_both(
    local_cloud: LocalCloud, kms: Any, next_event: Next
) -> None:
    share = json.loads(POLICY)
    share["Statement"][0]["Principal"]["AWS"] = [f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{OTHER}:root"]
    key = kms.create_key(Policy=json.dumps(share))["KeyMetadata"]["Arn"]
    guest = local_cloud.client("kms", local_cloud.account_root(OTHER))
    guest.create_grant(KeyId=key, GranteePrincipal=f"arn:aws:iam::{OTHER}:root", Operations=["Decrypt"])

    detail = next_event("CreateGrant")["detail"]

    assert (detail["userIdentity"]["accountId"], detail["recipientAccountId"]) == (OTHER, OWN)
    assert detail["resources"] == [key_resource(key)]
    assert detail["sharedEventID"]
