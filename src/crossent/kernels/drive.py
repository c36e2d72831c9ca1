"""The loops of every kernel: over chunks of rows, the rows that are computed together, and sums.

A regime says what the rows are: it reads them (facts), makes losses of what it read (scalars) and
writes their gradient (slopes). Everything else is here, once for values and once for gradients.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba.core import types
from numba.core.typing.templates import signature
from numba.extending import intrinsic

from crossent.core.precision import BASE, WARN_LIMIT
from crossent.kernels import _llvm
from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import kernel, spliced
from crossent.kernels.call import call_at
from crossent.kernels.chunk import (
    FACTORS,
    IGNORED,
    ROOM,
    TERM,
    WEIGHT,
    WEIGHTS,
    add_up,
    close,
    read_bars,
)
from crossent.kernels.exact_sum import TERMS, add_terms, carry
from crossent.kernels.labels import count_labels, label_of, read_labels
from crossent.kernels.scalars import weighted

WIDE: Final = 8  # rows of which numbers are computed together where lanes are classes


@intrinsic
def eight_rows(typingctx: Any, like: Any) -> Any:
    """Return how many rows are computed together where lanes are classes."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _llvm.constant(_llvm.I64, WIDE)

    return signature(types.intp, like), codegen


@intrinsic
def type_of_predictions(typingctx: Any, like: Any, like_q: Any) -> Any:
    """Return a number of the type of the losses."""
    return signature(like, like, like_q), lambda context, builder, sig, args: args[0]


@intrinsic
def type_of_targets(typingctx: Any, like: Any, like_q: Any) -> Any:
    """Return a number of the type of the losses, where that stands for the targets' own."""
    return signature(like_q, like, like_q), lambda context, builder, sig, args: args[1]


@spliced
def held(found: Any, s: int, at: int) -> Any:
    """Return numbers that the facts have returned."""
    return found


@spliced
def read_nothing(c: Any, first: int, rows: int, s: int, state: int) -> None:
    """Leave labels and weights to the facts."""


@spliced
def weigh_no_targets(c: Any, like: Any, first: int, at: int, some: int, s: int, state: int) -> None:
    """Leave the weights of rows at what their samples and classes weigh."""


@spliced
def _no_losses(c: Any, like: Any, found: Any, factor: Any, at: int, some: int, s: int) -> Any:
    return factor, found


EIGHT: Final[dict[str, Any]] = {"width": eight_rows, "number": mem.load_float64}
"""Of regimes that compute numbers of eight rows together, whatever their types are."""


class Regime(NamedTuple):
    """What the rows of a kernel are; functions that are compiled into it.

    Arguments are the call `c`, numbers of the types of predictions and targets, the number of the
    first of `some` rows in the call and in its chunk, the room `s` of the chunk, counts and totals
    of the thread at `state`, its own memory. There are two functions for facts: for losses, and
    where a gradient will be asked for.
    """

    name: str
    facts: tuple[Any, Any]  # (c, like, like_q, first, at, some, s, state, own): reads rows
    scalars: Any  # (c, like, numbers, factor, at, some, s) → losses, and what slopes need
    slopes: Any  # (c, like, like_q, first, at, some, s, own, numbers, solved, bar)
    width: Any = v.lanes  # (like) → rows of which numbers are computed together
    load: Any = held  # (what facts returned, s, at) → numbers of the rows
    number: Any = mem.load_wide  # (address, like) → a float64 of each of them
    at_once: Any = None  # (c, like) → rows of which facts are asked before slopes; default: width
    read: Any = read_labels
    losses_like: Any = type_of_predictions
    weigh: Any = None  # (c, like, first, at, some, s, state): what rows weigh without predictions
    alone: bool = False  # the gradient is computed without the losses, which were computed before
    one: bool = False  # one kernel does both: it writes a gradient if there is a place for it


class Kernels(NamedTuple):
    """The kernels of a regime: each is called with types, a call, rows and a thread's memory."""

    values: Any
    gradient: Any
    weights: Any  # None: what rows weigh depends on predictions
    alone: bool


def kernels_of(regime: Regime) -> Kernels:
    """Return the kernels of a regime, which are compiled when they are called."""
    gradient = _gradient(regime)
    values = gradient if regime.one else _values(regime)
    weights = None if regime.weigh is None else _weights(regime)
    return Kernels(values, gradient, weights, regime.alone)


def _width(regime: Regime) -> Any:
    width = regime.width

    def at_once(c: Any, like: Any) -> int:
        return width(like)

    return spliced(at_once)


def _values(regime: Regime) -> Any:
    facts, scalars, read, number = regime.facts[0], regime.scalars, regime.read, regime.number
    width, load, losses_like = regime.width, regime.load, regime.losses_like
    # Numbers that wait in memory are computed with when those of a whole chunk are there.
    in_lanes = load is held

    def values(
        like: Any, like_q: Any, call: int, start: int, stop: int, state: int, own: int
    ) -> None:
        """Compute the terms of rows: written to `out`, added to the total, or both."""
        c, s = call_at(call), mem.room(ROOM)
        of_losses = losses_like(like, like_q)
        size = 64 // v.lanes(of_losses)
        together = width(like)
        at_once = together if in_lanes else TERMS
        for first in range(start, stop, TERMS):
            rows = min(TERMS, stop - first)
            terms = s + TERM if c.out == 0 else c.out + first * size
            read(c, first, rows, s, state)
            for start in range(0, rows, at_once):
                read_now = min(at_once, rows - start)
                found = facts(c, like, like_q, first + start, start, read_now, s, state, own)
                for at in range(start, start + read_now, together):
                    some = min(together, start + read_now - at)
                    factor = number(s + FACTORS + 8 * at, like)
                    main, _ = scalars(c, like, load(found, s, at), factor, at, some, s)
                    term = v.narrow(weighted(factor, main), of_losses)
                    mem.store_some(terms, at, at + some, term)
            add_up(c, terms, rows, s, state, of_losses)
        close(c, state)

    return kernel(values, f"{regime.name}_values")


def _gradient(regime: Regime) -> Any:
    facts, read, number, slopes = regime.facts[1], regime.read, regime.number, regime.slopes
    load, losses_like, at_once = regime.load, regime.losses_like, regime.at_once or _width(regime)
    scalars = _no_losses if regime.alone else regime.scalars
    with_losses = not regime.alone

    def gradient(
        like: Any, like_q: Any, call: int, start: int, stop: int, state: int, own: int
    ) -> None:
        """Do the same and write the gradient of the terms' sum over the divisor to `g`.

        A divisor of 0 stands for a gradient of 0. `g` may be where the predictions are: every
        element is read before it is written.
        """
        c, s = call_at(call), mem.room(ROOM)
        of_losses = losses_like(like, like_q)
        size = 64 // v.lanes(of_losses)
        most = at_once(c, like)
        for first in range(start, stop, TERMS):
            rows = min(TERMS, stop - first)
            terms = s + TERM if c.out == 0 else c.out + first * size
            read(c, first, rows, s, state)
            bars = read_bars(c, first, rows, s)
            for at in range(0, rows, most):
                some = min(most, rows - at)
                read_now = facts(c, like, like_q, first + at, at, some, s, state, own)
                found = load(read_now, s, at)
                factor = number(s + FACTORS + 8 * at, like)
                main, solved = scalars(c, like, found, factor, at, some, s)
                if with_losses:
                    term = v.narrow(weighted(factor, main), of_losses)
                    mem.store_some(terms, at, at + some, term)
                bar = number(bars + 8 * at, like)
                slopes(c, like, like_q, first + at, at, some, s, own, found, solved, bar)
            if with_losses:
                add_up(c, terms, rows, s, state, of_losses)
        if with_losses:
            close(c, state)

    return kernel(gradient, f"{regime.name}_gradient")


def _weights(regime: Regime) -> Any:
    read, width, weigh = regime.read, regime.width, regime.weigh

    def weights(
        like: Any, like_q: Any, call: int, start: int, stop: int, state: int, own: int
    ) -> None:
        """Look at labels or targets and at weights alone."""
        c, s = call_at(call), mem.room(ROOM)
        if c.y != 0 and c.n_ignored == 0 and not c.weighs:
            count_labels(c, start, stop, state)
            return
        most = width(like)
        for first in range(start, stop, TERMS):
            rows = min(TERMS, stop - first)
            read(c, first, rows, s, state)
            for at in range(0, rows, most):
                weigh(c, like, first + at, at, min(most, rows - at), s, state)
            if c.weighs:
                add_terms(state + WEIGHT, state, s + WEIGHTS, rows, 0.0)
        carry(state + WEIGHT)

    return kernel(weights, f"{regime.name}_weights")


def _maybe_probabilities(like: Any, call: int, rows: int) -> bool:
    """Return whether every row that is kept lies in [0, 1] and has a sum near 1.

    The first row that does not settles it, which in logits is nearly always the first of all.
    """
    c, size = call_at(call), 64 // v.lanes(like)
    for i in range(rows):
        if c.n_ignored > 0 and label_of(c, i) == IGNORED:
            continue
        if c.sample != 0 and mem.read(c.sample + 8 * i, 0.0) == 0.0:
            continue
        total = 0.0
        for k in range(c.classes):
            p = np.float64(mem.read(c.x + i * c.x_step + k * size, like))
            if not -BASE <= p <= 1.0 + BASE:
                return False
            total += p
        if not abs(total - 1.0) <= WARN_LIMIT:
            return False
    return True


maybe_probabilities = kernel(_maybe_probabilities, "maybe_probabilities")
