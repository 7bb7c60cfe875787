"""The object lane: `lane` drives the six steps for a batch; each other module is what one of them does."""
