"""NumPy: plain calls and value_and_grad."""

from __future__ import annotations

from typing import Any

import numpy as np

import crossent as ce
from contract.case import FUNCTION_NAMES, Call
from contract.paths import check_path
from contract.policy import NUMPY
from contract.runner import SHARES, Outcome, Reductions, options_for


class NumpyRunner:
    """Calls on NumPy arrays; every value can be seen."""

    name = "numpy"
    traced = False
    stops = False
    compiles = False
    policy = NUMPY
    lacks = {"autodiff": "NumPy has no autodiff", "tensors": "NumPy has no tensors"}  # noqa: RUF012 (one constant, never written)

    def outcome(
        self, call: Call, validate: str | None = None, *, rows_only: bool = False
    ) -> Outcome:
        """Every reduction and gradient of a call."""
        mean_value, mean_gradient = self._with_gradient(call, "mean", validate)
        _, sum_gradient = self._with_gradient(call, "sum", validate)
        none, mean, total = (
            np.asarray(self.loss(call, reduction, validate))
            for reduction in ("none", "mean", "sum")
        )
        value = np.asarray(mean_value)
        return Outcome(none, mean, mean_gradient, total, sum_gradient, mean_beside_gradient=value)

    def rows(self, call: Call) -> tuple[np.ndarray, np.ndarray]:
        """The losses of the rows, and the gradient of their sum."""
        _, gradient = self._with_gradient(call, "sum", None)
        return np.asarray(self.loss(call, "none")), gradient

    def _with_gradient(self, call: Call, reduction: str, validate: str | None) -> Any:
        function = ce.value_and_grad(getattr(ce, FUNCTION_NAMES[call.function]))
        options = options_for(call, reduction, validate)
        result = function(call.y_true, call.y_pred, **options)
        check_path(call, options)
        return result

    def loss(self, call: Call, reduction: str, validate: str | None = None) -> Any:
        """One value alone."""
        function = getattr(ce, FUNCTION_NAMES[call.function])
        options = options_for(call, reduction, validate)
        result = function(call.y_true, call.y_pred, **options)
        check_path(call, options)
        return result

    def gradients(
        self, call: Call, names: tuple[str, ...], reductions: Reductions
    ) -> dict[str, np.ndarray]:
        """The gradient to the predictions of those reductions that have one."""
        total = np.zeros_like(call.y_pred)
        for name in reductions:
            total += SHARES[name][0] * self._with_gradient(call, name, None)[1]
        return {"y_pred": total}

    def attempt(self, call: Call, reduction: str = "mean") -> np.ndarray:
        """One value, options passed as they are."""
        function = getattr(ce, FUNCTION_NAMES[call.function])
        return np.asarray(
            function(call.y_true, call.y_pred, **{"reduction": reduction, **call.options})
        )
