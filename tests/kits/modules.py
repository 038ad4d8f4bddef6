"""The modules of the package, and what a process of it loads."""

from __future__ import annotations

from pathlib import Path

import lsmooth

PACKAGE = Path(lsmooth.__file__).parent
ROOT = PACKAGE.parent
TERMINAL = {"typer", "rich", "click", "shellingham"}
