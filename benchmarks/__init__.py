"""What an event costs, and what a repair keeps: Reseal beside Cloud Custodian. `make bench` prints it."""
