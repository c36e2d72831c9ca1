"""What the meta tests read: the files of the repository, and the imports in them."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
PACKAGE = SRC / "crossent"
TESTS = ROOT / "tests"
DOCS = ROOT / "docs"


def loaded(path: Path) -> ModuleType:
    """Run a file that belongs to no package, such as a tool, and return it as a module."""
    spec = importlib.util.spec_from_file_location(f"loaded_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look it up
    spec.loader.exec_module(module)
    return module


def python_files(*folders: str) -> list[Path]:
    """Return every Python file under the named folders of the repository."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    """Return the dotted name of a module of the package: ``crossent.losses.softmax``."""
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted name of everything that a file imports when it runs, at any depth.

    ``from crossent.core import messages`` gives ``crossent.core.messages``; a name that is no
    module, as in ``from crossent.core.errors import OptionError``, gives the module that it comes
    from. What stands under ``if TYPE_CHECKING:`` is read by type checkers alone and never imported.
    """
    for node in executed(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                yield inner if is_module(inner) else module


def executed(node: ast.AST) -> Iterator[ast.AST]:
    """Walk the code under a node, leaving out the bodies of ``if TYPE_CHECKING:``."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            for other in child.orelse:
                yield from executed(other)
        else:
            yield from executed(child)


def is_module(name: str) -> bool:
    """Tell whether a dotted name is a module or subpackage of crossent."""
    path = SRC.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()


def run_python(
    *arguments: str, cwd: Path | None = None, warnings: str = "error"
) -> subprocess.CompletedProcess[str]:
    """Run this interpreter in a process of its own, with src/ importable and warnings as errors."""
    paths = [str(SRC), os.environ.get("PYTHONPATH", "")]
    return subprocess.run(
        [sys.executable, "-W", warnings, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
