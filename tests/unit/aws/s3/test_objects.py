"""The exact reads of an object's ACL, tags and annotations, and the exact change in place."""

from __future__ import annotations

from typing import Any

import pytest

from reseal.core.errors import AccessDeniedError, NotFoundError, RefusalError, ResealError, TransientError
from reseal.core.state.bucket_access import AclGrant
from reseal.core.state.s3_object import Listed, ObjectAcl
from tests.support.builders import ACCOUNT, BUCKET, K, an_object
from tests.support.fakes.services import NOON
from tests.unit.aws.s3.stubs import NAMED, UNDER_K, refuse, stubbed_objects

ANNOTATION = {"AnnotationName": "label", "LastModified": NOON, "Size": 3}
OWNED = {"Owner": {"ID": "us"}, "Grants": []}
PUBLIC = "http://acs.amazonaws.com/groups/global/AllUsers"
VERSIONS = [(None, {}), ("v1", {"VersionId": "v1"}), ("null", {"VersionId": "null"})]
LISTED = {
    "Bucket": BUCKET,
    "Prefix": an_object().object_key,
    "MaxKeys": 1,
    "ExpectedBucketOwner": ACCOUNT,
    "RequestPayer": "requester",
}
CALLS: list[tuple[str, str, Any]] = [
    ("get_object_acl", "s3:GetObjectAcl", lambda objects, head: objects.read_acl(head)),
    ("get_object_tagging", "s3:GetObjectTagging", lambda objects, head: objects.read_tags(head)),
    (
        "list_object_annotations",
        "s3:ListObjectAnnotations",
        lambda objects, head: objects.has_annotations(head),
    ),
    (
        "update_object_encryption",
        "s3:UpdateObjectEncryption",
        lambda objects, head: objects.update_encryption(head, UNDER_K),
    ),
]
REFUSED = [
    ("NoSuchKey", 404, NotFoundError),
    ("NoSuchVersion", 404, NotFoundError),
    ("MethodNotAllowed", 405, NotFoundError),
    ("AccessDenied", 403, AccessDeniedError),
    ("InvalidRequest", 400, RefusalError),
    ("SlowDown", 503, TransientError),
    ("KMS.DisabledException", 400, RefusalError),
    ("KMS.ThrottlingException", 400, TransientError),
]


def grant(permission: str, **grantee: str) -> dict[str, Any]:
    kind = "Group" if "URI" in grantee else "CanonicalUser"
    return {"Grantee": {"Type": kind, **grantee}, "Permission": permission}


@pytest.mark.parametrize(("version", "named"), VERSIONS)
def test_acl_is_split_into_the_owners_permissions_and_the_grants_to_others(
    version: str | None, named: dict[str, str]
) -> None:
    grants = [grant("FULL_CONTROL", ID="us"), grant("READ", URI=PUBLIC), grant("READ_ACP", ID="them")]
    with stubbed_objects() as (objects, stub):
        stub.add_response("get_object_acl", {"Owner": {"ID": "us"}, "Grants": grants}, NAMED | named)
        stub.add_response("get_bucket_acl", OWNED, {"Bucket": BUCKET, "ExpectedBucketOwner": ACCOUNT})

        acl = objects.read_acl(an_object(version_id=version))

    others = (
        AclGrant(grantee=PUBLIC, permission="READ"),
        AclGrant(grantee="them", permission="READ_ACP"),
    )
    assert acl == ObjectAcl(owner="us", owner_permissions=frozenset({"FULL_CONTROL"}), grants=others)


def test_object_of_another_account_is_foreign() -> None:
    with stubbed_objects() as (objects, stub):
        stub.add_response("get_object_acl", {"Owner": {"ID": "them"}, "Grants": []})
        stub.add_response("get_bucket_acl", OWNED)

        assert objects.read_acl(an_object()).foreign


def test_whose_the_buckets_are_is_asked_once() -> None:
    with stubbed_objects() as (objects, stub):
        stub.add_response("get_object_acl", OWNED)
        stub.add_response("get_bucket_acl", OWNED)
        stub.add_response("get_object_acl", OWNED)

        acls = [objects.read_acl(an_object()), objects.read_acl(an_object(bucket="ledger"))]

    assert [acl.foreign for acl in acls] == [False, False]


@pytest.mark.parametrize(("version", "named"), VERSIONS)
def test_tags_are_read_from_the_very_version(version: str | None, named: dict[str, str]) -> None:
    with stubbed_objects() as (objects, stub):
        stub.add_response("get_object_tagging", {"TagSet": [{"Key": "a", "Value": "b"}]}, NAMED | named)

        assert objects.read_tags(an_object(version_id=version)) == {"a": "b"}


@pytest.mark.parametrize(
    ("answer", "has"), [({}, False), ({"Annotations": []}, False), ({"Annotations": [ANNOTATION]}, True)]
)
def test_one_annotation_is_enough(answer: dict[str, Any], *, has: bool) -> None:
    with stubbed_objects() as (objects, stub):
        stub.add_response("list_object_annotations", answer, NAMED | {"MaxAnnotationResults": 1})

        assert objects.has_annotations(an_object()) is has


def test_where_s3_has_no_annotations_no_object_has() -> None:
    with stubbed_objects() as (objects, stub):
        refuse(stub, "list_object_annotations", "NotImplemented", 501)

        assert not objects.has_annotations(an_object())


@pytest.mark.parametrize(("version", "named"), VERSIONS)
@pytest.mark.parametrize("bucket_key", [True, False])
def test_change_in_place_states_key_and_bucket_key_of_the_very_version(
    version: str | None, named: dict[str, str], *, bucket_key: bool
) -> None:
    under = {"ObjectEncryption": {"SSEKMS": {"KMSKeyArn": K, "BucketKeyEnabled": bucket_key}}}
    intended = type(UNDER_K)(algorithm="aws:kms", key_id=K, bucket_key=bucket_key)
    with stubbed_objects() as (objects, stub):
        stub.add_response("update_object_encryption", {}, NAMED | named | under)

        objects.update_encryption(an_object(version_id=version), intended)


@pytest.mark.parametrize(("code", "status", "error"), REFUSED, ids=[code for code, _, _ in REFUSED])
@pytest.mark.parametrize(("method", "action", "call"), CALLS, ids=[method for method, _, _ in CALLS])
def test_code_becomes_its_error_and_names_the_action(
    method: str, action: str, call: Any, code: str, status: int, error: type[ResealError]
) -> None:
    with stubbed_objects() as (objects, stub):
        refuse(stub, method, code, status)

        with pytest.raises(error, match=f"{action}: {code}") as raised:
            call(objects, an_object())

    assert type(raised.value) is error


@pytest.mark.parametrize("method", ["get_object_acl", "get_object_tagging"])
def test_action_on_a_named_version_has_its_own_name(method: str) -> None:
    call = next(call for name, _, call in CALLS if name == method)
    with stubbed_objects() as (objects, stub):
        refuse(stub, method, "AccessDenied", 403)

        with pytest.raises(AccessDeniedError, match=r"s3:GetObjectVersion(Acl|Tagging)"):
            call(objects, an_object(version_id="v1"))


def test_object_is_listed_by_its_whole_name() -> None:
    with stubbed_objects() as (objects, stub):
        one = {"Key": an_object().object_key, "ETag": '"e"', "LastModified": NOON}
        stub.add_response("list_objects_v2", {"Contents": [one]}, LISTED)

        assert objects.read_listed(BUCKET, an_object().object_key) == Listed(etag='"e"', last_modified=NOON)


@pytest.mark.parametrize("contents", [{}, {"Contents": [{"Key": f"{an_object().object_key}.old"}]}])
def test_another_that_is_listed_first_is_not_the_object(contents: dict[str, Any]) -> None:
    with stubbed_objects() as (objects, stub):
        stub.add_response("list_objects_v2", contents, LISTED)

        assert objects.read_listed(BUCKET, an_object().object_key) is None


def test_denied_list_names_its_own_action() -> None:
    with stubbed_objects() as (objects, stub):
        refuse(stub, "list_objects_v2", "AccessDenied", 403)

        with pytest.raises(AccessDeniedError) as denied:
            objects.read_listed(BUCKET, an_object().object_key)

    assert denied.value.action == "s3:ListBucket"


def test_denied_question_whose_the_bucket_is_names_its_own_action() -> None:
    with stubbed_objects() as (objects, stub):
        stub.add_response("get_object_acl", OWNED)
        refuse(stub, "get_bucket_acl", "AccessDenied", 403)

        with pytest.raises(AccessDeniedError) as denied:
            objects.read_acl(an_object())

    assert denied.value.action == "s3:GetBucketAcl"
