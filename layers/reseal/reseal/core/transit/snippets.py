"""Step 3, decide: how the owner of a bucket's template denies plain HTTP there."""

from __future__ import annotations

import json

from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.text.quoted import named

_SID = "DenyInsecureTransport"


def in_template(tool: str, stack: str | None, change: DenyInsecureTransport) -> str:
    """What to change where the tool defines the bucket, with the text to paste."""
    where = f"in stack {named(stack)}" if stack else "where the bucket is defined"
    if tool == "CDK":
        return f"set `enforceSSL: true` on the bucket {where}, and deploy it"
    if tool in ("Terraform", "OpenTofu"):
        return f"add to the aws_iam_policy_document of the bucket's policy {where}:\n{_hcl(change)}"
    statement = json.dumps(change.statement(_SID))
    if tool in ("CloudFormation", "SAM CLI"):
        return f"add to the PolicyDocument of the bucket's AWS::S3::BucketPolicy {where}:\n{statement}"
    return f"add to the bucket policy {where}:\n{statement}"


def _hcl(change: DenyInsecureTransport) -> str:
    arn = change.bucket_arn
    return f"""statement {{
  sid       = "{_SID}"
  effect    = "Deny"
  actions   = ["s3:*"]
  resources = ["{arn}", "{arn}/*"]
  principals {{
    type        = "*"
    identifiers = ["*"]
  }}
  condition {{
    test     = "Bool"
    variable = "aws:SecureTransport"
    values   = ["false"]
  }}
}}"""
