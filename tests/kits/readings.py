"""Cells that are read."""

from __future__ import annotations

from conftest import Work


def hot(classes: int, *labels: int | None) -> str:
    """Return one-hot lines; None is an ignored row."""
    rows = [["1.0" if k == label else "0.0" for k in range(classes)] for label in labels]
    return "".join(",".join(row) + "\n" for row in rows)


def read(work: Work, data: str | bytes, *flags: object, name: str = "f.csv") -> str:
    """Return the labels of a file as targets at ε = 0."""
    work.write(name, data)
    return work.ok("smooth", name, "-e", "0", *flags)


def refuse(work: Work, data: str | bytes, *flags: object, name: str = "f.csv") -> str:
    work.write(name, data)
    return work.refused("smooth", name, "-o", "out.csv", *flags)


CAT_DOG = "cat,dog\n" + hot(2, 0, 1)
UNNAMED = "class_0,class_1\n"
