"""The kernels inside the graphs of torch.compile: operators of our own, and who takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import crossent as ce
from crossent.frontends import route
from crossent.frontends.torch import compiled as torch_compiled
from crossent.kernels.config import note_path

G = torch.Generator().manual_seed(5)
X = 3 * torch.randn(40, 7, generator=G)
Y = torch.randint(0, 7, (40,), generator=G)
T = torch.rand(40, 7, generator=G)
P = torch.softmax(X, -1)
S = torch.rand(40, generator=G) * (torch.arange(40) % 5 != 0)
W = torch.rand(7, generator=G) + 0.1
LOGITS: dict[str, Any] = {"from_logits": True}
SPARSE, BINARY = ce.sparse_categorical_crossentropy, ce.binary_crossentropy


@pytest.fixture(autouse=True)
def _every_size(monkeypatch: pytest.MonkeyPatch) -> None:
    torch._dynamo.reset()
    monkeypatch.setattr(route, "LEAST", 1)


def words(function: str = "sparse", **given: Any) -> tuple[Any, ...]:
    """The last arguments of the operators."""
    options = {
        "from_logits": True, "ignore_class": [], "label_smoothing": 0.0, "z_loss": 0.0,
        "epsilon": 1e-7, "normalize": None,
    }  # fmt: skip
    return function, *{**options, **given}.values()


SAMPLES: dict[str, tuple[Any, ...]] = {
    "float32": (X, Y, None, *words()),
    "float64": (X.double(), Y.int(), None, *words(label_smoothing=0.1, z_loss=0.01)),
    "bfloat16": (X.bfloat16(), Y, None, *words(ignore_class=[2, -1])),
    "float16": (X.half(), Y.to(torch.uint8), None, *words()),
    "transposed": (X.T.contiguous().T, Y, None, *words()),
    "three dimensions": (X.reshape(8, 5, 7), Y.reshape(8, 5), None, *words()),
    "nothing": (X[:0], Y[:0], None, *words()),
    "probabilities": (P, Y, None, *words(from_logits=False)),
    "normalized": (P.double(), Y, None, *words(from_logits=False, normalize=True, epsilon=0.0)),
    "binary": (X, T, W, *words("binary", label_smoothing=0.1)),
    "binary probabilities": (P, (T > 0.5), None, *words("binary", from_logits=False)),
}


@pytest.mark.parametrize("arguments", SAMPLES.values(), ids=SAMPLES)
def test_opcheck(arguments: tuple[Any, ...]) -> None:
    x, *others = arguments
    for needed in (False, True):
        given = (x.clone(memory_format=torch.preserve_format).requires_grad_(needed), *others)
        torch.library.opcheck(torch_compiled.row_losses, given)
    bar = torch_compiled.row_losses(*arguments) * 0.3
    torch.library.opcheck(torch_compiled.row_gradient, (bar, *arguments))


CALLS: dict[str, tuple[Any, ...]] = {
    "logits": (SPARSE, Y, X, LOGITS),
    "smoothed": (SPARSE, Y, X, {**LOGITS, "label_smoothing": 0.1, "z_loss": 0.01}),
    "weights": (SPARSE, Y, X, {**LOGITS, "sample_weight": S, "class_weight": W}),
    "ignored": (SPARSE, Y, X, {**LOGITS, "ignore_class": (2, -1), "sample_weight": S}),
    "axis": (SPARSE, Y, X.T.contiguous(), {**LOGITS, "axis": 0}),
    "normalizer": (SPARSE, Y, X, {**LOGITS, "normalizer": 17.0}),
    "bfloat16": (SPARSE, Y, X.bfloat16(), LOGITS),
    "float16": (SPARSE, Y, X.half(), LOGITS),
    "float64": (SPARSE, Y.int(), X.double(), LOGITS),
    "probabilities": (SPARSE, Y, P, {"sample_weight": S}),
    "probabilities smoothed": (SPARSE, Y, P, {"label_smoothing": 0.1}),
    "binary": (BINARY, T, X, {**LOGITS, "pos_weight": W, "ignore_class": 0}),
    "binary probabilities": (BINARY, T, P, {"sample_weight": S}),
}


def step(program: Any, x: Any, *others: Any) -> tuple[Any, Any]:
    leaf = x.clone().requires_grad_()
    value = program(leaf, *others)
    parts = value if isinstance(value, tuple) else (value,)
    return parts[0].detach(), torch.autograd.grad(parts[0].sum(), leaf)[0]


REDUCED = [
    *((name, "mean") for name in CALLS),
    *((name, reduction) for name in ("weights", "binary") for reduction in ("none", "parts")),
]


@pytest.mark.parametrize(("name", "reduction"), REDUCED)
def test_values_and_gradients_are_those_of_eager(name: str, reduction: str) -> None:
    function, y, x, options = CALLS[name]

    def loss(x: Any, y: Any) -> Any:
        return function(y, x, reduction=reduction, **options)

    want = step(loss, x, y)
    note_path("operations")
    program = torch.compile(loss, fullgraph=True, backend="aot_eager")
    got = step(program, x, y)
    assert ce.last_path() == "kernel"
    for a, b in zip(got, want, strict=True):
        assert a.dtype == b.dtype
        # of the largest element: small ones are differences
        torch.testing.assert_close(a, b, rtol=1e-6, atol=4e-7 * b.abs().max().item())


def test_inductor_with_every_batch_size() -> None:
    def loss(x: Any, y: Any) -> Any:
        return SPARSE(y, torch.relu(x), **LOGITS)

    program = torch.compile(loss, fullgraph=True, dynamic=True)
    with torch._dynamo.config.patch(error_on_recompile=True):
        for n in (40, 12, 7):
            note_path("operations")
            got = step(program, X[:n], Y[:n].clone())
            assert ce.last_path() == "kernel"
            for a, b in zip(got, step(loss, X[:n], Y[:n]), strict=True):
                torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("function", ["sparse", "binary"])
def test_m01_bad_labels_are_nan_rows_and_others_keep_their_bits(function: str) -> None:
    call, y, bad = (SPARSE, Y, 7) if function == "sparse" else (BINARY, T[:, 0], 1.5)
    x = X if function == "sparse" else X[:, 0].contiguous()
    program = torch.compile(
        lambda x, y, s: call(y, x, reduction="none", sample_weight=s, **LOGITS), fullgraph=True
    )
    wrong = y.clone()
    wrong[3] = bad
    wrong[8] = -1
    wrong[10] = bad  # of no weight
    weight = S.clone()
    weight[[3, 8]], weight[10] = 1.0, 0.0
    want, want_gradient = step(program, x, y, weight)
    got, gradient = step(program, x, wrong, weight)
    others = torch.ones(40, dtype=torch.bool)
    others[[3, 8]] = False
    assert got[~others].isnan().all()
    assert gradient[~others].isnan().all()
    assert torch.equal(got[others], want[others])
    assert torch.equal(gradient[others], want_gradient[others])
    assert got[10] == 0
    # a bad weight is a bad row
    weight[5] = -1.0
    got, gradient = step(program, x, y, weight)
    assert got.isnan().nonzero().flatten().tolist() == [5]
    assert gradient.reshape(40, -1).isnan().any(1).nonzero().flatten().tolist() == [5]


def test_m01_the_mean_of_other_rows_keeps_its_divisor() -> None:
    """A bad row enters the divisor with 1, so that the gradients of other rows are finite."""
    for options, x in (({**LOGITS}, X), ({}, P)):
        bad = Y.clone()
        bad[3] = 9
        weighted = {**options, "sample_weight": S, "validate": "off"}
        program = torch.compile(
            lambda x, y, w=weighted: SPARSE(y, x, **w), fullgraph=True, backend="eager"
        )
        note_path("operations")
        value, gradient = step(program, x, bad)
        assert ce.last_path() == "kernel"
        want_value, want = step(lambda x, y, w=weighted: SPARSE(y, x, **w), x, bad)
        assert torch.stack([value, want_value]).isnan().all()
        torch.testing.assert_close(gradient, want, rtol=1e-6, atol=1e-8, equal_nan=True)


def graphs_of(function: Any, *arguments: Any) -> tuple[Any, str]:
    """The result of a compiled function, and the code of its graphs."""
    found: list[str] = []

    def backend(graph: Any, _: Any) -> Any:
        found.append(graph.print_readable(print_output=False))
        return graph.forward

    result = torch.compile(function, fullgraph=True, backend=backend)(*arguments)
    return result, "\n".join(found)


def mean(x: Any, y: Any) -> Any:
    return SPARSE(y, x, **LOGITS)


def jvp(x: Any, y: Any) -> Any:
    return torch.func.jvp(lambda x: mean(x, y) ** 2, (x,), (T,))[1]


def hessian(x: Any, y: Any) -> Any:
    return torch.func.hessian(lambda x: mean(x, y) ** 2)(x)


def batched(x: Any, y: Any) -> Any:
    return torch.vmap(mean)(x.reshape(8, 5, 7), y.reshape(8, 5))


@pytest.mark.parametrize("function", [jvp, hessian, batched])
def test_transformations_take_operations(function: Any) -> None:
    got, code = graphs_of(function, X[:], Y)
    assert "row_losses" not in code
    torch.testing.assert_close(got, function(X, Y))


ONE_HOT = torch.nn.functional.one_hot(Y, 7)
SEVERAL: dict[str, tuple[Any, ...]] = {
    "one-hot": (ce.categorical_crossentropy, ONE_HOT, LOGITS),
    "floats": (ce.categorical_crossentropy, ONE_HOT.float(), LOGITS),
    "several labels": (
        SPARSE, torch.stack([Y, (Y + 1) % 7], -1),
        {**LOGITS, "target_prob": torch.full((40, 2), 0.5)},
    ),
    "weighted smoothing": (SPARSE, Y, {**LOGITS, "class_weight": W, "label_smoothing": 0.1}),
    "mask": (SPARSE, Y % 5, {**LOGITS, "class_mask": torch.arange(7) < 5}),
}  # fmt: skip


@pytest.mark.parametrize("name", SEVERAL)
def test_more_than_one_class_a_row_takes_operations(name: str) -> None:
    function, y, options = SEVERAL[name]

    def loss(x: Any, y: Any) -> Any:
        return function(y, x, **options)

    got, code = graphs_of(loss, X[:], y)
    assert "row_losses" not in code
    torch.testing.assert_close(got, loss(X, y), rtol=1e-6, atol=1e-7)


def test_a_plain_call_takes_the_operator() -> None:
    _, code = graphs_of(mean, X, Y)
    assert "row_losses" in code


def test_transformations_of_a_compiled_loss_are_right() -> None:
    program = torch.compile(mean, fullgraph=True, backend="eager")
    got = torch.func.grad(lambda x: program(x, Y) ** 2)(X)
    torch.testing.assert_close(got, torch.func.grad(lambda x: mean(x, Y) ** 2)(X))
    got = torch.vmap(program)(X.reshape(8, 5, 7), Y.reshape(8, 5))
    torch.testing.assert_close(got, batched(X, Y))


@pytest.mark.parametrize("name", ["logits", "smoothed", "weights", "probabilities", "binary"])
def test_m18_higher_derivatives(name: str) -> None:
    function, y, x, options = CALLS[name]
    x = x.double()

    def loss(x: Any) -> Any:
        return torch.sin(function(y, x, reduction="none", **options).sum()) ** 2

    def third(loss: Any) -> Any:
        leaf = x.clone().requires_grad_()
        first = torch.autograd.grad(loss(leaf), leaf, create_graph=True)[0]
        second = torch.autograd.grad((first * T.double()).sum(), leaf, create_graph=True)[0]
        return first, second, torch.autograd.grad((second**2).sum(), leaf)[0]

    note_path("operations")
    got = third(torch.compile(loss, fullgraph=True, backend="eager"))
    assert ce.last_path() == "kernel"
    for a, b in zip(got, third(loss), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-12)


def test_m18_a_gradient_of_a_gradient_ahead_of_time_is_an_error() -> None:
    leaf = X.clone().requires_grad_()
    value = torch.compile(mean, fullgraph=True, backend="aot_eager")(leaf, Y)
    first = torch.autograd.grad(value, leaf, create_graph=True)[0]
    with pytest.raises(RuntimeError, match="double backward"):
        torch.autograd.grad(first.sum(), leaf)


def test_m20_gradients_to_weights_and_targets() -> None:
    def loss(x: Any, t: Any, s: Any, w: Any) -> Any:
        weighted = SPARSE(Y, x, sample_weight=s, class_weight=w, **LOGITS)
        return weighted + BINARY(t, x, pos_weight=w, **LOGITS)

    def gradients(program: Any) -> Any:
        leaves = [one.clone().requires_grad_() for one in (X, T, S + 0.1, W)]
        return torch.autograd.grad(program(*leaves), leaves)

    got = gradients(torch.compile(loss, fullgraph=True, backend="aot_eager"))
    for a, b in zip(got, gradients(loss), strict=True):
        torch.testing.assert_close(a, b)


def test_kernels_turned_off() -> None:
    program = torch.compile(mean, fullgraph=True, backend="aot_eager")
    want = step(program, X, Y)
    ce.use_kernels(False)
    try:
        got = step(program, X, Y)  # an operator that finds no kernels
        torch._dynamo.reset()
        _, code = graphs_of(mean, X, Y)
    finally:
        ce.use_kernels(True)
    assert "row_losses" not in code
    for a, b in zip(got, want, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-8)


def test_small_predictions_and_exports_take_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    class Module(torch.nn.Module):
        def forward(self, x: Any, y: Any) -> Any:
            return mean(x, y)

    for strict in (False, True):
        exported = torch.export.export(Module(), (X, Y), strict=strict)
        assert "row_losses" not in str(exported)
    torch._dynamo.reset()
    monkeypatch.setattr(route, "LEAST", 2**16)
    _, code = graphs_of(mean, X, Y)
    assert "row_losses" not in code


def test_m15_inputs_are_not_written() -> None:
    x, y, s = X.clone(), Y.clone(), S.clone()
    program = torch.compile(
        lambda x, y, s: SPARSE(y, x, sample_weight=s, **LOGITS), fullgraph=True, backend="eager"
    )
    step(program, x, y, s)
    for a, b in ((x, X), (y, Y), (s, S)):
        assert torch.equal(a, b)
    leaf = X.clone().requires_grad_()
    value = program(leaf, y, s)
    first = torch.autograd.grad(value, leaf, retain_graph=True)[0]
    kept = first.clone()
    second = torch.autograd.grad(value * 3, leaf)[0]
    assert torch.equal(first, kept)
    np.testing.assert_allclose(second, 3 * kept, rtol=1e-6)


@pytest.mark.parametrize("reduction", ["none", "mean", "parts"])
def test_m06_rows_of_weight_0_add_nothing_to_the_gradients_of_weights(reduction: str) -> None:
    weights = {"sample_weight": S, "class_weight": W}
    poisoned, labels, left = X.clone(), Y.clone(), S == 0
    poisoned[left], labels[left] = torch.nan, 99

    def gradients(x: Any, y: Any, sample: Any) -> list[Any]:
        x, sample, classes = (one.clone().requires_grad_() for one in (x, sample, W))

        def program(x: Any, sample: Any, classes: Any) -> Any:
            given = {**weights, "sample_weight": sample, "class_weight": classes}
            found = SPARSE(y, x, reduction=reduction, **LOGITS, **given)
            parts = found if isinstance(found, tuple) else (found,)
            return sum((part * part).sum() for part in parts)

        total = torch.compile(program, fullgraph=True, backend="eager")(x, sample, classes)
        return list(torch.autograd.grad(total, (x, sample, classes)))

    found, wanted = gradients(poisoned, labels, S), gradients(X[~left], Y[~left], S[~left])
    for got, want in zip(found[:2], wanted[:2], strict=True):
        assert (got[left] == 0).all()
        torch.testing.assert_close(got[~left], want)
    torch.testing.assert_close(found[2], wanted[2])


@pytest.mark.parametrize("ignored", [2**63 - 1, 2**63, 2**64 - 1, -(2**63)])
def test_marks_of_any_64_bits_are_taken(ignored: int) -> None:
    """Those that the operator's integers cannot hold take the operations."""

    @torch.compile(backend="aot_eager")
    def loss(y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = SPARSE(y, x, from_logits=True, ignore_class=ignored)
        return result

    want = SPARSE(Y, X, from_logits=True)
    torch.testing.assert_close(loss(Y, X), want)
