"""PyTorch's cross-entropy after a softmax: the core's warning, in PyTorch's words."""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

from crossent.compat.torch_rows import classes_last
from crossent.core import checks
from crossent.core.caches import WARNED
from crossent.core.messages import compat as messages
from crossent.core.options import Options
from crossent.core.plan import plan_of_rows
from crossent.frontends.torch import devices
from crossent.frontends.torch.front_end import FRONT_END
from crossent.frontends.torch.ops import visible

_OPTIONS = Options("sparse", from_logits=True)
_WARNED_OBJECTS: WeakSet[Any] = WeakSet()


def warn_of_softmax(x: Any, target: Any, ignore_index: int, loss: Any = None) -> None:
    """Warn if every row of the logits is a probability vector: once a loss object, or a shape.

    Nothing is looked at that would have to be waited for, or that is traced.
    """
    seen = visible(x)
    if seen is None or devices.is_accelerator(seen) or seen.dim() < 2 or not seen.numel():
        return
    key = ("cross_entropy", seen.shape)
    if key in WARNED if loss is None else loss in _WARNED_OBJECTS:
        return
    rows = classes_last(seen)
    values = FRONT_END.values(rows)
    labels = FRONT_END.values(target) if not target.is_floating_point() else None
    if values is None or (labels is None and not target.is_floating_point()):
        return
    live = None if labels is None else labels != ignore_index
    live = None if live is None or live.all() else live
    plan = plan_of_rows(_OPTIONS, "index", FRONT_END.spec(rows))
    if not checks.check_double_softmax(plan, values, live, messages.torch_softmax_twice):
        return
    if loss is None:
        WARNED.keep(key, True)
    else:
        _WARNED_OBJECTS.add(loss)
