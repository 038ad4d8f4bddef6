"""The long layout: the wide targets as lines `row,class,weight`, and what a dropped tail leaves."""

from __future__ import annotations

import csv
import gzip
import importlib.util
import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Work
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import lsmooth
from lsmooth.smoothing.sparse import without_tail

pytestmark = pytest.mark.filterwarnings("ignore::lsmooth.errors.LsmoothWarning")

Array = NDArray[Any]
#: Each example writes files into the one scratch folder, over those of the example before.
FILES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
#: A recipe for each way that lines are made: of classes with and without a background, of rows.
RECIPES: list[dict[str, Any]] = [
    {},
    {"spread": "others"},
    {"spread": "half"},
    {"spread": "flip", "epsilon": 0.0},
    {"epsilon": 0.0},
    {"epsilon": 1.0, "spread": "others"},
    {"prior": [5, 0, 1, 3, 1]},
    {"prior": [5, 2, 1, 3, 1], "spread": "others"},
    {"exclude": [4]},
    {"spread_by": lsmooth.SpreadWeights(ordinal=True)},
    {"epsilon": lsmooth.EpsilonRule(per_class=[0.1, 0.2, 0, 1, 0.5])},
    {"dtype": "float16"},
    {"dtype": "float32", "spread": "others"},
]
recipes = st.sampled_from(RECIPES)
SHARED = [given for given in RECIPES if given.get("spread", "all") not in ("half", "flip")]
minima = st.floats(0, 0.999) | st.sampled_from([0.02, 0.1, 0.25])
hard = st.lists(st.integers(0, 3), min_size=1, max_size=9)
counts = st.lists(st.integers(0, 9), min_size=5, max_size=5).filter(lambda row: any(row[:4]))
soft = st.lists(counts, min_size=1, max_size=7).map(
    lambda rows: (
        np.array([[*row[:4], 0] for row in rows]) / np.sum([row[:4] for row in rows], axis=1)[:, None]
    )
)


def pivot(text: str, rows: int, classes: int = 5) -> Array:
    """The wide targets that lines stand for."""
    heading, *lines = csv.reader(io.StringIO(text))
    assert heading == ["row", "class", "weight"]
    wide = np.zeros((rows, classes))
    for row, label, weight in lines:
        assert wide[int(row), int(label)] == 0, "a weight stands twice"
        wide[int(row), int(label)] = float(weight)
    assert [(int(row), int(label)) for row, label, _ in lines] == sorted(
        (int(row), int(label)) for row, label, _ in lines
    )
    assert np.count_nonzero(wide) == len(lines), "a weight of zero is written"
    return wide


def both(labels: Any, work: Work, minimum: float | None = None, **recipe: Any) -> tuple[Array, Array]:
    """Targets in the wide layout and in the long one."""
    np.save("labels.npy", labels)
    given: dict[str, Any] = {"classes": 5, "force": True, "dtype": "float64"} | recipe
    lsmooth.smooth_file("labels.npy", "wide.npy", **given)
    lsmooth.smooth_file("labels.npy", "long.csv", layout="long", min_weight=minimum, **given)
    if importlib.util.find_spec("polars"):
        lsmooth.smooth_file("labels.npy", "long.arrow", layout="long", min_weight=minimum, **given)
        assert records("long.arrow") == lines_of(work.read("long.csv"), given["dtype"])
    wide = np.load("wide.npy")
    return wide, pivot(work.read("long.csv"), len(wide)).astype(wide.dtype)


def records(path: str) -> list[tuple[int, Any, float]]:
    """What a Parquet or Arrow file says."""
    polars = pytest.importorskip("polars")
    frame = polars.read_parquet(path) if path.endswith("parquet") else polars.read_ipc(path)
    assert frame.columns == ["row", "class", "weight"]
    rows: list[tuple[int, Any, float]] = frame.rows()
    return rows


def lines_of(text: str, dtype: str) -> list[tuple[int, Any, float]]:
    """What lines say, as records of a precision."""
    value = np.dtype(dtype).type
    _, *lines = csv.reader(io.StringIO(text))
    return [
        (int(row), int(label) if label.isdigit() else label, float(value(weight)))
        for row, label, weight in lines
    ]


@FILES
@given(hard | soft, recipes)
def test_the_lines_are_the_wide_targets(work: Work, labels: Any, recipe: dict[str, Any]) -> None:
    if isinstance(labels, np.ndarray) and isinstance(recipe.get("epsilon"), lsmooth.EpsilonRule):
        return
    wide, lines = both(labels, work, **recipe)
    np.testing.assert_array_equal(lines, wide)


@FILES
@given(hard | soft, st.sampled_from(SHARED), minima)
def test_a_dropped_tail_leaves_sums_and_ratios(
    work: Work, labels: Any, recipe: dict[str, Any], minimum: float
) -> None:
    if isinstance(labels, np.ndarray) and isinstance(recipe.get("epsilon"), lsmooth.EpsilonRule):
        return
    recipe = {key: value for key, value in recipe.items() if key != "dtype"}
    wide, lines = both(labels, work, minimum, **recipe)
    largest = wide.max(axis=1, keepdims=True)
    kept = (wide > 0) & ((wide >= minimum) | (wide == largest))
    np.testing.assert_array_equal(lines > 0, kept)
    np.testing.assert_allclose(lines.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(
        (lines / lines.max(axis=1, keepdims=True))[kept], (wide / largest)[kept], rtol=1e-14
    )


@given(st.lists(counts, min_size=1, max_size=5), minima)
def test_the_mass_of_a_tail_is_given_back_exactly(rows: list[list[int]], minimum: float) -> None:
    found = without_tail(np.array(rows, dtype=float) / 16, minimum)
    for row, given_back in zip(rows, found, strict=True):
        weights = [Fraction(count, 16) for count in row]
        kept = [w if w >= minimum or w == max(weights) else Fraction(0) for w in weights]
        exact = [w * sum(weights) / sum(kept) for w in kept]
        np.testing.assert_allclose(given_back, [float(w) for w in exact], rtol=1e-15)


def test_a_row_in_which_nothing_is_dropped_keeps_its_bits() -> None:
    rows = np.random.default_rng(1).dirichlet(np.ones(7), 200)
    np.testing.assert_array_equal(without_tail(rows, 1e-9), rows)


def test_by_hand(work: Work) -> None:
    # 0.9 + 0.1·0.5 = 0.95 | 0.1·0.4 = 0.04 | 0.1·0.1 = 0.01, which goes: 0.95/0.99, 0.04/0.99
    lines = work.ok(
        *("smooth", "-q", "-k", 3, "--prior", "5,4,1", "--layout", "long"),
        *("--min-weight", 0.02, "--precision", 6),
        stdin="0\n",
    )
    assert lines == "row,class,weight\n0,0,0.959596\n0,1,0.040404\n"


def test_the_class_is_its_name_as_csv_quotes_it(work: Work) -> None:
    work.write("in.csv", 'label\n"a,b"\n7\n')
    lines = work.ok("smooth", "in.csv", "-q", "--names", 'x"y,"a,b",7', "--layout", "long", "-e", "0")
    assert lines == 'row,class,weight\n0,"a,b",1.0\n1,7,1.0\n'
    lines = work.ok(
        "smooth",
        "in.csv",
        "-q",
        "--names",
        '"x\ty","a,b",7',
        "-e",
        0.3,
        "--layout",
        "long",
        "--to",
        "tsv",
        "--precision",
        1,
    )
    assert lines.splitlines()[:2] == ["row\tclass\tweight", '0\t"x\ty"\t0.1']


@pytest.mark.parametrize("ignored", ["zero", "drop"])
def test_ignored_rows_have_no_lines_and_keep_their_numbers(work: Work, ignored: str) -> None:
    call = ("smooth", "-k", 2, "-e", 0, "--ignore", -1, "--ignored", ignored, "--layout", "long")
    result = work.run(*call, stdin="1\n-1\n0\n-1\n")
    assert result.out == "row,class,weight\n0,1,1.0\n2,0,1.0\n"
    assert "2 rows" in result.err
    assert "2 ignored" in result.err
    soft = work.ok("smooth", "-q", "--ignore", "zero", *call[3:5], *call[7:], stdin="0,1\n0,0\n1,0\n")
    assert soft == "row,class,weight\n0,1,1.0\n2,0,1.0\n"


def test_rows_are_counted_over_all_inputs_and_items(work: Work) -> None:
    work.write("a.csv", "0\n1\n")
    work.write("b.csv", "1\n")
    call = ("-q", "-k", 2, "-e", 0, "--layout", "long")
    assert work.ok("smooth", "a.csv", "b.csv", *call).split()[1:] == ["0,0,1.0", "1,1,1.0", "2,1,1.0"]
    votes = "item,label\nx,0\nx,0\ny,1\ny,0\n"
    lines = work.ok("smooth", "--item", "item", *call, stdin=votes).split()
    assert lines[1:] == ["0,0,1.0", "1,0,0.5", "1,1,0.5"]


@pytest.mark.parametrize("recipe", [("--spread", "others"), ("--prior", "1,0,2"), ("--epsilon-column", "e")])
def test_the_bytes_are_the_same_however_the_file_is_cut(
    work: Work, recipe: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = np.random.default_rng(2).integers(0, 3, 3000)
    work.write("in.csv", "label,e\n" + "".join(f"{label},0.{label}7\n" for label in rows))
    call = ("smooth", "in.csv", "-q", "--column", "label", "-k", 3, *recipe, "--layout", "long")
    whole = work.ok(*call, "--min-weight", 0.06)
    monkeypatch.setattr("lsmooth.pipeline.engine.BLOCK_BYTES", 1)
    monkeypatch.setattr("lsmooth.pipeline.engine.LEARN_ROWS", 256)
    monkeypatch.setattr("lsmooth.pipeline.long._MOST_LINES", 2)
    assert work.ok(*call, "--min-weight", 0.06, "--workers", 3) == whole


def test_it_is_written_as_any_text_is(work: Work) -> None:
    work.write("in.csv", "0\n1\n")
    work.ok("smooth", "in.csv", "-k", 2, "--layout", "long", "-o", "long.tsv.gz", "--names-out", "names.txt")
    text = gzip.decompress(Path("long.tsv.gz").read_bytes()).decode()
    assert text.startswith("row\tclass\tweight\n0\t0\t0.9500000000000001\n")
    epochs = ("-e", "0:.2", "--epoch", "all/2", "-o", "e{epoch}.csv")
    work.ok("smooth", "in.csv", "-k", 2, "--layout", "long", *epochs)
    assert {"e1.csv", "e2.csv"} <= set(work.files())
    assert work.read("e1.csv") == "row,class,weight\n0,0,1.0\n1,1,1.0\n"
    work.refused("smooth", "in.csv", "-k", 2, "--layout", "long", "-o", "e1.csv")


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ("--layout long --to npy", "--to csv"),
        ("--layout long -o long.npy.gz", "a .csv, .tsv or .parquet file"),
        ("--layout long --ignored nan", "--ignored"),
        ("--layout long --keep 1", "drop --keep"),
        ("--layout tall", "long"),
        ("--min-weight 0.1", "pass --layout long"),
        ("--min-weight 0.1 --layout wide", "pass --layout long"),
        ("--layout long --min-weight 1", "below 1"),
        ("--layout long --min-weight nan", "below 1"),
        ("--layout long --min-weight=-0.1", "at least 0"),
        ("--layout long --min-weight .1 --spread half", "--spread half"),
        ("--layout long --min-weight .1 --labels multilabel", "--labels multilabel"),
        ("--layout long --matrix-out S.csv", "name a file of labels"),
    ],
)
def test_a_usage_error_comes_before_any_file(work: Work, flags: str, told: str) -> None:
    files = [] if "--matrix-out" in flags else ["missing.csv"]
    assert told in work.refused("smooth", *files, "-k", 3, *flags.split(), code=2)


def test_what_is_only_seen_in_the_file_is_an_error_of_the_file(work: Work) -> None:
    np.save("map.npy", np.zeros((2, 3, 3), dtype=int))
    told = work.refused("smooth", "map.npy", "--labels", "index", "-k", 2, "--layout", "long")
    assert "--to npy --layout wide" in told
    call = ("smooth", "-k", 3, "--layout", "long", "--like", "yolo", "--min-weight", 0.1)
    assert "--spread half" in work.refused(*call, stdin="0\n")


@pytest.mark.parametrize("suffix", ["parquet", "feather"])
@pytest.mark.parametrize("group", [1, 1 << 24])
def test_records_have_names_and_a_file_reads_as_its_lines(
    work: Work, suffix: str, group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("polars")
    monkeypatch.setattr("lsmooth.files.column_writer.GROUP_BYTES", group)
    monkeypatch.setattr("lsmooth.pipeline.engine.LEARN_ROWS", 256)
    labels = ["ant", "a,b", "é", "-", "ant"] * (140 if group > 1 else 2)
    work.write("in.csv", "label\n" + "".join(f'"{label}"\n' for label in labels))
    call = ["smooth", "in.csv", "--ignore", "-", "--prior", "labels", "--layout=long", "--min-weight=.02"]
    work.ok(*call, "-o", "long.csv", "--dtype", "float32")
    work.ok(*call, "-o", f"long.{suffix}")
    assert records(f"long.{suffix}") == lines_of(work.read("long.csv"), "float32")
    assert {label for _, label, _ in records(f"long.{suffix}")} == {"ant", "a,b", "é"}


def test_half_has_its_labels_on_their_own(work: Work) -> None:
    lines = work.ok("smooth", "-q", "--labels", "multilabel", "--layout", "long", stdin="1,1\n0,1\n")
    assert lines.split()[1:] == [
        *("0,0,0.9500000000000001", "0,1,0.9500000000000001"),
        *("1,0,0.05", "1,1,0.9500000000000001"),
    ]
