"""Options that mean nothing or have a bad value, and arrays that are refused."""

from __future__ import annotations

import ml_dtypes
import numpy as np

from contract.case import B, Case, P, Q, T, X, Y, binary, dense, f32, sparse

NAN, INF = np.nan, np.inf


class Foreign:
    """An array of a framework that has no front end."""

    shape, ndim, dtype = (4, 3), 2, np.dtype(np.float32)

    def __array__(self, dtype=None, copy=None):
        return X.copy()


Foreign.__module__ = "otherframework.core"


def option(name, function=sparse, y=Y, x=X, **given) -> Case:
    """A call that an option makes impossible."""
    given = {"error": ("OptionError", ("CE001",)), "static": True, **given}
    return function(name, "options", y, x, **given)


def from_logits(name, **given) -> Case:
    """The same on logits."""
    return option(name, **{"from_logits": True, **given})


CALLS = {
    "sparse": {"function": sparse, "y": Y, "x": X, "from_logits": True},
    "dense": {"function": dense, "y": Q, "x": X, "from_logits": True},
    "binary": {"function": binary, "y": T, "x": B, "from_logits": True},
}
EVERYWHERE = {
    "smoothing-negative": {"label_smoothing": -0.1},
    "smoothing-above-one": {"label_smoothing": 1.1},
    "smoothing-nan": {"label_smoothing": NAN},
    "smoothing-word": {"label_smoothing": "a little"},
    "from-logits-word": {"from_logits": "yes"},
    "from-logits-none": {"from_logits": None},
    "empty-word": {"empty": "ignore"},
    "validate-word": {"validate": "never"},
    "validate-bool": {"validate": True},
    "normalizer-zero": {"normalizer": 0},
    "normalizer-negative": {"normalizer": -2.0},
    "normalizer-nan": {"normalizer": NAN},
    "normalizer-array": {"normalizer": np.ones(2)},
    "normalizer-word": {"normalizer": "batch", "error": ("CrossentError", ())},
    "epsilon-on-logits": {"epsilon": 1e-7},
}

OPTIONS = [
    *(option(f"{kind}-{name}", **{**call, **bad})
      for kind, call in CALLS.items() for name, bad in EVERYWHERE.items()),
    *(from_logits(f"z-loss-{name}", z_loss=z)
      for name, z in {"negative": -1e-3, "nan": NAN, "inf": INF, "word": "small"}.items()),
    *(option(f"epsilon-{name}", x=P, epsilon=e)
      for name, e in {"negative": -1e-9, "half": 0.5, "nan": NAN, "one": 1, "word": "tiny"}.items()),
    option("epsilon-half-binary", function=binary, y=f32([0, 1]), x=f32([0.3, 0.4]), epsilon=0.5),
    option("z-loss-on-probabilities", x=P, z_loss=0.1),
    option("z-loss-on-probabilities-dense", function=dense, y=Q, x=P, z_loss=0.1),
    from_logits("normalize-on-logits", normalize=True),
    from_logits("normalize-on-logits-dense", function=dense, y=Q, normalize=False),
    option("normalize-word", x=P, normalize="rows"),
    from_logits("ignore-class-float", ignore_class=1.5),
    from_logits("ignore-class-word", ignore_class="pad"),
    from_logits("ignore-class-bool", ignore_class=True),
    from_logits("ignore-class-nested", ignore_class=((1, 2),)),
    from_logits("axis-out-of-range", axis=2, error=("CrossentError", ("CE001", "CE110"))),
    from_logits("axis-negative-out-of-range", axis=-3, error=("CrossentError", ("CE001", "CE110"))),
    from_logits("axis-float", axis=1.0),
    from_logits("axis-word", axis="channels"),
]  # fmt: skip

# Keywords that a signature does not have are Python's own TypeError.
UNKNOWN = [
    from_logits("unknown-keyword", error=("TypeError", ()), weights=Y),
    from_logits("unknown-keyword-torch", error=("TypeError", ()), ignore_index=-1),
    from_logits("dense-ignore-class", function=dense, y=Q, error=("TypeError", ()), ignore_class=-1),
    from_logits("dense-target-prob", function=dense, y=Q, error=("TypeError", ()), target_prob=Q),
    from_logits("sparse-pos-weight", error=("TypeError", ()), pos_weight=2.0),
    *(from_logits(f"binary-{k}", function=binary, y=T, x=B, error=("TypeError", ()), **{k: v})
      for k, v in {"axis": 0, "class_weight": f32([1, 2]), "class_mask": np.array([True, True]),
                   "target_prob": T, "z_loss": 0.1, "normalize": True}.items()),
]  # fmt: skip


def kind(name, **given) -> Case:
    """An array that would lose or change its meaning if it were read."""
    error = ("ArrayKindError", ("CE002",))
    return from_logits(name, **{"error": error, "only": "numpy", **given})


MASKED = np.ma.masked_array(X, mask=X > 1)
KINDS = [
    kind("predictions-masked-array", x=MASKED),
    kind("predictions-masked-array-nothing-masked", x=np.ma.masked_array(X)),
    kind("predictions-object", x=X.astype(object)),
    kind("predictions-complex64", x=X.astype(np.complex64)),
    kind("predictions-complex128", x=X.astype(np.complex128)),
    kind("predictions-longdouble", x=X.astype(np.longdouble)),
    kind("predictions-float8-e4m3", x=X.astype(ml_dtypes.float8_e4m3fn)),
    kind("predictions-float8-e5m2", x=X.astype(ml_dtypes.float8_e5m2)),
    kind("predictions-foreign", x=Foreign()),
    kind("predictions-none", x=None),
    kind("predictions-dict", x={"logits": X}),
    kind("predictions-datetime", x=np.zeros((4, 3), "M8[s]"), error=("CrossentError", ())),
    kind("predictions-strings", x=X.astype(str), error=("CrossentError", ())),
    kind("labels-masked-array", y=np.ma.masked_array(Y, mask=Y == 2)),
    kind("labels-object", y=Y.astype(object), error=("CrossentError", ())),
    kind("labels-complex", y=Y.astype(complex), error=("CrossentError", ())),
    kind("labels-longdouble", y=Y.astype(np.longdouble), error=("CrossentError", ())),
    kind("labels-foreign", y=Foreign()),
    kind("labels-none", y=None),
    kind("targets-masked-array", function=dense, y=np.ma.masked_array(Q)),
    kind("targets-complex", function=dense, y=Q.astype(complex), error=("CrossentError", ())),
    kind("targets-object", function=dense, y=Q.astype(object), error=("CrossentError", ())),
    kind("targets-float8", function=dense, y=Q.astype(ml_dtypes.float8_e4m3fn),
         error=("CrossentError", ())),
    kind("binary-masked-array", function=binary, y=T, x=np.ma.masked_array(B)),
    kind("sample-weight-masked-array", sample_weight=np.ma.masked_array([1.0, 2, 3, 4])),
    kind("sample-weight-complex", sample_weight=np.ones(4, complex), error=("CrossentError", ())),
    kind("sample-weight-object", sample_weight=np.ones(4, object), error=("CrossentError", ())),
    kind("sample-weight-strings", sample_weight=np.array(["1", "2", "3", "4"]),
         error=("CrossentError", ())),
    kind("class-weight-masked-array", class_weight=np.ma.masked_array([1.0, 2, 3])),
    kind("class-mask-floats", class_mask=f32([1, 1, 0.5]), error=("CrossentError", ())),
]  # fmt: skip

CASES = [*OPTIONS, *UNKNOWN, *KINDS]
