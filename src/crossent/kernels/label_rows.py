"""From arrays to kernels and back, for logits with one label a row.

Arrays are handed over as addresses; whoever calls keeps them alive.
"""

from __future__ import annotations

from ctypes import addressof, c_char
from struct import Struct
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from crossent.core.exact_totals import SCALE_BITS, Partial, with_odd
from crossent.core.plan import Plan, sentinels_in
from crossent.core.precision import BASE
from crossent.kernels import _threads, exact_sum, logits_label, logits_label_across_rows
from crossent.kernels._jit import LIKE
from crossent.kernels._labels import COUNTS, DOUBTFUL, KEPT, KINDS, WRONG
from crossent.kernels._rows import BLOCK

HostArray = npt.NDArray[Any]
DIGITS: Final = exact_sum.DIGITS
_DIGIT: Final = np.dtype("<u4")
_read: Final = Struct(f"={COUNTS}q{8 * (DIGITS - 1)}xd{8 * (DIGITS - 1)}xd").unpack
State = npt.NDArray[np.int64] | bytearray
_memory_of: Final[Any] = c_char.from_buffer
STATE: Final = 8 * (COUNTS + 2 * DIGITS)  # bytes of counts and totals
KIND_OF: Final = {np.dtype(name): kind for name, kind in KINDS.items()}


class Facts(NamedTuple):
    """What the kernels found out about all rows."""

    partial: Partial
    wrong: int  # labels that are no class
    doubtful: int = 0  # rows that may be no probabilities

    @property
    def sums(self) -> Partial:
        """What rounds to the total and the weight."""
        return self.partial


class FactsOfOne:
    """The same of a thread that was alone: its kernel has rounded the sums."""

    __slots__ = ("_state", "_weighs", "doubtful", "kept", "odd", "total", "weight", "wrong")

    def __init__(self, state: bytearray, weighs: bool) -> None:
        self._state, self._weighs = state, weighs
        (*self.odd, self.kept, self.wrong, self.doubtful, self.total, self.weight) = _read(state)

    @property
    def sums(self) -> FactsOfOne:
        """What rounds to the total and the weight."""
        return self

    def round_total(self) -> float:
        """Return the total as the nearest float64; NaN and infinities as a sum gives them."""
        return with_odd(self.total, *self.odd) if any(self.odd) else self.total

    def round_weight(self) -> float:
        """Return the weight as the nearest float64."""
        return self.weight if self._weighs else float(self.kept)

    @property
    def partial(self) -> Partial:
        """Exact sums of the terms and the weights."""
        words = np.frombuffer(self._state, np.int64)
        weight = self.kept << SCALE_BITS
        if self._weighs:
            weight = to_integer(words[COUNTS + DIGITS :])
        return Partial(to_integer(words[COUNTS : COUNTS + DIGITS]), weight, *self.odd)


class CountedRows:
    """Rows of which each thread counts what it sees, and adds up terms and weights."""

    rows: int
    weighs: bool  # whether weights are added up too; else a row that is kept weighs 1

    def _state(self, row_elements: int) -> tuple[State, int, int]:
        """Return counts and totals for each thread, their address, the number of threads."""
        threads = _threads.threads_for(self.rows, row_elements)
        if threads == 1:
            alone = bytearray(STATE)
            return alone, addressof(_memory_of(alone)), 1
        state = np.zeros((threads, STATE // 8), np.int64)
        return state, address(state), threads

    def _facts(self, state: State) -> Any:
        if isinstance(state, bytearray):
            return FactsOfOne(state, self.weighs)
        total = weight = 0
        for thread in range(len(state)):
            one = state[thread]
            total += to_integer(one[COUNTS : COUNTS + DIGITS])
            if self.weighs:
                weight += to_integer(one[COUNTS + DIGITS :])
        counts = state[:, :COUNTS].sum(axis=0).tolist()
        if not self.weighs:
            weight = counts[KEPT // 8] << SCALE_BITS
        return Facts(Partial(total, weight, *counts[:3]), counts[WRONG // 8], counts[DOUBTFUL // 8])


class LabelRows(CountedRows):
    """Logits in memory, their labels, weights, and the options that matter."""

    settled = False

    def __init__(
        self,
        plan: Plan,
        x: HostArray,
        y: HostArray,
        sample: HostArray | None,
        class_weight: HostArray | None,
    ) -> None:
        options = plan.options
        self.classes = plan.classes
        self.rows = x.size // plan.classes
        self.x: Any = x
        self.y: Any = y
        self.size = x.itemsize
        self.like = LIKE.get(x.dtype)
        self.at, self.step = address(x), row_step(x)
        self.y_at, self.y_step = address(y), y.strides[0]
        self.sample = None if sample is None else flat_float64(sample)
        self.class_weight = None if class_weight is None else flat_float64(class_weight)
        self.smoothing, self.z = options.label_smoothing, options.z_loss
        self.kind = KIND_OF[y.dtype]
        self.ignored = None
        if options.ignore_class:
            ignored = sentinels_in(options, y.dtype.name)
            self.ignored = np.array(ignored, np.int64) if ignored else None
        self.kernels = (
            logits_label_across_rows
            if self.classes <= logits_label_across_rows.MOST
            else logits_label
        )
        self.weighs = sample is not None or class_weight is not None

    def of(self, at: int, y_at: int, owners: tuple[Any, ...]) -> Any:
        """Return the same for logits and labels elsewhere, of the same shapes and steps.

        The memory at these addresses is that of the `owners`.
        """
        other: Any = object.__new__(type(self))
        vars(other).update(vars(self))
        other.x, other.y, other.at, other.y_at, other.owners = None, None, at, y_at, owners
        return other

    @property
    def all_weigh_one(self) -> bool:
        """Whether the weight of every row is known to be 1."""
        return self.ignored is None and not self.weighs

    def targets(self, first: int) -> tuple[int, ...]:
        """Return the arguments of a kernel that tell of labels and weights from a row on."""
        sample, weight = self.sample, self.class_weight
        return (
            self.y_at + first * self.y_step, self.kind, self.y_step,
            0 if self.ignored is None else address(self.ignored),
            0 if self.ignored is None else len(self.ignored),
            0 if sample is None else address(sample) + 8 * first,
            0 if weight is None else address(weight),
        )  # fmt: skip

    def weight(self) -> Facts:
        """Look at labels and weights alone."""
        state, start, threads = self._state(1)

        def work(thread: int, first: int, stop: int) -> None:
            at = start + thread * STATE
            logits_label.label_weights(
                stop - first, self.classes, *self.targets(first), at + 8 * (COUNTS + DIGITS), at
            )

        _threads.run_rows(self.rows, 1, threads, work, (self, state))
        return self._facts(state)

    def looks_like_probabilities(self) -> bool:
        """Return whether every row that counts may be a row of probabilities."""
        if self.x is not None and self.ignored is None and self.sample is None:
            for i in range(min(8, self.classes)):
                if not -BASE <= self.x.item(i) <= 1 + BASE:
                    return False
        return bool(
            logits_label.maybe_probabilities(
                self.like, self.at, self.step, self.rows, self.classes, *self.targets(0)[:-1]
            )
        )

    def values(self, out: HostArray | None, total: bool = True) -> Facts:
        """Write the terms to `out`, add them up, or both."""
        step, size = self.step, self.size
        state, start, threads = self._state(self.classes)
        place = 0 if out is None else address(out)
        kernel = self.kernels.label_values

        def work(thread: int, first: int, stop: int) -> None:
            at = start + thread * STATE
            to = place + first * size if place else 0
            digits = at + 8 * COUNTS if total else 0
            kernel(
                self.like, self.at + first * step, step, stop - first, self.classes,
                *self.targets(first), self.smoothing, self.z,
                to, digits, at + 8 * (COUNTS + DIGITS), at,
            )  # fmt: skip

        _threads.run_rows(self.rows, self.classes, threads, work, (self, state, out))
        return self._facts(state)

    def gradient(self, g: HostArray, divisor: float, out: HostArray | None = None) -> Facts:
        """Do the same and write the gradient of the terms' sum over `divisor` to `g`."""
        step, size = self.step, self.size
        g_at, g_step = address(g), row_step(g)
        state, start, threads = self._state(self.classes)
        place = 0 if out is None else address(out)
        blocks, tops_at, tops = 0, 0, None
        if self.kernels is logits_label:
            blocks = max(8, -(-self.classes * size // BLOCK))
            tops = np.empty(threads * blocks)
            tops_at = address(tops)
        kernel = self.kernels.label_gradient

        def work(thread: int, first: int, stop: int) -> None:
            at = start + thread * STATE
            to = place + first * size if place else 0
            kernel(
                self.like, self.at + first * step, step, g_at + first * g_step, g_step,
                tops_at + thread * 8 * blocks, stop - first, self.classes,
                *self.targets(first), self.smoothing, self.z, divisor,
                to, at + 8 * COUNTS, at + 8 * (COUNTS + DIGITS), at,
            )  # fmt: skip

        keep = self, state, g, out, tops
        _threads.run_rows(self.rows, self.classes, threads, work, keep)
        return self._facts(state)


def to_integer(digits: npt.NDArray[np.int64]) -> int:
    """Return the total that an array of digits stands for."""
    # The last digit is the sign's alone: no sum of floats comes near 2**31 of its units.
    return int.from_bytes(digits[:-1].astype(_DIGIT).tobytes(), "little", signed=True)


def address(array: HostArray) -> int:
    """Return where the first element is."""
    try:
        return addressof(_memory_of(array))  # what NumPy tells takes three times as long
    except (TypeError, ValueError, BufferError):  # read-only, with gaps, or empty
        return int(array.__array_interface__["data"][0])


def row_step(x: HostArray) -> int:
    """Return the distance of rows in bytes; of an array of more dimensions, whose rows touch."""
    return x.strides[0] if x.ndim == 2 else x.shape[-1] * x.itemsize


def flat_float64(weights: HostArray) -> npt.NDArray[np.float64]:
    """Return weights as the kernels read them."""
    return np.ascontiguousarray(weights, np.float64).reshape(-1)
