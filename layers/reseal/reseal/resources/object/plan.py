"""How one object is to be re-encrypted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reseal.core.checks.object_encryption import OBJECT_ENCRYPTION
from reseal.core.repairs.objects.evidence import evidence_of
from reseal.core.repairs.objects.method import Method
from reseal.core.repairs.objects.properties import sent_with_copy
from reseal.core.repairs.repair import Repair
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import BucketContext, Original
from reseal.core.state.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectPlan:
    """How one object is to be re-encrypted, and to what."""

    original: Original
    bucket_context: BucketContext
    method: Method
    intended: ObjectEncryption

    @property
    def repair(self) -> Repair:
        """The write of the object's encryption."""
        return Repair(
            setting=Setting.OBJECT_ENCRYPTION,
            before=self.original.head.encryption,
            intended=self.intended,
            checks=(OBJECT_ENCRYPTION,),
        )

    @property
    def action(self) -> str:
        """The S3 call that writes."""
        return self.method.value

    @property
    def details(self) -> Mapping[str, str]:
        """The state before, and the parameters a copy sent: a copy back must send them again."""
        carried = sent_with_copy(self.original) if self.method is Method.COPY else {}
        return evidence_of(self.original) | dict(carried)
