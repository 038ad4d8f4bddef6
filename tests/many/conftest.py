"""Three parts."""

from __future__ import annotations

import pytest
from conftest import Work


@pytest.fixture
def parts(work: Work) -> Work:
    """Three files of names, which have three classes only together, and a folder for their targets."""
    work.folder.joinpath("soft").mkdir()
    work.write("part-1.csv", "label\ncat\ndog\n")
    work.write("part-2.csv", "label\nbird\n")
    work.write("part-3.csv", "label\ndog\ndog\n")
    return work
