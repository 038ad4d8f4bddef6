"""Screens of lessons, and the numbers on them."""

from __future__ import annotations

import io
import re

from rich.console import Console

from lsmooth.cli.lessons import render_lesson
from lsmooth.lessons import Lesson
from lsmooth.lessons.model import Worked


def drawn(lesson: Lesson, worked: Worked, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    console.print(render_lesson(lesson, worked, width))
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().split("\n"))


def numbers_of(screen: str) -> set[str]:
    return set(re.findall(r"\d+\.\d+", screen))
