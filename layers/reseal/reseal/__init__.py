"""Reseal keeps Amazon S3 buckets and objects encrypted with KMS keys that their owners approve.

The steps of the flow: parse, observe, decide, record, act, report (see `lanes.bucket` and `lanes.object`).
"""

__version__ = "unreleased"
