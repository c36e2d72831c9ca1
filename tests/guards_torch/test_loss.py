"""The guard of PyTorch in real training runs, and its wrapper for the Trainer's loss."""

from __future__ import annotations

import copy
import functools
import gc
import pickle
import warnings
import weakref

import pytest
import torch
from torch.nn import functional as F

import crossent as ce
from crossent.compat import torch as compat
from crossent.doctor import guards
from crossent.doctor.guards.torch import torch_batch
from guard_data import BAD_BATCH, BATCH, CLASSES, FEATURES, bad_labels, bad_rows, task


def network(seed: int = 0, last: torch.nn.Module | None = None) -> torch.nn.Module:
    torch.manual_seed(seed)
    layers = [
        torch.nn.Linear(FEATURES, 16),
        torch.nn.BatchNorm1d(16),
        torch.nn.ReLU(),
        torch.nn.Dropout(0.1),
        torch.nn.Linear(16, CLASSES),
    ]
    return torch.nn.Sequential(*layers, *([] if last is None else [last]))


def train(loss, data=None, *, net=None, epochs=1, rate=0.05, own=False):
    """Train for some epochs; return the losses."""
    points, labels = map(torch.from_numpy, data or task())
    net = net or network()
    optimizer = torch.optim.SGD(net.parameters(), rate)
    losses = []
    for _ in range(epochs):
        for start in range(0, len(points), BATCH):
            x, y = points[start : start + BATCH], labels[start : start + BATCH]
            optimizer.zero_grad()
            p = net(x)
            value = loss(y, p) if own else loss(p, y)
            value.backward()
            optimizer.step()
            losses.append(value.item())
    return losses


SPARSE = ce.SparseCategoricalCrossentropy(from_logits=True)
LOSSES = {
    "module": torch.nn.CrossEntropyLoss(),
    "weights": torch.nn.CrossEntropyLoss(torch.ones(CLASSES), label_smoothing=0.1),
    "function": F.cross_entropy,
    "partial": functools.partial(F.cross_entropy, label_smoothing=0.1),
    "crossent.compat.torch": compat.CrossEntropyLoss(label_smoothing=0.1),
    "its function": compat.cross_entropy,
    "guard": guards.TorchLoss(torch.nn.CrossEntropyLoss()),
    "own function": lambda p, y: F.nll_loss(F.log_softmax(p, 1), y),
    "rows": lambda p, y: F.cross_entropy(p, y, reduction="none").mean(),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_healthy_training_is_the_same_and_silent(loss):
    guarded = guards.TorchLoss(loss, patience=20)
    assert train(guarded, epochs=5) == train(loss, epochs=5)
    # The first batch alone: the loss has fallen by step 20.
    assert [report.codes for report in guarded.reports] == [[]]


def test_crossents_own_loss_takes_the_labels_first():
    guarded = guards.TorchLoss(SPARSE)
    assert train(guarded, own=True) == train(SPARSE, own=True)
    assert [report.codes for report in guarded.reports] == [[]]


def test_binary_and_dense_targets_are_healthy():
    torch.manual_seed(0)
    p, y = torch.randn(40, 6), torch.randint(0, 2, (40, 6)).float()
    for loss in (torch.nn.BCEWithLogitsLoss(), lambda p, y: F.binary_cross_entropy(p.sigmoid(), y)):
        guarded = guards.TorchLoss(loss)
        assert guarded(p, y).item() == loss(p, y).item()
        assert guarded.reports[0].codes == []
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    guarded(p, torch.softmax(torch.randn(40, 6), 1))
    assert guarded.reports[0].codes == []


def test_images_and_ignored_places_are_healthy():
    labels = torch.randint(0, 4, (2, 6, 7))
    labels[0, 0] = -100
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    guarded(torch.randn(2, 4, 6, 7), labels)
    assert guarded.reports[0].healthy


def test_the_first_batch_is_diagnosed_before_its_loss():
    points, labels = task()
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    with pytest.raises(guards.DiagnosisError, match=r"\[CE104\] The first batch: .*y_true - 1"):
        train(guarded, (points, labels + 1))
    assert guarded.reports[0].codes == ["CE104"]


def test_a_softmax_too_many_is_found_in_the_first_batch():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    with pytest.raises(guards.DiagnosisError, match="CE105"):
        train(guarded, net=network(last=torch.nn.Softmax(1)))


def test_the_batch_of_a_nan_is_diagnosed():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    step = BAD_BATCH + 1
    with pytest.raises(guards.DiagnosisError, match=f"The loss is nan at step {step}") as caught:
        # Without batch normalisation, which spreads a NaN over the batch.
        train(guarded, bad_rows(), net=torch.nn.Linear(FEATURES, CLASSES))
    assert caught.value.code == "CE217"
    assert "1 row holds NaN (first: row 5)" in caught.value.report.findings[0].seen


def test_a_nan_of_the_loss_itself_is_reported():
    guarded = guards.TorchLoss(lambda p, y: F.cross_entropy(p, y) * float("nan"))
    with pytest.raises(guards.DiagnosisError, match="The loss is nan at step 1") as caught:
        train(guarded)
    assert caught.value.report.codes == ["CE217"]


def test_a_loss_that_is_no_tensor_is_refused():
    guarded = guards.TorchLoss(lambda p, y: F.cross_entropy(p, y).item())
    with pytest.raises(ce.OptionError, match=r"must return a tensor, .* got float"):
        guarded(torch.eye(CLASSES), torch.arange(CLASSES))


@pytest.mark.parametrize("new", [torch.nn.CrossEntropyLoss(reduction="sum"), F.nll_loss])
def test_a_loss_that_is_put_in_the_place_of_another_is_computed(new):
    # So does torch.nn.DataParallel with the copies of a guard.
    old = F.cross_entropy if new is F.nll_loss else torch.nn.CrossEntropyLoss()
    guarded = guards.TorchLoss(old)
    guarded.loss = new
    p, y = torch.eye(CLASSES), torch.arange(CLASSES)
    assert guarded(p, y) == new(p, y)


def test_all_labels_ignored_is_told_from_bad_numbers():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    p = torch.randn(16, 5, requires_grad=True)
    guarded(p, torch.randint(0, 5, (16,)))
    with pytest.raises(guards.DiagnosisError) as caught:
        guarded(p, torch.full((16,), -100))
    assert caught.value.code == "CE202"


def test_an_error_of_the_loss_is_explained_by_its_batch():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    with pytest.raises(guards.DiagnosisError, match=r"raised IndexError at step 7") as caught:
        train(guarded, bad_labels())
    assert caught.value.code == "CE101"
    assert isinstance(caught.value.__cause__, IndexError)


def test_an_error_without_a_finding_is_passed_on():
    def broken(p, y):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        guards.TorchLoss(broken)(torch.randn(4, 3), torch.tensor([0, 1, 2, 0]))


def test_a_loss_that_stays_is_warned_of_once():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss(), patience=20)
    net = torch.nn.Linear(FEATURES, CLASSES)
    torch.nn.init.zeros_(net.weight)
    torch.nn.init.zeros_(net.bias)
    with pytest.warns(guards.DiagnosisWarning, match=r"not fallen in 20 steps: .*ln 5") as caught:
        train(guarded, net=net, epochs=9, rate=0.0)
    assert [warning.message.code for warning in caught] == ["CE218"]
    # Steps 20, 40 and 80.
    assert [report.codes for report in guarded.reports[1:]] == [["CE218"]] * 3


def test_a_loss_that_never_moves_is_warned_of_wherever_it_stands():
    points, labels = task()
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss(), patience=60)
    with pytest.warns(guards.DiagnosisWarning, match="to the last digit"):
        train(guarded, (points[:BATCH], labels[:BATCH]), epochs=60, rate=0.0,
              net=torch.nn.Linear(FEATURES, CLASSES))  # fmt: skip


def test_training_that_has_converged_is_silent():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss(), patience=20)
    train(guarded, epochs=40, rate=0.5, net=torch.nn.Linear(FEATURES, CLASSES))
    assert [report.codes for report in guarded.reports] == [[]]


def test_warn_leaves_the_training_alone():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss(), on_error="warn")
    plain = train(torch.nn.CrossEntropyLoss(), net=network(last=torch.nn.Softmax(1)))
    with pytest.warns(guards.DiagnosisWarning, match="CE105") as caught:
        assert train(guarded, net=network(last=torch.nn.Softmax(1))) == plain
    assert len(caught) == 1
    assert caught[0].message.report is guarded.reports[0]
    assert caught[0].filename == __file__


def test_nan_is_warned_of_once_in_a_row_of_many():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss(), on_error="warn")
    with pytest.warns(guards.DiagnosisWarning) as caught:
        train(guarded, bad_rows(), net=torch.nn.Linear(FEATURES, CLASSES))
    assert [warning.message.code for warning in caught] == ["CE217"]
    # All later steps are NaN; they are not looked into.
    assert [report.codes for report in guarded.reports] == [[], ["CE217"]]


def test_evaluation_is_no_step_of_training():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss(), patience=20)
    p, y = torch.zeros(40, 5), torch.arange(40) % 5
    with torch.no_grad():
        for _ in range(50):
            guarded(p, y)
    assert [report.codes for report in guarded.reports] == [[]]
    with pytest.raises(guards.DiagnosisError, match="CE217"):
        guarded(p * float("nan"), y)


def test_a_compiled_step_is_guarded_at_a_break_of_its_graph():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    y = torch.arange(16) % 5

    def step(p):
        return guarded(p * 2.0, y) + 1

    compiled = torch.compile(step, backend="eager")
    p = torch.randn(16, 5)
    assert compiled(p).item() == pytest.approx((F.cross_entropy(p * 2, y) + 1).item(), rel=1e-6)
    with pytest.raises(guards.DiagnosisError, match="CE217"):
        compiled(p * float("nan"))


def test_many_predictions_are_sampled_and_all_labels_seen(monkeypatch):
    from crossent.doctor.guards import sample

    p, y = torch.randn(4000, 8), torch.randint(0, 8, (4000,))
    few = sample.sample(y, p, {"axis": 1}, lambda p: torch.isfinite(p).all(1).numpy(), most=800)
    assert few.y_pred.shape == (100, 8)
    p[3210, 3] = float("nan")
    few = sample.sample(y, p, {"axis": 1}, lambda p: torch.isfinite(p).all(1).numpy(), most=800)
    assert torch.isnan(few.y_pred[0, 3])
    assert few.y_true[0] == y[3210]
    tokens = sample.sample(
        y.reshape(1, 4000), p.reshape(1, 4000, 8), {}, lambda p: torch.ones(1).bool().numpy(), 800
    )
    assert tokens.y_pred.shape == (1, 100, 8)
    assert tokens.labels.shape == (1, 4000)


def test_a_bad_label_outside_of_the_sample_is_found(monkeypatch):
    monkeypatch.setattr("crossent.doctor.guards.sample.MOST", 800)
    y = torch.randint(0, 8, (4000,))
    y[3999] = 8
    with pytest.raises(guards.DiagnosisError, match=r"CE101.* of 4 ?000"):
        guards.TorchLoss(torch.nn.CrossEntropyLoss())(torch.randn(4000, 8), y)


def test_no_batch_outlives_its_call():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    p = torch.randn(16, 5)
    seen = weakref.ref(p)
    guarded(p, torch.arange(16) % 5)
    del p
    gc.collect()
    assert seen() is None


@pytest.mark.parametrize(
    "twin", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["copy", "pickle"]
)
def test_it_is_copied_as_a_module(twin):
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss(torch.arange(5.0)), patience=30)
    other = twin(guarded)
    assert other.state_dict().keys() == {"loss.weight"}
    assert other(torch.randn(9, 5), torch.arange(9) % 5).isfinite()
    assert len(other.reports) == 1
    assert guarded.reports == []


def test_errors_and_warnings_are_pickled_with_their_report():
    report = ce.diagnose([1, 2, 3], num_classes=3)
    for kind in (guards.DiagnosisError, guards.DiagnosisWarning):
        other = pickle.loads(pickle.dumps(kind("CE104", "text", report)))
        assert (str(other), other.report) == ("[CE104] text", report)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"on_error": "print"}, "`on_error` must be 'raise' or 'warn'"),
        ({"patience": 3}, "`patience` must be a whole number of 20 steps or more"),
        ({"history": [1.0]}, "'history' is not an option of a guard"),
    ],
)
def test_bad_options_are_refused(options, match):
    with pytest.raises(ce.OptionError, match=match):
        guards.TorchLoss(torch.nn.CrossEntropyLoss(), **options)


@pytest.mark.parametrize(
    "loss", [torch.nn.MSELoss(), F.l1_loss, 3, ce.LinearCrossentropy(), ce.linear_crossentropy]
)
def test_what_is_no_cross_entropy_is_refused(loss):
    with pytest.raises(ce.OptionError, match="must be"):
        guards.TorchLoss(loss)


def test_options_of_the_diagnosis_are_passed_on():
    p = torch.softmax(torch.randn(40, 5), 1)
    y = torch.arange(40) % 5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        guards.TorchLoss(lambda p, y: F.nll_loss(p.log(), y), from_logits=False)(p, y)
        guards.TorchLoss(F.cross_entropy, ignore=["CE105"])(p, y)
    with pytest.raises(guards.DiagnosisError, match="CE105"):
        guards.TorchLoss(lambda p, y: F.cross_entropy(p, y), loss="cross_entropy")(p, y)


@pytest.mark.parametrize(
    ("labels", "predictions", "axis"),
    [
        ((8,), (8, 5), 1),
        ((8, 6), (8, 5, 6), 1),
        ((8, 6), (8, 6, 5), -1),
        ((8, 6, 7), (8, 5, 6, 7), 1),
    ],
)
def test_the_axis_of_a_function_is_told_from_the_shapes(labels, predictions, axis):
    batch = torch_batch(torch.zeros(labels, dtype=torch.int64), torch.zeros(predictions), {})
    assert batch.options["axis"] == axis
