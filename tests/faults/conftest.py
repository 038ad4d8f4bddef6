"""Labels, and disks that are small."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kits import faults
from kits.streams import MANY_ROWS


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for 64 kB and for the file in the making."""
    with faults.small_disk(tmp_path / "disk", "size=64k") as folder:
        yield folder


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """A folder with labels, whose targets are larger than 64 kB."""
    for name in ("labels.npy", "labels.csv"):
        faults.save_labels(tmp_path / name, 50_000)
    faults.save_predictions(tmp_path / "logits.npy", 50_000)
    return tmp_path


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inputs of more than a pipe and a few blocks hold."""
    folder = tmp_path_factory.mktemp("many")
    faults.save_labels(folder / "labels.npy", MANY_ROWS)
    faults.save_labels(folder / "labels.csv", MANY_ROWS)
    faults.save_predictions(folder / "logits.npy", MANY_ROWS)
    faults.save_rows(folder / "rows.npy", 4 * MANY_ROWS)  # 120 MB of text
    return folder
