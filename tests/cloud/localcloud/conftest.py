"""One local cloud for the whole suite, with an IAM user that is not root."""

import json
import os
import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from localcloud.client.handle import Credentials, LocalCloud

SERVICES = (
    "s3",
    "kms",
    "sqs",
    "sns",
    "events",
    "dynamodb",
    "lambda",
    "logs",
    "cloudformation",
    "cloudtrail",
    "iam",
)
STORAGE_ONLY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


@pytest.fixture(scope="session")
def cloud_python() -> str:
    return os.environ.get("RESEAL_CLOUD_PYTHON", ".venv/cloud/bin/python")


@pytest.fixture(scope="session")
def local_cloud(cloud_python: str) -> Iterator[LocalCloud]:
    with LocalCloud.start(python=cloud_python) as cloud:
        yield cloud


@pytest.fixture(autouse=True)
def _no_fault_survives_its_test(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "local_cloud" in request.fixturenames:
        request.getfixturevalue("local_cloud").clear_faults()


@pytest.fixture(scope="session")
def user(local_cloud: LocalCloud) -> Credentials:
    """A user with every right that these tests need; resource and key policies can still deny it."""
    actions = [f"{service}:*" for service in SERVICES]
    return local_cloud.create_user(
        "engineer",
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]},
    )


@pytest.fixture(scope="session")
def storage_user(local_cloud: LocalCloud) -> Credentials:
    """A user with S3 rights and no KMS rights."""
    return local_cloud.create_user("storage", STORAGE_ONLY)


@pytest.fixture(scope="session")
def s3(local_cloud: LocalCloud, user: Credentials) -> Any:
    return local_cloud.client("s3", user)


@pytest.fixture(scope="session")
def kms(local_cloud: LocalCloud, user: Credentials) -> Any:
    return local_cloud.client("kms", user)


@pytest.fixture(scope="session")
def sqs(local_cloud: LocalCloud, user: Credentials) -> Any:
    return local_cloud.client("sqs", user)


@pytest.fixture(scope="session")
def events(local_cloud: LocalCloud, user: Credentials) -> Any:
    return local_cloud.client("events", user)


@pytest.fixture
def bucket(s3: Any) -> str:
    name = f"bucket-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def key_arn(kms: Any) -> str:
    return str(kms.create_key()["KeyMetadata"]["Arn"])


@pytest.fixture
def import_material(kms: Any) -> Callable[[str], None]:
    """Import material that expires tomorrow into a key of origin EXTERNAL."""

    def put(key: str) -> None:
        parameters = kms.get_parameters_for_import(
            KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
        )
        wrapping_key = load_der_public_key(parameters["PublicKey"])
        assert isinstance(wrapping_key, rsa.RSAPublicKey)
        oaep = padding.OAEP(mgf=padding.MGF1(SHA256()), algorithm=SHA256(), label=None)
        kms.import_key_material(
            KeyId=key,
            ImportToken=parameters["ImportToken"],
            EncryptedKeyMaterial=wrapping_key.encrypt(secrets.token_bytes(32), oaep),
            ValidTo=datetime.now(UTC) + timedelta(days=1),
        )

    return put


@pytest.fixture
def set_default(s3: Any, bucket: str) -> Callable[..., None]:
    """Write the bucket's default encryption: ``set_default("aws:kms", key, bucket_key=True)``."""

    def put(
        algorithm: str,
        key: str | None = None,
        *,
        bucket_key: bool | None = None,
        blocked: list[str] | None = None,
    ) -> None:
        rule: dict[str, Any] = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
        if key:
            rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] = key
        if bucket_key is not None:
            rule["BucketKeyEnabled"] = bucket_key
        if blocked:
            rule["BlockedEncryptionTypes"] = {"EncryptionType": blocked}
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})

    return put


class Queue:
    """A test's queue, with helpers."""

    def __init__(self, sqs: Any, drain_trail: Callable[[], None]) -> None:
        self._sqs, self._drain_trail = sqs, drain_trail
        self.url = sqs.create_queue(QueueName=f"queue-{uuid.uuid4().hex[:12]}")["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]
        self.arn = attributes["QueueArn"]

    def admit(self, service: str, source_arn: str) -> None:
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": service},
                    "Action": "sqs:SendMessage",
                    "Resource": self.arn,
                    "Condition": {"ArnEquals": {"aws:SourceArn": source_arn}},
                }
            ],
        }
        self._sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": json.dumps(policy)})

    def receive(self, count: int = 1, within: float = 20.0) -> list[dict[str, Any]]:
        """The next messages, including all events of the trail; fewer than ``count`` after the time-out."""
        self._drain_trail()
        received: list[dict[str, Any]] = []
        deadline = time.monotonic() + within
        while len(received) < count and time.monotonic() < deadline:
            found = self._sqs.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=0,
                MessageAttributeNames=["All"],
                AttributeNames=["All"],
            )
            received += found.get("Messages", [])
            for message in found.get("Messages", []):
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            time.sleep(0.02)
        return received

    def receive_json(self, count: int = 1, within: float = 20.0) -> list[Any]:
        return [json.loads(message["Body"]) for message in self.receive(count, within)]


@pytest.fixture
def make_queue(sqs: Any, local_cloud: LocalCloud) -> Callable[..., Queue]:
    """A new queue, by default in the home Region: ``make_queue(sqs_of_another_region)``."""
    return lambda client=sqs: Queue(client, local_cloud.drain_trail)


@pytest.fixture
def trail_events(events: Any, make_queue: Callable[[], Queue]) -> Iterator[Queue]:
    """A queue that receives every S3 event of the trail, through a real rule."""
    queue, name = make_queue(), f"received-{uuid.uuid4().hex[:8]}"
    pattern = {"source": ["aws.s3"], "detail-type": ["AWS API Call via CloudTrail"]}
    rule = events.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    queue.admit("events.amazonaws.com", rule)
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue.arn}])
    yield queue
    events.remove_targets(Rule=name, Ids=["queue"])
    events.delete_rule(Name=name)


@pytest.fixture
def unblocked_bucket(bucket: str, set_default: Callable[..., None]) -> str:
    """A bucket that takes objects under SSE-C."""
    set_default("AES256", blocked=["NONE"])
    return bucket


@pytest.fixture
def versioned_bucket(s3: Any, bucket: str) -> str:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


@pytest.fixture
def lock_bucket(s3: Any) -> str:
    """A bucket with Object Lock, without a default retention."""
    name = f"locked-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


@pytest.fixture
def acl_bucket(s3: Any, bucket: str) -> str:
    """A bucket whose objects have ACLs, public ones too."""
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    s3.delete_public_access_block(Bucket=bucket)
    return bucket


Log = Callable[..., str]


@pytest.fixture
def log_data_events(local_cloud: LocalCloud, user: Credentials, bucket: str) -> Iterator[Log]:
    """Start a trail: ``log_data_events()`` logs all writes to the bucket's objects, for a real rule.

    Given field selectors it logs what those say, given ``EventSelectors`` what those do.
    """
    cloudtrail, names = local_cloud.client("cloudtrail", user), []

    def log(*fields: dict[str, Any], **selectors: Any) -> str:
        name = f"trail-{uuid.uuid4().hex[:8]}"
        cloudtrail.create_trail(Name=name, S3BucketName=bucket)
        names.append(name)
        if not selectors:
            data = [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
            ]
            chosen = fields or ({"Field": "readOnly", "Equals": ["false"]},)
            selectors = {"AdvancedEventSelectors": [{"FieldSelectors": [*data, *chosen]}]}
        cloudtrail.put_event_selectors(TrailName=name, **selectors)
        cloudtrail.start_logging(Name=name)
        return name

    yield log
    for name in names:
        cloudtrail.delete_trail(Name=name)


@pytest.fixture
def next_data_event(trail_events: Queue) -> Callable[..., dict[str, Any]]:
    """The record of the next event of this name; earlier ones belong to the test's preparation."""
    waiting: list[dict[str, Any]] = []

    def find(name: str) -> dict[str, Any]:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            waiting.extend(event["detail"] for event in trail_events.receive_json(within=0.5))
            while waiting:
                detail = waiting.pop(0)
                if detail["eventName"] == name:
                    return detail
        raise AssertionError(f"no event of {name} arrived")

    return find
