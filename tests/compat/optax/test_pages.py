"""What the documentation says of the optax drop-in."""

from __future__ import annotations

from docs.pages import MIGRATION, blocks_of, compare, run_blocks, section_of
from meta.source import ROOT, run_python


def test_table_is_up_to_date() -> None:
    done = run_python(str(ROOT / "tools" / "compat_table"), "--check", "optax", warnings="default")
    assert done.returncode == 0, done.stdout + done.stderr


def test_migration_page_prints_what_it_shows() -> None:
    blocks = blocks_of(section_of(MIGRATION, "optax"))
    assert blocks
    for block, outcome in zip(blocks, run_blocks(blocks, "migrate.md"), strict=True):
        compare(block, outcome)
