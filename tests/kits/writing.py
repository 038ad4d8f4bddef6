"""Labels, and a file that is half written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

LABELS = "0\n1\n2\n"

SOFT = (
    "0.9333333333333333,0.03333333333333333,0.03333333333333333\n"
    "0.03333333333333333,0.9333333333333333,0.03333333333333333\n"
    "0.03333333333333333,0.03333333333333333,0.9333333333333333\n"
)
as_root = os.geteuid() == 0


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
