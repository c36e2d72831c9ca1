"""Arrays in C and Fortran order, of any rank, with sizes of 1 and 0 anywhere: NumPy's numbers."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from crossent.evaluate import open_array

SHAPES = [shape for rank in (1, 2, 3, 4) for shape in product((1, 2, 5), repeat=rank)]


@pytest.mark.parametrize("ending", ["npy", "npz"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_any_shape(tmp_path: Path, order: str, ending: str) -> None:
    path = tmp_path / f"array.{ending}"
    for shape in [*SHAPES, (0,), (0, 3), (0, 2, 5), (3, 2, 0)]:
        count = int(np.prod(shape))
        array = np.asarray(np.arange(count, dtype="<f4").reshape(shape), order=order)
        if ending == "npy":
            np.save(path, array)
        else:
            np.savez_compressed(path, only=array)
        want = np.load(path)
        want = want if ending == "npy" else want["only"]
        for rows in (1, 2, 7):
            found = list(open_array(path).chunks(rows))
            assert [len(piece) for piece in found[:-1]] == [rows] * (len(found) - 1)
            got = np.concatenate(found) if found else np.empty(shape, "<f4")
            assert got.dtype == want.dtype
            np.testing.assert_array_equal(got, want, err_msg=f"{shape}, {rows} rows")
