"""`to_dict` and `to_json` of every result, and the configurations of losses: keys and types."""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import crossent as ce
from crossent.core import registry
from crossent.core.options import TABLE, Function
from crossent.doctor.footprint import footprint
from crossent.doctor.guards.sample import Batch
from crossent.doctor.guards.watch import Watch
from unit.shape_of_results import (
    COMPARISON,
    CONVENTIONS,
    DATA,
    EVALUATION,
    EVALUATIONS,
    EXPLANATION,
    EXPLANATIONS,
    FINDING,
    FOOTPRINT,
    REPORT,
    REPORTS,
    SEVERAL,
    Situation,
    strict,
    unlike,
)

CALLS: dict[str, tuple[Callable[..., Any], dict[str, Any], dict[str, Situation]]] = {
    "evaluate": (ce.evaluate, EVALUATION, EVALUATIONS),
    "diagnose": (ce.diagnose, REPORT, REPORTS),
    "conventions": (ce.conventions, CONVENTIONS, SEVERAL),
}


def texts_of(result: Any) -> list[str]:
    """A result as JSON: as it writes itself, if it does, and as its dict is written."""
    own = [result.to_json()] if hasattr(result, "to_json") else []
    return [*own, json.dumps(result.to_dict(), allow_nan=False)]


@pytest.mark.parametrize(
    ("call", "name"), [(call, name) for call in CALLS for name in CALLS[call][2]]
)
def test_keys_of_a_result(call: str, name: str) -> None:
    function, usual, situations = CALLS[call]
    situation = situations[name]
    options = {
        key: DATA[value] if key == "sample_weight" else value
        for key, value in situation.options.items()
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ce.CrossentWarning)
        result = function(*(DATA[file] for file in situation.files), **options)
    shape = {**usual, **situation.changes}
    assert unlike(result.to_dict(), shape) == []  # no number of NumPy's among them
    for text in texts_of(result):
        assert strict(text) == result.to_dict()


@pytest.mark.parametrize("thing", EXPLANATIONS)
def test_keys_of_an_explanation(thing: str) -> None:
    result = ce.explain(thing)
    shape = {**EXPLANATION, "thing": thing, **EXPLANATIONS[thing][0]}
    assert unlike(result.to_dict(), shape) == []
    assert [strict(text) for text in texts_of(result)] == [result.to_dict()] * 2


NUMBERS = [16.118, np.float32(0.6931), np.array(1.0986), float("nan"), RuntimeError("index 7")]


@pytest.mark.parametrize("thing", NUMBERS, ids=str)
def test_keys_of_what_is_no_text(thing: Any) -> None:
    result = ce.explain(thing)
    assert unlike(result.to_dict(), EXPLANATION) == []
    assert [strict(text) for text in texts_of(result)] == [result.to_dict()] * 2


def test_keys_of_a_history() -> None:
    report = ce.diagnose(history=[0.7, 0.7, np.float32(np.nan), 0.7])
    shape = {**REPORT, "healthy": bool, "reading": "", "findings": [FINDING]}
    assert unlike(report.to_dict(), shape) == []
    assert unlike(report.findings[0].to_dict(), FINDING) == []


def test_keys_of_a_report_of_a_guard() -> None:
    watch = Watch("warn", 100, {"from_logits": True})
    with pytest.warns(ce.CrossentWarning) as caught:
        watch.first(lambda: Batch(DATA["from_1"], DATA["logits"]))
    found = [watch.reports[0], caught[0].message.report]  # type: ignore[union-attr]
    for report in found:
        shape = {**REPORT, "healthy": False, "reading": "", "findings": [FINDING]}
        assert unlike(report.to_dict(), shape) == []
        assert [strict(text) for text in texts_of(report)] == [report.to_dict()] * 2


def test_keys_of_a_forecast() -> None:
    assert unlike(footprint(1000, 50).to_dict(), FOOTPRINT) == []


def test_keys_of_the_configuration() -> None:
    shape = {
        "kernels": str, "threads": int, "triton": str, "numba": (str, None), "numpy": str,
        "python": str,
    }  # fmt: skip
    assert unlike(ce.show_config(), shape) == []
    strict(json.dumps(ce.show_config()))


@pytest.mark.parametrize(
    "observed", [1, np.float32(0.25), np.float64(0.25), np.array(0.25)], ids=repr
)
def test_a_number_that_was_seen_may_be_one_of_numpy(observed: Any) -> None:
    found = ce.conventions(DATA["labels"], DATA["logits"], observed=observed)
    assert unlike(found.to_dict(), {**CONVENTIONS, "observed": float(observed)}) == []
    assert strict(found.to_json()) == found.to_dict()


LOSSES: dict[Function, Any] = {
    "sparse": ce.SparseCategoricalCrossentropy,
    "dense": ce.CategoricalCrossentropy,
    "binary": ce.BinaryCrossentropy,
    "linear": ce.LinearCrossentropy,
}
PER_CALL = {"sample_weight", "target_prob", "normalizer", "linear_bias"}
GIVEN: dict[str, list[tuple[Any, Any]]] = {
    # the option: what is given, and what the configuration has for it
    "logit_scale": [(0.5, 0.5), (np.float32(-2), -2.0)],
    "softcap": [(None, None), (30, 30)],
    "shift": [(True, True)],
    "max_memory": [(2**20, 2**20), (np.int64(5), 5)],
    "gradients": [("recompute", "recompute")],
    "from_logits": [(True, True), (np.bool_(True), True)],
    "axis": [(1, 1), (np.int64(1), 1)],
    "ignore_class": [
        (None, None), (-1, -1), (np.int16(-1), -1), ((-1, 255), [-1, 255]),
        ([np.int64(-1), 255], [-1, 255]), ((np.uint8(255),), [255]),
    ],
    "class_mask": [
        ([True, False], [True, False]), ((np.bool_(True), False), [True, False]),
        (np.array([True, False]), [True, False]),
    ],
    "class_weight": [
        ([0.5, 2.0], [0.5, 2.0]), ((np.float32(0.5), 2), [0.5, 2]),
        (np.array([0.5, 2.0]), [0.5, 2.0]), ({0: 0.5, 1: 2.0}, {0: 0.5, 1: 2.0}),
        ({np.int64(0): np.float32(0.5), 1: 2.0}, {0: 0.5, 1: 2.0}),
    ],
    "pos_weight": [
        (2.5, 2.5), (np.float32(2.5), 2.5), ([[np.float64(2.5)], (1.0,)], [[2.5], [1.0]]),
    ],
    "label_smoothing": [(0.25, 0.25), (np.float32(0.25), 0.25)],
    "z_loss": [(0.25, 0.25)],
    "epsilon": [(0.25, 0.25), (np.float16(0.25), 0.25)],
    "normalize": [(True, True), (None, None), (np.bool_(False), False)],
    "reduction": [("sum", "sum")],
    "empty": [("nan", "nan")],
    "validate": [("off", "off")],
}  # fmt: skip


def plain(value: Any) -> bool:
    """Whether a value is made of Python's own words, numbers, lists and dicts."""
    if type(value) is list:
        return all(map(plain, value))
    if type(value) is dict:
        return all(plain(part) for pair in value.items() for part in pair)
    return value is None or type(value) in (bool, int, float, str)


@pytest.mark.parametrize("function", LOSSES)
def test_keys_of_the_configuration_of_a_loss(function: Function) -> None:
    kind = LOSSES[function]
    assert kind().get_config() == {}
    told = [name for name in TABLE if name in registry.FUNCTIONS[function].options]
    assert set(told) - PER_CALL <= set(GIVEN)
    for name in set(told) - PER_CALL:
        needs = {"from_logits": True} if TABLE[name].needs == "logits" else {}
        needs = needs if "from_logits" in told else {}
        for given, want in GIVEN[name]:
            loss = kind(**needs, **{name: given})
            config = loss.get_config()
            assert config == {**needs, name: want}
            assert plain(config), config
            strict(json.dumps(config, allow_nan=False))
            assert kind.from_config(config) == loss
            assert kind.from_config(config).get_config() == config


def test_a_configuration_comes_back_from_json() -> None:
    """All but a dict of classes, whose keys are words in JSON."""
    for name, values in GIVEN.items():
        for given, _ in values:
            needs = {"from_logits": True} if TABLE[name].needs == "logits" else {}
            kind = next(LOSSES[f] for f in LOSSES if name in registry.FUNCTIONS[f].options)
            loss = kind(**needs, **{name: given})
            if not isinstance(given, dict):
                again = json.loads(json.dumps(loss.get_config()))
                assert kind.from_config(again) == loss


@pytest.mark.parametrize("marks", [(-1, 255), [-1, 255]], ids=repr)
def test_the_doctor_reads_what_a_loss_leaves_out(marks: Any) -> None:
    loss = ce.SparseCategoricalCrossentropy(from_logits=True, ignore_class=marks)
    labels = DATA["labels"].copy()
    labels[[1, 5]] = -1, 255
    report = ce.diagnose(labels, DATA["logits"], loss=loss)
    assert report.codes == []
    assert "(2 ignored)" in report.looked_at


def test_keys_of_a_comparison() -> None:
    labels, logits = DATA["labels"], DATA["logits"]
    found = ce.compare(labels, logits, logits + DATA["scores"][:, :1] * np.eye(4)[labels])
    assert unlike(found.to_dict(), COMPARISON) == []
    json.dumps(found.to_dict(), allow_nan=False)


def test_every_result_is_in_a_table() -> None:
    """What can be had as a dict, of all that the package names in public."""
    public = [getattr(ce, name) for name in ce.__all__]
    kinds = {one for one in public if inspect.isclass(one) and hasattr(one, "to_dict")}
    assert kinds == {
        ce.Comparison, ce.Conventions, ce.Evaluation, ce.Explanation, ce.Finding, ce.Report,
    }  # fmt: skip
    configured = {one for one in public if inspect.isclass(one) and hasattr(one, "get_config")}
    assert configured == set(LOSSES.values())
