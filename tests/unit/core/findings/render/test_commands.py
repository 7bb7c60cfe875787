"""The command that takes a repair back, and when there is none."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseal.core.findings.finding import Finding, Proposed, Status, Written
from reseal.core.findings.occurrences import Occurrences
from reseal.core.findings.render.commands import (
    FIRST_ONLY,
    IN_PARTS,
    NO_REPAIR,
    NOT_GUARDED,
    RUN_REPAIR,
    recommendation_of,
    repair_command,
    undo_command,
)
from reseal.core.repairs.objects.properties import sent_with_copy
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import Checksum
from tests.support.builders import (
    ACCOUNT,
    BUCKET,
    DEFAULT_ENCRYPTION,
    DSSE_KMS,
    KEY,
    OBJECT_ENCRYPTION,
    REGION,
    SSE_KMS,
    STRANGER_KEY,
    UNLISTED_KEY,
    K,
    a_call,
    a_key_call,
    an_object_call,
    an_original,
    encryption,
    object_encryption,
)
from tests.support.fakes.services import NOON
from tests.support.findings import a_finding

SSE_S3_OBJECT = object_encryption()
UNDER_ANOTHER = object_encryption(SSE_KMS, UNLISTED_KEY)
UNTOUCHED = "--copy-source-if-unmodified-since=2026-11-23T12:00:02Z"
"""The repair's time, and how far clocks differ: what was written later is not copied back."""
STANDARD = {"StorageClass": "STANDARD", "etag": '"e"'}


def undo(
    before: ObjectEncryption = SSE_S3_OBJECT,
    action: str = "CopyObject",
    *,
    key: str = KEY,
    version_id: str | None = None,
    details: Any = STANDARD,
) -> str | None:
    return undo_of(an_object_call(key=key, version_id=version_id), before, action, details)


def undo_of(call: Any, before: Any, action: str, details: Any) -> str | None:
    written = Written(action=action, after=before, at=NOON, restores=before, details=details)
    return undo_command(a_finding(DEFAULT_ENCRYPTION, call, reason="", written=written))


def test_no_command_writes_a_key_back() -> None:
    assert undo_of(a_key_call(), SSE_S3_OBJECT, "CopyObject", STANDARD) is None


@pytest.mark.parametrize(("bucket", "has_command"), [(BUCKET, True), ("legacy$(id)", False)])
def test_first_policy_of_a_bucket_is_undone_by_its_deletion_if_the_name_is_plain(
    bucket: str, has_command: bool
) -> None:
    command = undo_of(a_call(bucket=bucket), BucketPolicy(), "PutBucketPolicy", {})

    on = ["--region", REGION, "--bucket", BUCKET, "--expected-bucket-owner", ACCOUNT]
    assert command == (" ".join(["aws s3api delete-bucket-policy", *on]) if has_command else None)


def words_of(command: str | None) -> list[str]:
    assert command is not None
    return shlex.split(command)


ON_OBJECT = ["--region", REGION, "--bucket", BUCKET, f"--key={KEY}", "--expected-bucket-owner", ACCOUNT]
COPY_BACK = ["aws", "s3api", "copy-object", *ON_OBJECT, "--copy-source", f"{BUCKET}/{KEY}"]
COPY_BACK += ["--expected-source-bucket-owner", ACCOUNT, "--server-side-encryption"]


@pytest.mark.parametrize(
    ("before", "encryption_options"),
    [
        (SSE_S3_OBJECT, ["AES256"]),
        (UNDER_ANOTHER, ["aws:kms", "--ssekms-key-id", UNLISTED_KEY]),
        (object_encryption(SSE_KMS), ["aws:kms"]),
        (
            object_encryption(SSE_KMS, UNLISTED_KEY, bucket_key=True),
            ["aws:kms", "--ssekms-key-id", UNLISTED_KEY, "--bucket-key-enabled"],
        ),
        (object_encryption(DSSE_KMS, UNLISTED_KEY), ["aws:kms:dsse", "--ssekms-key-id", UNLISTED_KEY]),
    ],
    ids=["SSE-S3", "SSE-KMS", "aws/s3", "Bucket Key", "DSSE-KMS"],
)
def test_a_copy_is_undone_by_a_copy(before: ObjectEncryption, encryption_options: list[str]) -> None:
    assert words_of(undo(before)) == [*COPY_BACK, *encryption_options, UNTOUCHED, "--storage-class=STANDARD"]


def test_a_copy_back_carries_what_the_copy_carried() -> None:
    original = an_original(
        storage_class="STANDARD_IA",
        website_redirect="/new",
        context="e30=",
        checksum=Checksum(algorithm="SHA256", type="FULL_OBJECT", value="aGk="),
    )

    words = words_of(undo(details={**sent_with_copy(original), "etag": '"e"'}))

    assert words[len(COPY_BACK) + 1 :] == [
        UNTOUCHED,
        "--metadata-directive=COPY",
        "--tagging-directive=COPY",
        "--storage-class=STANDARD_IA",
        "--website-redirect-location=/new",
        "--ssekms-encryption-context=e30=",
        "--checksum-algorithm=SHA256",
    ]


def test_a_change_in_place_is_undone_in_place_and_on_the_very_version() -> None:
    words = words_of(undo(UNDER_ANOTHER, "UpdateObjectEncryption", version_id="v1"))

    assert words == [
        *("aws", "s3api", "update-object-encryption", *ON_OBJECT, "--version-id=v1"),
        *("--object-encryption", f"SSEKMS={{KMSKeyArn={UNLISTED_KEY},BucketKeyEnabled=false}}"),
    ]


def test_without_a_version_the_object_itself_is_meant() -> None:
    assert "--version-id" not in (undo(UNDER_ANOTHER, "UpdateObjectEncryption") or "--version-id")


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(undo(details={}), id="a copy would drop unknown properties"),
        pytest.param(undo(object_encryption(None)), id="never encrypted"),
        pytest.param(undo(action="UploadPartCopy"), id="too large for one copy"),
        pytest.param(undo(action="UpdateObjectEncryption"), id="in place, from SSE-S3"),
        pytest.param(
            undo(object_encryption(DSSE_KMS, UNLISTED_KEY), "UpdateObjectEncryption"),
            id="in place, from DSSE",
        ),
        pytest.param(
            undo(object_encryption(SSE_KMS, STRANGER_KEY), "UpdateObjectEncryption"),
            id="another account's key",
        ),
        pytest.param(undo(object_encryption(SSE_KMS), "UpdateObjectEncryption"), id="key not named"),
        pytest.param(undo(key="file:///etc/passwd"), id="the CLI would read a file"),
        pytest.param(undo(key="fileb:///dev/zero"), id="the CLI would read a binary file"),
        pytest.param(undo(key="a?versionId=v1"), id="the CLI would read a version"),
        pytest.param(undo(key="a\x1b[201~\nreboot\n"), id="a terminal would obey"),
        pytest.param(undo(key="salaries\u202evsc.exe"), id="reads backwards"),
        pytest.param(undo(object_encryption(SSE_KMS, "$(id)")), id="a key id that is none"),
        pytest.param(undo(object_encryption(SSE_KMS, f"{UNLISTED_KEY};id")), id="more than a key id"),
        pytest.param(undo(version_id="a b"), id="an odd version"),
        pytest.param(undo(details=STANDARD | {"GrantRead": 'id="a"'}), id="quotes"),
        pytest.param(undo(details=STANDARD | {"WebsiteRedirectLocation": "http://a/"}), id="the CLI fetches"),
        pytest.param(undo(details=STANDARD | {"SSEKMSEncryptionContext": "e30=\n"}), id="a second line"),
        pytest.param(
            undo_of(a_call(), SSE_S3_OBJECT, "CopyObject", STANDARD),
            id="no object",
        ),
    ],
)
def test_there_is_no_command_where_none_does_only_that(command: str | None) -> None:
    assert command is None


UNSAFE_KEYS = (
    "http://example.com/a",
    "https://example.com/a",
    "HTTP://example.com/a",
    "file://a",
    "fileb://a",
    "@a",
    "a b",
    "it's",
    'a"b',
    "a&calc",
    "a|b",
    "a;b",
    "a,b",
    "%PATH%",
    "$HOME",
    "$(id)",
    "`id`",
    "a^b",
    "a!b",
    "a*",
    "[a]",
    "{a,b}",
    "(a)",
    "a<b",
    "a>b",
    "#a",
    "~a",
    "a\\b",
    "a\n",
    "a\r\nb",
    "/a",
    "\u00e4",
    "\uff0f",
    "\u2019",
    "",
)
"""What some shell, or the AWS CLI, reads as something else than text."""


@pytest.mark.parametrize("key", UNSAFE_KEYS, ids=repr)
@pytest.mark.parametrize("action", ["CopyObject", "UpdateObjectEncryption"])
def test_an_object_key_that_some_shell_reads_otherwise_gives_no_command(key: str, action: str) -> None:
    assert undo(UNDER_ANOTHER, action, key=key) is None


@pytest.mark.parametrize(
    "key", ["a", "year=2026/month=11/x.csv", "a+b_c-d.E0", "-a", ".a", "a//b/", "x/http"]
)
@pytest.mark.parametrize("action", ["CopyObject", "UpdateObjectEncryption"])
def test_a_plain_object_key_stands_in_the_command_without_quotes(key: str, action: str) -> None:
    command = undo(UNDER_ANOTHER, action, key=key)

    assert f" --key={key} " in (command or "")


def undo_bucket(before: BucketEncryption, bucket: str = BUCKET) -> str | None:
    return undo_of(a_call(bucket=bucket), before, "PutBucketEncryption", {})


SET_BUCKET = f"aws s3api put-bucket-encryption --region {REGION} --bucket {BUCKET} "
SET_BUCKET += f"--expected-bucket-owner {ACCOUNT} --server-side-encryption-configuration "


@pytest.mark.parametrize(
    ("before", "rule"),
    [
        (
            encryption(),
            [
                "{SSEAlgorithm=AES256}",
                "BucketKeyEnabled=false",
                "BlockedEncryptionTypes={EncryptionType=[SSE-C]}",
            ],
        ),
        (
            encryption(SSE_KMS, UNLISTED_KEY, bucket_key=True, blocked=None),
            [f"{{SSEAlgorithm=aws:kms,KMSMasterKeyID={UNLISTED_KEY}}}", "BucketKeyEnabled=true"],
        ),
        (
            encryption(DSSE_KMS, blocked=("SSE-C", "SSE-X")),
            [
                "{SSEAlgorithm=aws:kms:dsse}",
                "BucketKeyEnabled=false",
                "BlockedEncryptionTypes={EncryptionType=[SSE-C,SSE-X]}",
            ],
        ),
    ],
    ids=["SSE-S3", "SSE-KMS", "DSSE-KMS"],
)
def test_a_buckets_rule_is_set_again_in_the_shorthand_of_the_cli(
    before: BucketEncryption, rule: list[str]
) -> None:
    fields = "ApplyServerSideEncryptionByDefault=" + ",".join(rule)

    assert undo_bucket(before) == f'{SET_BUCKET}"Rules=[{{{fields}}}]"'


@pytest.mark.parametrize(
    "key_id",
    [
        UNLISTED_KEY,
        "0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6",
        "mrk-0d9a",
        "alias/team/x_1",
        "alias/aws/s3",
        "arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/a",
    ],
)
def test_a_well_formed_key_is_named_again(key_id: str) -> None:
    assert f"KMSMasterKeyID={key_id}}}" in (undo_bucket(encryption(SSE_KMS, key_id)) or "")


@pytest.mark.parametrize(
    "key", [*UNSAFE_KEYS, "alias/it's", "alias/", "-a", "alias/a,b", "alias/a}", "a=b", "a.b"]
)
def test_a_key_id_that_is_not_well_formed_never_stands_in_a_command(key: str) -> None:
    assert undo_bucket(encryption(SSE_KMS, key)) is None
    assert undo(object_encryption(SSE_KMS, key)) is None


@pytest.mark.parametrize(
    "odd", [encryption("aws:$(id)"), encryption(blocked=("SSE-C", "a,b"))], ids=["algorithm", "type"]
)
def test_an_odd_name_of_s3_never_stands_in_a_command(odd: BucketEncryption) -> None:
    assert undo_bucket(odd) is None


def test_an_odd_bucket_name_never_stands_in_a_command() -> None:
    assert undo_bucket(encryption(), "a;id") is None


ANY_TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=40)
PLAIN = re.compile(r'[A-Za-z0-9/_.+=: -]+("[A-Za-z0-9/_.+=:,{}\[\]-]+")?')


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_a_command_means_the_same_in_every_shell(key: str, key_id: str, version: str) -> None:
    commands = [
        undo(key=key, version_id=version),
        undo(object_encryption(SSE_KMS, key_id), "UpdateObjectEncryption", key=key),
        undo_bucket(encryption(SSE_KMS, key_id), key),
    ]

    assert all(command is None or PLAIN.fullmatch(command) for command in commands)


# --- the command that repairs --------------------------------------------------------------------

UNDER_K = object_encryption(SSE_KMS, K, bucket_key=True)
SEEN = {"last_modified": "2026-11-23T11:59:30+00:00"}
ON_KEY = ["--server-side-encryption", "aws:kms", "--ssekms-key-id", K, "--bucket-key-enabled"]


def detected(proposed: Proposed | None, call: Any = None, **facts: Any) -> Finding:
    check = DEFAULT_ENCRYPTION if proposed and proposed.action == "PutBucketEncryption" else OBJECT_ENCRYPTION
    common: dict[str, Any] = {
        "status": Status.DETECTED,
        "recommendation": "nothing was changed",
        "reason": "",
    }
    return a_finding(check, call or an_object_call(), proposed=proposed, **(common | facts))


def a_copy(intended: ObjectEncryption = UNDER_K, **details: str) -> Proposed:
    return Proposed(action="CopyObject", intended=intended, details=STANDARD | SEEN | details)


def test_bucket_is_repaired_by_the_rule_that_enforcement_would_have_written() -> None:
    intended = encryption(SSE_KMS, K, bucket_key=True)

    found = detected(Proposed(action="PutBucketEncryption", intended=intended), a_call())

    *command, rule = words_of(repair_command(found))
    assert command == [
        *("aws", "s3api", "put-bucket-encryption", "--region", REGION, "--bucket", BUCKET),
        *("--expected-bucket-owner", ACCOUNT, "--server-side-encryption-configuration"),
    ]
    assert rule == (
        f"Rules=[{{ApplyServerSideEncryptionByDefault={{SSEAlgorithm=aws:kms,KMSMasterKeyID={K}}},"
        "BucketKeyEnabled=true,BlockedEncryptionTypes={EncryptionType=[SSE-C]}}]"
    )


def test_object_is_repaired_by_a_copy_unless_it_was_written_since_it_was_seen() -> None:
    assert words_of(repair_command(detected(a_copy()))) == [
        *("aws", "s3api", "copy-object", *ON_OBJECT, "--copy-source", f"{BUCKET}/{KEY}"),
        *("--expected-source-bucket-owner", ACCOUNT, *ON_KEY),
        "--copy-source-if-unmodified-since=2026-11-23T11:59:30Z",
        "--storage-class=STANDARD",
    ]


def test_object_is_repaired_in_place_where_enforcement_would_have_done_so() -> None:
    found = detected(Proposed(action="UpdateObjectEncryption", intended=UNDER_K))

    assert words_of(repair_command(found)) == [
        *("aws", "s3api", "update-object-encryption", *ON_OBJECT),
        *("--object-encryption", f"SSEKMS={{KMSKeyArn={K},BucketKeyEnabled=true}}"),
    ]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        pytest.param(detected(a_copy()), RUN_REPAIR, id="there is one"),
        pytest.param(detected(None), NOT_GUARDED, id="no guard was asked"),
        pytest.param(
            detected(Proposed(action="UploadPartCopy", intended=UNDER_K)), IN_PARTS, id="too large to copy"
        ),
        pytest.param(detected(a_copy(), an_object_call(key="a b")), NO_REPAIR, id="unsafe key"),
        pytest.param(detected(a_copy(WebsiteRedirectLocation="http://a/")), NO_REPAIR, id="the CLI fetches"),
        pytest.param(
            detected(a_copy(WebsiteRedirectLocation="/" + "x" * 2990)), NO_REPAIR, id="longer than a message"
        ),
    ],
)
def test_recommendation_says_whether_there_is_a_command_that_repairs(found: Finding, why: str) -> None:
    assert recommendation_of(found) == f"nothing was changed; {why}"
    assert (repair_command(found) is None) is (why != RUN_REPAIR)


def test_of_many_objects_the_command_repairs_only_the_first() -> None:
    many = Occurrences(count=2, first=NOON, last=NOON, keys=("a", "b"))

    found = detected(a_copy(), occurrences=many)

    assert recommendation_of(found) == f"nothing was changed; {RUN_REPAIR}; {FIRST_ONLY}"


@given(st.text(st.characters(exclude_categories=()), min_size=1, max_size=20))
def test_no_command_that_repairs_holds_an_unsafe_name(key: str) -> None:
    command = repair_command(detected(a_copy(), an_object_call(key=key)))

    assert command is None or re.fullmatch(r"[A-Za-z0-9/_.+=-]+", key, re.ASCII)
