"""Write the package that Cloud Custodian would upload, in its environment. Arguments: POLICIES ARCHIVE."""

from __future__ import annotations

import json
import shutil
import sys

from c7n.config import Config  # type: ignore[import-not-found]
from c7n.mu import PolicyLambda  # type: ignore[import-not-found]
from c7n.policy import PolicyCollection  # type: ignore[import-not-found]
from c7n.resources import load_resources  # type: ignore[import-not-found]


def write_archive(document: dict[str, list[object]], target: str) -> None:
    """Zip the package of the document's first policy to `target`."""
    load_resources(("aws.s3",))
    (policy, *_) = PolicyCollection.from_data({"policies": document["policies"]}, Config.empty())
    archive = PolicyLambda(policy).get_archive()  # its file is deleted with this object
    shutil.copyfile(archive.path, target)


if __name__ == "__main__":
    write_archive(json.loads(sys.argv[1]), sys.argv[2])
