"""How many small changes of the lanes and adapters the tests detect: `python -m mutation`."""
