"""Where the package can be changed, by the operators of Cosmic Ray, and the changed texts.

A change that leaves the program as it is (an annotation, a type checker's import) is no mutant.
"""

from __future__ import annotations

import ast
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import parso  # noqa: F401  # before Cosmic Ray, which imports its parts in an order that fails
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "crossent"
CORE = "core"  # the area of what lies in no folder
SPLIT = ("doctor", "compat")  # folders whose folders are areas of their own
# They take the names of variables as arguments, and what they write says nothing of a slip.
LEFT_OUT = ("VariableReplacer", "VariableInserter")
# Without them a function does the same, later or to another caller.
HARMLESS_DECORATORS = ("@cache", "@lru_cache", "@overload", "@final", "@override")


@dataclass(frozen=True)
class Mutant:
    """One change of one file."""

    path: str  # relative to the root
    operator: str
    occurrence: int
    line: int

    @property
    def area(self) -> str:
        return area_of(ROOT / self.path)

    def text(self) -> str:
        """The changed file."""
        operator = get_operator(self.operator)()
        changed = mutate_code((ROOT / self.path).read_text(), operator, self.occurrence)
        if changed is None:
            raise LookupError(f"{self} is no place of the file as it is")
        return str(changed)

    def lines(self) -> tuple[str, str]:
        """The first line that differs, before and after."""
        before, after = (ROOT / self.path).read_text().splitlines(), self.text().splitlines()
        pairs = [(a, b) for a, b in zip(before, after, strict=False) if a != b]
        return tuple(one.strip() for one in pairs[0]) if pairs else ("", "")  # type: ignore[return-value]


def area_of(path: Path) -> str:
    """The part of the package that a file belongs to."""
    folders = path.relative_to(PACKAGE).parts[:-1]
    if not folders:
        return CORE
    return "/".join(folders[:2]) if folders[0] in SPLIT else folders[0]


def areas() -> dict[str, list[Path]]:
    """The files of each area."""
    found = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        found[area_of(path)].append(path)
    return dict(found)


@cache
def operators() -> dict[str, list[str]]:
    """One operator that finds a kind of place, and all that can be applied there."""
    kinds = defaultdict(list)
    for name in operator_names():
        # What is replaced stands before what replaces it, but for signs that are taken away.
        replaces = "Operator_" in name and "_Delete_" not in name
        kind = name.rpartition("_")[0] if replaces else name
        if not name.endswith(LEFT_OUT):
            kinds[kind].append(name)
    return dict(kinds)


def places(path: Path) -> Iterator[tuple[str, int, int]]:
    """Kind of operator, occurrence and line of every place of a file that can be changed."""
    source = path.read_text()
    nodes = list(ast_nodes(get_ast(source)))
    lines = source.splitlines()
    for kind, names in operators().items():
        finder = get_operator(names[0])()
        found = [start for node in nodes for start, _ in finder.mutation_positions(node)]
        for occurrence, (line, _) in enumerate(found):
            if not lines[line - 1].lstrip().startswith(HARMLESS_DECORATORS):
                yield kind, occurrence, line


class _Plain(ast.NodeTransformer):
    """Takes away what a type checker alone reads."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(value=None)
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return None
        return self.generic_visit(node)


def program(source: str) -> str | None:
    """What a text means to Python; None where it is no program."""
    try:
        return ast.dump(_Plain().visit(ast.parse(source)))
    except SyntaxError:
        return None


def draw(area: str | None, count: int, seed: int) -> list[Mutant]:
    """Different mutants, each place with the same chance."""
    rng = random.Random(f"{seed} {area}")
    wanted = areas()
    paths = wanted[area] if area else [path for one in wanted.values() for path in one]
    found = [(path, *place) for path in paths for place in places(path)]
    rng.shuffle(found)
    drawn: list[Mutant] = []
    for path, kind, occurrence, line in found:
        if len(drawn) == count:
            break
        name = rng.choice(operators()[kind])
        mutant = Mutant(str(path.relative_to(ROOT)), name, occurrence, line)
        try:
            changed = program(mutant.text())
        except LookupError:
            continue  # the operator wants more of a place than those of its kind
        if changed is not None and changed != program(path.read_text()):
            drawn.append(mutant)
    return drawn
