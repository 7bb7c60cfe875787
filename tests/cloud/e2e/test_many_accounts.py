"""The package for many accounts: one plain template, deployed in two accounts and two Regions."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.deploy import Stack
from localcloud.client.handle import ROOT, Credentials, LocalCloud
from operations import package
from tests.support.deployment import STORAGE_ONLY
from tests.support.environments import environment_python

FIRST, SECOND = "us-east-1", "eu-west-1"
PREFIX = "acme-reseal"
STRANGER = "333333333333"
PATIENCE_SECONDS = 60.0
SCOPED = {
    "ObjectScope": "scoped-,exactly/",
    "ObjectBuckets": "*",
    "RolePath": "/security/",
    "KeyAliasPrefix": "security/reseal",
    "RunbookUrl": "https://wiki.example.com/runbook",
}
KEY_CHECKS = ("KeyRotationMode", "KeyDeletionMode", "KeyDisabledMode", "KeyPolicyMode", "KeyAliasMode")
ONLY_BUCKETS = {"ObjectEncryptionMode": "off", **dict.fromkeys(KEY_CHECKS, "off")}
LANES = {
    *("ObjectRule", "EnforceObjectFunction", "EnforceObjectFunctionObjectCalls", "EnforceObjectRole"),
    *("KeyRule", "KeyEndRule", "EnforceKeyFunction", "EnforceKeyFunctionKeyCalls", "EnforceKeyRole"),
    *("EnforceKeyFunctionKeyLooks", "KeyLookQueue"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """An account and Region with a stack."""

    cloud: LocalCloud
    account: Credentials
    region: str
    stack: Stack

    def client(self, service: str) -> Any:
        return self.cloud.client(service, self.account, self.region)

    def create_bucket(self, beginning: str = "b-") -> str:
        name = f"{beginning}{uuid.uuid4().hex[:12]}"
        where = {} if self.region == FIRST else {"LocationConstraint": self.region}
        self.client("s3").create_bucket(
            Bucket=name, **({"CreateBucketConfiguration": where} if where else {})
        )
        return name

    def key_of_bucket(self, bucket: str) -> str | None:
        answer = self.client("s3").get_bucket_encryption(Bucket=bucket)
        (rule,) = answer["ServerSideEncryptionConfiguration"]["Rules"]
        return str(rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID"))

    def key_of_object(self, bucket: str) -> str | None:
        return str(self.client("s3").head_object(Bucket=bucket, Key="k").get("SSEKMSKeyId"))

    def resources(self) -> dict[str, str]:
        """The physical names of the stack's resources, by their logical names."""
        found = self.client("cloudformation").describe_stack_resources(StackName=self.stack.name)
        return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in found["StackResources"]}


@dataclass(frozen=True, slots=True)
class Organisation:
    """A managing account with the artefacts, and a member."""

    cloud: LocalCloud
    member: Credentials
    template: str

    def deploy(self, account: Credentials, region: str, parameters: dict[str, str]) -> Place:
        """A stack of the packaged template, by its URL."""
        cloudformation = self.cloud.client("cloudformation", account, region)
        name = f"reseal-{region}"  # on the local cloud, two stacks of one name would share the names of roles
        given = {"Mode": "enforce", "SettleSeconds": "0", **parameters}
        cloudformation.create_stack(
            StackName=name,
            TemplateURL=f"{self.cloud.endpoint}/{PREFIX}-{region}/{self.template}",
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        waiter = cloudformation.get_waiter("stack_create_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 300})
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        return Place(self.cloud, account, region, Stack(name, outputs))


@pytest.fixture(scope="module")
def organisation(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organisation]:
    """The package of what was built, uploaded by the command in the managing account."""
    target = tmp_path_factory.mktemp("release")
    with LocalCloud.start(python=environment_python("cloud")) as cloud:
        organizations = cloud.client("organizations")
        identity = organizations.describe_organization()["Organization"]["Id"]
        status = organizations.create_account(Email="b@example.com", AccountName="b")["CreateAccountStatus"]
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
            environment.setenv("AWS_ACCESS_KEY_ID", ROOT.access_key)
            environment.setenv("AWS_SECRET_ACCESS_KEY", ROOT.secret_key)
            where = ["--prefix", PREFIX, "--organisation", identity, "--build", str(built)]
            assert (
                package.main(["--regions", FIRST, SECOND, *where, "--target", str(target), "--upload"]) == 0
            )
        (template,) = target.glob("*.template.json")
        yield Organisation(cloud, cloud.account_root(status["AccountId"]), template.name)


@pytest.fixture(scope="module")
def places(organisation: Organisation) -> list[Place]:
    """The stacks of two accounts in two Regions; the first three have parameters of their own."""
    wanted: list[tuple[Credentials, str, dict[str, str]]] = [
        (ROOT, FIRST, SCOPED),
        (organisation.member, FIRST, ONLY_BUCKETS),
        (ROOT, SECOND, {"Mode": "detect"}),
        (organisation.member, SECOND, {}),
    ]
    with ThreadPoolExecutor(len(wanted)) as pool:
        return list(pool.map(lambda one: organisation.deploy(*one), wanted))


def becomes(read: Any, expected: object) -> bool:
    """Whether what is read becomes this in time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := read()) != expected and time.monotonic() < deadline:
        time.sleep(0.1)
    return bool(found == expected)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_stack_remediates_the_buckets_of_its_own_account_and_region(places: list[Place], number: int) -> None:
    place = places[number]

    bucket = place.create_bucket()

    assert f":{place.region}:" in place.stack.outputs["RemediationKeyArn"]
    assert becomes(lambda: place.key_of_bucket(bucket), place.stack.outputs["RemediationKeyArn"])


def test_only_accounts_of_the_organisation_read_the_artefacts(organisation: Organisation) -> None:
    cloud, named = organisation.cloud, {"Bucket": f"{PREFIX}-{SECOND}", "Key": organisation.template}
    readers = [
        cloud.client("s3", cloud.create_user("reader", STORAGE_ONLY, account), SECOND)
        for account in (organisation.member, cloud.account_root(STRANGER))
    ]

    assert readers[0].get_object(**named)["ContentLength"] > 0
    with pytest.raises(ClientError, match="AccessDenied"):
        readers[1].get_object(**named)
    with pytest.raises(ClientError, match="AccessDenied"):
        readers[0].put_object(**named, Body=b"")


def test_lane_that_is_off_leaves_neither_role_nor_polling(places: list[Place]) -> None:
    resources = places[1].resources()

    mappings = places[1].client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert resources.keys() & LANES == set()
    assert {mapping["FunctionArn"].rpartition(":")[2] for mapping in mappings} == {
        resources["EnforceBucketFunction"],
        resources["SweepFunction"],
    }
    assert places[0].resources().keys() >= LANES


def test_only_objects_in_the_scope_are_re_encrypted(places: list[Place]) -> None:
    place, key = places[0], places[0].stack.outputs["RemediationKeyArn"]
    outside, inside = place.create_bucket("other-"), place.create_bucket("scoped-")
    for bucket in (outside, inside):
        place.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256")

    assert becomes(lambda: place.key_of_object(inside), key)
    assert place.key_of_object(outside) == "None"


def test_functions_own_session_reads_no_object_outside_the_scope(places: list[Place]) -> None:
    place = places[0]
    outside, inside = place.create_bucket("other-"), place.create_bucket("scoped-")
    for bucket in (outside, inside):
        place.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256")
    name = place.stack.outputs["ObjectFunction"]
    function = place.client("lambda").get_function_configuration(FunctionName=name)["FunctionArn"]
    session = place.cloud.function_session(function)
    own = Credentials(
        session["AWS_ACCESS_KEY_ID"], session["AWS_SECRET_ACCESS_KEY"], session["AWS_SESSION_TOKEN"]
    )
    s3 = place.cloud.client("s3", own, place.region)

    assert s3.get_object(Bucket=inside, Key="k")["ContentLength"] == 1
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket=outside, Key="k")


def test_roles_and_keys_are_named_as_the_organisation_wants(places: list[Place]) -> None:
    place = places[0]
    resources = place.resources()

    role = place.client("iam").get_role(RoleName=resources["EnforceBucketRole"])["Role"]
    aliases = place.client("kms").list_aliases(KeyId=resources["RemediationKey"])["Aliases"]
    assert role["Path"] == "/security/"
    assert [alias["AliasName"] for alias in aliases] == ["alias/security/reseal-remediation"]
