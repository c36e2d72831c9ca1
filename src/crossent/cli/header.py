"""The option of every command that reads text files."""

from __future__ import annotations

from typing import Annotated

import typer

Header = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header",
        help="Whether the first line of .csv and .tsv files is a heading; by default told from it.",
        show_default=False,
    ),
]
