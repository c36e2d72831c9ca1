"""The rows of a call: their regime, where their arrays are, and the options that matter.

Arrays are handed over as addresses; the caller keeps them alive. A kernel reads them where they
are, or a block of rows at a time from copies (:mod:`crossent.kernels.sources`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent.core.blocks import flat_rows
from crossent.core.precision import BASE
from crossent.kernels import _threads
from crossent.kernels._jit import LIKE
from crossent.kernels.call import EACH, address, address_or_0, flat_float64, put, row_step
from crossent.kernels.chunk import STATE
from crossent.kernels.drive import Kernels, maybe_probabilities
from crossent.kernels.facts import Facts, FactsOfOne, facts_of
from crossent.kernels.regimes import row_facts
from crossent.kernels.sources import Pieces, write

HostArray = npt.NDArray[Any]
_OF_LOGITS: Final = ("lse", "top", "rest", "spread")
_FLOAT64: Final = LIKE[np.dtype(np.float64)]


@dataclass(kw_only=True)
class Rows:
    """Rows for the kernels of a regime."""

    kernels: Kernels
    rows: int
    elements: int  # of a row: the work that it is
    numbers: bytes  # those of a call (:func:`crossent.kernels.call.packed`), but for each array
    x: HostArray | None  # predictions
    y: HostArray | None = None  # labels
    like: Any  # numbers of the types in which predictions and targets are read
    like_q: Any
    weighs: bool  # weights are added up; else a row that is kept weighs 1
    keep: tuple[Any, ...] = ()  # other arrays whose addresses are among the numbers; not `x` or `y`
    pieces: Pieces | None = None  # where rows are copied
    memory: int = 0  # bytes of zeros that a thread needs
    memory_of_gradient: int = 0
    all_weigh_one: bool = False  # known without a look
    may_look: bool | None = False  # like probabilities: whether, or None, for which rows are read
    labels_alone: bool = False  # tell what rows weigh, so that no prediction has to be read
    settled: bool = False  # targets were judged before: what a kernel calls wrong is meant so
    judge: Any = None  # tells which targets are no distributions, if that is still to be known
    facts_kernel: Any = None  # what gives facts of rows, where there is one label each
    facts_of_few: Any = None  # the same, where classes are few
    ranks_kernel: Any = None  # what gives ranks alone
    wrong: int = 0  # labels that are no class, as facts of rows have found
    found: Facts | FactsOfOne | None = None  # by the losses, where the gradient is computed alone

    def __post_init__(self) -> None:
        self.at, self.y_at = address_or_0(self.x), address_or_0(self.y)

    def of(self, at: int, y_at: int, owners: tuple[Any, ...]) -> Rows:
        """Return the same for predictions and labels elsewhere, of the same shapes and steps.

        The memory at these addresses is that of the `owners`.
        """
        other: Rows = object.__new__(type(self))
        vars(other).update(vars(self))
        other.x = other.y = other.found = None
        other.at, other.y_at, other.keep = at, y_at, (self.keep, owners)
        return other

    def of_arrays(self, x: HostArray, y: HostArray) -> Rows:
        """Return the same for other arrays of these shapes, whose elements touch."""
        other = self.of(address(x), address(y), (x, y))
        other.x = x
        return other

    def weight(self) -> Facts | FactsOfOne:
        """Look at what the divisor depends on: labels and weights, and predictions if they do."""
        kernel = self.kernels.weights
        if kernel is None:
            self.found = self.values(None)
            return self.found
        return self._run(kernel, elements=1 if self.labels_alone else self.elements)

    def looks_like_probabilities(self) -> bool:
        """Return whether every row that counts may be a row of probabilities."""
        if self.may_look is not None:
            return self.may_look
        if self.x is not None and self.all_weigh_one:
            for i in range(min(8, self.elements)):
                if not -BASE <= self.x.item(i) <= 1 + BASE:
                    return False
        call = bytearray(self.numbers)
        put(call, x=self.at, y=self.y_at)
        return bool(maybe_probabilities(self.like, address(call), self.rows))

    def values(self, out: HostArray | None, total: bool = True) -> Facts | FactsOfOne:
        """Write the terms to `out`, add them up, or both."""
        if self.judge is not None:
            self._settle()
        return self._run(self.kernels.values, out=out, total=total)

    def gradient(
        self, g: HostArray, divisor: float, out: HostArray | None = None,
        upstream: HostArray | None = None,
    ) -> Facts | FactsOfOne:  # fmt: skip
        """Do the same and write the gradient of the terms' sum over `divisor` to `g`.

        `g` may be where the predictions are, which are then overwritten. `upstream` multiplies the
        gradient of each row of logits, not its term.
        """
        if upstream is not None:
            if self.kernels.weights is None:
                raise TypeError("upstream gradients are for logits of classes")
            upstream = flat_float64(upstream)
        kernel, memory = self.kernels.gradient, self.memory_of_gradient
        if not self.kernels.alone:
            return self._run(kernel, g, out, True, divisor, upstream, memory)
        facts = self.found if out is None else None
        if facts is None:
            facts = self.values(out)
        self._run(kernel, g, None, False, divisor, upstream, memory)
        return facts

    def facts(
        self, names: Sequence[str], *, is_part: bool = False, label_logits: HostArray | None = None
    ) -> dict[str, HostArray]:
        """Return facts of rows: log-probabilities of labels, and what else is asked for.

        Parameters
        ----------
        names : sequence of str
            Of "log_prob", "entropy", "rank" (the classes before the label), "first_class" (the
            largest; -1 where one is NaN), "squares" (the sum of squared probabilities); of logits
            also "lse" and "top", "rest" and "spread", as :class:`crossent.losses.merge.Part` has
            them. Ignored rows have 0, rank and class -1; rows of bad labels NaN.
        is_part : bool
            The classes are a part of all: labels that are none of them are elsewhere. Those that
            are have been numbered from the part's first class.
        label_logits : ndarray of float64, optional
            Logits of labels that are elsewhere, for the rank.
        """
        whole = ("rank", "first_class")
        if self.kernels.weights is None and not {*names}.isdisjoint(_OF_LOGITS):
            raise TypeError(f"of probabilities there is no {', '.join(_OF_LOGITS)}")
        found: dict[str, HostArray] = {
            name: np.empty(self.rows, np.int64 if name in whole else np.float64) for name in names
        }
        numbers = bytearray(self.numbers)
        put(numbers, is_part=is_part, label_logits=address_or_0(label_logits))
        put(numbers, **{name: address(array) for name, array in found.items()})
        call = self.of(self.at, self.y_at, (self.x, self.y, found, label_logits))
        call.numbers = bytes(numbers)
        kernel = self.facts_kernel if is_part else self.facts_of_few or self.facts_kernel
        if set(names) <= {*whole} and not is_part:
            kernel = self.ranks_kernel
        self.wrong = call._run(kernel, total=False).wrong
        return found

    def facts_gradient(self, g: HostArray, bars: Mapping[str, HostArray]) -> None:
        """Write the gradient of log-probabilities, logsumexps and entropies of logits to `g`.

        `bars` are what comes down to the facts "log_prob", "lse" and "entropy" of each row. `g`
        may be where the predictions are, which are then overwritten.
        """
        flat = {f"{name}_bar": flat_float64(bar) for name, bar in bars.items()}
        numbers = bytearray(self.numbers)
        put(numbers, **{name: address(bar) for name, bar in flat.items()})
        call = self.of(self.at, self.y_at, (self.x, self.y, flat))
        call.numbers = bytes(numbers)
        call._run(row_facts.GRADIENT, g, total=False)

    def _run(
        self, kernel: Any, g: HostArray | None = None, out: HostArray | None = None,
        total: bool = True, divisor: float = 1.0, upstream: HostArray | None = None,
        memory: int = 0, elements: int = 0, marks: HostArray | None = None,
    ) -> Facts | FactsOfOne:  # fmt: skip
        """Run a kernel over all rows."""
        pieces, elements = self.pieces, elements or self.elements
        threads = _threads.threads_for(self.rows, elements)
        states = bytearray(threads * STATE)  # counts and totals of every thread, and the call
        states += self.numbers
        state = address(states)
        call = state + threads * STATE
        g_at, g_step = (0, 0) if g is None or pieces is not None else (address(g), row_step(g))
        EACH(
            states, threads * STATE, self.at, self.y_at, g_at, g_step, address_or_0(out),
            address_or_0(upstream), address_or_0(marks), total, divisor,
        )  # fmt: skip
        own, rooms, room = max(memory, self.memory), None, 0
        if own:
            rooms = np.zeros(threads * own, np.uint8)
            room = address(rooms)
        likes = self.like, self.like_q
        if kernel is self.kernels.weights and self.labels_alone:
            likes = _FLOAT64, _FLOAT64  # no number is read: one kernel for all

        if threads == 1 and pieces is None:
            kernel(*likes, call, 0, self.rows, state, room)
            return FactsOfOne(states, self.weighs)

        def work(thread: int, first: int, stop: int) -> None:
            at, work_at = state + thread * STATE, room + thread * own
            if pieces is None:
                kernel(*likes, call, first, stop, at, work_at)
                return
            for number in range(first, stop):
                self._run_piece(
                    kernel, number, bytearray(states[threads * STATE :]), g, at, work_at
                )

        keep = self, g, out, upstream, marks, states, rooms
        if pieces is None:
            _threads.run_rows(self.rows, elements, threads, work, keep)
        else:
            _threads.run_rows(len(pieces.blocks), 1, threads, work, keep, step=1)
        if threads == 1:
            return FactsOfOne(states, self.weighs)
        return facts_of(states, threads, self.weighs)

    def _run_piece(
        self, kernel: Any, number: int, call: bytearray, g: HostArray | None, state: int, room: int
    ) -> None:
        """Run a kernel over a block of rows, copied where they must be."""
        pieces: Any = self.pieces
        first, stop = pieces.starts[number], pieces.starts[number + 1]
        arrays = pieces.arrays(number, kernel is self.kernels.weights)
        block, place = pieces.blocks[number], None
        if g is not None:
            place = flat_rows(g, block) if pieces.in_place else np.empty_like(arrays["x"])
            arrays = {**arrays, "g": place}
        # A kernel numbers the rows of the whole call.
        put(call, **{name: address(a) - first * a.strides[0] for name, a in arrays.items()})
        steps = {name: arrays[name].strides[0] for name in ("x", "q", "g") if name in arrays}
        put(call, **{f"{name}_step": step for name, step in steps.items()})
        kernel(self.like, self.like_q, address(call), first, stop, state, room)
        if g is not None and place is not None and not pieces.in_place:
            write(g, block, place)

    def _settle(self) -> None:
        """Give rows whose targets are no distributions a weight that is NaN."""
        judge, self.judge = self.judge, None
        marks = np.zeros(self.rows, np.uint8)
        if not self._run(self.kernels.values, total=False, marks=marks).doubtful:
            return
        odd = np.flatnonzero(marks)
        sample = judge(odd)
        call = bytearray(self.numbers)
        put(call, sample=address(sample))
        self.numbers, self.keep = bytes(call), (self.keep, sample)
