"""Files of columns that are wrong, and memory."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from conftest import Spawn, Work
from kits.columns import each_suffix, lists, save
from kits.processes import METER

NULLS: dict[str, tuple[dict[str, Any], list[str], str]] = {
    "a label": ({"y": [0, 1, None, 1]}, [], "f.parquet: row 2: column `y` is null"),
    "a name": ({"y": ["a", None]}, [], "f.parquet: row 1: column `y` is null"),
    "a late one": ({"y": [0, 1] * 1000 + [None]}, [], "f.parquet: row 2000: column `y` is null"),
    "one of a row": ({"a": [0.5, 0.5], "b": [0.5, None]}, [], "f.parquet: row 1: column `b` is null"),
    "a list": ({"y": lists([[0.5, 0.5], None], None)}, [], "f.parquet: row 1: column `y` is null"),
    "one in a list": (
        {"y": lists([[0.5, 0.5], [1.0, None]], None)},
        [],
        "f.parquet: row 1: a value of column `y` is null",
    ),
    "one in an array": (
        {"y": lists([[0.5, 0.5], [1.0, None]], 2)},
        [],
        "f.parquet: row 1: a value of column `y` is null",
    ),
    "an epsilon": (
        {"y": [0, 1], "e": [0.1, None]},
        ["--column", "y", "--epsilon-column", "e"],
        "f.parquet: row 1: column `e` is null",
    ),
    "a list that is shorter": (
        {"y": lists([[0.5, 0.5], [1.0]], None)},
        [],
        "f.parquet: row 1: column `y` has 1 values, wanted 2 as in row 0",
    ),
    "an empty list": ({"y": lists([[], [1.0]], None)}, [], "f.parquet: row 0: column `y` has no values"),
    "no list in the first row": (
        {"y": lists([None, [0.5, 0.5]], None)},
        [],
        "f.parquet: row 0: column `y` is null",
    ),
    "decimals": (
        {"y": pl.Series([0, 1], dtype=pl.Decimal(9, 0))},
        [],
        "f.parquet: column `y` holds `Decimal(precision=9, scale=0)`, wanted integers or floats",
    ),
    "text among numbers": (
        {"a": [0.5], "b": ["x"]},
        ["--labels", "rows"],
        "f.parquet: column `b` holds `String`, wanted numbers",
    ),
    "dates": (
        {"y": [date(2020, 1, 1)]},
        [],
        "f.parquet: column `y` holds `Date`, wanted numbers",
    ),
    "lists of lists": (
        {"y": [[[1.0]]]},
        [],
        "f.parquet: column `y` holds `List(",
    ),
    "a sum": (
        {"a": [0.5, 0.5], "b": [0.5, 0.6]},
        ["--labels", "rows"],
        "f.parquet: row 1: the row sums to 1.1",
    ),
    "a label outside": ({"y": [0, 7]}, ["-k", "5"], "f.parquet: row 1: label `7` is out of range"),
    "no such column": ({"y": [0]}, ["--column", "z"], "f.parquet has no column `z`"),
    "no rows": ({"y": []}, [], "f.parquet is empty, wanted at least one row"),
    "no header": ({"y": [0]}, ["--no-header"], "f.parquet has named columns"),
    "two columns": ({"a": [3, 4], "b": [5, 6]}, [], "f.parquet: row 0: the columns"),
}


@pytest.mark.parametrize("name", NULLS)
def test_what_is_wrong_is_told_with_its_row(work: Work, name: str) -> None:
    columns, flags, message = NULLS[name]
    save(work.folder / "f.parquet", columns)
    error = work.refused("smooth", "f.parquet", "-o", "soft.parquet", *flags)
    assert error.startswith(f"error: {message}"), error


@each_suffix
@pytest.mark.parametrize("damage", ["empty", "text", "cut", "other"])
def test_a_damaged_file_is_refused(work: Work, suffix: str, damage: str) -> None:
    save(work.folder / "whole.parquet", {"y": [0, 1] * 1000})
    save(work.folder / "whole.arrow", {"y": [0, 1] * 1000})
    mine, other = ("parquet", "arrow") if suffix == "parquet" else ("arrow", "parquet")
    whole = (work.folder / f"whole.{mine}").read_bytes()
    data = {"empty": b"", "text": b"y\n0\n1\n", "cut": whole[:-50]}
    work.write(f"f.{suffix}", data.get(damage, (work.folder / f"whole.{other}").read_bytes()))
    kind = "Parquet" if suffix == "parquet" else "Arrow"
    error = work.refused("smooth", f"f.{suffix}", "-o", "soft.csv")
    assert error.startswith(f"error: f.{suffix} cannot be read as {kind}: ")
    assert error.endswith(
        "\n\nhint: copy it again; where pyarrow can read it, write it anew with plain types\n"
    )


@pytest.mark.parametrize("name", ["f.arrow", "f.feather"])
@pytest.mark.parametrize(
    ("begin", "what"), [(b"\xff\xff\xff\xff", "a stream of Arrow"), (b"FEA1", "Feather version 1")]
)
def test_what_is_arrow_but_no_file_of_it_is_told(work: Work, name: str, begin: bytes, what: str) -> None:
    work.write(name, begin + b"\0" * 100)
    error = work.refused("smooth", name, "-o", "soft.csv")
    assert error.startswith(f"error: {name} is {what}, wanted an Arrow file\n")


USAGE: dict[str, tuple[list[str], str]] = {
    "packed": (["-o", "soft.parquet.gz"], "`soft.parquet.gz`: Parquet is compressed inside"),
    "kept": (["-o", "soft.arrow", "--keep", "1"], "--keep copies columns to text, and the output is Arrow"),
    "digits": (
        ["--to", "parquet", "--precision", "3"],
        "--precision is for text, Parquet holds",
    ),
}


@pytest.mark.parametrize("name", USAGE)
def test_usage(work: Work, name: str) -> None:
    work.write("y.csv", "0\n1\n")
    flags, message = USAGE[name]
    assert work.refused("smooth", "y.csv", *flags, code=2).startswith(f"error: {message}")


def test_a_stream_is_refused_and_a_file_on_standard_input_is_not(work: Work, spawn: Spawn) -> None:
    save(work.folder / "f.parquet", {"y": [0, 1]})
    data = (work.folder / "f.parquet").read_bytes()
    assert work.ok("smooth", "--from", "parquet", stdin=data) == work.ok("smooth", "f.parquet")
    assert work.ok("smooth", stdin=data) == work.ok("smooth", "f.parquet")
    for flags in ([], ["--from", "parquet"]):
        process = spawn("smooth", *flags, stdin=subprocess.PIPE)
        _, error = process.communicate(data)
        assert process.returncode == 1
        assert error.startswith(b"error: stdin: Parquet cannot be read from a stream")


@each_suffix
def test_a_small_table_in_a_columnar_file_is_refused(work: Work, suffix: str) -> None:
    save(work.folder / f"prior.{suffix}", {"p": [0.5, 0.5]})
    work.write("y.csv", "0\n1\n")
    kind = "Parquet" if suffix == "parquet" else "Arrow"
    error = work.refused("smooth", "y.csv", "--prior", f"prior.{suffix}")
    assert error.startswith(f"error: prior.{suffix} is {kind}, wanted text\n")


@each_suffix
def test_a_full_disk_leaves_nothing(work: Work, suffix: str) -> None:
    np.save(work.folder / "y.npy", np.random.default_rng(0).dirichlet(np.ones(50), 50_000))
    (work.folder / f"full.{suffix}").symlink_to("/dev/full")
    error = work.refused("smooth", "y.npy", "-o", f"full.{suffix}")
    assert error == f"error: cannot write full.{suffix}: no space left on device\n"


@each_suffix
def test_an_error_on_the_way_leaves_nothing(work: Work, suffix: str) -> None:
    rows = np.random.default_rng(0).dirichlet(np.ones(50), 50_000)
    rows[-1] = 7
    np.save(work.folder / "y.npy", rows)
    assert "row 49999" in work.refused("smooth", "y.npy", "-o", f"soft.{suffix}")


def test_a_reader_that_goes_away_is_no_error(work: Work, spawn: Spawn) -> None:
    np.save(work.folder / "y.npy", np.random.default_rng(0).dirichlet(np.ones(50), 50_000))
    with spawn("smooth", "y.npy", "--to", "parquet") as process:
        assert process.stdout is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(60) == 0


@each_suffix
def test_a_dry_run_says_the_size_to_the_byte(work: Work, suffix: str) -> None:
    work.write("y.csv", "0\n1\n")
    result = work.run("smooth", "y.csv", "-o", f"soft.{suffix}", "--dry-run")
    assert not (work.folder / f"soft.{suffix}").exists()
    work.ok("smooth", "y.csv", "-o", f"soft.{suffix}")
    assert f"({(work.folder / f'soft.{suffix}').stat().st_size:,} B)".replace(",", "") in result.err or (
        "kB" in result.err
    )


# Memory


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_memory_does_not_grow_with_rows(work: Work, suffix: str) -> None:
    peaks = []
    for rows in (400_000, 1_600_000):
        np.save(work.folder / "y.npy", np.arange(rows) % 50)
        peak = 0.0
        for arguments in (
            ["smooth", "y.npy", "-o", f"{rows}.{suffix}"],
            ["smooth", f"{rows}.{suffix}", "-o", f"again{rows}.{suffix}"],
        ):
            done = subprocess.run(
                [sys.executable, "-c", METER, "100", *arguments], capture_output=True, check=True
            )
            code, _, error, megabytes = json.loads(done.stdout)
            assert code == 0, error
            peak = max(peak, megabytes)
        peaks.append(peak)
    assert peaks[1] < 1.3 * peaks[0] + 30, peaks
    assert peaks[1] < 450, peaks


def test_pyarrow_reads_what_is_written(work: Work) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    feather = pytest.importorskip("pyarrow.feather")
    np.save(work.folder / "y.npy", np.arange(1000) % 7)
    work.ok("smooth", "y.npy", "-o", "soft.npy")
    wanted = np.load(work.folder / "soft.npy")
    for suffix, read in (("parquet", parquet.read_table), ("feather", feather.read_table)):
        work.ok("smooth", "y.npy", "-o", f"soft.{suffix}")
        table = read(io.BytesIO((work.folder / f"soft.{suffix}").read_bytes()))
        assert np.array_equal(np.stack([column.to_numpy() for column in table.columns], axis=1), wanted)
