"""The doctor on PyTorch: the messages it really prints, tensors, modules."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import crossent as ce

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


@pytest.mark.parametrize("name", ["y_true", "y_pred"])
def test_a_sparse_tensor_is_named(name: str) -> None:
    given = {"y_true": Y, "y_pred": X}
    (finding,) = ce.diagnose(**given | {name: given[name].to_sparse()}).findings
    assert finding.code == "CE002"
    assert finding.seen.startswith(f"`{name}` is a Tensor that is no plain array")
    assert "to_dense" in finding.seen


@pytest.mark.filterwarnings("error")
def test_a_tensor_of_one_loss_is_explained() -> None:
    assert ce.explain(torch.tensor(2.3026)).codes[0] == "CE218"
    assert ce.explain(torch.tensor([2.3026], requires_grad=True)).codes[0] == "CE218"
    with pytest.raises(ce.OptionError, match="history=losses"):
        ce.explain(torch.tensor([0.5, 0.6]))


def test_images_need_no_axis() -> None:
    y, x = torch.arange(32).reshape(2, 4, 4) % 5, torch.zeros(2, 5, 4, 4)
    for given in ({}, {"framework": "torch"}, {"axis": 1}):
        assert ce.diagnose(y, x, **given).healthy
    # crossent's own loss takes them on the last axis.
    own = ce.SparseCategoricalCrossentropy(from_logits=True)
    assert ce.diagnose(y, x, loss=own).codes == ["CE110"]
    assert ce.diagnose(y.numpy(), x.numpy()).codes == ["CE110"]


def test_a_history_of_tensors_is_read() -> None:
    losses = [torch.tensor(2.3, requires_grad=True)] * 60
    assert ce.diagnose(history=losses).codes == ["CE218"]


def test_bceloss_is_not_told_of_logits_by_an_option() -> None:
    finding = ce.diagnose((Y > 0).float(), X[:, 0], loss=torch.nn.BCELoss()).findings[0]
    assert finding.code == "CE106"
    assert "BCEWithLogitsLoss" in finding.fix


def images(channels: int, size: int) -> torch.Tensor:
    return torch.zeros(2, channels, size, size)


@pytest.mark.parametrize("loss", ["auto", torch.nn.CrossEntropyLoss()])
def test_masks_of_another_size_are_told_by_their_sizes(loss: object) -> None:
    (finding,) = ce.diagnose(torch.arange(128).reshape(2, 8, 8) % 4, images(4, 6), loss=loss).errors
    assert finding.code == "CE112"
    assert "the labels have size (8, 8) and the predictions (6, 6)" in finding.seen


def test_one_hot_masks_whose_axis_was_not_moved() -> None:
    y = F.one_hot(torch.arange(128).reshape(2, 8, 8) % 4)
    (finding,) = ce.diagnose(y, images(4, 8), loss=torch.nn.CrossEntropyLoss()).findings
    assert finding.code == "CE112"
    assert finding.fix.startswith("Pass y_true.argmax(-1), or move the axis")


@pytest.mark.parametrize(
    ("size", "says"),
    [(8, "Pass y_true.reshape(2, 1, 8, 8)."), (6, "For images resize the predictions")],
)
def test_binary_masks_of_another_shape(size: int, says: str) -> None:
    (finding,) = ce.diagnose(torch.zeros(2, 8, 8), images(1, size), loss=BINARY).findings
    assert finding.code == "CE112"
    assert finding.fix.startswith(says)


def test_texts_of_another_length_are_not_told_of_classes() -> None:
    y, x = torch.arange(44).reshape(4, 11), torch.zeros(4, 12, 50)
    assert ce.diagnose(y, x, loss=torch.nn.CrossEntropyLoss()).codes == ["CE112"]


@pytest.mark.parametrize("name", ["y_true", "y_pred"])
@pytest.mark.parametrize("layout", [torch.strided, torch.jagged])
@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning")
def test_a_nested_tensor_is_named(name: str, layout: torch.layout) -> None:
    nested = torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)], layout=layout)
    (finding,) = ce.diagnose(**{"y_true": Y, "y_pred": X, name: nested}).findings
    assert finding.seen.startswith(f"`{name}` is a nested tensor. Pad it")


@pytest.mark.parametrize("name", ["y_true", "y_pred"])
def test_complex_tensors_are_no_sound_ones(name: str) -> None:
    given = {"y_true": Y, "y_pred": X}
    (finding,) = ce.diagnose(**given | {name: given[name].to(torch.complex64)}).findings
    assert finding.seen.startswith(f"`{name}` is an array of complex64")


def test_shapes_are_compared_on_the_meta_device() -> None:
    assert ce.diagnose(Y.to("meta"), X.to("meta")).healthy
    assert ce.diagnose(Y.to("meta"), X[:5].to("meta")).codes == ["CE112"]


def test_a_forecast_takes_what_tensors_have() -> None:
    given = {"dtype": torch.bfloat16, "device": torch.device("cuda", 0)}
    assert ce.diagnose(shape=X.shape, **given).looked_at.endswith("(12, 3) bfloat16")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_a_loss_of_a_narrow_type_is_explained(dtype: torch.dtype) -> None:
    explanation = ce.explain(torch.tensor(0.69314718, dtype=dtype))
    assert (explanation.kind, explanation.codes[0]) == ("value", "CE218")


@pytest.mark.parametrize("thing", [torch.ones(1, dtype=torch.complex64), torch.ones(1).to("meta")])
def test_tensors_without_a_number_are_not_explained(thing: torch.Tensor) -> None:
    with pytest.raises(ce.OptionError, match="`thing` must be"):
        ce.explain(thing)
