"""The stack's own key through all that can befall its stack: it stays, works, and stays approved.

One stack is switched to a customer-supplied key and back, changed, deleted and made anew, in this order.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.key_policies.stack_life import StackLife
from tests.support.deployment import Deployment, deployed
from tests.support.translated import resolved

USABLE = ("Enabled", "SYMMETRIC_DEFAULT")


@pytest.fixture(scope="module")
def original(built: Path) -> Iterator[StackLife]:
    """A stack with a key of its own, under which a bucket and an object are."""
    with deployed() as deployment:
        yield StackLife(deployment=deployment, first_key=deployment.key)


@pytest.fixture(scope="module")
def bucket(original: StackLife) -> str:
    """A bucket that Reseal moved to the stack's key, with an object written under it."""
    name = original.deployment.bucket()
    original.deployment.s3.put_object(Bucket=name, Key="before", Body=b"kept")
    return name


@pytest.fixture(scope="module")
def customer_supplied(original: StackLife) -> str:
    return original.deployment.create_key()


@pytest.fixture(scope="module")
def switched(original: StackLife, bucket: str, customer_supplied: str) -> StackLife:
    """The stack after a change of KmsKeyArn; only the customer-supplied key is listed as approved."""
    return original.after_update(
        KmsKeyArn=customer_supplied, CallersMayUseKey="true", ApprovedKeys=customer_supplied
    )


@pytest.fixture(scope="module")
def switched_back(switched: StackLife) -> StackLife:
    return switched.after_update(KmsKeyArn="")


@pytest.fixture(scope="module")
def without_the_resource(switched_back: StackLife) -> StackLife:
    """The stack of a template that names its key differently: the first key leaves the stack."""
    return switched_back.after_update(lambda template: template.replace("RemediationKey", "OtherKey"))


@pytest.fixture(scope="module")
def made_anew(without_the_resource: StackLife, customer_supplied: str) -> StackLife:
    """Another stack, told of the first key."""
    life = without_the_resource
    return life.after_deletion_and_creation(
        "anew",
        SettleSeconds="0",
        KmsKeyArn=customer_supplied,
        CallersMayUseKey="true",
        ApprovedKeys=life.first_key,
    )


def reads_and_writes(deployment: Deployment, bucket: str, key: str) -> bool:
    """Whether somebody without any right on KMS reads what was written before, and writes under the key."""
    old = deployment.s3.get_object(Bucket=bucket, Key="before")
    new = deployment.s3.put_object(Bucket=bucket, Key="after", Body=b"new")
    return bool(old["Body"].read() == b"kept" and old["SSEKMSKeyId"] == new["SSEKMSKeyId"] == key)


def judged(life: StackLife, bucket: str) -> tuple[str, int]:
    """What Reseal says when somebody sets the bucket to the first key again: result, and findings."""
    deployment = life.deployment

    def act() -> None:
        deployment.put(bucket, "aws:kms", life.first_key, BucketKeyEnabled=True)

    (line,), findings = deployment.after(act, bucket, "PutBucketEncryption")
    return line["result"], len(findings)


def test_bucket_is_moved_to_the_stacks_own_key(original: StackLife, bucket: str) -> None:
    assert reads_and_writes(original.deployment, bucket, original.first_key)


def test_other_key_is_written_after_the_switch(switched: StackLife, customer_supplied: str) -> None:
    rule = switched.deployment.rule(switched.deployment.bucket())

    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == customer_supplied


def test_key_survives_the_switch(switched: StackLife) -> None:
    assert switched.state_of_first_key() == USABLE
    assert switched.outputs["StackKeyArn"] == switched.first_key


def test_key_works_after_the_switch(switched: StackLife, bucket: str) -> None:
    assert reads_and_writes(switched.deployment, bucket, switched.first_key)


def test_key_stays_approved_though_only_the_other_is_listed(switched: StackLife, bucket: str) -> None:
    assert judged(switched, bucket) == ("Compliant", 0)


def test_same_key_is_written_after_the_switch_back(switched_back: StackLife) -> None:
    rule = switched_back.deployment.rule(switched_back.deployment.bucket())

    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == switched_back.first_key
    assert switched_back.outputs["RemediationKeyArn"] == switched_back.first_key


def test_change_that_would_replace_the_key_fails_and_leaves_it(switched_back: StackLife) -> None:
    def another_kind(template: str) -> str:
        head, found, tail = template.partition("RemediationKey:")
        signing = "Properties:\n      KeySpec: RSA_2048\n      KeyUsage: SIGN_VERIFY\n"
        return head + found + tail.replace("Properties:\n", signing, 1)

    assert switched_back.update(another_kind) == "UPDATE_ROLLBACK_COMPLETE"
    assert switched_back.state_of_first_key() == USABLE


def test_key_survives_a_template_without_it(without_the_resource: StackLife, bucket: str) -> None:
    life = without_the_resource

    assert life.outputs["StackKeyArn"] != life.first_key
    assert life.state_of_first_key() == USABLE
    assert reads_and_writes(life.deployment, bucket, life.first_key)


def test_key_survives_the_deletion_of_its_stack(made_anew: StackLife, bucket: str) -> None:
    assert made_anew.state_of_first_key() == USABLE
    assert reads_and_writes(made_anew.deployment, bucket, made_anew.first_key)


def test_ledger_survives_the_deletion_of_its_stack(original: StackLife, made_anew: StackLife) -> None:
    tables = made_anew.deployment.cloud.client("dynamodb").list_tables()["TableNames"]

    assert {original.outputs["LedgerTable"], made_anew.outputs["LedgerTable"]} <= set(tables)


def test_key_is_approved_by_a_new_stack_that_lists_it(made_anew: StackLife, bucket: str) -> None:
    assert judged(made_anew, bucket) == ("Compliant", 0)


@pytest.mark.parametrize("parameters", [{}, {"KmsKeyArn": "arn:aws:kms:us-east-1:111122223333:key/b"}])
def test_key_is_in_every_stack_under_one_name_and_never_deleted(parameters: dict[str, str]) -> None:
    key = resolved(**parameters)["Resources"]["RemediationKey"]

    assert (key["Type"], key["DeletionPolicy"], key["UpdateReplacePolicy"]) == (
        "AWS::KMS::Key",
        "RetainExceptOnCreate",
        "Retain",
    )
    assert "Condition" not in key
