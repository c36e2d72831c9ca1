"""What a loss is, read from its name or from the object: kind, predictions, framework, options."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from types import SimpleNamespace
from typing import Any, Final, Literal

from crossent.core.messages import data as messages
from crossent.objects import Loss

Kind = Literal["auto", "sparse", "dense", "binary"]
Reading = Literal["logits", "probabilities", "log-probabilities"]

FRAMEWORKS: Final = (
    "crossent", "numpy", "torch", "tensorflow", "keras", "jax", "optax", "sklearn", "transformers",
)  # fmt: skip


@dataclass(frozen=True)
class LossSpec:
    """What is known about a loss before any value is seen."""

    name: str = "auto"
    kind: Kind = "auto"
    reading: Reading | None = None
    framework: str | None = None
    version: tuple[int, ...] = ()
    ignore: tuple[int | float, ...] = ()
    ignore_is_default: bool = False
    class_weight: Any = None
    label_smoothing: float = 0.0
    reduction: str = "mean"
    shifts: int = 0  # positions by which the loss moves the labels itself
    shift_is_default: bool = False  # it does so for causal models, which these may not be of
    is_metric: bool = False


_Row = tuple[Kind, Reading | None, str]

NAMED: Final[dict[str, _Row]] = {
    "crossentropyloss": ("auto", "logits", "torch"),
    "cross_entropy": ("auto", "logits", "torch"),
    "nllloss": ("sparse", "log-probabilities", "torch"),
    "nll_loss": ("sparse", "log-probabilities", "torch"),
    "bcewithlogitsloss": ("binary", "logits", "torch"),
    "binary_cross_entropy_with_logits": ("binary", "logits", "torch"),
    "bceloss": ("binary", "probabilities", "torch"),
    "binary_cross_entropy": ("binary", "probabilities", "torch"),
    "sparsecategoricalcrossentropy": ("sparse", "probabilities", "keras"),
    "sparse_categorical_crossentropy": ("sparse", "probabilities", "keras"),
    "categoricalcrossentropy": ("dense", "probabilities", "keras"),
    "categorical_crossentropy": ("dense", "probabilities", "keras"),
    "binarycrossentropy": ("binary", "probabilities", "keras"),
    "binary_crossentropy": ("binary", "probabilities", "keras"),
    "sparse_softmax_cross_entropy_with_logits": ("sparse", "logits", "tensorflow"),
    "softmax_cross_entropy_with_logits": ("dense", "logits", "tensorflow"),
    "sigmoid_cross_entropy_with_logits": ("binary", "logits", "tensorflow"),
    "softmax_cross_entropy_with_integer_labels": ("sparse", "logits", "optax"),
    "softmax_cross_entropy": ("dense", "logits", "optax"),
    "safe_softmax_cross_entropy": ("dense", "logits", "optax"),
    "sigmoid_binary_cross_entropy": ("binary", "logits", "optax"),
    "log_loss": ("auto", "probabilities", "sklearn"),
    "forcausallmloss": ("sparse", "logits", "transformers"),
}
"""The last part of a loss' name in small letters: kind, what it takes, whose it is."""

REGRESSION: Final = (
    "mse", "mse_loss", "mseloss", "mean_squared_error", "meansquarederror", "squared_error",
    "l2_loss", "mae", "l1_loss", "l1loss", "mean_absolute_error", "meanabsoluteerror", "huber",
    "huber_loss", "huberloss", "smooth_l1_loss", "smoothl1loss",
)  # fmt: skip
"""Losses of numbers that people give to class indices, as the last part of a name."""

MARGINS: Final = (
    "hinge", "squared_hinge", "squaredhinge", "softmarginloss", "soft_margin_loss", "logcosh",
    "log_cosh", "poisson", "poissonnllloss",
)  # fmt: skip
"""Other losses that take numbers which are no classes, such as -1 and 1, or counts."""

_FOR_NUMBERS: Final = (
    " That is a loss for numbers: of class indices it says how far their numbers are apart, which "
    "means nothing. With one label a row use sparse categorical cross-entropy (PyTorch: "
    "CrossEntropyLoss)."
)

WORDS: Final = ("auto", "sparse", "dense", "binary")
TORCH_IGNORES: Final = -100


def read_loss(loss: object) -> LossSpec:
    """Read a word, a name, a function, a loss object or a framework's module.

    Raises
    ------
    OptionError
        If it is none that is known.
    """
    if isinstance(loss, str) and loss in WORDS:
        return LossSpec(loss, loss)  # type: ignore[arg-type]
    loss = unwrapped(loss)
    if isinstance(loss, partial):
        return _with_attributes(read_loss(loss.func), SimpleNamespace(**loss.keywords))
    name = name_of(loss)
    last = name.rpartition(".")[2].lower().removesuffix("_v2")  # as TensorFlow names functions
    row = NAMED.get(last)
    if row is None and last.endswith("accuracy"):
        return LossSpec(name, framework="keras", is_metric=True)
    if row is None:
        known = ", ".join(map(repr, WORDS))
        raise messages.option(
            f"`loss` must be one of {known}, or the name or object of a cross-entropy of PyTorch, "
            f"Keras, TensorFlow, optax, scikit-learn or crossent; got {loss!r}."
            + (_FOR_NUMBERS if last in REGRESSION else _like(last))
        )
    kind, reading, framework = row
    # A dotted name tells whose it is: crossent and Keras share the names of their losses.
    root = name.partition(".")[0].lower()
    if root == "tf":
        root = "keras" if ".keras." in name else "tensorflow"
    if root in FRAMEWORKS and "." in name and not (root == "tensorflow" and framework == "keras"):
        framework = root
    metric = ".metrics." in name and framework != "sklearn"  # whose losses are metrics
    spec = of_framework(LossSpec(name, kind, reading, is_metric=metric), framework)
    if framework == "transformers":
        spec = replace(spec, shifts=1)
    return spec if isinstance(loss, str) else _with_attributes(spec, loss)


def _like(name: str) -> str:
    """Ask for the loss whose name is most like one that is not known."""
    near = get_close_matches(name.replace("-", "_"), [*WORDS, *NAMED], n=1)
    return f" Is {near[0]!r} meant?" if near else ""


def of_framework(spec: LossSpec, framework: str) -> LossSpec:
    """Return a loss as that of a framework, with the label that this leaves out by default."""
    spec = replace(spec, framework=framework)
    if framework == "transformers" and spec.name in WORDS and spec.kind in ("auto", "sparse"):
        spec = replace(spec, shifts=1, shift_is_default=True)
    if framework not in ("torch", "transformers") or spec.kind == "binary" or spec.ignore:
        return spec
    return replace(spec, ignore=(TORCH_IGNORES,), ignore_is_default=True)


def unwrapped(loss: object) -> object:
    """Return the loss inside of wrappers: crossent's for Keras, its guards, torch.compile's."""
    loss = getattr(loss, "_orig_mod", loss)
    while type(loss).__module__.startswith("crossent.") and hasattr(loss, "loss"):
        loss = loss.loss
    return loss


def is_for_numbers(name: str) -> bool:
    """Whether a name is that of a loss whose labels are numbers, not classes.

    >>> is_for_numbers("keras.losses.MeanSquaredError"), is_for_numbers("focal")
    (True, False)
    """
    return name.rpartition(".")[2].lower() in REGRESSION + MARGINS


def name_of(loss: object) -> str:
    """Return the name of a loss, with the module that it stands in."""
    if isinstance(loss, str):
        return loss.strip().removesuffix("()")
    thing = loss if isinstance(loss, type | Callable) and hasattr(loss, "__name__") else type(loss)
    # A subclass of a known loss is that loss, whatever its own name is.
    for kind in getattr(thing, "__mro__", ()):
        if kind.__name__.lower() in NAMED:
            thing = kind
            break
    name = getattr(thing, "__name__", type(loss).__name__)
    module = getattr(thing, "__module__", "") or ""
    return f"{module}.{name}"


def _with_attributes(spec: LossSpec, loss: object) -> LossSpec:
    """Read the options that a loss object was made with."""
    options = loss.get_config() if isinstance(loss, Loss) else {}  # crossent's own
    from_logits = _attribute(loss, options, "from_logits")
    if isinstance(from_logits, bool):
        spec = replace(spec, reading="logits" if from_logits else "probabilities")
    ignore = _attribute(loss, options, "ignore_class")
    if ignore is None:
        ignore = getattr(loss, "ignore_index", None)
    if isinstance(ignore, int) and not isinstance(ignore, bool):
        default = spec.framework == "torch" and ignore == TORCH_IGNORES
        spec = replace(spec, ignore=(ignore,), ignore_is_default=default)
    elif isinstance(ignore, tuple | list) and ignore:
        spec = replace(spec, ignore=tuple(ignore), ignore_is_default=False)
    smoothing = _attribute(loss, options, "label_smoothing")
    if isinstance(smoothing, int | float):
        spec = replace(spec, label_smoothing=float(smoothing))
    reduction = _attribute(loss, options, "reduction")
    if isinstance(reduction, str):
        spec = replace(spec, reduction=reduction)
    own = options.get("class_weight", getattr(loss, "class_weight", None))
    weight = getattr(loss, "weight", own)
    return spec if weight is None else replace(spec, class_weight=weight)


def _attribute(loss: object, options: dict[str, Any], name: str) -> Any:
    found = getattr(loss, name, None)
    if found is None and hasattr(loss, "_fn_kwargs"):  # Keras' wrapped functions
        found = loss._fn_kwargs.get(name)
    return options.get(name) if found is None else found


def read_framework(text: str | None) -> tuple[str | None, tuple[int, ...]]:
    """Read ``"torch"`` or ``"torch 1.10.0"``.

    >>> read_framework("torch==1.10.0")
    ('torch', (1, 10, 0))
    """
    if text is None:
        return None, ()
    if not isinstance(text, str):
        raise messages.option(f"`framework` must be a word such as 'torch'; got {text!r}.")
    found = re.fullmatch(r"\s*([a-z]+)\s*(?:(?:==|@)?\s*(\d+(?:\.\d+)*)\S*)?\s*", text)
    if found is None or found[1] not in FRAMEWORKS:
        known = ", ".join(FRAMEWORKS)
        raise messages.option(
            f"`framework` must be one of {known}, with a version after it if you like "
            f'("torch 1.10"); got {text!r}.'
        )
    version = tuple(int(part) for part in (found[2] or "").split(".") if part)
    return found[1], version
