"""Keras's own warnings about reading tensors with NumPy 2 are not about the tests."""

from __future__ import annotations

import pytest

READING = "ignore:__array__ implementation:DeprecationWarning"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "trains: needs a backend on which Keras trains")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    from compat.keras.backend import TRAINS

    for item in items:
        if "compat/keras" not in item.nodeid:
            continue
        item.add_marker(pytest.mark.filterwarnings(READING))
        if item.get_closest_marker("trains") and not TRAINS:
            item.add_marker(pytest.mark.skip(reason="Keras does not train on NumPy"))
