"""Predictions, and targets that are explained."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from kits.torture.cases import (
    LATE,
    Case,
    bad,
    npy,
)


def losses() -> Iterator[Case]:
    """Predictions."""
    labels = {"l.csv": b"label\n0\n1\n"}

    def of(name: str, data: str | bytes, *arguments: str, **more: Any) -> Case:
        given = {"beside": labels, "command": "loss", "file": "p.csv"} | more
        raw = data if isinstance(data, bytes) else data.encode()
        return Case(name, raw, ("l.csv", *arguments), **given)

    none = ("-e", "0")
    yield of("probabilities", "a,b\n.5,.5\n.5,.5\n", *none, out=f"{-math.log(0.5)!r}\n")
    yield of(
        "logits of 1e308", "a,b\n1e308,-1e308\n-1e308,1e308\n", *none, code=1, error=("p.csv:2", "1e+308")
    )
    yield of("logits of 8e307", "a,b\n8e307,-8e307\n-8e307,8e307\n", *none, out="0.0\n")
    for name, cell in (("NaN", "nan"), ("inf", "inf"), ("1e400", "1e400")):
        yield of(f"{name} among logits", f"a,b\n1,-2\n{cell},3\n", *none, code=1, error=("p.csv:3",))
        late = "a,b\n" + "1,-2\n" * LATE + f"{cell},3\n"
        many = {"l.csv": b"label\n" + b"0\n" * (LATE + 1)}
        yield of(f"{name}, late", late, *none, code=1, error=(f"p.csv:{LATE + 2}",), beside=many)
    yield of("text among logits", "a,b\n1,-2\nx,3\n", *none, code=1, error=("p.csv:3", "`x`"))
    yield of("an empty logit", "a,b\n1,-2\n,3\n", *none, code=1, error=("p.csv:3",))
    yield of("a row too few", "a,b\n1,-2\n", *none, code=1, error=("p.csv", "l.csv"))
    yield of("a row too many", "a,b\n1,-2\n1,-2\n1,-2\n", *none, code=1, error=("p.csv", "l.csv"))
    yield of("a short row of logits", "a,b\n1,-2\n1\n", *none, code=1, error=("p.csv:3", "1 cell"))
    yield of("a wrong sum", "a,b\n.5,.5\n.5,.4\n", *none, code=1, error=("p.csv:3", "0.9"))
    yield of(
        "a label beyond the columns",
        "a,b\n1,-2\n1,-2\n",
        *none,
        code=1,
        error=("l.csv:3", "`7`"),
        beside={"l.csv": b"label\n0\n7\n"},
    )
    yield of(
        "other names",
        "a,b\n1,-2\n1,-2\n",
        *none,
        code=1,
        error=("l.csv",),
        beside={"l.csv": b"label\na\nc\n"},
    )
    yield of("only a header of logits", "a,b\n", *none, code=1, error=("p.csv",))
    yield of("no predictions", "", *none, code=1, error=("p.csv", "is empty"))
    yield of(
        "predictions in utf-16", "a,b\n1,-2\n".encode("utf-16"), *none, code=1, error=("p.csv:1", "UTF-16")
    )
    at: dict[str, Any] = {"file": "p.npy"}
    yield of(
        "strings for predictions", npy(np.array([["a", "b"]] * 2)), *none, code=1, error=("p.npy",), **at
    )
    yield of(
        "objects for predictions",
        npy(np.array([[1, 2]] * 2, object)),
        *none,
        code=1,
        error=("p.npy", "pickle"),
        **at,
    )
    yield of(
        "images for predictions",
        npy(np.full((2, 2, 3, 3), 5.0)),
        *none,
        code=1,
        error=("p.npy", "12 rows"),
        **at,
    )
    yield of(
        "float16 that is infinite",
        npy(np.array([[1, 2], [np.inf, 0]], np.float16)),
        *none,
        code=1,
        error=("p.npy: row 1",),
        **at,
    )
    yield of("predictions cut", npy(np.ones((2, 2)))[:-1], *none, code=1, error=("p.npy", "truncated"), **at)
    yield of("a probability of 0", "a,b\n0,1\n0,1\n", *none, out="inf\n", warns=("p.csv",))
    yield of(
        "int8 logits",
        npy(np.array([[127, -128], [-128, 127]], np.int8)),
        *none,
        out=f"{math.log1p(math.exp(-255))!r}\n",
        **at,
    )


def explained() -> Iterator[Case]:
    """Files of targets that are explained."""
    for name, data, error in (
        ("of nothing", "", "f.csv & is empty"),
        ("of text", "a,b\nc,d\n", "f.csv"),
        ("with NUL", "0.9,0.1\n0.1,\0\n", "f.csv:2 & NUL"),
        ("that is ragged", "0.9,0.1\n0.1\n", "f.csv:2 & 1 cell"),
        ("in latin-1", b"0.9,0.1\n0.1,\xe9\n", "f.csv:2 & 0xE9"),
    ):
        yield bad(f"explained targets {name}", data, error, command="explain")
    yield bad(
        "explained objects",
        npy(np.array([[1, 2]], object)),
        "f.npy & pickle",
        command="explain",
        file="f.npy",
    )
    yield bad("explained and cut", npy(np.eye(3))[:-1], "f.npy & truncated", command="explain", file="f.npy")
