"""The local cloud: MiniStack, extended in process so that the unchanged template.yaml works on it.

`python -m localcloud` starts it in MiniStack's own environment. Tests and the demo import `client/` in
their environment to start, use and observe it. Neither side imports the other.
"""
