"""What a loss needs of memory, from the numbers of rows and classes alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crossent.core.messages import data as messages
from crossent.core.options import MAX_MEMORY

SIZES: Final = {
    "float16": 2, "bfloat16": 2, "float32": 4, "float64": 8,
    "int8": 1, "uint8": 1, "int16": 2, "int32": 4, "int64": 8,
}  # fmt: skip
"""Bytes of a number."""

FLOATS: Final = ("float16", "bfloat16", "float32", "float64")
INTEGERS: Final = ("uint8", "int8", "int16", "int32", "int64")
GIB: Final = 2**30
CHUNK_BYTES: Final = 2**28
"""So much of logits in float32 makes a chunk of the usual size."""


@dataclass(frozen=True)
class Part:
    """One array that a loss needs.

    Parameters
    ----------
    name : str
        What it is.
    formula : str
        How its size comes about.
    bytes : int
        Its size.
    """

    name: str
    formula: str
    bytes: int


@dataclass(frozen=True)
class Footprint:
    """The memory of a loss: its parts, and the sums over whole arrays and in chunks.

    Parameters
    ----------
    parts : tuple of Part
        The arrays.
    whole : int
        Bytes of a training step on whole logits with integer labels: logits, softmax, both
        gradients and the labels.
    dense : int
        The same with one-hot labels.
    chunked : int
        Bytes of a step in chunks, besides the hidden states that the logits are made of.
    chunk_rows : int
        Rows of a chunk.
    over_layer : int or None
        Bytes of a step of ``linear_crossentropy``, where the features of the layer are told. The
        hidden rows, the weight and their gradients are part of every sum's step and of none.
    """

    parts: tuple[Part, ...]
    whole: int
    dense: int
    chunked: int
    chunk_rows: int
    over_layer: int | None = None

    def to_dict(self) -> dict[str, object]:
        """Return the numbers by name."""
        return {
            "parts": {part.name: part.bytes for part in self.parts},
            "whole": self.whole,
            "dense": self.dense,
            "chunked": self.chunked,
            "chunk_rows": self.chunk_rows,
            "over_layer": self.over_layer,
        }


def footprint(
    rows: int,
    classes: int,
    dtype: str = "float32",
    label_dtype: str = "int64",
    chunk_rows: int | None = None,
    hidden: int | None = None,
) -> Footprint:
    """Forecast the memory of a cross-entropy of so many rows and classes.

    A softmax keeps its result in float32 (float64 for float64) until the gradient is made. On the
    way back there are two arrays at once: the gradient of the softmax, of its type, and that of
    the logits, of theirs; a fused loss saves the first. One-hot labels are float32, as frameworks
    make them.

    Parameters
    ----------
    rows, classes : int
        N and C; for tokens, batch times length.
    dtype : str
        Of the logits.
    label_dtype : str
        Of integer labels.
    chunk_rows : int, optional
        Rows of a chunk; None: so many that a chunk in float32 has 256 MiB.
    hidden : int, optional
        D, the features that the last layer is applied to.

    Raises
    ------
    OptionError
        If a number is not positive or a dtype is not known.

    Examples
    --------
    >>> step = footprint(1_000_000, 1000)
    >>> [(part.name, part.bytes) for part in step.parts[:2]]
    [('integer labels', 8000000), ('one-hot labels', 4000000000)]
    """
    for name, number, least in (("rows", rows, 1), ("classes", classes, 2)):
        if number < least:
            raise messages.option(f"`{name}` must be at least {least}; got {number}.")
        if number >= 2**63:
            raise messages.option(f"`{name}` must be below 2**63; got {number}.")
    for name, word, known in (("dtype", dtype, FLOATS), ("label_dtype", label_dtype, INTEGERS)):
        if word not in known:
            raise messages.option(f"`{name}` must be one of {', '.join(known)}; got {word!r}.")
    size, kept = SIZES[dtype], max(4, SIZES[dtype])
    if chunk_rows is None:
        chunk_rows = max(1, CHUNK_BYTES // (4 * classes))
    if chunk_rows < 1:
        raise messages.option(f"`chunk_rows` must be at least 1; got {chunk_rows}.")
    if hidden is not None and hidden < 1:
        raise messages.option(f"`hidden` must be at least 1; got {hidden}.")
    chunk_rows = min(rows, chunk_rows)
    elements = rows * classes
    n, c = f"{rows:,}".replace(",", " "), f"{classes:,}".replace(",", " ")

    def part(name: str, count: int, each: int, formula: str) -> Part:
        return Part(name, f"{formula} × {each} B", count * each)

    parts: tuple[Part, ...] = (
        part("integer labels", rows, SIZES[label_dtype], n),
        part("one-hot labels", elements, 4, f"{n} × {c}"),
        part("logits", elements, size, f"{n} × {c}"),
        part("softmax", elements, kept, f"{n} × {c}"),
        part("gradient of softmax", elements, kept, f"{n} × {c}"),
        part("gradient of logits", elements, size, f"{n} × {c}"),
    )
    over_layer = None
    if hidden is not None:
        d = f"{hidden:,}".replace(",", " ")
        parts += (
            part("hidden rows", rows * hidden, size, f"{n} × {d}"),
            part("weight of the layer", classes * hidden, size, f"{c} × {d}"),
        )
        # The gradient to a weight of 16 bits is added up in 32.
        sums = classes * hidden * kept if size < kept else 0
        logits = min(MAX_MEMORY, elements * size)
        over_layer = logits + rows * SIZES[label_dtype] + sums
    each = size + kept + kept + size
    step = elements * each
    indices = rows * SIZES[label_dtype]
    chunk = chunk_rows * classes * each
    return Footprint(
        parts, step + indices, step + 4 * elements, chunk + indices, chunk_rows, over_layer
    )


def in_units(count: float) -> str:
    """Write bytes.

    >>> in_units(3 * 2**30), in_units(1.5 * 2**20), in_units(12)
    ('3 GiB', '1.5 MiB', '12 B')
    >>> in_units(1020 * 2**20), in_units(2**75)
    ('0.996 GiB', '32 768 EiB')
    """
    number, name = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB"):
        # What would be rounded to four digits is one of the next unit.
        if number < 999.5:
            break
        number, name = number / 1024, larger
    return f"{number:.3g} {name}" if number < 999.5 else f"{number:,.0f} {name}".replace(",", " ")
