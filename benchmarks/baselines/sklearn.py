"""scikit-learn: the multinomial loss that LogisticRegression minimises."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn._loss.loss import HalfMultinomialLoss

Array = Any
THREADS = 2


class Multinomial:
    def losses(self, y: Array, x: Array) -> Array:
        self.load(y, x)
        return self.loss.loss(self.y, self.x, n_threads=THREADS)

    def gradient(self, y: Array, x: Array) -> Array:
        self.load(y, x)
        return self.loss.gradient(self.y, self.x, n_threads=THREADS)

    def load(self, y: Array, x: Array) -> None:
        if x.dtype.name not in ("float32", "float64"):
            raise TypeError("float32 and float64 only")
        self.loss = HalfMultinomialLoss(n_classes=x.shape[1])
        # Labels have the dtype of the predictions there.
        self.y, self.x = y.astype(x.dtype), x
        self.values = self.out = None

    def forward(self) -> Any:
        return self.loss.loss(self.y, self.x, n_threads=THREADS).mean()

    def value_and_gradient(self, upstream: float) -> Any:
        values, gradient = self.loss.loss_gradient(self.y, self.x, n_threads=THREADS)
        gradient *= upstream / len(self.y)
        return values.mean(), gradient

    def kept(self) -> Any:
        if self.out is None:
            self.values, self.out = np.empty_like(self.y), np.empty_like(self.x)
        self.loss.loss_gradient(
            self.y, self.x, loss_out=self.values, gradient_out=self.out, n_threads=THREADS
        )
        self.out *= 1 / len(self.y)
        return self.values.mean(), self.out


FORMS = {"multinomial": Multinomial}
