"""A scratch folder."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scratch folder that is the current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
