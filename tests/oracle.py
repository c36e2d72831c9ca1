"""Slow truth: the losses of DESIGN section 4 in 60 digits, on the exact bits of the input.

Nothing is imported from the package under test and nothing is vectorised: every row is a short
list of exact numbers. Predictions and weights may also be given as object arrays of ``mpf``, so
that tests can differentiate the oracle itself with tiny steps.

The vocabulary is the design's: ``q`` the target, ``q'`` the smoothed target, ``w`` the class
weight, ``s`` the sample weight, ``z`` the factor of the z-loss::

    t_i = s_i (sum_c w_c q'_c l_c + z lse^2 sum_c w_c q_c)        D = sum_i s_i sum_c w_c q_c
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf

mpmath.mp.dps = 60

ZERO, ONE, NAN = mpf(0), mpf(1), mpf("nan")

# precision in bits and exponent of the smallest normal number
FORMATS = {
    "float16": (11, -14),
    "bfloat16": (8, -126),
    "float32": (24, -126),
    "float64": (53, -1022),
}


def exact(values: Any) -> np.ndarray:
    """The exact numbers of any array of booleans, integers or floats, as objects."""
    array = np.asarray(values)
    if array.dtype == object:
        return array
    if array.dtype.kind in "biu":
        numbers = [mpf(int(v)) for v in array.reshape(-1).tolist()]
    else:  # float64 holds every float16, bfloat16 and float32
        numbers = [mpf(v) for v in array.astype(np.float64).reshape(-1).tolist()]
    out = np.empty(len(numbers), dtype=object)
    out[:] = numbers
    return out.reshape(array.shape)


def ulp(want: mpf, dtype: Any) -> mpf:
    """Distance between neighbours of `want` in `dtype` (the subnormal spacing near zero)."""
    precision, lowest = FORMATS[np.dtype(dtype).name]
    exponent = lowest if want == 0 else max(mpmath.frexp(want)[1] - 1, lowest)
    return mpf(2) ** (exponent - precision + 1)


def largest(dtype: Any) -> mpf:
    """The largest finite number of `dtype`."""
    precision, lowest = FORMATS[np.dtype(dtype).name]
    return (2 - mpf(2) ** (1 - precision)) * mpf(2) ** (1 - lowest)


def ulp_error(got: Any, want: mpf, dtype: Any) -> float:
    """Error of `got` in units in the last place of `want`; inf where only one is finite."""
    value = exact(got).item()
    want = mpf(want)
    if mpmath.isnan(value) or mpmath.isnan(want):
        return 0.0 if mpmath.isnan(value) and mpmath.isnan(want) else float("inf")
    if not mpmath.isinf(want) and abs(want) > largest(dtype):
        want = mpf("inf") if want > 0 else mpf("-inf")  # overflow is the rounding of such a value
    if mpmath.isinf(value) or mpmath.isinf(want):
        return 0.0 if value == want else float("inf")
    return float(abs(value - want) / ulp(want, dtype))


@dataclass(frozen=True)
class Row:
    """One row: its term, its part of D, and its gradient.

    ``scale`` is the size of the parts that cancel in a gradient element, ``depth`` its distance
    |x_c - max x|. ``slope`` is d term / d lse of the z-loss, or d term / d log(sum) when rows are
    divided by their sum: what an error in that one intermediate number does to the term.
    A gradient element that is None is not defined (a kink of the clip) and not asserted.
    """

    term: mpf
    weight: mpf
    gradient: list[mpf | None]
    scale: list[mpf]
    depth: list[mpf]
    slope: mpf = ZERO

    def times(self, s: mpf) -> Row:
        """The row under the sample weight `s`; exactly nothing where `s` is zero."""
        if s == 0:
            return nothing(len(self.gradient))
        return Row(
            s * self.term,
            s * self.weight,
            [None if g is None else s * g for g in self.gradient],
            [s * v for v in self.scale],
            self.depth,
            s * self.slope,
        )


def nothing(n: int) -> Row:
    """A row that is left out (M06)."""
    return Row(ZERO, ZERO, [ZERO] * n, [ZERO] * n, [ZERO] * n)


def not_a_number(n: int, weight: mpf) -> Row:
    """A row whose predictions have no meaning (M10)."""
    return Row(NAN, weight, [NAN] * n, [ZERO] * n, [ZERO] * n)


def softmax_row(
    x: Sequence[mpf], a: Sequence[mpf], base: mpf, z: mpf, allowed: Sequence[bool]
) -> Row:
    """Logits `x`, coefficients ``a = w q'`` and ``base = sum w q``."""
    n = len(x)
    classes = [c for c in range(n) if allowed[c]]
    if any(mpmath.isnan(x[c]) or x[c] == mpf("inf") for c in classes):
        return not_a_number(n, base)
    top = max(classes, key=lambda c: x[c])
    m = x[top]
    if m == mpf("-inf"):
        return not_a_number(n, base)
    power = {c: mpmath.exp(x[c] - m) if x[c] != mpf("-inf") else ZERO for c in classes}
    rest = mpmath.fsum(power[c] for c in classes if c != top)
    log_sum = mpmath.log1p(rest)  # lse - m, with the digits of a confident row
    main = mpmath.fsum(a[c] * (m - x[c] + log_sum) for c in classes if a[c] != 0)
    lse = m + log_sum
    zb = z * base
    weight_of_main = mpmath.fsum(a[c] for c in classes)
    charged = sum(a[c] != 0 for c in classes)
    gradient, scale, depth = [ZERO] * n, [ZERO] * n, [ZERO] * n
    for c in classes:
        p = power[c] / (1 + rest)
        others = rest / (1 + rest) if c == top else 1 - p
        pull = p * (weight_of_main - a[c]) if charged > (a[c] != 0) else ZERO
        push = a[c] * others  # M12: sum of the others, not p - 1
        by_z = 2 * zb * lse * p
        gradient[c] = pull - push + by_z
        parts = (weight_of_main * p, a[c]) if pull else (push,)
        scale[c] = max(*parts, 2 * zb * p * max(abs(lse), ONE), ZERO)
        depth[c] = m - x[c] if power[c] else ZERO
    term = main + (zb * lse**2 if zb else ZERO)
    return Row(term, base, gradient, scale, depth, abs(2 * zb * lse))


def probability_row(
    p: Sequence[mpf],
    a: Sequence[mpf],
    base: mpf,
    epsilon: float,
    normalize: bool,
    allowed: Sequence[bool],
) -> Row:
    """Probabilities `p`: -log(clip(p, eps, 1 - eps)), the bounds being float64 numbers (M16)."""
    n = len(p)
    classes = [c for c in range(n) if allowed[c]]
    low, high = mpf(epsilon), mpf(1.0 - epsilon)
    total = mpmath.fsum(p[c] for c in classes) if normalize else ONE
    used = [c for c in classes if a[c] != 0]
    term, through = ZERO, ZERO  # through: coefficients whose loss still moves with the row's sum
    gradient: list[mpf | None] = [ZERO] * n
    for c in used:
        r = p[c] / total
        clipped = min(max(r, low), high)
        term += a[c] * -mpmath.log(clipped) if clipped else mpf("inf")
        if low < r < high:
            gradient[c] = -a[c] / p[c]
            through += a[c]
        elif r == 0 and not low:
            gradient[c] = mpf("-inf")  # a loss that is infinite, whatever the sum of the row
        elif r in (low, high):
            gradient[c] = None
    size = [ZERO if g is None else abs(g) for g in gradient]
    if normalize:
        kink = None in gradient  # which the sum of the row reaches from every class
        gradient = [
            None if g is None or kink else g + (through / total if c in classes else ZERO)
            for c, g in enumerate(gradient)
        ]
        size = [max(v, through / total) for v in size]
    return Row(term, base, gradient, size, [ZERO] * n, through if normalize else ZERO)


def softplus(x: mpf) -> mpf:
    """log(1 + e^x) with all its digits."""
    if mpmath.isinf(x):
        return x if x > 0 else ZERO
    return max(x, ZERO) + mpmath.log1p(mpmath.exp(-abs(x)))


def sigmoid(x: mpf) -> mpf:
    """1 / (1 + e^-x) with all its digits on both sides."""
    if mpmath.isinf(x):
        return ONE if x > 0 else ZERO
    return 1 / (1 + mpmath.exp(-x)) if x >= 0 else mpmath.exp(x) / (1 + mpmath.exp(x))


def binary_row(x: mpf, yes: mpf, no: mpf, from_logits: bool, epsilon: float) -> Row:
    """One element with coefficient `yes` for the positive and `no` for the negative term."""
    if mpmath.isnan(x):
        return not_a_number(1, ONE)
    if from_logits:
        term = (yes * softplus(-x) if yes else ZERO) + (no * softplus(x) if no else ZERO)
        pull, push = no * sigmoid(x), yes * sigmoid(-x)
        depth = ZERO if mpmath.isinf(x) else abs(x)
        return Row(term, ONE, [pull - push], [max(pull, push)], [depth])
    low, high = mpf(epsilon), mpf(1.0 - epsilon)
    c = min(max(x, low), high)
    term = ZERO
    if yes:
        term += yes * -mpmath.log(c) if c else mpf("inf")
    if no:
        term += no * -mpmath.log1p(-c) if c != 1 else mpf("inf")
    if x in (low, high):
        return Row(term, ONE, [None], [ZERO], [ZERO])
    if not low < x < high:
        return Row(term, ONE, [ZERO], [ZERO], [ZERO])
    return Row(term, ONE, [no / (1 - x) - yes / x], [max(no / (1 - x), yes / x)], [ZERO])


@dataclass(frozen=True)
class Truth:
    """Every row of one call, in the order of the rows' shape."""

    rows: list[Row]
    shape: tuple[int, ...]  # of the rows
    axis: int | None  # class axis of the predictions; None for the binary loss
    n_classes: int

    def none(self) -> np.ndarray:
        out = np.empty(len(self.rows), dtype=object)
        out[:] = [row.term for row in self.rows]
        return out.reshape(self.shape)

    def total(self) -> mpf:
        return mpmath.fsum(row.term for row in self.rows)

    def divisor(self, normalizer: Any = None) -> mpf:
        if normalizer is not None:
            return exact(normalizer).item()
        return mpmath.fsum(row.weight for row in self.rows)

    def mean(self, normalizer: Any = None, empty: str = "zero") -> mpf:
        divisor = self.divisor(normalizer)
        if divisor == 0:
            return NAN if empty == "nan" else ZERO
        return self.total() / divisor

    def per_element(self, field: str, factors: Sequence[Any] | None = None) -> np.ndarray:
        """A list field of the rows, times one factor a row, in the shape of the predictions."""
        out = np.empty((len(self.rows), self.n_classes), dtype=object)
        for i, row in enumerate(self.rows):
            factor = ONE if factors is None else mpf(factors[i])
            out[i, :] = [None if v is None else v * factor for v in getattr(row, field)]
        if self.axis is None:
            return out.reshape(self.shape)
        return np.moveaxis(out.reshape((*self.shape, self.n_classes)), -1, self.axis)

    def factors(self, reduction: str, normalizer: Any = None, cotangent: Any = None) -> list[Any]:
        """What multiplies each row's own gradient under a reduction or an upstream gradient."""
        if cotangent is not None:
            return list(exact(cotangent).reshape(-1))
        if reduction == "sum":
            return [ONE] * len(self.rows)
        divisor = self.divisor(normalizer)
        return [ONE / divisor if divisor else ZERO] * len(self.rows)


def _over_rows(weight: Any, shape: tuple[int, ...]) -> list[mpf]:
    """A sample weight (scalar or leading prefix) repeated over the rest of the rows."""
    if weight is None:
        return [ONE] * int(np.prod(shape, dtype=int))
    s = exact(weight)
    assert s.shape == shape[: s.ndim], "a sample weight is a leading prefix of the rows' shape"
    return list(
        np.broadcast_to(s.reshape(s.shape + (1,) * (len(shape) - s.ndim)), shape).reshape(-1)
    )


def _class_weights(weight: Any, n: int) -> list[mpf]:
    if weight is None:
        return [ONE] * n
    if isinstance(weight, dict):  # an absent class can only be one that does not occur
        return [exact(weight[c]).item() if c in weight else ZERO for c in range(n)]
    w = list(exact(weight))
    assert len(w) == n
    return w


def _mask_rows(mask: Any, shape: tuple[int, ...], axis: int) -> np.ndarray:
    n = shape[axis]
    if mask is None:
        return np.ones((int(np.prod(shape, dtype=int)) // n if n else 0, n), dtype=bool)
    mask = np.asarray(mask).astype(bool)
    if mask.ndim == 1:
        mask = mask.reshape([n if d == axis else 1 for d in range(len(shape))])
    full = np.broadcast_to(mask, shape)
    return np.moveaxis(full, axis, -1).reshape(-1, n)


def _binary_truth(y_true: Any, y_pred: Any, o: dict[str, Any]) -> Truth:
    x = exact(y_pred)
    t = exact(y_true).reshape(x.shape)
    ignored = o.get("ignore_class")
    ignored = () if ignored is None else tuple(np.atleast_1d(ignored).tolist())
    smooth = mpf(o.get("label_smoothing", 0.0))
    given = o.get("pos_weight")
    positives = np.broadcast_to(exact(1 if given is None else given), x.shape)
    rows = []
    for v, q, positive, s in zip(
        x.reshape(-1),
        t.reshape(-1),
        positives.reshape(-1),
        _over_rows(o.get("sample_weight"), x.shape),
        strict=True,
    ):
        if q in ignored or s == 0:
            rows.append(nothing(1))
            continue
        yes = positive * (q * (1 - smooth) + smooth / 2)
        no = (1 - q) * (1 - smooth) + smooth / 2
        rows.append(
            binary_row(v, yes, no, o.get("from_logits", False), o.get("epsilon", 1e-7)).times(s)
        )
    return Truth(rows, x.shape, None, 1)


def _targets(
    function: str, y_true: Any, o: dict[str, Any], shape: tuple[int, ...], axis: int
) -> list[list[tuple[Any, mpf]] | None]:
    """For each row the list of (class, q); None for an ignored row."""
    n = shape[axis]
    n_rows = int(np.prod(shape, dtype=int)) // n
    t = exact(y_true)
    if function == "dense":
        return [list(enumerate(row)) for row in np.moveaxis(t, axis, -1).reshape(n_rows, n)]
    ignored = o.get("ignore_class")
    ignored = () if ignored is None else tuple(np.atleast_1d(ignored).tolist())
    if o.get("target_prob") is not None:
        ids = np.moveaxis(t, axis, -1)
        q = np.moveaxis(exact(o["target_prob"]), axis, -1).reshape(n_rows, ids.shape[-1])
        ids = ids.reshape(n_rows, ids.shape[-1])
        kept = [
            [(c, v) for c, v in zip(*pair, strict=True) if c not in ignored]
            for pair in zip(ids, q, strict=True)
        ]
        return [row or None for row in kept]
    return [None if y in ignored else [(y, ONE)] for y in t.reshape(n_rows)]


def compute(function: str, y_true: Any, y_pred: Any, **o: Any) -> Truth:
    """The truth of one call; `function` is "sparse", "dense" or "binary".

    Options are those of the public function; those that only steer validation or reduction are
    not known here. Nothing is validated: labels must be good unless their row is left out.
    """
    if function == "binary":
        return _binary_truth(y_true, y_pred, o)
    x = exact(y_pred)
    axis = o.get("axis", -1) % x.ndim
    n = x.shape[axis]
    shape = x.shape[:axis] + x.shape[axis + 1 :]
    logits = np.moveaxis(x, axis, -1).reshape(-1, n)
    allowed = _mask_rows(o.get("class_mask"), x.shape, axis)
    w = _class_weights(o.get("class_weight"), n)
    smooth = mpf(o.get("label_smoothing", 0.0))
    z = mpf(o.get("z_loss", 0.0))
    targets = _targets(function, y_true, o, x.shape, axis)
    rows = []
    for i, s in enumerate(_over_rows(o.get("sample_weight"), shape)):
        if targets[i] is None or s == 0:
            rows.append(nothing(n))
            continue
        q = [ZERO] * n
        for c, v in targets[i]:
            assert 0 <= c < n, f"row {i} has label {c}"
            q[int(c)] += v
        live = sum(map(bool, allowed[i]))
        smoothed = [
            (1 - smooth) * q[c] + (smooth / live if allowed[i][c] else ZERO) for c in range(n)
        ]
        a = [w[c] * smoothed[c] for c in range(n)]
        base = mpmath.fsum(w[c] * q[c] for c in range(n))
        if o.get("from_logits", False):
            row = softmax_row(logits[i], a, base, z, allowed[i])
        else:
            clip, divide = o.get("epsilon", 1e-7), o.get("normalize") is True
            row = probability_row(logits[i], a, base, clip, divide, allowed[i])
        rows.append(row.times(s))
    return Truth(rows, shape, axis, n)
