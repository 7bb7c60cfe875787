"""The bucket lane: `lane` runs the steps for one message; each other module is one step."""
