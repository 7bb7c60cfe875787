"""Reseal keeps Amazon S3 buckets encrypted with KMS keys their owners approve.

The six steps of the flow: parse, observe, decide, record, act, report (see `bucket_lane` and `object_lane`).
"""
