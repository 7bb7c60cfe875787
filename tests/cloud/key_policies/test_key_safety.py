"""The stack's own key survives every change of its stack: it stays, works and can be approved.

One stack is switched to a customer-supplied key and back, changed, deleted and created again, in this order.
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
    """A stack with its own key."""
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
    """The stack after a change of KmsKeyArn, with its former key in ApprovedKeys."""
    return original.after_update(
        KmsKeyArn=customer_supplied, CallersMayUseKey="true", ApprovedKeys=original.first_key
    )


@pytest.fixture(scope="module")
def switched_back(switched: StackLife) -> StackLife:
    """The stack after it was given its former key."""
    return switched.after_update(KmsKeyArn=switched.first_key)


@pytest.fixture(scope="module")
def with_another_key(switched_back: StackLife) -> StackLife:
    """The stack after KmsKeyArn was emptied: it makes another key."""
    return switched_back.after_update(KmsKeyArn="")


@pytest.fixture(scope="module")
def recreated(with_another_key: StackLife, customer_supplied: str) -> StackLife:
    """Another stack, with the first key in ApprovedKeys."""
    life = with_another_key
    return life.after_deletion_and_creation(
        "recreated",
        SettleSeconds="0",
        KmsKeyArn=customer_supplied,
        CallersMayUseKey="true",
        ApprovedKeys=life.first_key,
    )


def reads_and_writes(deployment: Deployment, bucket: str, key: str) -> bool:
    """Whether a user without KMS rights reads the earlier object, and writes under the key."""
    old = deployment.s3.get_object(Bucket=bucket, Key="before")
    new = deployment.s3.put_object(Bucket=bucket, Key="after", Body=b"new")
    return bool(old["Body"].read() == b"kept" and old["SSEKMSKeyId"] == new["SSEKMSKeyId"] == key)


def result_of_resetting(life: StackLife, bucket: str) -> tuple[str, int]:
    """Result and number of findings after a user sets the bucket to the first key again."""
    deployment = life.deployment

    def act() -> None:
        deployment.put(bucket, "aws:kms", life.first_key, BucketKeyEnabled=True)

    (line,), findings = deployment.after(act, bucket, "PutBucketEncryption")
    return line["result"], len(findings)


def test_bucket_moves_to_the_stacks_own_key(original: StackLife, bucket: str) -> None:
    assert reads_and_writes(original.deployment, bucket, original.first_key)


def test_new_bucket_gets_the_customer_supplied_key_after_the_switch(
    switched: StackLife, customer_supplied: str
) -> None:
    rule = switched.deployment.rule(switched.deployment.bucket())

    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == customer_supplied


def test_key_survives_the_switch(switched: StackLife) -> None:
    assert switched.state_of_first_key() == USABLE
    assert "StackKeyArn" not in switched.outputs


def test_key_works_after_the_switch(switched: StackLife, bucket: str) -> None:
    assert reads_and_writes(switched.deployment, bucket, switched.first_key)


def test_former_key_is_approved_if_it_is_listed(switched: StackLife, bucket: str) -> None:
    assert result_of_resetting(switched, bucket) == ("Compliant", 0)


def test_new_bucket_gets_the_stacks_key_after_the_switch_back(switched_back: StackLife) -> None:
    rule = switched_back.deployment.rule(switched_back.deployment.bucket())

    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == switched_back.first_key
    assert switched_back.outputs["RemediationKeyArn"] == switched_back.first_key


def test_stack_whose_key_is_taken_away_again_makes_another(with_another_key: StackLife, bucket: str) -> None:
    life = with_another_key

    assert life.outputs["StackKeyArn"] not in {life.first_key, ""}
    assert life.state_of_first_key() == USABLE
    assert reads_and_writes(life.deployment, bucket, life.first_key)


def test_change_that_would_replace_the_key_fails_and_keeps_it(with_another_key: StackLife) -> None:
    def another_kind(template: str) -> str:
        head, found, tail = template.partition("RemediationKey:")
        signing = "Properties:\n      KeySpec: RSA_2048\n      KeyUsage: SIGN_VERIFY\n"
        return head + found + tail.replace("Properties:\n", signing, 1)

    present = with_another_key.outputs["StackKeyArn"]
    assert with_another_key.update(another_kind) == "UPDATE_ROLLBACK_COMPLETE"
    assert with_another_key.state_of(present) == USABLE


def test_key_survives_the_deletion_of_its_stack(recreated: StackLife, bucket: str) -> None:
    assert recreated.state_of_first_key() == USABLE
    assert reads_and_writes(recreated.deployment, bucket, recreated.first_key)


def test_ledger_survives_the_deletion_of_its_stack(original: StackLife, recreated: StackLife) -> None:
    tables = recreated.deployment.cloud.client("dynamodb").list_tables()["TableNames"]

    assert {original.outputs["LedgerTable"], recreated.outputs["LedgerTable"]} <= set(tables)


def test_key_is_approved_by_a_new_stack_that_lists_it(recreated: StackLife, bucket: str) -> None:
    assert result_of_resetting(recreated, bucket) == ("Compliant", 0)


def test_stack_never_deletes_its_key() -> None:
    key = resolved()["Resources"]["RemediationKey"]

    assert (key["Type"], key["DeletionPolicy"], key["UpdateReplacePolicy"]) == (
        "AWS::KMS::Key",
        "RetainExceptOnCreate",
        "Retain",
    )
