"""Options: what a loss is asked to do, checked once, before any array is touched.

An :class:`Options` holds words and Python numbers only, so that it can be hashed, compared and
stored; arrays (weights, masks, target probabilities) travel beside it. It is a named tuple, which
is made and hashed much faster than a frozen dataclass: that counts in calls on small arrays, and
again where a framework traces this code.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from enum import Enum
from numbers import Integral, Real
from typing import Any, Final, Literal, NamedTuple

from crossent.core.messages import options as messages
from crossent.core.other_names import PREDICTIONS, REDUCTIONS, TARGETS
from crossent.core.registry import FUNCTIONS

Function = str  # a key of :data:`crossent.core.registry.FUNCTIONS`
Reduction = Literal["mean", "sum", "none", "parts"]
Empty = Literal["zero", "nan", "raise"]
Validate = Literal["first", "always", "off"]
Gradients = Literal["forward", "recompute"]


class Unset(Enum):
    """The type of :data:`UNSET`, which tells "not given" from every value that can be given."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET

MAX_MEMORY: Final = 2**27
"""Bytes of logits that are held at a time, where it is not said."""

OUTPUTS: Final = ("log_prob", "entropy", "lse", "rank", "correct")
"""What ``log_probs`` can be asked for."""


class Options(NamedTuple):
    """What is asked of a loss, in words and numbers."""

    function: Function
    from_logits: bool = False
    axis: int = -1
    ignore_class: tuple[int | float, ...] = ()
    label_smoothing: float = 0.0
    z_loss: float = 0.0
    epsilon: float = 1e-7
    normalize: bool | None = None
    reduction: Reduction = "mean"
    empty: Empty = "zero"
    validate: Validate = "first"
    shift: bool = False
    temperature: float = 1.0
    outputs: tuple[str, ...] = ()
    logit_scale: float = 1.0
    softcap: float | None = None
    max_memory: int = MAX_MEMORY
    gradients: Gradients = "forward"

    @property
    def name(self) -> str:
        """The public name of the function, for messages."""
        return FUNCTIONS[self.function].name


def _boolean(name: str, value: object) -> bool:
    if not (isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")):
        raise messages.option_value(name, "True or False", value)
    return bool(value)


def _optional_boolean(name: str, value: object) -> bool | None:
    return None if value is None else _boolean(name, value)


def _number(name: str, value: object, wanted: str, fits: Callable[[float], bool]) -> float:
    if type(value) is not float:
        if isinstance(value, bool) or not isinstance(value, Real):
            raise messages.option_value(name, wanted, value)
        value = float(value)
    if not fits(value):
        raise messages.option_value(name, wanted, value)
    return value


def _axis(name: str, value: object) -> int:
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise messages.option_value(name, "an integer", value) from None


def of_64_bits(label: Integral) -> bool:
    """Whether labels of some integer dtype can hold a number."""
    return -(2**63) <= int(label) < 2**64


def _ignore_class(name: str, value: object) -> tuple[int | float, ...]:
    if value is None:
        return ()
    items = value if isinstance(value, tuple | list) else (value,)
    for item in items:
        if isinstance(item, bool) or not isinstance(item, Integral):
            raise messages.option_value(name, "an integer or a tuple of integers", value)
        if not of_64_bits(item):
            raise messages.option_value(name, "an integer that labels of 64 bits can hold", value)
    return tuple(int(item) for item in items)


def _smoothing(name: str, value: object) -> float:
    return _number(name, value, "a number in [0, 1]", lambda v: 0.0 <= v <= 1.0)


def _z_loss(name: str, value: object) -> float:
    return _number(name, value, "a finite number >= 0", lambda v: 0.0 <= v < math.inf)


def _epsilon(name: str, value: object) -> float:
    return _number(name, value, "a number in [0, 0.5)", lambda v: 0.0 <= v < 0.5)


def _temperature(name: str, value: object) -> float:
    return _number(name, value, "a finite number > 0", lambda v: 0.0 < v < math.inf)


def _scale(name: str, value: object) -> float:
    wanted = "a finite number that is not 0 (multiply `hidden` by a tensor, which has a gradient)"
    return _number(name, value, wanted, lambda v: 0 < abs(v) < math.inf)


def _softcap(name: str, value: object) -> float | None:
    return None if value is None else _temperature(name, value)


def _max_memory(name: str, value: object) -> int:
    wanted = "a number of bytes >= 1"
    return int(_number(name, value, wanted, lambda v: 1 <= v < math.inf))


def _outputs(name: str, value: object) -> tuple[str, ...]:
    names: Any = (value,) if isinstance(value, str) else value
    several = isinstance(names, tuple | list) and all(one in OUTPUTS for one in names)
    if several and names and len({*names}) == len(names):
        return tuple(names)
    wanted = f"one of {', '.join(map(repr, OUTPUTS))}, or a tuple of different ones"
    raise messages.option_value(name, wanted, value)


def _word(*words: str) -> Callable[[str, object], str]:
    def check(name: str, value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise messages.option_value(name, "one of " + ", ".join(map(repr, words)), value)
        return value

    return check


def _reduction(name: str, value: object) -> str:
    if isinstance(value, str | bool | None) and value in REDUCTIONS:
        raise messages.other_word(name, value, REDUCTIONS[value])
    word: str = _word("mean", "sum", "none", "parts", "auto")(name, value)
    return "mean" if word == "auto" else word


class Rule(NamedTuple):
    """What an option may be; :class:`crossent.core.registry.Entry` says which losses have it."""

    needs: Literal["", "logits", "probabilities", "mean"] = ""
    check: Callable[[str, object], Any] | None = None  # None: an array, checked by the plan
    default: object = None  # in the signature; an option that needs something has UNSET there


TABLE: Final[dict[str, Rule]] = {
    "from_logits": Rule(check=_boolean, default=False),
    "axis": Rule(check=_axis, default=-1),
    "ignore_class": Rule(check=_ignore_class),
    "target_prob": Rule(),
    "class_mask": Rule(),
    "class_weight": Rule(),
    "pos_weight": Rule(),
    "sample_weight": Rule(),
    "label_smoothing": Rule(check=_smoothing, default=0.0),
    "z_loss": Rule("logits", check=_z_loss),
    "epsilon": Rule("probabilities", check=_epsilon),
    "normalize": Rule("probabilities", check=_optional_boolean),
    "reduction": Rule(check=_reduction, default="mean"),
    "normalizer": Rule("mean"),
    "empty": Rule("mean", check=_word("zero", "nan", "raise")),
    "validate": Rule(check=_word("first", "always", "off"), default="first"),
    "shift": Rule(check=_boolean, default=False),
    "temperature": Rule(check=_temperature, default=1.0),
    "outputs": Rule(check=_outputs, default="log_prob"),
    "linear_bias": Rule(),
    "logit_scale": Rule(check=_scale, default=1.0),
    "softcap": Rule(check=_softcap),
    "max_memory": Rule(check=_max_memory, default=MAX_MEMORY),
    "gradients": Rule(check=_word("forward", "recompute"), default="forward"),
}
"""Every option, and under which condition it means something."""

_NO_OPTION: Final = object()

_DEFAULTS: Final[dict[str, dict[str, object]]] = {
    function: {
        name: UNSET if rule.needs else rule.default
        for name, rule in TABLE.items()
        if name in entry.options
    }
    for function, entry in FUNCTIONS.items()
}
"""What every function takes for an option that is not given; an array is None."""


def make_options(function: Function, given: dict[str, object]) -> Options:
    """Check the words and numbers among `given` and return them as :class:`Options`.

    Parameters
    ----------
    function : {"sparse", "dense", "binary"}
        The function that was called.
    given : dict
        Every option by name; the value :data:`UNSET` (or None, for an array) means "not given".

    Raises
    ------
    OptionError
        If an option is unknown, has a value outside its range, or means nothing here.
    """
    entry = FUNCTIONS[function]
    defaults = _DEFAULTS[function]
    words: dict[str, Any] = dict(entry.fixed)
    conditional = []
    beyond = beyond_defaults(function, given)
    for name, value in beyond.items():
        if name not in defaults:
            unknown = {name: value for name, value in beyond.items() if name not in defaults}
            arrays = arrays_of(function)
            raise messages.wrong_arguments(entry.name, defaults.keys(), unknown, arrays=arrays)
        needs, check, _ = TABLE[name]
        if value is UNSET:
            continue
        if check is not None:
            words[name] = check(name, value)
        if needs and not (check is None and value is None):
            conditional.append((name, needs))
    options = Options(function, **words)
    for name, condition in conditional:
        _check_meaning(options, name, condition)
    return options


def arrays_of(function: Function) -> dict[str, str]:
    """Return what a function calls its labels and predictions, and what else it needs."""
    entry = FUNCTIONS[function]
    return {TARGETS: TARGETS, PREDICTIONS: entry.predictions, **{one: one for one in entry.more}}


def absent_arrays(y_true: object, y_pred: object, **more: object) -> list[str]:
    """Return the names of the arrays that a call was not given."""
    given = {TARGETS: y_true, PREDICTIONS: y_pred, **more}
    return [name for name, value in given.items() if value is UNSET]


def refuse_arguments(
    function: Function,
    y_true: object,
    y_pred: object,
    nameless: tuple[object, ...],
    unknown: dict[str, object],
    **more: object,
) -> None:
    """Raise for a call without labels or predictions, or with an option without its name.

    `more` are the other arrays that the function needs.
    """
    names = _DEFAULTS[function].keys()
    others = {name: value for name, value in unknown.items() if name not in names}
    raise messages.wrong_arguments(
        FUNCTIONS[function].name, names, others, nameless, absent_arrays(y_true, y_pred, **more),
        arrays_of(function),
    )  # fmt: skip


def beyond_defaults(function: Function, given: dict[str, object]) -> dict[str, object]:
    """Return what is asked beyond the defaults, each the very object in the signature."""
    default = _DEFAULTS[function].get
    return {name: value for name, value in given.items() if value is not default(name, _NO_OPTION)}


def _check_meaning(options: Options, name: str, needs: str) -> None:
    if needs == "logits" and not options.from_logits:
        raise messages.option_meaningless(name, "from_logits=True", "probabilities have no logits")
    if needs == "probabilities" and options.from_logits:
        raise messages.option_meaningless(
            name, "from_logits=False", "the loss of logits needs no clipping or normalising"
        )
    if needs == "mean" and options.reduction != "mean":
        raise messages.option_meaningless(
            name, 'reduction="mean"', f"reduction={options.reduction!r} divides by nothing"
        )
