"""The doctor on PyTorch: the messages it really prints, tensors, modules."""

from __future__ import annotations

import types

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import crossent as ce
from meta.source import run_python

Y = torch.arange(12) % 3
BINARY = torch.nn.BCEWithLogitsLoss()
X = (torch.randn(12, 3, generator=torch.Generator().manual_seed(0)) + 3 * torch.eye(3)[Y]).float()

RAISED = [
    ("CE101", lambda: F.cross_entropy(X, Y + 5)),
    ("CE103", lambda: F.cross_entropy(X, torch.where(Y == 0, -1, Y))),
    ("CE103", lambda: F.cross_entropy(X, torch.where(Y == 0, 255, Y))),
    ("CE312", lambda: F.cross_entropy(X, torch.where(Y == 0, -(2**63), Y))),
    ("CE107", lambda: F.cross_entropy(X, Y[:, None])),
    ("CE108", lambda: F.cross_entropy(X, F.one_hot(Y))),
    ("CE111", lambda: F.cross_entropy(X, Y.float())),
    ("CE111", lambda: F.cross_entropy(X, Y.int())),
    ("CE112", lambda: F.cross_entropy(X, Y[:5])),
    ("CE110", lambda: F.cross_entropy(torch.zeros(2, 6, 5), torch.zeros(2, 6, dtype=torch.long))),
    ("CE107", lambda: F.cross_entropy(torch.zeros(2, 3, 4, 4), torch.zeros(2, 1, 4, 4).long())),
    ("CE303", lambda: F.cross_entropy(X[:, 0], Y)),
    ("CE304", lambda: F.cross_entropy(Y, X)),
    ("CE305", lambda: X.argmax(1).float().mean().backward()),
    ("CE106", lambda: F.binary_cross_entropy(X[:, 0], (Y > 0).float())),
    ("CE314", lambda: F.cross_entropy(X, Y, weight=torch.ones(2))),
    ("CE316", lambda: F.cross_entropy(X, X.softmax(1), ignore_index=1)),
    ("CE313", lambda: torch.tensor(["a", "b"])),
    ("CE409", lambda: F.cross_entropy(X, Y.to("meta"))),
    ("CE216", lambda: X.half().masked_fill_(X > 0, -1e9)),
]  # fmt: skip


@pytest.mark.parametrize(("code", "call"), RAISED)
def test_real_errors_are_explained(code: str, call) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - of any type, told by its message
        call()
    explanation = ce.explain(caught.value)
    assert explanation.kind == "message", caught.value
    assert code in explanation.codes[:2], (caught.value, explanation.codes)


@pytest.fixture
def _deterministic():
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


# Arrays of the host, which may be said to be meant for any device.
IMAGES = X.reshape(2, 2, 3, 3).movedim(-1, 1).numpy()
PLACES = Y.reshape(2, 2, 3).numpy()
ON_CUDA = {
    "y_true": PLACES,
    "y_pred": IMAGES,
    "device": "cuda:0",
    "loss": "torch.nn.CrossEntropyLoss",
}


@pytest.mark.usefixtures("_deterministic")
@pytest.mark.parametrize(
    "given",
    [
        ON_CUDA,
        ON_CUDA | {"loss": F.cross_entropy, "device": "cuda"},
        ON_CUDA | {"loss": torch.nn.CrossEntropyLoss(reduction="sum", label_smoothing=0.1)},
        ON_CUDA | {"loss": "auto", "framework": "torch", "axis": 1, "from_logits": True},
        ON_CUDA | {"y_true": PLACES[0], "y_pred": X[:6].reshape(2, 3, 3).movedim(-1, 1).numpy()},
        {"shape": (8, 21, 64, 64), "device": "cuda:1", "loss": "torch.nn.CrossEntropyLoss"},
    ],
)
def test_a_sum_over_images_that_is_not_deterministic_is_told(given) -> None:
    report = ce.diagnose(**given)
    assert report.codes == ["CE405"]
    assert "use_deterministic_algorithms is on" in report.findings[0].seen


@pytest.mark.usefixtures("_deterministic")
@pytest.mark.parametrize(
    "given",
    [
        ON_CUDA | {"device": "cpu"},
        ON_CUDA | {"loss": torch.nn.CrossEntropyLoss(reduction="none")},
        ON_CUDA | {"y_true": Y.numpy(), "y_pred": X.numpy()},
        ON_CUDA | {"y_true": np.eye(3, dtype=np.float32)[PLACES].transpose(0, 3, 1, 2)},
        ON_CUDA | {"loss": "optax.softmax_cross_entropy_with_integer_labels",
                   "y_pred": np.moveaxis(IMAGES, 1, -1)},
        ON_CUDA | {"loss": ce.SparseCategoricalCrossentropy(from_logits=True, axis=1), "axis": 1},
    ],
)  # fmt: skip
def test_a_loss_that_is_deterministic_is_healthy(given) -> None:
    assert ce.diagnose(**given).healthy


def test_who_has_not_asked_for_what_is_deterministic_is_told_nothing() -> None:
    assert ce.diagnose(**ON_CUDA).healthy


def test_the_implicit_softmax_axis_is_explained() -> None:
    with pytest.warns(UserWarning, match="Implicit dimension") as caught:
        F.softmax(X)
    assert ce.explain(caught[0].message).codes[0] == "CE309"


@pytest.mark.parametrize(
    ("code", "given"),
    [
        (None, {"y_true": Y, "y_pred": X}),
        (None, {"y_true": torch.where(Y == 0, -100, Y), "y_pred": X}),
        (None, {"y_true": Y, "y_pred": X.bfloat16()}),
        (None, {"y_true": Y, "y_pred": X.clone().requires_grad_()}),
        ("CE104", {"y_true": Y + 1, "y_pred": X}),
        ("CE107", {"y_true": Y[:, None], "y_pred": X}),
        ("CE111", {"y_true": Y.int(), "y_pred": X}),
        ("CE105", {"y_true": Y, "y_pred": X.softmax(1), "loss": torch.nn.CrossEntropyLoss()}),
        ("CE306", {"y_true": Y, "y_pred": X.softmax(1), "loss": F.nll_loss}),
        ("CE202", {"y_true": torch.full_like(Y, -100), "y_pred": X}),
        ("CE314", {"y_true": Y, "y_pred": X,
                   "loss": torch.nn.CrossEntropyLoss(weight=torch.ones(2))}),
        ("CE212", {"y_true": Y, "y_pred": torch.where(X < -1.2, -torch.inf, X),
                   "loss": torch.nn.CrossEntropyLoss(label_smoothing=0.1)}),
        ("CE409", {"y_true": Y.to("meta"), "y_pred": X}),
        (None, {"y_true": (Y > 0).float(), "y_pred": X[:, 0], "loss": BINARY}),
        (None, {"y_true": (Y > 0).float()[:, None], "y_pred": X[:, :1], "loss": BINARY}),
        ("CE107", {"y_true": (Y > 0).float(), "y_pred": X[:, :1], "loss": BINARY}),
        ("CE107", {"y_true": (Y > 0).float()[:, None], "y_pred": X[:, 0], "loss": BINARY}),
        ("CE111", {"y_true": (Y > 0).long(), "y_pred": X[:, 0], "loss": BINARY}),
    ],
)  # fmt: skip
def test_tensors(code: str | None, given: dict) -> None:
    report = ce.diagnose(**given)
    found = [finding.code for finding in report.findings if finding.severity != "note"]
    assert found == ([] if code is None else [code])


def test_options_of_a_module_are_read() -> None:
    loss = torch.nn.CrossEntropyLoss(ignore_index=1)
    report = ce.diagnose(Y, X, loss=loss)
    assert "4 ignored" in report.looked_at
    assert report.codes == ["CE316"]


class OwnHead(torch.nn.Module):
    """Ends in a softmax that no module shows."""

    def __init__(self, function=None) -> None:
        super().__init__()
        self.layer, self.function = torch.nn.Linear(4, 3), function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.layer(x)
        return x if self.function is None else self.function(x, dim=-1)


INPUT = torch.randn(40, 4, generator=torch.Generator().manual_seed(1))
LABELS = np.arange(40) % 3
SOFT = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Softmax(-1))


@pytest.mark.parametrize(
    ("model", "loss", "code"),
    [
        (torch.nn.Linear(4, 3), torch.nn.CrossEntropyLoss(), None),
        (OwnHead(), torch.nn.CrossEntropyLoss(), None),
        (OwnHead(F.log_softmax), torch.nn.NLLLoss(), None),
        (SOFT, torch.nn.CrossEntropyLoss(), "CE105"),
        (OwnHead(F.softmax), torch.nn.CrossEntropyLoss(), "CE105"),
        (OwnHead(F.softmax), torch.nn.NLLLoss(), "CE306"),
        (torch.nn.Linear(4, 3), torch.nn.NLLLoss(), "CE306"),
        (torch.nn.Linear(4, 2), torch.nn.CrossEntropyLoss(), "CE101"),
        (torch.nn.Linear(4, 1), torch.nn.CrossEntropyLoss(), "CE302"),
    ],
)
def test_modules(model: torch.nn.Module, loss: torch.nn.Module, code: str | None) -> None:
    model.train()
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    report = ce.diagnose(LABELS, model=model, x=INPUT, loss=loss)
    grave = [finding.code for finding in report.findings if finding.severity != "note"]
    assert grave == ([] if code is None else [code])
    assert model.training
    assert not model._forward_hooks
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())


def test_a_module_without_input_is_read() -> None:
    report = ce.diagnose(model=SOFT, loss=torch.nn.CrossEntropyLoss())
    assert report.codes == ["CE105"]
    assert ce.diagnose(LABELS + 1, model=torch.nn.Linear(4, 3), loss="sparse").codes == ["CE104"]


@pytest.mark.parametrize("shape", [(200,), (200, 1), (200, 5)])
def test_the_outputs_of_a_binary_loss_are_no_classes(shape: tuple[int, ...]) -> None:
    y = (np.arange(np.prod(shape)) % 2).reshape(shape).astype(np.float32)
    model = torch.nn.Linear(8, 5 if shape[-1] == 5 else 1)
    assert ce.diagnose(y, model=model, loss=BINARY).codes == []
    assert shape[-1] == 5 or ce.diagnose(y, model=model).codes == []


def test_bceloss_is_not_told_of_logits_by_an_option() -> None:
    finding = ce.diagnose((Y > 0).float(), X[:, 0], loss=torch.nn.BCELoss()).findings[0]
    assert finding.code == "CE106"
    assert "BCEWithLogitsLoss" in finding.fix


def test_classes_move_to_the_one_axis_where_pytorch_has_them() -> None:
    y, logits = torch.arange(14).reshape(2, 7) % 5, torch.zeros(2, 7, 5)
    finding = ce.diagnose(y, logits, loss=torch.nn.CrossEntropyLoss()).findings[0]
    assert (finding.code, finding.fix) == (
        "CE110",
        "Move the classes to axis 1: y_pred.movedim(2, 1).",
    )
    assert torch.nn.CrossEntropyLoss()(logits.movedim(2, 1), y) > 0


PEAK = """
import torch
import torch.nn.functional as F
from crossent.doctor.footprint import footprint

def peak():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024

def step(rows, classes):
    x = torch.zeros(rows, classes, requires_grad=True)
    F.cross_entropy(x, torch.zeros(rows, dtype=torch.long)).backward()

step(10, 10)
before = peak()
step(20_000, 2_000)
print((peak() - before) / footprint(20_000, 2_000).whole)
"""


def test_the_forecast_of_memory_is_what_a_step_takes() -> None:
    done = run_python("-c", PEAK, warnings="default")
    assert done.returncode == 0, done.stderr
    # The allocator keeps a little more; the measure is in pages.
    assert 0.95 <= float(done.stdout) <= 1.1


class Tokens(torch.nn.Module):
    """A language model as those of transformers: named inputs, an object with logits."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.head = torch.nn.Embedding(20, 8), torch.nn.Linear(8, 20)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor):
        logits = self.head(self.embed(input_ids) * attention_mask[..., None])
        return types.SimpleNamespace(logits=logits)


def test_a_model_with_named_inputs() -> None:
    ids = torch.randint(20, (40, 12), generator=torch.Generator().manual_seed(2))
    x = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    given = {"model": Tokens(), "x": x, "loss": "ForCausalLMLoss", "input_ids": ids[:32]}
    assert ce.diagnose(ids, **given).healthy
    moved = torch.roll(ids, -1, 1)
    assert ce.diagnose(moved, **given).codes == ["CE208"]


class Gives(torch.nn.Module):
    """Gives what a function makes of the logits and the input."""

    def __init__(self, function) -> None:
        super().__init__()
        self.layer, self.function = torch.nn.Linear(4, 3), function

    def forward(self, x: torch.Tensor):
        return self.function(self.layer(x), x)


@pytest.mark.parametrize(
    "outputs",
    [
        lambda logits, _: {"logits": logits, "hidden": logits},
        lambda logits, _: (logits,),
        lambda logits, _: types.SimpleNamespace(logits=logits),
    ],
)
def test_the_logits_in_an_output_are_found(outputs) -> None:
    report = ce.diagnose(LABELS + 1, model=Gives(outputs), x=INPUT, loss="sparse")
    assert report.codes == ["CE104"]
    assert "predictions (32, 3)" in report.looked_at


@pytest.mark.parametrize(
    "outputs", [lambda logits, x: (logits, x), lambda logits, x: {"a": logits, "b": x}]
)
def test_several_outputs_must_be_chosen_from(outputs) -> None:
    with pytest.raises(ce.OptionError, match=r"it gave 2: .*\(32, 3\), .*\(32, 4\)"):
        ce.diagnose(LABELS, model=Gives(outputs), x=INPUT)


def test_of_a_loader_a_batch_is_asked_for() -> None:
    data = torch.utils.data.TensorDataset(INPUT, torch.as_tensor(LABELS))
    loader = torch.utils.data.DataLoader(data, batch_size=8)
    with pytest.raises(ce.OptionError, match=r"`x` .* got DataLoader.*next\(iter\(loader\)\)"):
        ce.diagnose(LABELS, model=torch.nn.Linear(4, 3), x=loader)


def test_a_loss_for_numbers_is_named() -> None:
    with pytest.raises(ce.OptionError, match="a loss for numbers"):
        ce.diagnose(Y, X, loss=torch.nn.MSELoss())
    report = ce.diagnose(LABELS, model=torch.nn.Linear(4, 3), x=INPUT, loss=torch.nn.MSELoss())
    assert "its loss, torch.nn.modules.loss.MSELoss, is no known cross-entropy" in report.looked_at


@pytest.mark.parametrize("name", ["y_true", "y_pred"])
def test_a_sparse_tensor_is_named(name: str) -> None:
    given = {"y_true": Y, "y_pred": X}
    (finding,) = ce.diagnose(**given | {name: given[name].to_sparse()}).findings
    assert finding.code == "CE002"
    assert finding.seen.startswith(f"`{name}` is a Tensor that is no plain array")
    assert "to_dense" in finding.seen


def test_a_sigmoid_twice_is_called_that() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(4, 1), torch.nn.Sigmoid())
    labels = (LABELS > 0).astype(np.float32)[:, None]
    by_model = ce.diagnose(labels, model=model, x=INPUT, loss=BINARY)
    by_values = ce.diagnose(torch.arange(200.0) % 2, torch.rand(200), loss=BINARY)
    for report in (by_model, by_values):
        assert report.codes == ["CE105"]
        assert "a sigmoid twice" in report.findings[0].title
        assert "softmax" not in str(report)


@pytest.mark.filterwarnings("error")
def test_a_tensor_of_one_loss_is_explained() -> None:
    assert ce.explain(torch.tensor(2.3026)).codes[0] == "CE218"
    assert ce.explain(torch.tensor([2.3026], requires_grad=True)).codes[0] == "CE218"
    with pytest.raises(ce.OptionError, match="history=losses"):
        ce.explain(torch.tensor([0.5, 0.6]))


@pytest.mark.parametrize("form", [list, tuple])
def test_a_module_of_several_inputs(form) -> None:
    class Sum(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(4, 3)

        def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
            return self.layer(first + second)

    report = ce.diagnose(LABELS, model=Sum(), x=form([INPUT, INPUT]), loss="sparse")
    assert report.healthy
    assert "predictions (32, 3)" in report.looked_at
    rows = form(INPUT.tolist())
    assert ce.diagnose(LABELS, model=torch.nn.Linear(4, 3), x=rows, loss="sparse").healthy
