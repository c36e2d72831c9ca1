"""`ce.diagnose(model=...)` on torch modules, before any training."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import crossent as ce
from guard_data import CLASSES, FEATURES, task

CROSS_ENTROPY = torch.nn.CrossEntropyLoss()


class Net(torch.nn.Module):
    """A network whose last step is a function, not a module."""

    def __init__(self, last=None):
        super().__init__()
        self.head = torch.nn.Linear(FEATURES, CLASSES)
        self.last = last
        self.seen = 0

    def forward(self, x):
        self.seen += len(x)
        p = self.head(x)
        return p if self.last is None else self.last(p)


def softmax(p):
    return F.softmax(p, -1)


def diagnose(model, loss=CROSS_ENTROPY, *, y=None, **options):
    points, labels = task()
    return ce.diagnose(labels if y is None else y, model=model, x=points, loss=loss, **options)


def test_a_sound_model_is_healthy_and_runs_few_rows():
    net = Net()
    report = diagnose(net)
    assert report.codes == []
    assert net.seen == 32
    assert "320 labels" in report.looked_at
    assert "ending in Linear" in report.looked_at


@pytest.mark.parametrize(
    ("model", "loss", "code"),
    [
        (torch.nn.Sequential(Net(), torch.nn.Softmax(1)), CROSS_ENTROPY, "CE105"),
        (Net(softmax), CROSS_ENTROPY, "CE105"),
        (Net(), torch.nn.NLLLoss(), "CE306"),
        (Net(softmax), torch.nn.NLLLoss(), "CE306"),
    ],
)
def test_the_last_activation_must_fit_the_loss(model, loss, code):
    assert diagnose(model, loss).codes == [code]


@pytest.mark.parametrize(
    ("model", "loss"),
    [
        (torch.nn.Sequential(Net(), torch.nn.LogSoftmax(1)), torch.nn.NLLLoss()),
        (Net(lambda p: F.log_softmax(p, 1)), torch.nn.NLLLoss()),
        (torch.nn.Sequential(Net(), torch.nn.Dropout(0.5)), CROSS_ENTROPY),
        (Net(), "auto"),
        (Net(softmax), "auto"),
    ],
)
def test_fitting_ends_are_healthy(model, loss):
    assert diagnose(model, loss).healthy


def test_all_labels_are_looked_at():
    labels = task()[1]
    labels[300] = CLASSES
    report = diagnose(Net(), y=labels)
    assert report.codes == ["CE101"]
    assert "1 label of 320" in report.findings[0].seen
    labels[300] = -100
    assert diagnose(Net(), y=labels).healthy


def test_the_width_alone_is_compared_with_the_labels():
    report = ce.diagnose(task()[1] + 1, model=Net(), loss=CROSS_ENTROPY)
    assert report.codes == ["CE104"]
    assert "5 classes" in report.looked_at


def test_inputs_and_labels_must_be_equally_many():
    points, labels = task()
    with pytest.raises(ce.ShapeError, match="y_true has 320 rows and x has 300"):
        ce.diagnose(labels, model=Net(), x=points[:300])


def test_lists_and_tensors_are_taken_too():
    points, labels = task()
    given = {"model": Net(), "loss": CROSS_ENTROPY}
    assert ce.diagnose(labels.tolist(), x=points.tolist(), **given).healthy
    assert ce.diagnose(torch.from_numpy(labels), x=torch.from_numpy(points), **given).healthy


def test_images_have_their_classes_on_axis_1():
    net, x = torch.nn.Conv2d(3, 5, 1), torch.randn(40, 3, 7, 8)
    y = torch.randint(0, 5, (40, 7, 8))
    for loss in (CROSS_ENTROPY, "auto"):
        report = ce.diagnose(y, model=net, x=x, loss=loss)
        assert set(report.codes) <= {"CE219"}  # untrained: a note that it is worse than no model
        assert "5 classes" in report.looked_at


def test_the_classes_of_a_torch_loss_lie_on_axis_1():
    logits, labels = np.zeros((2, 4, 6), np.float32), np.zeros((2, 6), int)
    assert ce.diagnose(labels, logits, loss=CROSS_ENTROPY).healthy
    swapped = ce.diagnose(labels, logits.swapaxes(1, 2), loss=CROSS_ENTROPY)
    assert swapped.codes == ["CE110"]


def test_the_model_is_left_as_it_was():
    norm = torch.nn.BatchNorm1d(FEATURES)
    net = torch.nn.Sequential(norm, torch.nn.Dropout(0.5), Net())
    net.train()
    norm.eval()  # frozen on purpose
    state = {name: value.clone() for name, value in net.state_dict().items()}
    torch.manual_seed(5)
    diagnose(net)
    assert torch.rand(1) == torch.rand(1, generator=torch.Generator().manual_seed(5))
    assert [part.training for part in (net, norm, net[1], net[2])] == [True, False, True, True]
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())
    assert all(p.grad is None for p in net.parameters())
    assert not any(part._forward_hooks for part in net.modules())


def test_a_subclass_of_a_loss_is_that_loss():
    class Mine(torch.nn.CrossEntropyLoss):
        pass

    assert diagnose(Net(softmax), Mine()).codes == ["CE105"]


def test_a_loss_of_crossent_says_what_it_takes():
    loss = ce.SparseCategoricalCrossentropy(from_logits=True)
    assert diagnose(Net(), loss).codes == []
    assert diagnose(Net(softmax), loss).codes == ["CE105"]
    assert diagnose(Net(), ce.SparseCategoricalCrossentropy()).codes == ["CE106"]
