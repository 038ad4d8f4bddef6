"""Blocks of targets in memory that is used again, and on threads: the same bytes as the plain formula."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Work
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.labels import LabelKind
from lsmooth.labels.block import Labels
from lsmooth.labels.soft import near_one, row_fault, suspect_rows, tolerance_of
from lsmooth.pipeline.blocks import ArrayEncoder
from lsmooth.pipeline.engine import in_order
from lsmooth.pipeline.seen import SeenEpsilons
from lsmooth.predictions import log_probs
from lsmooth.smoothing import Rule
from lsmooth.smoothing.blocks import HardBlock, Scratch, WideBlock
from lsmooth.smoothing.entropy import uncertainty_of
from lsmooth.smoothing.performance import uncertainty
from lsmooth.smoothing.rows import Ordinal
from lsmooth.smoothing.spread import Spread, build_spread
from lsmooth.smoothing.targets import Recipe

Array = NDArray[Any]

DTYPES = ("float16", "float32", "float64")
RULES: tuple[Rule, ...] = ("all", "others", "half", "flip")


def spreads(classes: int) -> Iterator[Spread]:
    """Every rule, uniform, with a prior, with an excluded class, and by class."""
    prior = np.linspace(1, 2, classes)
    for rule in RULES:
        yield build_spread(rule, classes)
    for rule in RULES[:2]:
        yield build_spread(rule, classes, prior)
        yield build_spread(rule, classes, exclude=[1])
        yield build_spread(rule, classes, by_class=Ordinal(classes, 0.5))


def hard_labels(random: np.random.Generator, count: int, classes: int) -> Labels:
    """Class indices but for 1, a few of them ignored."""
    indices = random.integers(2, classes, count)
    indices[random.random(count) < 0.1] = -1
    return Labels.hard(indices)


def soft_labels(random: np.random.Generator, count: int, classes: int, dtype: str) -> Labels:
    """Rows with nothing in column 1, a few of them ignored and NaN."""
    rows = random.dirichlet(np.ones(classes), count)
    rows[:, 0] += rows[:, 1]
    rows[:, 1] = 0
    hidden = random.random(count) < 0.1
    rows[hidden] = np.nan
    return Labels.soft(rows.astype(dtype), hidden)


def bits(values: Array) -> bytes:
    return np.ascontiguousarray(values).tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("classes", [3, 7, 300])
def test_blocks_have_the_bits_of_the_formula(
    classes: int, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lsmooth.smoothing.blocks.PIECE", 10 * classes)
    random = np.random.default_rng(classes)
    for spread, relative in itertools.product(spreads(classes), (False, True)):
        recipe = Recipe(0.2, spread, relative)
        block = WideBlock(recipe, np.dtype(dtype), np.nan)
        for count in (64, 25, 1, 40):
            epsilons = random.random(count)
            kinds = [soft_labels(random, count, classes, kind) for kind in DTYPES]
            for labels in (hard_labels(random, count, classes), *kinds):
                for given in (None, epsilons):
                    wanted = recipe.smooth(labels, np.nan, given).astype(dtype)
                    assert bits(block.fill(labels, given)) == bits(wanted), (spread, count)


@pytest.mark.parametrize("rule", RULES)
def test_each_column_may_have_an_epsilon(rule: Rule) -> None:
    random = np.random.default_rng(1)
    rows = random.random((50, 4)).astype(np.float32)
    recipe = Recipe(np.array([0.0, 0.1, 0.5, 1.0]), build_spread(rule, 4))
    labels = Labels.soft(rows, np.zeros(50, dtype=bool))
    block = WideBlock(recipe, np.dtype(np.float32)).fill(labels, None)
    assert bits(block) == bits(recipe.smooth(labels).astype(np.float32))


def test_a_hard_block_is_clean_whatever_was_in_it() -> None:
    random = np.random.default_rng(2)
    for spread in (
        build_spread("all", 6),
        build_spread("all", 6, [1, 2, 3, 4, 5, 6]),
        build_spread("others", 6),
    ):
        recipe = Recipe(0.3, spread)
        block = HardBlock(recipe, 40, np.dtype(np.float32), np.nan)
        room = np.empty(40, np.int64)
        for count in (40, 7, 0, 39, 40):
            labels = room[:count]  # read into the same memory each time
            labels[:] = random.integers(-1, 6, count)
            wanted = recipe.smooth(Labels.hard(labels), np.nan).astype(np.float32)
            assert bits(block.fill(labels)) == bits(wanted)


def test_rows_of_a_table_are_those_of_the_formula() -> None:
    random = np.random.default_rng(3)
    recipe = Recipe(np.linspace(0, 1, 5), build_spread("all", 5))
    encoder = ArrayEncoder(recipe, np.dtype(np.float32), 30, np.nan)
    for dtype in (np.int8, np.uint16, np.int64):
        labels = Labels.hard(random.integers(0, 5, 30).astype(dtype))
        count, data = encoder.encode(labels, None, None, 0)
        assert (count, bytes(data)) == (30, bits(recipe.smooth(labels).astype(np.float32)))
    labels = Labels.hard(np.array([-1, 4, -1]))
    assert bytes(encoder.encode(labels, None, None, 0)[1]) == bits(
        recipe.smooth(labels, np.nan).astype(np.float32)
    )


@pytest.mark.parametrize("dtype", [*DTYPES, ">f4", "int64"])
@pytest.mark.parametrize("classes", [1, 2, 100, 128, 129, 1000])
def test_suspects_are_the_faulty_rows(classes: int, dtype: str) -> None:
    random = np.random.default_rng(classes)
    exact = random.dirichlet(np.ones(classes), 400)
    if dtype == "int64":
        exact = np.eye(classes)[random.integers(classes, size=400)]
    tolerance = tolerance_of(np.dtype(dtype))
    off = random.choice([0, 0.5, 0.9, 0.99, 1, 1.01, 1.1, 3], 400) * random.choice([-1, 1], 400)
    if dtype != "int64":
        exact[:, -1] = np.maximum(exact[:, -1] + off * tolerance, 0)
        exact[3, 0], exact[4, 0], exact[5, 0] = np.nan, -0.25, np.inf
    kinds: tuple[LabelKind, ...] = ("rows", "multilabel")
    for kind in kinds:
        for rows in (exact.astype(dtype), np.asfortranarray(exact.astype(dtype)), exact[6:].astype(dtype)):
            faulty = [row_fault(row, kind, tolerance) is not None for row in rows]
            hidden = random.random(len(rows)) < 0.1
            found = suspect_rows(rows, kind, tolerance, hidden)
            assert found.tolist() == np.flatnonzero(np.array(faulty) & ~hidden).tolist()


def test_most_rows_are_cleared_at_once() -> None:
    rows = np.random.default_rng(4).dirichlet(np.ones(1000), 500)
    assert near_one(rows, 1e-6).all()
    assert near_one(rows.astype(np.float32), 1e-5).all()
    assert not near_one(np.zeros((0, 3)), 1e-6).size


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("measure", ["entropy", "max", "margin", "true"])
def test_uncertainty_of_rows_in_parts(measure: Any, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(5)
    rows = random.dirichlet(np.full(9, 0.2), 200)
    rows[:9], rows[9:12] = np.eye(9), 1 / 9
    values, labels = rows.astype(dtype), random.integers(9, size=200)
    wanted = uncertainty(log_probs(values, "probs"), measure, labels)
    found = set()
    for piece in (1, 9 * 7, 1 << 16):
        monkeypatch.setattr("lsmooth.smoothing.entropy.PIECE", piece)
        amount = uncertainty_of(values, "probs", measure, labels, Scratch())
        np.testing.assert_allclose(amount, wanted, rtol=0, atol=1e-14)
        found.add(bits(amount))
    assert len(found) == 1
    if measure != "true":
        assert amount[:9].tolist() == [0] * 9
        assert amount[9:12].tolist() == [1] * 3


def test_the_mean_of_epsilon_does_not_depend_on_the_blocks() -> None:
    epsilons = np.random.default_rng(6).random(5000)
    means = set()
    for size in (1, 7, 256, 300, 5000):
        seen = SeenEpsilons()
        for start in range(0, 5000, size):
            seen.add(epsilons[start : start + size])
        means.add(seen.mean)
    assert len(means) == 1
    assert means.pop() == math.fsum(epsilons) / 5000
    assert SeenEpsilons().mean is None


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize(
    ("bad_item", "bad_task", "said"), [(6, 5, "task 5"), (5, 6, "item 5"), (1, 0, "task 0")]
)
def test_the_first_error_in_order_is_told(workers: int, bad_item: int, bad_task: int, said: str) -> None:
    def items() -> Iterator[int]:
        for item in range(20):
            if item == bad_item:
                raise LsmoothError(f"item {item}")
            yield item

    def task(item: int) -> int:
        if item == bad_task:
            raise LsmoothError(f"task {item}")
        return item

    with pytest.raises(LsmoothError, match=said):
        list(in_order(task, items(), workers))
    results = in_order(task, items(), workers)
    before = list(itertools.islice(results, min(bad_item, bad_task)))
    assert before == list(range(min(bad_item, bad_task)))
    results.close()


def written(work: Work, words: str, *more: str) -> bytes:
    """What `smooth` writes."""
    work.ok("smooth", *words.split(), *more, "--dtype", "float32", "-o", "out.npy", "--force")
    return Path("out.npy").read_bytes()


CASES = (
    "x.npy -e 0.1",
    "x.npy -e 0.1 --spread others",
    "x.npy -e 0.1 --ordinal",
    "x.npy --prior prior.npy --spread others",
    "holes.npy -e 0.3 --ignore zero --ignored drop",
    "y.npy -k 5 -e 0.1",
    "y.npy -k 5 --per-class .1,.2,.3,.4,.5",
    "y.npy -k 5 -e 0:0.2 --conditional x.npy",
    "y.npy -k 5 -e 0:0.2 --conditional x.npy.gz",
    "y.npy -k 5 -e 0:0.2 --conditional x.csv",
    "y.npy -k 5 -e 0:0.2 --conditional z.npy --uncertainty true",
    "y.csv -k 5 -e 0:0.2 --conditional x.npy --uncertainty margin --to npy",
    "y.csv -k 5 --column y --epsilon-column e --to npy",
    "x.npy -e 0:0.2 --conditional z.npy --invert --spread others",
)


@pytest.fixture
def several(work: Work) -> Work:
    """Files of more rows than a small block holds."""
    import gzip

    random = np.random.default_rng(7)
    x = random.dirichlet(np.ones(5), 1700).astype(np.float32)
    y = random.integers(5, size=1700)
    holes = x.copy()
    holes[random.random(1700) < 0.2] = 0
    values: dict[str, Array] = {
        "x": x,
        "y": y,
        "holes": holes,
        "z": random.normal(size=(1700, 5)),
        "prior": np.arange(1.0, 6),
    }
    for name, array in values.items():
        np.save(f"{name}.npy", array)
    Path("x.npy.gz").write_bytes(gzip.compress(Path("x.npy").read_bytes()))
    work.write("x.csv", "".join(",".join(map(repr, row)) + "\n" for row in x.astype(float).tolist()))
    rows = zip(y.tolist(), random.random(1700).tolist(), strict=True)
    work.write("y.csv", "y,e\n" + "".join(f"{y},{e!r}\n" for y, e in rows))
    return work


@pytest.mark.parametrize("case", CASES)
def test_workers_and_blocks_change_no_byte(several: Work, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if case.startswith("y.csv") and "--column" not in case:
        case += " --column y"
    whole = written(several, case, "--workers", "1")
    for rows, workers in ((1, 1), (1, 3), (512, 2), (600, 4)):
        monkeypatch.setattr("lsmooth.pipeline.engine.LEARN_ROWS", rows)
        monkeypatch.setattr("lsmooth.pipeline.row_epsilon.LEARN_ROWS", 3 * rows)
        assert written(several, case, "--workers", str(workers)) == whole


def spoil(name: str, row: int) -> None:
    values = np.load(f"{name}.npy")
    values[row] = -1
    np.save(f"{name}.npy", values)


@pytest.mark.parametrize("workers", ["1", "2", "5"])
@pytest.mark.parametrize(
    ("faults", "words", "place"),
    [
        ({"x": (1400, 900)}, "x.npy -e 0.1", "x.npy: row 900"),
        ({"y": (1600,), "x": (1100,)}, "y.npy -k 5 -e 0:0.2 --conditional x.npy", "x.npy: row 1100"),
        ({"y": (1100,), "x": (1600,)}, "y.npy -k 5 -e 0:0.2 --conditional x.npy", "y.npy: row 1100"),
    ],
)
def test_the_first_bad_row_is_told_and_nothing_is_left(
    several: Work,
    faults: dict[str, tuple[int, ...]],
    words: str,
    place: str,
    workers: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lsmooth.pipeline.engine.LEARN_ROWS", 256)
    monkeypatch.setattr("lsmooth.pipeline.row_epsilon.LEARN_ROWS", 256)
    for name, rows in faults.items():
        for row in rows:
            spoil(name, row)
    said = several.refused("smooth", *words.split(), "-o", "out.npy", "--workers", workers)
    assert place in said


@pytest.mark.parametrize(("keep", "said"), [(1500, "1,500 rows, fewer"), (1699, "1,699 rows, fewer")])
def test_too_few_predictions_are_told(several: Work, keep: int, said: str) -> None:
    np.save("x.npy", np.load("x.npy")[:keep])
    words = "y.npy -k 5 -e 0:0.2 --conditional x.npy -o out.npy"
    assert said in several.refused("smooth", *words.split())


def test_too_many_predictions_are_told(several: Work) -> None:
    np.save("y.npy", np.load("y.npy")[:-1])
    words = "y.npy -k 5 -e 0:0.2 --conditional x.npy -o out.npy"
    assert "more than 1,699 rows" in several.refused("smooth", *words.split())
