"""The article is true: every block of it runs, and prints what the page shows."""

from __future__ import annotations

import re

import pytest

from docs.pages import ARTICLE, Block, Outcome, blocks_of, compare, run_blocks

TEXT = ARTICLE.read_text(encoding="utf-8")
BLOCKS = blocks_of(TEXT)
STATEMENTS = re.split(r"^## (?=\d)", TEXT, flags=re.MULTILINE)[1:]


@pytest.fixture(scope="module")
def outcomes() -> dict[int, Outcome]:
    """Run the whole page once; by the line of the block."""
    found = run_blocks(BLOCKS, str(ARTICLE))
    return {block.line: outcome for block, outcome in zip(BLOCKS, found, strict=True)}


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"line {block.line}")
def test_block_prints_what_is_shown(block: Block, outcomes: dict[int, Outcome]) -> None:
    compare(block, outcomes[block.line])


def test_there_are_seven_statements_in_order() -> None:
    assert [int(statement.partition(".")[0]) for statement in STATEMENTS] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda text: text.partition("\n")[0])
def test_every_statement_shows_a_result(statement: str) -> None:
    assert any(block.shown for block in blocks_of(statement))


# What a statement says in numbers, and that it is held against TensorFlow's own result.
NAMED = [
    pytest.param(1, ["log loss", "logistic loss", "log_loss("], id="logarithm"),
    pytest.param(2, ["[1], [2], [3]", "the label 3 is out of range", "y_true - 1"], id="labels"),
    pytest.param(3, ["1e-7", "16.118", "epsilon=0", "tf.keras.losses."], id="clipping"),
    pytest.param(4, ["4,000,000,000", "4,000,000 ", "tf.one_hot("], id="memory"),
    pytest.param(
        5,
        ["[0.31326166, 1.3132616, 1.3132616, 0.31326166]", "0.8132617", '"auto"', "tf.constant("],
        id="reduction",
    ),
    pytest.param(6, ["0.25469932", "0.2546992", "tf.nn.softmax(", "tf.keras.losses."], id="flags"),
    pytest.param(7, ["target_prob=", "binary_crossentropy", "tf.keras.losses."], id="targets"),
]


@pytest.mark.parametrize(("number", "words"), NAMED)
def test_statement_names(number: int, words: list[str]) -> None:
    assert [word for word in words if word not in STATEMENTS[number - 1]] == []
