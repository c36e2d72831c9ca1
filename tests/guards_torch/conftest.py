"""Imports once what warns of functions that it deprecates itself; needs a GPU where asked to."""

import warnings

import pytest
import torch

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import lightning
    import transformers

assert lightning
assert transformers


@pytest.fixture(scope="session")
def gpu() -> None:
    """Skip where there is none."""
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU")
