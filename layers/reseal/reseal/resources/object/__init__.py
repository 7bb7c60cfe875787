"""The object lane: `lane` runs the steps for a batch; each other module is one step."""
