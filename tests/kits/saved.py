"""Files of labels."""

from __future__ import annotations

from pathlib import Path


def write(name: str, text: str) -> str:
    """Write a text file and return its name."""
    Path(name).write_text(text, encoding="utf-8", newline="")
    return name
