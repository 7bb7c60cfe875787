"""The flow from a queue message to a finding, the same for every kind of resource."""
