"""The seal of a manifest: a hash of all that it says, so that an edit by hand is seen and not trained on.

It guards against accidents and good intentions. Who edits a manifest and seals it anew is not found out by it: keep the
content hash of a release elsewhere where that matters.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SEAL = "seal"


def seal_of(said: Mapping[str, Any]) -> str:
    """Give the SHA-256 of what a manifest says, its seal aside: the same however its JSON is laid out.

    >>> seal_of({"rows": 1, "split": "train"}) == seal_of({"split": "train", "rows": 1, "seal": "of before"})
    True
    """
    rest = {name: value for name, value in said.items() if name != SEAL}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
