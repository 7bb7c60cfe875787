"""A Deny in a resource's own policy stops the root user, too, which no policy of IAM binds.

Except in a bucket policy: the owner's root user can always read, replace and delete that (F15).
"""

from typing import Any

from ministack.core import iam_evaluator

from localcloud.request import evaluation
from localcloud.request.evaluation import Asked

NEVER_DENIED = frozenset({"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"})


def install() -> None:
    """Take part in the evaluation of policies."""
    evaluation.take_part(refuse=_denied)


def _denied(asked: Asked) -> Any:
    if asked.action in NEVER_DENIED or not asked.access_key or (root := asked.root_user) is None:
        return None
    found = iam_evaluator._resource_policy(asked.service, asked.resource)
    answer = asked.answer_of(found[0], root) if found else None
    return answer if answer and answer.decision == "Deny" else None
