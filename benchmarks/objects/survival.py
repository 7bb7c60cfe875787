"""What survives re-encryption by Reseal and by Cloud Custodian, on the local cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from benchmarks.objects.custodian import custodians_directory
from benchmarks.objects.products import ENCRYPT_KEYS, RESEAL
from benchmarks.objects.scenes import SCENES
from benchmarks.objects.world import object_settings
from benchmarks.packages import Packages
from benchmarks.processes import CUSTODIANS, RESEALS, MeasurementError, environment_of, run_child
from benchmarks.world import REPOSITORY, TABLE, World
from localcloud.client.handle import ROOT, LocalCloud

CLOUD_PYTHON = REPOSITORY / ".venv" / "cloud" / "bin" / "python"


@dataclass(frozen=True, slots=True)
class Way:
    """One product, and whether it copies in one call or in parts."""

    title: str
    product: str
    large: bool


WAYS = (
    Way("Reseal, copy", RESEAL, large=False),
    Way("Reseal, in parts", RESEAL, large=True),
    Way("encrypt-keys, copy", ENCRYPT_KEYS, large=False),
    Way("encrypt-keys, in parts", ENCRYPT_KEYS, large=True),
)

Fates = Mapping[str, str]


def fates_of(packages: Packages, step: Callable[[str], None]) -> dict[Way, Fates]:
    """Run every way, each in a separate local cloud, because encrypt-keys scans all objects of a bucket."""
    fates: dict[Way, Fates] = {}
    for way in WAYS:
        step(f"{way.title}, what survives")
        with _prepared_cloud() as (cloud, world, queue_url):
            try:
                fates[way] = _run(packages, way, world, cloud.endpoint, queue_url)
            except MeasurementError as error:
                fates[way] = {"could not run": str(error).strip().splitlines()[-1]}
    return fates


def _run(packages: Packages, way: Way, world: World, endpoint: str, queue_url: str) -> Fates:
    settings = {
        **object_settings(world, required="DSSE-KMS" if way.large else "SSE-KMS"),
        "QUEUE_URL": queue_url,
        "OBJECT_SCOPE": "*",
        "AWS_ACCESS_KEY_ID": ROOT.access_key,
        "AWS_SECRET_ACCESS_KEY": ROOT.secret_key,
    }
    whose = RESEALS if way.product == RESEAL else CUSTODIANS
    fates: dict[str, str] = {}
    for scene in SCENES:
        order = {**asdict(way), "scene": scene, "app": str(packages.object_app), "world": asdict(world)}
        fates |= run_child(
            f"{way.title}, {scene}",
            "benchmarks.objects.survival_child",
            order,
            custodians_directory(packages, world, way.product),
            environment_of(packages, whose, endpoint, settings),
        )
    return fates


@contextmanager
def _prepared_cloud() -> Iterator[tuple[LocalCloud, World, str]]:
    """A local cloud with a key, a topic, a ledger and a queue."""
    with LocalCloud.start(python=CLOUD_PYTHON) as cloud:
        key = cloud.client("kms").create_key()["KeyMetadata"]
        cloud.client("dynamodb").create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        topic = cloud.client("sns").create_topic(Name="findings")["TopicArn"]
        queue_url = cloud.client("sqs").create_queue(QueueName="objects")["QueueUrl"]
        yield cloud, World(key_arn=key["Arn"], topic_arn=topic), queue_url
