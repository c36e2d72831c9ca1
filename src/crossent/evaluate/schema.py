"""The number of the keys of JSON: it changes where a key changes its name or its meaning."""

from typing import Final

SCHEMA: Final = 1
