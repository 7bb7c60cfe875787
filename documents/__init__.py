"""The tables of the documents that can be derived, written from their sources by `make docs`."""
