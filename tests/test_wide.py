"""Wide blocks by polars: every number and byte is that of numpy and Python, or is left to them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from conftest import Work
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from kits.drawn import halfway
from kits.torture import corpus
from kits.torture.cases import Case
from kits.torture.values import WHOLE, WRONG
from numpy.typing import NDArray

from lsmooth.files import wide
from lsmooth.files.cells import TextChunk
from lsmooth.files.delimited import TextEncoder
from lsmooth.files.wide import WIDEST_SINGLE, format_floats, parse_floats
from lsmooth.labels.classes import is_number
from lsmooth.pipeline.engine import TEXT_WORKERS, text_workers

MANY = settings(max_examples=150, deadline=None)
Call = Callable[[], NDArray[np.float64]]


@pytest.fixture(autouse=True)
def _any_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of any size are worth it."""
    monkeypatch.setattr(wide, "FEWEST_VALUES", 0)
    monkeypatch.setattr(wide, "FEWEST_COLUMNS", 2)


@contextmanager
def without_polars() -> Iterator[None]:
    """Polars cannot be imported here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "polars", None)
        yield


def outcome(call: Call) -> tuple[bytes, tuple[int, ...]] | str:
    """The bits of an array, or the error."""
    try:
        values = call()
    except ValueError as error:
        return str(error)
    assert values.dtype == np.float64
    return values.tobytes(), values.shape


def of_chunk(
    lines: list[str], width: int, columns: list[int], delimiter: str = ","
) -> Callable[[], NDArray[np.float64]]:
    data = "".join(f"{line}\n" for line in lines).encode()
    chunk = TextChunk("f", 0, 1, width, delimiter, len(lines), data)
    return lambda: chunk.numbers(columns, whole=False, missing=frozenset())


def same_without(lines: list[str], width: int, columns: list[int], delimiter: str = ",") -> None:
    call = of_chunk(lines, width, columns, delimiter)
    with_polars = outcome(call)
    with without_polars():
        assert outcome(call) == with_polars


ODD = [
    *WHOLE,
    *WRONG,
    "",
    " ",
    "1 ",
    '"1"',
    "'1'",
    "-nan",
    "+nan",
    "NaN",
    "+inf",
    "infinity",
    "1e-400",
    "1e400",
]
ODD += [
    "0.1e-310",
    "-0",
    "007",
    "1\v",
    "\f1",
    "1,",
    "1\t",
    "1;2",
    "é",
    "\u200b",
    "1e+5",
    "1E-05",
    "0." + "1" * 400,
]
plain = (
    st.floats().map(repr) | st.builds("{:.{}f}".format, st.floats(-1e6, 1e6), st.integers(0, 25)) | halfway()
)
cells = plain | st.sampled_from(ODD) | st.text("0123456789.-+eE _xnaif", max_size=7)


@pytest.mark.parametrize("cell", ODD)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_odd_cell_is_read_or_refused_as_without_polars(cell: str, place: int) -> None:
    lines = [["1", "2", "3"] for _ in range(4)]
    lines[2][place] = cell
    for columns in ([0, 1, 2], [0, 1], [2, 0]):
        same_without([",".join(line) for line in lines], 3, columns)


@MANY
@given(
    st.lists(st.lists(plain, min_size=4, max_size=4), min_size=1, max_size=9), st.sampled_from([",", "\t"])
)
def test_plain_numbers_are_read_by_polars_to_the_bit(rows: list[list[str]], delimiter: str) -> None:
    data = "".join(delimiter.join(row) + "\n" for row in rows).encode()
    for columns in ([0, 1, 2, 3], [3, 1]):
        found = parse_floats(data, len(rows), 4, delimiter, columns)
        assert found is not None
        wanted = np.array([[float(row[k]) for k in columns] for row in rows])
        assert found.tobytes() == wanted.tobytes()
        assert found.flags.c_contiguous


@MANY
@given(st.lists(st.lists(cells, min_size=2, max_size=4), min_size=1, max_size=6), st.data())
def test_any_block_is_read_or_refused_as_without_polars(rows: list[list[str]], data: st.DataObject) -> None:
    width = len(rows[0])
    columns = data.draw(st.lists(st.integers(0, width - 1), min_size=2, unique=True))
    same_without([",".join(row) for row in rows], width, columns)


@MANY
@given(st.lists(st.text("1,. \t", max_size=8), min_size=1, max_size=5), st.integers(2, 4))
def test_ragged_and_blank_lines_are_refused_as_without_polars(lines: list[str], width: int) -> None:
    for columns in (list(range(width)), [width - 1, 0]):
        same_without(lines, width, columns)


@MANY
@given(
    st.text("0123456789.-+eE _x\x1c\x1f\xa0nan", min_size=1, max_size=6).filter(lambda cell: "," not in cell)
)
def test_polars_takes_nothing_that_is_no_number(cell: str) -> None:
    found = parse_floats(f"1,{cell}\n".encode(), 1, 2, ",", [0, 1])
    assert found is None or is_number(cell)


# Text

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=12)
finite = st.floats(allow_nan=False, allow_infinity=False)
small = st.floats(1e-7, 1e-3) | st.sampled_from([1e-4, 1e-5, 9.999999999999999e-05, 1e-06, 2e-5, 1.5e-05])
values = (
    finite | st.floats(0, 1) | small | small.map(lambda x: -x) | st.sampled_from([0.0, -0.0, 10.00001, 1e16])
)


@MANY
@given(hnp.arrays(np.float64, SHAPES, elements=st.floats() | values))
def test_floats_are_written_as_repr_has_them(rows: NDArray[np.float64]) -> None:
    wanted = "".join(",".join(map(repr, row)) + "\n" for row in rows.tolist())
    assert format_floats(rows, ",") == wanted.encode()


@MANY
@given(hnp.arrays(np.float32, SHAPES, elements=st.floats(width=32)))
def test_narrow_floats_are_written_as_without_polars(rows: NDArray[np.float32]) -> None:
    encoder = TextEncoder("\t", np.dtype(np.float32))
    text = encoder.block(rows)
    sizes = np.abs(rows[np.isfinite(rows)])
    if (sizes < WIDEST_SINGLE).all():
        assert text == format_floats(rows, "\t")
    with without_polars():
        assert encoder.block(rows) == text
    again = [[np.float32(cell) for cell in line.split("\t")] for line in text.decode().splitlines()]
    assert np.array_equal(np.array(again), rows, equal_nan=True)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_powers_of_two_and_ten_and_their_neighbours(dtype: type) -> None:
    info, most = np.finfo(dtype), 39 if dtype is np.float64 else 12
    bases = [2.0**k for k in range(info.minexp - info.nmant, info.maxexp if most > 12 else 39)]
    bases += [float(f"1e{k}") for k in range(-45, most)]
    with np.errstate(under="ignore"):
        exact: NDArray[np.floating] = np.array(bases, dtype=dtype)
        rows = np.stack([exact, np.nextafter(exact, dtype(0)), np.nextafter(exact, dtype(1)), -exact], axis=1)
    encoder = TextEncoder(",", np.dtype(dtype))
    assert format_floats(rows, ",") == "".join(f"{line}\n" for line in encoder.lines(rows)).encode()


def test_narrow_floats_of_any_bits() -> None:
    bits = np.random.default_rng(0).integers(0, 2**32, 200_000, dtype=np.uint32).view(np.float32)
    rows = bits[np.abs(bits) < WIDEST_SINGLE][:80_000].reshape(-1, 4)
    lines = TextEncoder(",", np.dtype(np.float32)).lines(rows)
    assert format_floats(rows, ",") == "".join(f"{line}\n" for line in lines).encode()


# The program


def run(work: Work, case: Case) -> tuple[int, str, str]:
    work.write(case.file, case.data)
    for name, data in case.beside.items():
        work.write(name, data)
    result = work.run(*case.line)
    return result.code, result.out, result.err


TEXT = [case for case in corpus() if ".npy" not in case.file]
WIDE = [case for case in TEXT if b"," in case.data or b"\t" in case.data or case.command == "loss"]


@pytest.mark.parametrize("case", WIDE, ids=lambda case: case.name)
def test_a_hostile_input_has_the_same_end_without_polars(work: Work, case: Case) -> None:
    found = run(work, case)
    with without_polars():
        assert run(work, case) == found


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("spread", ["all", "others"])
def test_soft_rows_and_losses_are_the_same_without_polars(work: Work, dtype: str, spread: str) -> None:
    rows = np.random.default_rng(4).dirichlet(np.full(12, 0.1), 3000)
    np.save(work.folder / "rows.npy", rows)
    work.write("rows.csv", "".join(",".join(map(repr, row)) + "\n" for row in rows.tolist()))
    lines = [
        ("smooth", "rows.npy", "-e", "0.001", "--spread", spread, "--dtype", dtype),
        ("smooth", "rows.csv", "-e", "0.001", "--spread", spread, "--dtype", dtype),
        ("loss", "rows.csv", "rows.npy", "--as", "probs", "--spread", spread, "-e", "0.1"),
    ]
    found = [work.ok(*line) for line in lines]
    assert found[0] == found[1] or dtype == "float32"
    with without_polars():
        assert [work.ok(*line) for line in lines] == found


@pytest.mark.parametrize("command", ["smooth", "loss"])
@pytest.mark.parametrize("workers", [2, 3])
def test_threads_give_what_one_does(
    work: Work, monkeypatch: pytest.MonkeyPatch, command: str, workers: int
) -> None:
    monkeypatch.setattr("lsmooth.pipeline.engine.BLOCK_BYTES", 1 << 15)
    rows = np.random.default_rng(5).dirichlet(np.ones(12), 3000)
    work.write("rows.csv", "".join(",".join(map(repr, row)) + "\n" for row in rows.tolist()))
    work.write("y.csv", "".join(f"{k % 12}\n" for k in range(3000)))
    labels = ["y.csv", "--as", "probs"] if command == "loss" else []
    line = (command, "rows.csv", *labels, "-e", "0.01", "--workers")
    found = work.ok(*line, workers)
    assert found == work.ok(*line, 1)
    with without_polars():
        assert found == work.ok(*line, workers)


def test_text_has_threads_where_polars_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lsmooth.pipeline.engine.processors", lambda: 3)
    assert [text_workers(50, given) for given in (None, 1, 2, 99)] == [3, 1, 2, TEXT_WORKERS]
    assert [text_workers(columns, None) for columns in (1, wide.MOST_COLUMNS + 1)] == [1, 1]
    with without_polars():
        assert text_workers(50, 4) == 1


@pytest.mark.parametrize("workers", [1, 3])
def test_the_first_of_two_bad_cells_is_told(
    work: Work, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    monkeypatch.setattr("lsmooth.pipeline.engine.BLOCK_BYTES", 1 << 15)
    lines = [",".join(["0.125"] * 8)] * 6000
    lines[4000] = lines[5500] = "x" + lines[0][5:]
    work.write("p.csv", "\n".join(lines))
    np.save(work.folder / "y.npy", np.zeros(6000, dtype=int))
    error = work.refused("loss", "p.csv", "y.npy", "--as", "probs", "--workers", workers)
    assert error.startswith("error: p.csv:4001: ")


def test_a_bad_cell_late_in_a_wide_file_is_told_with_its_line(work: Work) -> None:
    good = ",".join(["0.125"] * 8) + "\n"
    for cell in ("", "x", "1_0", "nan"):
        work.write("p.csv", good * 5000 + good.replace("0.125", cell, 1) + good)
        np.save(work.folder / "y.npy", np.zeros(5002, dtype=int))
        assert work.refused("loss", "p.csv", "y.npy").startswith("error: p.csv:5001: ")
