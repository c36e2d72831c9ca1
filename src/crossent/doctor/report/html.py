"""A report as one HTML file: no script, nothing from the network, all of the data escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from crossent.doctor.findings import Finding, Severity
from crossent.doctor.report.figures import Figure
from crossent.doctor.report.wording import safe, with_code

Table = Sequence[Sequence[str]]
"""Rows of cells; the first one is the header."""

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class Page:
    """What stands on the page, from top to bottom, as plain text.

    Parameters
    ----------
    what : str
        What was looked at, such as the names of two files.
    verdict : str
        The findings counted.
    findings : sequence of Finding
        In the order of the report.
    facts : sequence of (str, str)
        The data in words: its shape, its type, its loss.
    figures : sequence of Figure
    hardest : table or None
        The rows with the largest losses.
    unseen : str
        Why there are figures missing, if there are.
    """

    what: str
    verdict: str
    findings: Sequence[Finding]
    facts: Sequence[tuple[str, str]]
    figures: Sequence[Figure] = ()
    hardest: Table | None = None
    unseen: str = ""


def gravest(findings: Sequence[Finding]) -> Severity | None:
    """Return the worst severity; None if there is no finding."""
    order: tuple[Severity, ...] = ("error", "warning", "note")
    found = {finding.severity for finding in findings}
    return next((severity for severity in order if severity in found), None)


def write(page: Page) -> str:
    """Return the whole file."""
    style = "".join(
        files("crossent.doctor").joinpath(name).read_text(encoding="utf-8")
        for name in ("palette.css", "report.css")
    )
    title = f"{page.verdict} - {page.what}"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{safe(title, 300)}</title>
<style>
{style}</style>
</head>
<body>
<a class="skip" href="#findings">Skip to the findings</a>
<header>
<div class="verdict {gravest(page.findings) or "healthy"}">
<p class="what"><bdi>{safe(page.what)}</bdi></p>
<h1>{safe(page.verdict[:1].upper() + page.verdict[1:])}</h1>
{_first(page.findings)}</div>
</header>
<main>
{_findings(page.findings)}{_data(page)}</main>
<footer>
<p>Written by crossent. The file holds everything that it shows.</p>
</footer>
</body>
</html>
"""


def _first(findings: Sequence[Finding]) -> str:
    grave = [finding for finding in findings if finding.severity != "note"]
    if not grave:
        return ""
    begin = "Begin with this one, because others may follow from it: " if len(grave) > 1 else ""
    return f"<p>{begin}{safe(grave[0].title)}.</p>\n"


def _findings(findings: Sequence[Finding]) -> str:
    body = "".join(_finding(finding) for finding in findings)
    return (
        '<section id="findings" aria-labelledby="findings-title" tabindex="-1">\n'
        '<h2 id="findings-title">Findings</h2>\n'
        f"{body or '<p>None of the checks found anything.</p>'}\n</section>\n"
    )


def _finding(finding: Finding) -> str:
    lines = (("Seen", finding.seen), ("Why", finding.why), ("Fix", finding.fix))
    items = "".join(f"<dt>{name}</dt><dd>{with_code(text)}</dd>\n" for name, text in lines if text)
    return (
        f'<article class="card finding {finding.severity}">\n'
        f'<h3><span class="severity">{finding.severity} {safe(finding.code)}</span> '
        f"{with_code(finding.title)}</h3>\n<dl>\n{items}"
        f"<dt>More</dt><dd><code>crossent explain {safe(finding.code)}</code></dd>\n"
        "</dl>\n</article>\n"
    )


def _data(page: Page) -> str:
    if not (page.facts or page.figures):
        return ""
    facts = "".join(f"<dt>{safe(a)}</dt><dd>{with_code(b)}</dd>\n" for a, b in page.facts)
    figures = "".join(_figure(figure) for figure in page.figures)
    hardest = ""
    if page.hardest:
        hardest = (
            '<section class="card wide" aria-labelledby="hardest-title">\n'
            '<h3 id="hardest-title">Hardest rows</h3>\n'
            f"{_table(page.hardest, 'Rows with the largest losses, numbered from 0')}</section>\n"
        )
    unseen = f"<p>{with_code(page.unseen)}</p>\n" if page.unseen else ""
    return (
        '<section aria-labelledby="data-title">\n<h2 id="data-title">The data</h2>\n'
        f'<div class="card"><dl style="margin-top:0">\n{facts}</dl>{unseen}</div>\n'
        f'<div class="figures" style="margin-top:1rem">\n{figures}{hardest}</div>\n</section>\n'
    )


def _told(svg: str, label: str, attributes: str = "") -> str:
    """Return a picture with what is told of it to those who cannot see it."""
    return svg.replace("<svg ", f'<svg role="img" aria-label="{safe(label)}" {attributes}', 1)


def _figure(figure: Figure) -> str:
    """Return a figure; its caption says what the picture shows, its table has the numbers."""
    name, words = figure.name, figure.words.replace(" %", "\u00a0%")
    return (
        f'<figure class="card" aria-labelledby="{name}-title">\n'
        f'<h3 id="{name}-title">{safe(figure.title)}</h3>\n'
        + _told(figure.svg, f"{figure.title}: {words}")
        + f"\n<figcaption>{safe(words)}\n"
        f"<details><summary>The numbers</summary>\n{_table(figure.table, figure.title)}</details>\n"
        "</figcaption>\n</figure>\n"
    )


def _table(table: Table, caption: str) -> str:
    head, *rows = table
    header = "".join(f'<th scope="col">{safe(cell)}</th>' for cell in head)
    body = "\n".join(
        "<tr>" + "".join(f"<td><bdi>{safe(cell, 200)}</bdi></td>" for cell in row) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{safe(caption)}">\n'
        f"<table>\n<caption>{safe(caption)}</caption>\n<thead><tr>{header}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody>\n</table>\n</div>\n"
    )


_COLOURS: Final[dict[Severity, str]] = {"error": "#d1344b", "warning": "#c77700", "note": "#3b82d6"}


def short(page: Page) -> str:
    """Return the verdict, the findings and any figures for a notebook, in its own letters."""
    edge = "border-left:4px solid {};padding-left:0.75em;margin:0.5em 0"
    grave = gravest(page.findings)
    parts = [
        f'<div style="{edge.format("#2da44e" if grave is None else _COLOURS[grave])}">'
        f"<strong>{safe(page.verdict)}</strong><br><bdi>{safe(page.what)}</bdi></div>"
    ]
    parts += [
        f'<details open style="{edge.format(_COLOURS[f.severity])}">'
        f"<summary><strong>{f.severity} {safe(f.code)}</strong> {with_code(f.title)}</summary>"
        f"{with_code(f.seen)}<br>{with_code(f.why)}<br><em>Fix:</em> {with_code(f.fix)}</details>"
        for f in page.findings
    ]
    parts += [f"<div>{safe(a)}: {with_code(b)}</div>" for a, b in page.facts]
    if page.unseen:
        parts.append(f"<div>{with_code(page.unseen)}</div>")
    if page.figures:
        parts.append('<div style="display:flex;flex-wrap:wrap;gap:1.5em;margin-top:1em">')
        parts += [_small_figure(figure) for figure in page.figures]
        parts.append("</div>")
    return f'<div class="crossent-report" style="{_ON_ANY_PAGE}">' + "".join(parts) + "</div>"


_ON_ANY_PAGE: Final = (
    "--page:transparent;--card:transparent;--ink:currentColor;--muted:#7d8590;--grid:#8c959f55;"
    "--blue:#3b82d6;--orange:#c77700;--red:#d1344b;--green:#2da44e;--code:#8c959f22"
)
"""Colours of the figures that can be read on a light page and on a dark one."""


def _small_figure(figure: Figure) -> str:
    words = safe(figure.words.replace(" %", "\u00a0%"))
    svg = _told(figure.svg, figure.title, 'style="width:100%" ')
    return (
        '<figure style="margin:0;width:24em;max-width:100%">'
        f"<strong>{safe(figure.title)}</strong>{svg}<figcaption>{words}</figcaption></figure>"
    )
