"""What the builder of the site does beyond its plugins.

It makes pages of the API readable: the first sentence of each object stands above its signature, of
which there is one: that of `inspect`, with the defaults that options have where they are not given.
Links of notebooks to pages lead there, and each address that a page has had before has a signpost.
"""

from __future__ import annotations

import importlib
import inspect
import posixpath
import re
from pathlib import Path
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

import crossent
from crossent.core.options import Options, Unset
from crossent.core.registry import FUNCTIONS
from crossent.objects import PER_CALL, Loss

MOVED = {
    "api/classes": "api/functions/#classes",
    "api/value_and_grad": "api/functions/#value-and-gradient",
}
"""Old addresses of pages and where their content is now, both from the root of the site."""

BOOST = {
    "": 1, "start.md": 4, "which_loss.md": 4, "why.md": 4, "guides/": 4, "glossary.md": 6,
    "tutorials/": 2, "api/": 0.5, "messages.md": 0.1, "changelog.md": 0.1, "contributing.md": 0.3,
}  # fmt: skip
"""What a hit counts in the search, by the longest beginning of a path that is here: first what
explains, then the reference and long lists."""

WIDE = ("conventions.md", "frameworks.md")
"""Pages of wide tables, without a table of contents beside them."""

_SIGNPOST = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>This page has moved</title>
<link rel="canonical" href="{target}">
<meta http-equiv="refresh" content="0; url={target}">
<p>This page has moved: <a href="{target}">{target}</a></p>
</html>
"""
_BLOCK = re.compile(
    r'(?P<head><h(?P<level>[23]) id="(?P<name>crossent\.[\w.]+)"(?:(?!</h).)*</h(?P=level)>\s*)'
    r'(?P<signature><div class="(?:language-python )?doc-signature highlight">'
    r"(?:(?!</div>).)*</div>\s*)?"
    r'(?P<open><div class="doc doc-contents[^"]*">\s*)'
    r'(?P<bases><p class="doc doc-class-bases">(?:(?!</p>).)*</p>\s*)?'
    r"(?P<sentence><p>(?:(?!</p>).)*</p>)",
    re.DOTALL,
)
_ROLE = re.compile(r":(?:func|class|meth|mod|attr|exc):(?=<code>)")
_ROW = re.compile(
    r'(<tr class="doc-section-item">\s*<td>\s*<code>(\w+)</code>)(.*?</tr>)', re.DOTALL
)
_UNSET = re.compile(r"(?<=<code>)(?:(?!</code>).)*UNSET(?:(?!</code>).)*(?=</code>)", re.DOTALL)
_TYPE = re.compile(r"<code>([^<]*`[^<]*)</code>")
_LINK = re.compile(r'href="(?P<path>[\w./-]+\.(?:md|ipynb))(?P<anchor>#[^"]*)?"')
_CELL = re.compile(r"<td[ >].*?</td>", re.DOTALL)
_CODE = re.compile(r"<code>(?P<words>[^<]*)</code>")
_OBJECT = re.compile(r'(<span class="doc doc-object-name[^"]*">)([\w.]+)(?=</span>)')
_JOINT = re.compile(r"(?<=[_.(=/])(?=\w)")
_CHOICE = r"(?:<(?:a|autoref)\b[^>]*>[^<]*</(?:a|autoref)>|(?:'|&#39;)\w+(?:'|&#39;)|None)"
_SEVERAL = re.compile(rf"<code>\(({_CHOICE}(?:(?:, | or ){_CHOICE})+)\)</code>")
_LEXER, _HTML = PythonLexer(), HtmlFormatter(nowrap=True)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Say how much a hit on a page counts in the search, and give wide tables more room."""
    path = page.file.src_uri
    boost = max((len(part), value) for part, value in BOOST.items() if path.startswith(part))[1]
    page.meta.setdefault("search", {})["boost"] = boost
    if path in WIDE:
        page.meta["hide"] = ["toc"]
    return markdown


def on_page_content(html: str, page: Any, files: Any, **_: Any) -> str:
    """Put the first sentence of each object above its signature, and say defaults and types."""
    if page.file.src_uri.endswith(".ipynb"):
        html = _LINK.sub(lambda found: _link(found, page.file, files), html)
    html = _ROLE.sub("", _BLOCK.sub(_reordered, html))
    html = _ROW.sub(lambda row: row[1] + _UNSET.sub(_default_of(row[2]), row[3]), html)
    html = _TYPE.sub(lambda found: f"<code>{found[1].replace('`', '')}</code>", html)
    html = _SEVERAL.sub(r"<code>\1</code>", html)
    html = _OBJECT.sub(lambda name: name[1] + _JOINT.sub("<wbr>", name[2]), html)
    return _CELL.sub(lambda cell: _CODE.sub(_breakable, cell[0]), html)


def _link(found: re.Match[str], here: Any, files: Any) -> str:
    """Turn a notebook's link to a file into one to its page, as is done for other pages."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(here.src_uri), found["path"]))
    return f'href="{files.get_file_from_path(path).url_relative_to(here)}{found["anchor"] or ""}"'


def _breakable(code: re.Match[str]) -> str:
    """Let long code in a table break at its joints, where `site.css` lets no other place break."""
    words = re.sub(r"[^\s&;]{17,}", lambda word: _JOINT.sub("<wbr>", word[0]), code["words"])
    return f"<code>{words}</code>"


def on_post_build(config: Any, **_: Any) -> None:
    """Write a page that leads on at each old address."""
    for old, new in MOVED.items():
        folder = Path(config["site_dir"], old)
        folder.mkdir(parents=True, exist_ok=True)
        target = "../" * (old.count("/") + 1) + new
        (folder / "index.html").write_text(_SIGNPOST.format(target=target), encoding="utf-8")


def _default_of(name: str) -> str:
    """Return the default of an option that is written UNSET, which tells that it was not given."""
    if name in ("y_true", "y_pred"):
        return "required"
    return repr(Options._field_defaults.get(name))


def _reordered(found: re.Match[str]) -> str:
    thing = _named(found["name"])
    error = inspect.isclass(thing) and issubclass(thing, BaseException)
    signature = found["signature"] or ""
    shown = _signature(found["name"]) if signature or (inspect.isclass(thing) and not error) else ""
    if shown:
        code = highlight(shown, _LEXER, _HTML)
        signature = f'<div class="doc-signature highlight"><pre><code>{code}</code></pre></div>\n'
    bases = found["bases"] or "" if error else ""  # what else catches it; others have private ones
    return f"{found['head']}{found['open']}{bases}{found['sentence']}\n{signature}"


def _signature(name: str) -> str:
    """Return a call with its defaults, one option a line if it is long; empty if there is none."""
    thing = _named(name)
    if not callable(thing):
        return ""
    try:
        given = _parameters(thing)
    except (TypeError, ValueError):
        return ""
    words, keyword = [], False
    for parameter in given:
        if parameter.kind is parameter.KEYWORD_ONLY and not keyword:
            keyword = True
            words.append("*")
        words.append(_word(parameter))
    short = name.rpartition(".")[2]
    line = f"{short}({', '.join(words)})"
    if len(line) <= 80:
        return line
    return f"{short}(\n" + "".join(f"    {word},\n" for word in words) + ")"


def _parameters(thing: Any) -> list[inspect.Parameter]:
    """Return what a caller gives; a loss object takes the options of its function."""
    if inspect.isclass(thing) and issubclass(thing, Loss):
        loss = FUNCTIONS[thing.function]
        options = inspect.signature(getattr(crossent, loss.name)).parameters.values()
        return [o for o in options if o.name in loss.options.difference(PER_CALL)]
    given = inspect.signature(thing).parameters.values()
    return [parameter for parameter in given if parameter.name not in ("self", "cls")]


def _named(name: str) -> Any:
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            thing: Any = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        for part in parts[cut:]:
            thing = getattr(thing, part, None)
        return thing
    return None


def _word(parameter: inspect.Parameter) -> str:
    stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    if parameter.default is parameter.empty:
        return stars + parameter.name
    if isinstance(parameter.default, Unset):
        return f"{parameter.name}={_default_of(parameter.name)}"
    return f"{parameter.name}={parameter.default!r}"
