"""Amazon S3: read Block Public Access of a bucket and of its account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reseal.aws.errors import translated
from reseal.core.errors import RefusalError, TransientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RESTRICTS, IGNORES, BLOCKS = "RestrictPublicBuckets", "IgnorePublicAcls", "BlockPublicPolicy"
"""The first two settings change who has access now; the others only refuse new policies and ACLs."""

ControlClient = Callable[[], Any]
"""Makes the client of S3 Control, which few events need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicAccess:
    """Reads which settings are on. What cannot be read counts as off: it shuts nobody out for certain."""

    client: S3Client
    control: ControlClient | None
    account: str

    def settings(self, bucket: str, wanted: frozenset[str]) -> frozenset[str]:
        """Those of the `wanted` settings that are on, for the bucket or else for the account.

        The account is asked only about what the bucket's own settings leave open. Raises nothing.
        """
        found = wanted & self._of_bucket(bucket)
        return found if found == wanted else found | (wanted & self._of_account())

    def _of_bucket(self, bucket: str) -> frozenset[str]:
        named = {"Bucket": bucket, "ExpectedBucketOwner": self.account}
        return _settings(
            "s3:GetBucketPublicAccessBlock", lambda: self.client.get_public_access_block(**named)
        )

    def _of_account(self) -> frozenset[str]:
        if self.control is None:
            return frozenset()
        control = self.control()
        return _settings(
            "s3:GetAccountPublicAccessBlock",
            lambda: control.get_public_access_block(AccountId=self.account),
        )


def _settings(action: str, read: Callable[[], Any]) -> frozenset[str]:
    """The settings that are on. `NoSuchPublicAccessBlockConfiguration` is a refusal, too: none is."""
    try:
        with translated(action):
            found = read()["PublicAccessBlockConfiguration"]
    except (RefusalError, TransientError):
        return frozenset()
    return frozenset(name for name, is_on in found.items() if is_on)
