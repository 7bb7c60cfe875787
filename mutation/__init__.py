"""How much of the pipeline and the adapters the tests hold in place: `python -m mutation`."""
