"""What is installed: every module, the marker of types, the command; and what is tried."""

from __future__ import annotations

import re
import tarfile
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path
from types import ModuleType

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from meta.source import DOCS, PACKAGE, ROOT, loaded

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    return zipfile.ZipFile(next(WheelBuilder(str(ROOT)).build(directory=str(folder))))


def metadata(wheel: zipfile.ZipFile) -> Message:
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def test_the_wheel_holds_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    found = {name for name in wheel.namelist() if ".dist-info/" not in name}
    wanted = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert found == wanted
    assert "crossent/py.typed" in found


def test_the_wheel_says_what_it_is(wheel: zipfile.ZipFile) -> None:
    found = metadata(wheel)
    assert found["Name"] == "crossent"
    assert found["Requires-Python"] == PROJECT["requires-python"]
    assert "LICENSE" in " ".join(wheel.namelist())
    assert set(found.get_all("Provides-Extra") or ()) == set(PROJECT["optional-dependencies"])
    scripts = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "crossent = crossent.cli.__main__:main" in wheel.read(scripts).decode()


def test_the_source_archive_builds_the_same_package(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    archive = next(SdistBuilder(str(ROOT)).build(directory=str(tmp_path)))
    with tarfile.open(archive) as source:
        source.extractall(tmp_path, filter="data")
    root = next(path for path in tmp_path.iterdir() if path.is_dir())
    again = zipfile.ZipFile(next(WheelBuilder(str(root)).build(directory=str(tmp_path))))
    assert set(again.namelist()) == set(wheel.namelist())
    for name in ("tests/conftest.py", "tools/test.py", "docs/index.md", "CHANGELOG.md"):
        assert (root / name).is_file(), name


@pytest.fixture(scope="module")
def cases() -> ModuleType:
    return loaded(ROOT / "tools/try_packages.py")


def test_every_bound_is_tried(cases: ModuleType) -> None:
    pins = {pin for case in cases.CASES for pin in case.pins}
    bounds = dict(
        re.match(r"([\w-]+)>=([\d.]+)", text).groups()  # type: ignore[union-attr]
        for name in ("jax", "keras", "tensorflow", "torch")
        for text in PROJECT["optional-dependencies"][name]
    )
    # The build of TensorFlow for CPUs is a package of its own.
    tried = {pin.partition("==")[0].removesuffix("-cpu"): [] for pin in pins}
    for pin in pins:
        tried[pin.partition("==")[0].removesuffix("-cpu")].append(pin.partition("==")[2])
    for name, bound in bounds.items():
        assert any(re.fullmatch(rf"{re.escape(bound)}(\.0)*", one) for one in tried[name]), name


def test_the_page_has_a_line_for_every_case(cases: ModuleType) -> None:
    page = (DOCS / "versions.md").read_text(encoding="utf-8")
    assert [cases.title(case) for case in cases.CASES] == [
        line.split(" | ")[0].strip("| ") for line in page.splitlines() if line.startswith("| `")
    ]
