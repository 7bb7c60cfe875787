"""The local cloud: MiniStack, extended in process until the unchanged template.yaml really behaves.

`python -m localcloud` starts it, in the environment that MiniStack has for itself. `client/` is what tests
and the demo import to start, drive and watch it, in theirs: neither side imports the other.
"""
