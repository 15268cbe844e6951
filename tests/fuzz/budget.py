"""How many examples a fuzzer tries: a few in the suite, many in `make fuzz`."""

import os

IS_LARGE = os.environ.get("FUZZ") == "large"


def examples(few: int, *, many: int) -> int:
    """Return the number of examples for this run."""
    return many if IS_LARGE else few
