"""Options with an entry for each row, and options that only look so, in pieces of any size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import crossent as ce
from crossent.core.errors import CrossentError, OptionError, ShapeError, WeightError
from crossent.evaluate import Evaluator, evaluate

RNG = np.random.default_rng(11)
N, C, H = 6, 3, 2
SIZES = (1, 2, 7, None)
SCORES = RNG.normal(size=(N, C, H)) * 3
BITS = RNG.integers(0, 2, (N, C, H))
LABELS = RNG.integers(0, C, (N, H))

# The last ones have as many rows as classes: NumPy's broadcasting says which axis is meant.
POS_WEIGHTS = [
    pytest.param(rows, shape, id=f"{rows}-{'x'.join(map(str, shape))}")
    for rows, shapes in (
        (N, [(), (1,), (H,), (C, H), (C, 1), (1, C, H), (1, 1, 1), (N, C, H), (N, 1, 1), (N, C, 1),
             (N, 1, H)]),
        (1, [(1, C, H), (1, 1, H), (C, 1), (1, 1, 1)]),
        (C, [(C, 1), (C, H), (C, 1, 1), (C, C, H), (1, C, 1)]),
    )
    for shape in shapes
]  # fmt: skip


@pytest.mark.parametrize(("rows", "shape"), POS_WEIGHTS)
def test_pos_weight_of_any_shape(rows: int, shape: tuple[int, ...], tmp_path: Path) -> None:
    weight = RNG.uniform(0.5, 4, shape)
    y, x = BITS[:rows], SCORES[:rows]
    want = ce.binary_crossentropy(y, x, from_logits=True, pos_weight=weight)
    assert want != ce.binary_crossentropy(y, x, from_logits=True)
    file: Any = weight
    if shape:
        file = tmp_path / "weight.npy"
        np.save(file, weight)
    for given in (weight, file):
        for size in SIZES:
            got = evaluate(y, x, loss="binary", from_logits=True, pos_weight=given, chunk_rows=size)
            assert got.loss == want


@pytest.mark.parametrize("shape", [(N, C, H), (N, 1, H), (N, C, 1), (1, C, H), (C, H), (C,)])
@pytest.mark.parametrize("ending", ["npy", "csv"])
def test_class_mask_of_any_shape(shape: tuple[int, ...], ending: str, tmp_path: Path) -> None:
    mask = np.ones(shape, bool)
    if shape != (N, 1, H):  # which leaves out whole rows
        mask.reshape(-1)[C - 1 if shape == (C,) else 0] = False
    x, y = np.moveaxis(SCORES, 1, -1), LABELS.copy()
    full = np.broadcast_to(mask[:, None] if shape == (C,) else mask, SCORES.shape)
    y[...] = np.moveaxis(full, 1, -1).argmax(-1)  # a class that exists
    want = ce.sparse_categorical_crossentropy(
        y, SCORES, from_logits=True, axis=1, class_mask=mask
    )  # fmt: skip
    file: Any = mask
    if ending == "npy" or mask.ndim < 3:
        file = tmp_path / f"mask.{ending}"
        np.save(file, mask) if ending == "npy" else np.savetxt(file, mask, "%d", delimiter=",")
    for given in (mask, file):
        for size in SIZES:
            got = evaluate(y, SCORES, axis=1, from_logits=True, class_mask=given, chunk_rows=size)
            assert got.loss == want
    # The classes in front: the axes of rows follow, and the mask's are counted from the right.
    first, lying = np.moveaxis(x, -1, 0), np.moveaxis(full, 1, 0)[:, :, :1]
    want = ce.sparse_categorical_crossentropy(
        y, first, from_logits=True, axis=0, class_mask=np.ones((N, 1), bool)
    )
    got = evaluate(y, first, axis=0, from_logits=True, class_mask=np.ones((N, 1), bool))
    assert got.loss == want
    try:
        want = ce.sparse_categorical_crossentropy(
            y, first, from_logits=True, axis=0, class_mask=lying
        )
    except CrossentError:
        return  # a label of another column does not exist there
    got = evaluate(y, first, axis=0, from_logits=True, class_mask=lying, chunk_rows=2)
    assert got.loss == want


@pytest.mark.parametrize("weight", [2.0, np.float32(0.5), np.array(3.0)])
def test_one_sample_weight_for_all_rows(weight: Any) -> None:
    y, x = LABELS[:, 0], SCORES[:, :, 0]
    got = evaluate(y, x, from_logits=True, sample_weight=weight, chunk_rows=2)
    assert got.loss == ce.sparse_categorical_crossentropy(y, x, from_logits=True)
    assert got.weight == N * float(weight)
    with pytest.raises(CrossentError, match="sample_weight"):
        evaluate(y, x, from_logits=True, sample_weight=-weight, chunk_rows=2)


# Each has the rows of a piece of 2, and would be taken for those of every piece.
BY_CHANCE = [
    pytest.param("binary", {"pos_weight": np.ones((2, C, H))}, WeightError, id="pos_weight"),
    pytest.param("dense", {"class_mask": np.ones((2, C, H), bool)}, ShapeError, id="class_mask"),
    pytest.param("binary", {"sample_weight": np.ones((N, C, 1))}, WeightError, id="right"),
    pytest.param("binary", {"sample_weight": np.ones((N, C, H, 1))}, WeightError, id="too-many"),
    pytest.param("binary", {"sample_weight": np.ones((N, H)), "pos_weight": np.ones((2, C, H))},
                 WeightError, id="two-at-once"),
    pytest.param("dense", {"sample_weight": np.ones((N, C)), "class_weight": np.ones((C, 1))},
                 WeightError, id="two-weights"),
    pytest.param("sparse", {"target_prob": 0.5}, ShapeError, id="target_prob"),
    pytest.param("sparse", {"pos_weight": np.ones((2, C, H))}, OptionError, id="other-loss"),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "options", "error"), BY_CHANCE)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("from_logits", [True, None])
def test_a_wrong_shape_is_refused_by_every_size(
    loss: Any, options: dict[str, Any], error: type, size: int | None, from_logits: bool | None
) -> None:
    labels = {"binary": BITS, "dense": np.eye(C)[LABELS].swapaxes(1, 2), "sparse": LABELS}[loss]
    words = {} if loss == "binary" else {"axis": 1}
    with pytest.raises(error) as caught:
        evaluate(labels, SCORES, loss=loss, from_logits=from_logits, chunk_rows=size, **words,
                 **options)  # fmt: skip
    assert "In rows" not in str(caught.value)


def test_the_evaluator_takes_what_belongs_to_the_rows_with_the_rows() -> None:
    weight = RNG.uniform(0.5, 4, (N, C, H))
    want = ce.binary_crossentropy(BITS, SCORES, from_logits=True, pos_weight=weight)
    parts = [Evaluator("binary", from_logits=True) for _ in range(2)]
    for k, (a, b) in enumerate([(0, 1), (1, 4), (4, N)]):
        parts[k % 2].update(BITS[a:b], SCORES[a:b], pos_weight=weight[a:b], first_row=a)
    parts[0].merge(parts[1])
    assert parts[0].compute().loss == want
    for name, value, loss in (
        ("pos_weight", weight[:2], "binary"), ("class_mask", np.ones((2, C, H), bool), "sparse"),
    ):  # fmt: skip
        words: dict[str, Any] = {name: value} if loss == "binary" else {name: value, "axis": 1}
        evaluator = Evaluator(loss, from_logits=True, **words)  # type: ignore[arg-type]
        labels = BITS if loss == "binary" else LABELS
        with pytest.raises(OptionError, match=rf"`{name}`.*pass it to update"):
            evaluator.update(labels[:2], SCORES[:2])
        assert evaluator.state.rows == 0


def test_one_row_needs_an_axis_of_rows() -> None:
    for size in SIZES:
        with pytest.raises(ShapeError, match=r"shape \(1, 3\)"):
            evaluate([0.0, 0.5, 0.5], [0.1, 0.2, 0.7], loss="dense", chunk_rows=size)
    with pytest.raises(ShapeError, match=r"shape \(1, 3\)"):
        Evaluator("dense").update([0.0, 0.5, 0.5], [0.1, 0.2, 0.7])


def test_a_mask_of_numbers_does_not_hide_what_is_wrong_with_the_labels(tmp_path: Path) -> None:
    np.savetxt(tmp_path / "mask.csv", np.ones((N, C)), "%d", delimiter=",")
    labels = np.where(np.arange(N) == N - 1, 99, LABELS[:, 0])
    with pytest.raises(CrossentError, match="1 of 6 labels"):
        evaluate(labels, SCORES[:, :, 0], from_logits=True, class_mask=tmp_path / "mask.csv",
                 chunk_rows=2)  # fmt: skip


@pytest.mark.parametrize("rows", [2**31, 2**63, 2**64, 10**30])
def test_pieces_larger_than_every_integer_of_the_machine(rows: int, tmp_path: Path) -> None:
    np.savetxt(tmp_path / "y.csv", LABELS[:, 0], "%d")
    want = evaluate(LABELS[:, 0], SCORES[:, :, 0])
    assert evaluate(tmp_path / "y.csv", SCORES[:, :, 0], chunk_rows=rows) == want
