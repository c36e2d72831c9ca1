"""Run calls by their seeds and write what comes of each as a line of JSON.

    python -m differing.child FRONT_END FIRST COUNT

The package is the one that ``PYTHONPATH`` names. The bits of a NaN are not told apart: no rule
says anything of them.
"""

from __future__ import annotations

import hashlib
import json
import sys
import warnings
from typing import Any

import numpy as np

import crossent as ce
from differing.calls import drawn
from differing.ways import WAYS

SHOWN = 8  # numbers of an array that are written out


def described(result: Any) -> Any:
    """What a result is: the dtype, the shape, the bits and the first numbers of each array."""
    if isinstance(result, tuple | list):
        return [described(one) for one in result]
    if result is None or isinstance(result, str):
        return result
    array = np.asarray(result)
    if array.dtype.kind in "fV" and array.dtype.itemsize <= 8:
        array = np.where(array != array, np.asarray(np.nan, array.dtype), array)
    bits = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]
    kind = type(result).__name__ if isinstance(result, np.generic) else "array"
    numbers = [repr(float(v)) for v in array.reshape(-1)[:SHOWN]]
    return {"dtype": str(array.dtype), "shape": list(array.shape), "kind": kind, "bits": bits,
            "numbers": numbers}  # fmt: skip


def outcome(front_end: str, seed: int) -> dict[str, Any]:
    """What comes of one call."""
    call = drawn(seed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with np.errstate(all="ignore"):
                found = {k: described(v) for k, v in WAYS[front_end](call).items()}
        except Exception as error:
            kind = type(error).__name__
            found = {"error": kind, "code": getattr(error, "code", None)}
            if found["code"] is None:  # of Python or of a framework: its words are its code
                found["words"] = str(error)[:200]
    said = sorted(
        f"{one.category.__name__} {getattr(one.message, 'code', '')}".strip() for one in caught
    )
    return {"seed": seed, **found, "warnings": said}


def main(argv: list[str]) -> int:
    """Run the calls that the command line names."""
    front_end, first, count = argv[0], int(argv[1]), int(argv[2])
    if front_end.endswith("-operations"):
        ce.use_kernels(False)
    for seed in range(first, first + count):
        print(json.dumps(outcome(front_end, seed)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
