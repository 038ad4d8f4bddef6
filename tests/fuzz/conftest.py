"""Few classes."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def few_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong label may not make millions of classes: that is allowed, and slow."""
    monkeypatch.setattr("lsmooth.labels.hard.MOST_INFERRED", 5000)
