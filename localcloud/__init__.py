"""The local cloud: MiniStack, extended in process until the unchanged template.yaml really behaves.

``python -m localcloud`` starts it (see ``__main__``); ``localcloud.handle.LocalCloud`` starts it from tests
and from the demo, which run in another environment than MiniStack's own. ``handle``,
``control_client``, ``clients``, ``deploy`` and ``arrivals`` are theirs; every other module belongs to the
server.
"""
