"""scikit-learn's dispatch to arrays of other libraries: the drop-in takes what log_loss takes.

It must be asked for before SciPy is imported, so that these tests run in processes of their own.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from meta.source import run_python

CASES = """
import warnings
import array_api_strict as strict
import numpy as np
import sklearn
import torch
from sklearn import metrics
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from crossent.compat import sklearn as drop_in

rng = np.random.default_rng(0)
Y = rng.integers(0, 3, 40)
P = rng.dirichlet(np.ones(3), 40)
W = rng.uniform(0.5, 2, 40)
MULTI = np.eye(3, dtype=int)[Y]
ARRAYS = {
    "torch": torch.asarray,
    "strict": strict.asarray,
    "another device": lambda a: strict.asarray(a, device=strict.Device("device1")),
}

def outcome(function, *arguments, **options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = function(*arguments, **options)
        except Exception as error:
            value = type(error), str(error)
    return value, [str(one.message) for one in caught]

def same(*arguments, **options):
    theirs, ours = (outcome(f, *arguments, **options) for f in (metrics.log_loss, drop_in.log_loss))
    if isinstance(theirs[0], float):
        assert type(ours[0]) is float, (theirs, ours)
        np.testing.assert_allclose(ours[0], theirs[0], rtol=2e-5)
        assert ours[1] == theirs[1], (theirs, ours)
    else:
        assert ours == theirs, (theirs, ours)
    return ours

with sklearn.config_context(array_api_dispatch=True):
    for name, made in ARRAYS.items():
        for dtype in ("float64", "float32"):
            p, w = made(P.astype(dtype)), made(W.astype(dtype))
            assert isinstance(same(made(Y), p)[0], float)
            same(made(Y), p, sample_weight=w, normalize=False)
            same(made(Y), p, labels=made(np.arange(3)))
            same(made(MULTI), p)
            same(made(Y % 2), p[:, 0])
            same(np.array(["c", "a", "b"])[Y], p)
            same(np.array(["c", "a", "b"])[Y].tolist(), p, sample_weight=W)
            same(Y, p)
        # What scikit-learn warns of, and what it refuses.
        assert same(made(Y), made(P * 0.9))[1]
        for bad in ((made(Y[:5]), made(P)), (made(Y), made(P * 3)), (made(Y), made(P[:, :2]))):
            assert not isinstance(same(*bad)[0], float)
    model = LinearDiscriminantAnalysis().fit(torch.asarray(P), torch.asarray(Y))
    scores = drop_in.neg_log_loss_scorer(model, torch.asarray(P), torch.asarray(Y))
    want = metrics.get_scorer("neg_log_loss")(model, torch.asarray(P), torch.asarray(Y))
    assert abs(scores - want) < 1e-12
    grown = torch.asarray(P, requires_grad=True)
    assert isinstance(drop_in.log_loss(torch.asarray(Y), grown.detach()), float)
# Without the dispatch arrays are what NumPy makes of them, as in scikit-learn.
same(torch.asarray(Y), torch.asarray(P))
"""


RUN = "import pytest, sys; sys.path.insert(0, '.'); sys.exit(pytest.main(sys.argv[1:]))"


@pytest.fixture(autouse=True)
def _dispatch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")


def test_arrays_of_other_libraries() -> None:
    done = run_python("-c", CASES, warnings="ignore")
    assert done.returncode == 0, done.stderr


def test_scikit_learns_own_tests_of_the_dispatch(tmp_path: Path) -> None:
    plugin = "import sklearn.metrics._classification as home\n"
    plugin += "import sklearn.metrics\nfrom crossent.compat.sklearn import log_loss\n"
    plugin += "home.log_loss = sklearn.metrics.log_loss = log_loss\n"
    (tmp_path / "in_its_place.py").write_text(plugin, encoding="utf-8")
    places = ("sklearn.metrics.tests.test_classification", "sklearn.metrics.tests.test_common")
    done = run_python(
        "-c", RUN,
        "-q", "-p", "in_its_place", "-p", "no:randomly", "-p", "no:cacheprovider", "-W", "ignore",
        "-k", "log_loss", "--pyargs", *places, cwd=tmp_path, warnings="ignore",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
