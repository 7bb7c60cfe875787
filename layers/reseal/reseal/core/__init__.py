"""The pure core: values and decisions. Standard library only; no AWS, no clock, no environment."""
