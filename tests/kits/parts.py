"""Outputs of parts, and what is told of them."""

from __future__ import annotations

import os
import re

from conftest import Work

from lsmooth.errors import LsmoothError

EACH = ("-o", "soft/{stem}.csv")
PARTS = ("part-1.csv", "part-2.csv", "part-3.csv")


def soft(work: Work) -> list[str]:
    return sorted(os.listdir(work.folder / "soft"))  # noqa: PTH208


def told(error: str) -> list[str]:
    """The errors that were told."""
    return re.findall(r"^error: (.*)$", error, re.MULTILINE)


def refuse(error: LsmoothError) -> None:
    raise AssertionError(error)
