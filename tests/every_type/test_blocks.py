"""The way to cut rows into blocks is not seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from conftest import Work
from kits.every_type import AMOUNTS, ONE_CLASS_WEIGHTS, PRIOR, SIMILAR, TREE, WEIGHTS, K

MANY = 900


@pytest.fixture
def many(work: Work) -> Work:
    """Rows enough for several tiles, in text and in NPY."""
    random = np.random.default_rng(7)
    y, q = random.integers(0, K, MANY), random.dirichlet(np.ones(K), MANY)
    eps = random.random(MANY)
    rows = zip(y, eps.tolist(), random.choice(["gold", "web"], MANY), strict=True)
    work.write("y.csv", "y,eps,source\n" + "".join(f"{y},{e!r},{s}\n" for y, e, s in rows))
    for name, values in {
        "y": y,
        "z": random.normal(size=(MANY, K)),
        "q": q,
        "sim": SIMILAR,
        "prior": PRIOR,
    }.items():
        np.save(f"{name}.npy", values)
    np.save("x.npy", random.dirichlet(np.ones(K), MANY))
    work.write("q.csv", "".join(",".join(map(repr, row)) + "\n" for row in q.tolist()))
    work.write("tree.csv", TREE)
    return work


def blocks(patch: pytest.MonkeyPatch, size: int) -> None:
    patch.setattr("lsmooth.pipeline.engine.BLOCK_BYTES", size)
    patch.setattr("lsmooth.pipeline.engine.SHARED_BYTES", size)
    patch.setattr("lsmooth.pipeline.engine.LEARN_ROWS", max(1, size // 32))
    patch.setattr("lsmooth.pipeline.learn.LEARN_ROWS", max(1, size // 32))
    patch.setattr("lsmooth.pipeline.row_epsilon.LEARN_ROWS", max(1, size // 32))
    patch.setattr("lsmooth.files.delimited.READ_BYTES", size)


@pytest.mark.parametrize("amount", ["column", "by", "accuracy-class", "confidence", "entropy", "true"])
def test_block_size_changes_no_byte_of_amounts(
    many: Work, monkeypatch: pytest.MonkeyPatch, amount: str
) -> None:
    flags = ["--column", "y", *AMOUNTS[amount][0], "--online", "q.csv"]
    same_in_all_blocks(many, monkeypatch, ["y.csv", "-k", str(K), *flags], ["z.npy", "y.csv", *flags])


@pytest.mark.parametrize("weights", ["height", "decay", "similarity", "confusion", "online", "prior-labels"])
def test_block_size_changes_no_byte_of_weights(
    many: Work, monkeypatch: pytest.MonkeyPatch, weights: str
) -> None:
    flags = ["-e", "0:0.3", "--conditional", "q.csv", *WEIGHTS[weights][0]]
    same_in_all_blocks(many, monkeypatch, ["y.npy", "-k", str(K), *flags], ["z.npy", "y.npy", *flags])
    if weights not in ONE_CLASS_WEIGHTS:
        same_in_all_blocks(many, monkeypatch, ["x.npy", *flags], ["z.npy", "x.npy", *flags])


def same_in_all_blocks(
    work: Work, patch: pytest.MonkeyPatch, smooth: Sequence[str], loss: Sequence[str]
) -> None:
    found = set()
    for size in (1 << 20, 2000, 1):
        if size == 1 and "y.csv" not in smooth:
            continue
        with patch.context() as here:
            blocks(here, size)
            written = work.ok("smooth", *smooth)
            told = work.ok("loss", *loss, "--json")
            rows = work.ok("loss", *loss, "--reduction", "none")
        found.add((written, told, rows))
    assert len(found) == 1


def test_items_in_other_chunks_are_the_same_bytes(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    classes = 11
    lines = [f"{item},{v}\n" for item in range(700) for v in random.integers(0, classes, 1 + item % 5)]
    work.write("t.csv", "item,label\n" + "".join(lines))
    np.save("sim.npy", random.random((classes, classes)))
    np.save("z.npy", random.normal(size=(700, classes)))
    flags = ["t.csv", "--item", "item", "-e", "0.3", "--similarity", "sim.npy"]
    found = set()
    for size in (1 << 20, 4096, 777):
        with monkeypatch.context() as patch:
            blocks(patch, size)
            found.add((work.ok("smooth", *flags, "-k", classes), work.ok("loss", "z.npy", *flags, "--json")))
    assert len(found) == 1
