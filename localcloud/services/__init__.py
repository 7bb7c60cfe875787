"""Smaller services: SNS, SQS, CloudFormation, Lambda's logs."""
