"""One lane for each kind of resource: the steps from a queue message to a finding."""
