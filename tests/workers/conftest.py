"""Small blocks."""

from __future__ import annotations

import pytest
from kits.workers import cut


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of one tile, so that a small file has many."""
    cut(monkeypatch, 1)
