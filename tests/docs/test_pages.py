"""Every Python block of the documentation that shows its output prints just that."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.pages import Block, Outcome, blocks_of, compare, has_commands, pages, run_blocks
from meta.source import DOCS

PAGE = """
Text.

```python
x = 1
print(x)
```

```text
1
```

```python
x = 2
```

Words between a block and a text block part them.

```text
2
```

```python
print(x + 1)
```
```text
4
```

```python
raise KeyError(x)
```
"""


PYTHON_ALONE = [page for page in pages() if not has_commands(page)]


@pytest.mark.parametrize("page", PYTHON_ALONE, ids=lambda page: str(page.relative_to(DOCS)))
def test_blocks_print_what_is_shown(page: Path) -> None:
    # A block that prints nothing may have a drawing below it.
    found = blocks_of(page.read_text(encoding="utf-8"))
    blocks = [block for block in found if block.shown is not None and "print(" in block.code]
    for block, outcome in zip(blocks, run_blocks(blocks, str(page)), strict=True):
        compare(block, outcome)


def test_blocks_are_found_with_their_output() -> None:
    assert [(block.line, block.shown) for block in blocks_of(PAGE)] == [
        (5, "1\n"),
        (14, None),
        (24, "4\n"),
        (31, None),
    ]


def test_blocks_share_a_namespace_and_an_error_stops_one_alone() -> None:
    outcomes = run_blocks(blocks_of(PAGE), "page.md")
    assert [outcome.printed for outcome in outcomes] == ["1\n", "", "3\n", ""]
    assert [type(outcome.error) for outcome in outcomes] == [type(None)] * 3 + [KeyError]


def test_another_output_fails() -> None:
    with pytest.raises(AssertionError):
        compare(Block(1, "", "4\n"), Outcome("3\n", None))


def test_output_that_is_not_shown_fails() -> None:
    with pytest.raises(AssertionError):
        compare(Block(1, "", None), Outcome("3\n", None))


def test_a_block_that_raises_fails() -> None:
    with pytest.raises(KeyError):
        compare(Block(1, "", ""), Outcome("", KeyError("x")))
