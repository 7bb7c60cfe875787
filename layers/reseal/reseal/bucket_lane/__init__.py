"""The bucket lane: `lane` drives the six steps for a message; each other module is what one of them does."""
