"""The licence of an installed distribution, from its own metadata."""

from __future__ import annotations

from importlib.metadata import Distribution

SPDX = {
    "Apache 2.0": "Apache-2.0",
    "Apache License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Artistic License": "Artistic-1.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""The notations of older metadata, in the licence field or in a classifier."""


def licence_of(distribution: Distribution) -> str:
    """An SPDX expression; several classifiers are a choice; empty if nothing is stated."""
    metadata = distribution.metadata
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classifiers = metadata.get_all("Classifier", [])
    stated = [c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License :: ")]
    stated = stated or [str(metadata.get("License") or "").strip().partition("\n")[0]]
    return " OR ".join(SPDX.get(text, text) for text in stated)


def is_allowed(expression: str, allowed: frozenset[str]) -> bool:
    """Whether an expression of the form `A AND (B OR C)` can be met with allowed licences."""
    parts = expression.replace("(", "").replace(")", "").split(" AND ")
    return all(any(choice in allowed for choice in part.split(" OR ")) for part in parts)
