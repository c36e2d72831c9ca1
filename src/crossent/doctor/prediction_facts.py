"""Facts about the rows of predictions, collected in one pass, block by block.

Every check of predictions reads these numbers; none goes through the array again. The size of what
is kept does not depend on the number of rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent.core.precision import outside_unit, tolerance_of_dtype
from crossent.doctor.column_order import TopScores, value_of
from crossent.stream.inference import Seen, count_rows, look_at_elements

HostArray = npt.NDArray[Any]

EPSILON: Final = 1e-7
"""The clip of Keras and of `epsilon`."""

MASKED: Final = -1e4
"""A logit from here down is a mask, not a score."""

MASKS: Final = 4
"""So many masks, roughly, may be added up in one array; more levels are numbers of a model."""

DIVERGED: Final = 1000.0
"""A mean loss in nats from which no model is, whose numbers are logits: ln C is at most 13."""

SOUND: Final = 0.8
"""From this accuracy large logits are those of a model that is sure."""

CONFUSED: Final = 512
"""Up to this many classes it is counted which is predicted for which."""


@dataclass
class RowFacts:
    """What one pass over predictions with the classes last has seen.

    Rows are numbered through the whole array. A *kept* row is not ignored, has weight, and has a
    label that is a class (or no label is known).
    """

    classes: int
    dtype: str = "float32"
    rows: int = 0
    kept: int = 0
    seen: Seen = field(default_factory=Seen)
    nan: int = 0
    posinf: int = 0
    all_neginf: int = 0
    neginf: int = 0  # hold -inf, but not only
    bad_ignored: int = 0
    first_nan: int | None = None
    first_posinf: int | None = None
    first_neginf: int | None = None
    first_ignored: int | None = None
    largest: float = 0.0  # magnitude of a finite value
    log_rows: int = 0  # max <= 0 and ln(sum(exp)) = 0
    uniform: int = 0  # largest probability below 1.5 / C
    one_hot: int = 0  # exactly one 1 and zeros
    zero_rows: int = 0  # all values 0
    whole: bool = True
    judged: int = 0  # kept rows with a label and no NaN
    correct: int = 0
    masked_label: int = 0
    label_neginf: int = 0
    first_masked_label: int | None = None
    masked_other: int = 0
    mask_levels: set[float] = field(default_factory=set)  # logarithms of masked logits, roughly
    label_zero: int = 0  # probability of the label exactly 0
    label_dead: int = 0  # below the clip, but not 0
    label_sure: int = 0
    loss_logits: float = 0.0  # sum of the losses of rows where it is finite
    finite_logits: int = 0
    loss_probabilities: float = 0.0  # clipped
    squares_logits: float = 0.0  # the sums of the squares of both
    squares_probabilities: float = 0.0
    class_logp: float = 0.0  # sum over rows of mean over classes of -ln p, read as logits
    predicted: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    tops: TopScores | None = None  # which column is predicted for which label, and how surely
    column_low: float = np.inf  # of the sums along the rows
    column_high: float = -np.inf
    columns: npt.NDArray[np.float64] | None = None
    spread: npt.NDArray[np.float64] | None = None  # sums of p**2 of the logits' softmax
    shares: npt.NDArray[np.float64] | None = None  # sums of p

    def _make_room(self) -> None:
        """Make what has an entry for each class; a header without rows may claim any number."""
        self.predicted = np.zeros(self.classes, np.int64)
        self.columns = np.zeros(self.classes)
        if self.classes <= CONFUSED:
            self.tops = TopScores(self.classes)
            self.spread, self.shares = np.zeros(self.classes), np.zeros(self.classes)

    def add(self, block: HostArray, labels: HostArray | None, keep: HostArray | None) -> None:
        """Note rows of predictions.

        Parameters
        ----------
        block : ndarray of float, shape (n, C)
        labels : ndarray of int64, shape (n,), or None
            Class of each row; what lies outside of 0..C-1 is not looked up.
        keep : ndarray of bool, shape (n,), or None
            False where a row is ignored or has no weight.
        """
        x = block if block.dtype in (np.float32, np.float64) else block.astype(np.float32)
        first, count = self.rows, len(x)
        if not first:
            self._make_room()
        self.rows += count
        low, high = x.min(axis=-1), x.max(axis=-1)
        with np.errstate(invalid="ignore"):
            odd = ~(np.isfinite(low) & np.isfinite(high))
        sound = ~odd
        if odd.any():
            # An ordinary row may hold -inf: a class that cannot be.
            sound |= self._add_odd(x, low, high, odd, keep, first)
        if keep is not None:
            sound &= keep
            self.kept += int(np.count_nonzero(keep))
        else:
            self.kept += count
        if self.columns is not None:  # a softmax along the rows takes in those that are left out
            self.columns += x.sum(axis=0, dtype=np.float64)
            if odd.any() or outside_unit(low, high, self.dtype, self.classes).any():
                self.columns = None
        wide_low, wide_high = low.astype(np.float64), high.astype(np.float64)
        self.seen += count_rows(block, (count,), wide_low, wide_high, sound, first)
        chosen = np.flatnonzero(sound)
        if not chosen.size:
            return
        if len(chosen) < count:
            x, low, high = x[chosen], low[chosen], high[chosen]
            wide_low, wide_high = wide_low[chosen], wide_high[chosen]
            labels = None if labels is None else labels[chosen]
        self._add_sound(x, wide_low, wide_high, high, labels, chosen, first)

    def add_elements(
        self, flat: HostArray, keep: HostArray, labels: HostArray | None = None
    ) -> None:
        """Note binary predictions, of which those in `keep` are not left out."""
        first = self.rows
        wide = flat if flat.dtype.itemsize >= 4 else flat.astype(np.float32)
        nan, inf = np.isnan(wide) & keep, np.isposinf(wide)
        self.nan += int(np.count_nonzero(nan))
        self.first_nan = _first(self.first_nan, nan, first)
        self.rows += len(flat)
        self.kept += int(np.count_nonzero(keep))
        finite = wide[keep & ~inf & np.isfinite(wide)]
        self.largest = max(self.largest, float(np.abs(finite).max(initial=0)))
        self.whole &= bool((np.floor(finite) == finite).all())
        self.seen += look_at_elements(flat, keep, first)
        if labels is not None and self.largest > -MASKED:
            hard = keep & ((labels == 0) | (labels == 1)) & np.isfinite(wide)
            signed = np.where(labels[hard] == 1, wide[hard], -wide[hard]).astype(np.float64)
            self.loss_logits += float(np.logaddexp(0, -signed).sum())
            self.finite_logits += len(signed)
            self.correct += int(np.count_nonzero(signed > 0))

    def _add_odd(
        self, x: HostArray, low: HostArray, high: HostArray, odd: HostArray,
        keep: HostArray | None, first: int,
    ) -> HostArray:  # fmt: skip
        """Count rows with NaN or infinity; return which of them are sound nevertheless."""
        nan = np.isnan(low) | np.isnan(high)
        posinf = ~nan & (high == np.inf)
        nothing = ~nan & (high == -np.inf)
        neginf = ~nan & ~posinf & ~nothing & (low == -np.inf)
        alive = np.ones(len(x), dtype=bool) if keep is None else keep
        self.nan += int(np.count_nonzero(nan & alive))
        self.posinf += int(np.count_nonzero(posinf & alive))
        self.all_neginf += int(np.count_nonzero(nothing & alive))
        self.neginf += int(np.count_nonzero(neginf & alive))
        self.bad_ignored += int(np.count_nonzero(odd & ~alive))
        self.first_nan = _first(self.first_nan, (nan | nothing) & alive, first)
        self.first_posinf = _first(self.first_posinf, posinf & alive, first)
        self.first_neginf = _first(self.first_neginf, neginf & alive, first)
        self.first_ignored = _first(self.first_ignored, odd & ~alive, first)
        return np.asarray(neginf)

    def _add_sound(
        self, x: HostArray, low: HostArray, high: HostArray, peak: HostArray,
        labels: HostArray | None, chosen: HostArray, first: int,
    ) -> None:  # fmt: skip
        if (low == -np.inf).any():
            self.largest = max(self.largest, float(high.max()), -float(x[np.isfinite(x)].min()))
        else:
            self.largest = max(self.largest, float(high.max()), -float(low.min()))
        if self.whole and low.min() >= 0:
            self.whole = bool((np.floor(peak) == peak).all()) and bool((np.floor(x) == x).all())
        elif self.whole:
            self.whole = bool((np.floor(x) == x).all())
        top = x.argmax(axis=-1)
        self.predicted += np.bincount(top, minlength=self.classes)
        slack = tolerance_of_dtype(self.dtype, self.classes)
        in_01 = not outside_unit(low, high, self.dtype, self.classes).any()
        exps = np.exp(x - peak[:, None])
        total = exps.sum(axis=-1, dtype=np.float64)
        lse = high + np.log(total)
        if in_01:
            sums = x.sum(axis=-1, dtype=np.float64)
            self.one_hot += int(np.count_nonzero((high == 1) & (sums == 1) & (low >= 0)))
            self.zero_rows += int(np.count_nonzero((high == 0) & (low == 0)))
            self.uniform += int(np.count_nonzero(high < 1.5 / self.classes))
        else:
            self.uniform += int(np.count_nonzero(total * 1.5 > self.classes))
            if low.max() < 0:
                close = (high <= slack) & (np.abs(lse) <= 4 * slack)
                self.log_rows += int(np.count_nonzero(close))
        if self.spread is not None and self.shares is not None:
            p = x if in_01 else exps / total[:, None]
            self.shares += p.sum(axis=0, dtype=np.float64)
            self.spread += np.einsum("ij,ij->j", p, p, dtype=np.float64)
        if self.dtype in ("float16", "bfloat16") and not in_01:
            finite = np.where(np.isfinite(x), x, peak[:, None])
            self.class_logp += float((lse - finite.mean(axis=-1, dtype=np.float64)).sum())
        masked = (low <= MASKED) & (high > MASKED)
        self.masked_other += int(np.count_nonzero(masked))
        if masked.any() and len(self.mask_levels) <= MASKS:
            hidden = x[(x <= MASKED) & np.isfinite(x)]
            self.mask_levels |= set(np.unique(np.rint(2 * np.log2(-hidden.astype(np.float64)))))
        if labels is not None:
            surest = 1 / total
            if in_01:
                surest = np.where(np.abs(sums - 1) < 0.05, high, surest)
            if self.tops is not None:
                at = np.flatnonzero((labels >= 0) & (labels < self.classes))
                value, voted = value_of(low, high, lse), (low == 0) & bool(in_01) | self.whole
                self.tops.add(labels[at], top[at], surest[at], value[at], voted[at])
            self._add_labels(x, high, lse, top, labels, chosen, first, bool(in_01))

    def _add_labels(
        self, x: HostArray, high: HostArray, lse: HostArray, top: HostArray,
        labels: HostArray, chosen: HostArray, first: int, in_01: bool,
    ) -> None:  # fmt: skip
        inside = (labels >= 0) & (labels < self.classes)
        if not inside.all():
            where = np.flatnonzero(inside)
            x, high, lse, top = x[where], high[where], lse[where], top[where]
            labels, chosen = labels[where], chosen[where]
        if not len(labels):
            return
        self.judged += len(labels)
        at_label = x[np.arange(len(labels)), labels].astype(np.float64)
        self.correct += int(np.count_nonzero(top == labels))
        hidden = (at_label <= MASKED) & (high > MASKED)
        self.masked_label += int(np.count_nonzero(hidden))
        self.label_neginf += int(np.count_nonzero(at_label == -np.inf))
        if hidden.any() and self.first_masked_label is None:
            self.first_masked_label = first + int(chosen[int(np.argmax(hidden))])
        losses = lse - at_label
        finite = np.isfinite(losses)
        self.loss_logits += float(losses[finite].sum())
        self.squares_logits += float(np.square(losses[finite]).sum())
        self.finite_logits += int(np.count_nonzero(finite))
        if in_01:
            self.label_zero += int(np.count_nonzero(at_label <= 0))
            self.label_dead += int(np.count_nonzero((at_label < EPSILON) & (at_label > 0)))
            self.label_sure += int(np.count_nonzero(at_label > 1 - EPSILON))
            clipped = np.log(np.clip(at_label, EPSILON, 1 - EPSILON))
            self.loss_probabilities -= float(clipped.sum())
            self.squares_probabilities += float(np.square(clipped).sum())

    @property
    def accuracy(self) -> float:
        """Share of judged rows whose label has the largest value."""
        return self.correct / self.judged if self.judged else math.nan

    @property
    def mean_logits(self) -> float:
        """Mean loss of the predictions read as logits, over rows where it is finite."""
        return self.loss_logits / self.finite_logits if self.finite_logits else math.nan

    @property
    def mean_probabilities(self) -> float:
        """Mean loss of the predictions read as probabilities, clipped."""
        return self.loss_probabilities / self.judged if self.judged else math.nan

    @property
    def clipped_share(self) -> float:
        """Share of the clipped loss that comes from rows whose label is below the clip."""
        if not self.loss_probabilities > 0:
            return 0.0
        clipped = (self.label_zero + self.label_dead) * -math.log(EPSILON)
        return min(1.0, clipped / self.loss_probabilities)

    @property
    def diverged(self) -> bool:
        """Whether logits are huge and mostly wrong, and no mask makes them so."""
        if not self.finite_logits or self.mean_logits <= DIVERGED:
            return False
        masks = len(self.mask_levels) <= MASKS and self.seen.high <= -MASKED
        return not (masks and (self.mask_levels or self.label_neginf))

    @property
    def constant(self) -> bool:
        """Whether all rows predict nearly the same distribution."""
        rows = self.seen.rows
        if self.shares is None or self.spread is None or rows < 2:
            return False
        mean = self.shares / rows
        variance = np.maximum(self.spread / rows - mean**2, 0)
        return bool(np.sqrt(variance).max() < 1e-3)


def _first(found: int | None, where: HostArray, first: int) -> int | None:
    if found is not None or not where.any():
        return found
    return first + int(np.argmax(where))
