"""Predictions and labels of three classes, and their loss."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
from conftest import Work

P = [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.25, 0.25, 0.5]]
Y = [0, 1, 1]
NAMES = ["cat", "dog", "emu"]


def plain(rows: list[list[float]], labels: list[int], epsilon: float = 0.1) -> float:
    """The mean loss of probabilities, by the definition."""
    each = [
        -(1 - epsilon) * math.log(row[label]) - epsilon * math.fsum(map(math.log, row)) / len(row)
        for row, label in zip(rows, labels, strict=True)
    ]
    return math.fsum(each) / len(each)


def lines(*rows: object, end: str = "\n") -> str:
    return "".join(f"{row}{end}" for row in rows)


def table(rows: list[list[float]], mark: str = ",", header: list[str] | None = None) -> str:
    head = [mark.join(header)] if header else []
    return lines(*head, *(mark.join(map(repr, row)) for row in rows))


LOSS = plain(P, Y)
near_the_loss = pytest.approx(LOSS, rel=1e-14)


def loss(work: Work, *arguments: object, stdin: str | bytes = b"") -> float:
    out = work.ok("loss", *arguments, stdin=stdin)
    assert out == f"{float(out)!r}\n"
    return float(out)


def refused(work: Work, *arguments: object, code: int = 1, stdin: str | bytes = b"") -> str:
    """Run, expect a refusal with no number on standard output, and return what is said."""
    before = work.files()
    result = work.run("loss", *arguments, stdin=stdin)
    assert (result.code, result.out) == (code, ""), result.err
    assert re.match(r"error: [^\n]+\n\nhint: [^\n]+\n", result.err), result.err
    assert work.files() == before
    return result.err


def facts(work: Work, *arguments: object) -> dict[str, Any]:
    found = json.loads(work.ok("loss", *arguments, "--json"))
    assert isinstance(found, dict)
    return found


LABELS = "0\n1\n1\n"
ZERO = "0.7,0.3,0.0\n0.1,0.8,0.1\n0.5,0.5,0.0\n"
