"""Imports once what warns of functions that it deprecates itself."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import lightning
    import transformers

assert lightning
assert transformers
