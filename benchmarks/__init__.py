"""What an event costs: Reseal beside Cloud Custodian and bare boto3. `make bench` prints it."""
