"""What an event costs, and what a repair keeps: Reseal beside Cloud Custodian and bare boto3. `make bench`."""
