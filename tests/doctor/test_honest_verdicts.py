"""What a report says with numbers: worse than no model, how long a loss stands still, which C."""

from __future__ import annotations

import numpy as np
import pytest

import crossent as ce
from crossent.doctor.guards.outcome import DiagnosisWarning
from crossent.doctor.guards.watch import Watch

RNG = np.random.default_rng(5)
Y = RNG.choice(4, 400, p=[0.4, 0.3, 0.2, 0.1])
KNOWN = np.log([[0.4, 0.3, 0.2, 0.1]]) * np.ones((400, 1))


def test_worse_than_no_model_is_a_note_with_both_numbers() -> None:
    x = 4 * RNG.normal(size=(400, 4))
    report = ce.diagnose(Y, x, from_logits=True)
    assert report.healthy
    assert report.codes == ["CE219"]
    loss = float(ce.sparse_categorical_crossentropy(Y, x, from_logits=True))
    shares = np.bincount(Y) / 400
    seen = report.findings[0].seen
    assert f"{loss:.4g}" in seen
    assert f"{-(shares * np.log(shares)).sum():.4g}" in seen
    assert f"{100 * (x.argmax(1) == Y).mean():.3g} %" in seen
    assert f"{100 * shares.max():.3g} % are of class 0" in seen


@pytest.mark.parametrize(
    ("labels", "predictions"),
    [
        (Y, KNOWN),  # nothing but the frequencies
        (Y, KNOWN + 0.05 * RNG.normal(size=(400, 4))),
        (Y[:40], 4 * RNG.normal(size=(40, 4))),  # too few
        (Y, 3 * np.eye(4)[Y] + RNG.normal(size=(400, 4))),
    ],
    ids=["frequencies", "about the frequencies", "few rows", "a model"],
)
def test_no_worse_than_no_model(labels: np.ndarray, predictions: np.ndarray) -> None:
    assert "CE219" not in ce.diagnose(labels, predictions, from_logits=True).codes


def test_chance_explains_no_note() -> None:
    """Frequencies as predictions, on labels that are drawn anew: no better and no worse."""
    found = 0
    for _ in range(300):
        n, classes = int(RNG.choice([60, 200, 1000])), int(RNG.integers(2, 10))
        shares = RNG.dirichlet(np.ones(classes))
        y = RNG.choice(classes, n, p=shares)
        x = np.log(shares) * np.ones((n, 1)) + 0.01 * RNG.normal(size=(n, classes))
        found += "CE219" in ce.diagnose(y, x, from_logits=True).codes
    assert found <= 3


@pytest.mark.parametrize(("patience", "told"), [(20, 20), (25, 20), (200, 200)])
def test_patience_is_reported_in_steps(patience: int, told: int) -> None:
    watch = Watch("warn", patience, {"num_classes": 10})
    losses = 2.3026 + 1e-4 * RNG.normal(size=patience)
    for loss in losses[:-1]:
        watch.follow_up(float(loss), True, lambda: None)
    with pytest.warns(DiagnosisWarning) as caught:
        watch.follow_up(float(losses[-1]), True, lambda: None)
    text = str(caught[0].message)
    assert f"has not fallen in {patience} steps" in text
    assert f"The last {told // 2} of {told} losses stay at" in text


def test_the_window_of_patience_ends_with_the_last_step() -> None:
    watch = Watch("warn", 29, {"num_classes": 10})
    for loss in [2.2] * 9 + [2.3026 + 1e-4 * (k % 3) for k in range(19)]:
        watch.follow_up(loss, True, lambda: None)
    with pytest.warns(DiagnosisWarning, match=r"losses stay at 2\.303"):
        watch.follow_up(2.3026, True, lambda: None)


@pytest.mark.parametrize("classes", [3, 7, 1000])
def test_out_of_range_names_the_classes_that_there_are(classes: int) -> None:
    y = np.arange(40 * classes) % classes + 1
    finding = ce.diagnose(y, num_classes=classes).findings[0]
    assert finding.code == "CE104"
    assert f"with {classes} classes the last index is {classes - 1}" in finding.why
    assert "3 of 3" not in finding.why or classes == 3


def test_what_is_nearly_equal_is_not_written_as_equal() -> None:
    y = np.arange(100) % 5
    near = ce.diagnose(y, num_classes=5, history=[1.9, 1.7] + 8 * [1.618])
    assert "within 1 % of ln 5, which is 1.609" in near.findings[0].seen
    assert "= ln" not in near.findings[0].seen
    equal = ce.diagnose(y, num_classes=5, history=[1.9, 1.7] + 8 * [1.60942])
    assert "1.609 = ln 5" in equal.findings[0].seen


@pytest.mark.parametrize("text", ["1.625", "1.61", "1.6094", "2.302", "16.117", "16.1185"])
def test_readings_of_a_value_match_its_digits(text: str) -> None:
    decimals = len(text.partition(".")[2])
    for reading in ce.explain(text).readings:
        for level, of in ((np.log(5), "ln 5 "), (np.log(10), "ln 10 "), (16.118095651, "-ln 1e-7")):
            if of in reading.text and ce.explain(text).kind != "unknown":
                assert f"{level:.{decimals}f}" == text, reading
