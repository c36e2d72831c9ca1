"""Labels and predictions are gone through once, whatever a command shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import crossent as ce
from crossent.stream.readers.npy import NpyReader

N, C = 40_000, 5
SAMPLED = 2**12  # elements that are looked at beside: sequences, other axes
RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(N, C)).astype(np.float32)
LABELS = RNG.integers(0, C, N)
SOFT = RNG.dirichlet(np.ones(C), N)
KINDS: dict[str, tuple[Any, Any]] = {
    "labels": (LABELS, LOGITS),
    "labels of two axes": (LABELS.reshape(-1, 4), LOGITS.reshape(-1, 4, C)),
    "soft": (SOFT, LOGITS),
    "probabilities": (LABELS, SOFT.astype(np.float32)),
    "binary": (LABELS % 2, LOGITS[:, 0]),
    "labels alone": (LABELS, None),
}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many entries of the first axis were read of each file."""
    found: Counter[str] = Counter()
    chunks = NpyReader.chunks

    def counted(self: NpyReader, rows: int) -> Iterator[Any]:
        for piece in chunks(self, rows):
            found[Path(self.name).stem] += len(piece)
            yield piece

    monkeypatch.setattr(NpyReader, "chunks", counted)
    monkeypatch.setattr("crossent.doctor.sample_facts.SAMPLE", SAMPLED)
    return found


@pytest.mark.parametrize("pictures", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_read_once(kind: str, pictures: bool, read: Counter[str], tmp_path: Path) -> None:
    y, p = KINDS[kind]
    np.save(tmp_path / "y.npy", y)
    files = [tmp_path / "y.npy"]
    if p is not None:
        np.save(tmp_path / "p.npy", p)
        files.append(tmp_path / "p.npy")
    report = ce.diagnose(*files, num_classes=C if p is None else None, pictures=pictures)
    if pictures:
        report.to_html()
    assert read.keys() == {file.stem for file in files}
    for name, rows in read.items():
        array = y if name == "y" else p
        assert len(array) <= rows <= len(array) + 64, name  # 64 tell what the labels are


@pytest.mark.parametrize("command", [ce.evaluate, ce.conventions])
@pytest.mark.parametrize("kind", ["labels", "labels of two axes", "soft", "probabilities"])
def test_numbers_are_read_once(
    kind: str, command: Callable[..., object], read: Counter[str], tmp_path: Path
) -> None:
    y, p = KINDS[kind]
    np.save(tmp_path / "y.npy", y)
    np.save(tmp_path / "p.npy", p)
    command(tmp_path / "y.npy", tmp_path / "p.npy")
    for name, rows in read.items():
        assert len(y) <= rows <= len(y) + SAMPLED, name


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_are_the_same_whenever_they_are_collected(kind: str) -> None:
    y, p = KINDS[kind]
    classes = C if p is None else None
    now, later = (ce.diagnose(y, p, num_classes=classes, pictures=one) for one in (True, False))
    assert now == later
    assert now.to_html() == later.to_html()


def test_later_rows_may_show_that_the_first_were_read_wrongly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crossent.stream.walk.ELEMENTS", 100)
    p = LOGITS.copy()
    p[:20] = SOFT[:20]
    now, later = (ce.diagnose(LABELS, p, pictures=one) for one in (True, False))
    assert "reading as logits" in now.reading
    assert now.to_html() == later.to_html()


def test_what_is_no_yes_or_no_is_refused() -> None:
    with pytest.raises(ce.OptionError, match="`pictures` must be True or False; got 'html'"):
        ce.diagnose(LABELS, LOGITS, pictures="html")
