"""crossent's functions, on NumPy."""

from __future__ import annotations

from functools import partial

from call import Call

import crossent as ce

SPARSE, BINARY = ce.sparse_categorical_crossentropy, ce.binary_crossentropy
CALLS = {
    "crossent: sparse_categorical_crossentropy(..., from_logits=True)": Call(
        "indices", partial(SPARSE, from_logits=True), (SPARSE,)
    ),
    "crossent: sparse_categorical_crossentropy(...)": Call("indices", SPARSE, (SPARSE,)),
    "crossent: sparse_categorical_crossentropy(..., epsilon=0)": Call(
        "indices", partial(SPARSE, epsilon=0), (SPARSE,)
    ),
    "crossent: binary_crossentropy(..., from_logits=True)": Call(
        "binary", partial(BINARY, from_logits=True), (BINARY,)
    ),
    "crossent: binary_crossentropy(...)": Call("binary", BINARY, (BINARY,)),
}
