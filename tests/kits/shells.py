"""Processes in a shell, without readers, and in mid-write."""

from __future__ import annotations

import subprocess
import sys

from conftest import Result

LABELS = "0\n1\n2\n"

SOFT = (
    "0.9333333333333333,0.03333333333333333,0.03333333333333333\n"
    "0.03333333333333333,0.9333333333333333,0.03333333333333333\n"
    "0.03333333333333333,0.03333333333333333,0.9333333333333333\n"
)
MANY = LABELS * 100_000


def shell(line: str, *arguments: object) -> Result:
    """Run lsmooth in a shell, as `"$@"`."""
    command = ["sh", "-c", line, "sh", sys.executable, "-m", "lsmooth", *map(str, arguments)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())
