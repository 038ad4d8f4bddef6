"""The way to cut files is not seen."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kits.drawn import FILES, Array, counts, numbers_csv, outputs, seeds
from kits.packing import zst

pytestmark = pytest.mark.filterwarnings("ignore::lsmooth.errors.LsmoothWarning")


@contextmanager
def sizes(patch: pytest.MonkeyPatch, block: int, learn: int, read: int) -> Iterator[None]:
    """Other sizes of blocks, in bytes of targets, in rows of labels, and in bytes read at once."""
    with patch.context() as other:
        other.setattr("lsmooth.pipeline.engine.BLOCK_BYTES", block)
        other.setattr("lsmooth.pipeline.engine.SHARED_BYTES", block)
        other.setattr("lsmooth.pipeline.engine.LEARN_ROWS", learn)
        other.setattr("lsmooth.pipeline.learn.LEARN_ROWS", learn)
        other.setattr("lsmooth.files.delimited.READ_BYTES", read)
        yield


block_sizes = st.sampled_from([1, 5_000, 12_345, 70_000])
learn_sizes = st.sampled_from([1, 7, 256, 1000, 1001])
read_sizes = st.sampled_from([1, 2, 3, 5, 61, 997, 4096])


def ignored_csv(rng: np.random.Generator, rows: int) -> bytes:
    """Class indices, -100 and empty cells."""
    cells = rng.choice(["0", "1", "2", "-100", ""], rows - 1)
    return ("".join(f"{label}\n" for label in cells) + "2\n").encode()


def masked_csv(rng: np.random.Generator, rows: int) -> bytes:
    """Class indices and -100."""
    return ("".join(f"{label}\n" for label in rng.choice([0, 1, 2, -100], rows - 1)) + "2\n").encode()


def crlf_csv(rng: np.random.Generator, rows: int) -> bytes:
    """Class indices as floats with CRLF, a byte-order mark, and no last newline."""
    return b"\xef\xbb\xbf" + "\r\n".join(f"{label}.0" for label in rng.integers(0, 4, rows)).encode()


def names_csv(rng: np.random.Generator, rows: int) -> bytes:
    """A header, and names in two alphabets."""
    names = np.array(["cat", "dog", "Ente", "кот", "x y"])
    return ("label\n" + "".join(f"{name}\n" for name in rng.choice(names, rows))).encode()


def quoted_csv(rng: np.random.Generator, rows: int) -> bytes:
    """A table with quotes, delimiters, doubled quotes and line breaks in some of its cells."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "note", "label"])
    notes = ["plain", "a,b", 'say "hi"', "two\nlines", "", "\n\n", 'end"']
    for row in range(rows):
        # long stretches without any quote, so that some blocks have none
        note = notes[rng.integers(0, len(notes))] if row // 100 % 2 else "plain"
        writer.writerow([row, note, f"class {rng.integers(0, 4)}"])
    return out.getvalue().encode()


def quoted_crlf_csv(rng: np.random.Generator, rows: int) -> bytes:
    """The same with CRLF, outside and inside cells."""
    return quoted_csv(rng, rows).replace(b"\n", b"\r\n")


def soft_csv(rng: np.random.Generator, rows: int) -> bytes:
    """Rows of probabilities, all digits."""
    values = rng.dirichlet(np.ones(4), rows)
    return "".join(",".join(map(repr, row)) + "\n" for row in values.tolist()).encode()


def rounded_tsv(rng: np.random.Generator, rows: int) -> bytes:
    """Rows of probabilities with two decimals and a header, which sum to 1 only within them."""
    values = rng.dirichlet(np.ones(3), rows)
    lines = ["a\tb\tc", *("\t".join(f"{x:.2f}" for x in row) for row in values)]
    return ("\n".join(lines) + "\n\n\n").encode()


def npy(values: Array) -> bytes:
    """An array as a file."""
    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


def index_npy(rng: np.random.Generator, rows: int) -> bytes:
    """Class indices of one byte, 255 among them."""
    return npy(rng.choice(np.array([0, 1, 2, 3, 255], dtype=np.uint8), rows))


def map_npy(rng: np.random.Generator, rows: int) -> bytes:
    """Small maps of class indices."""
    return npy(rng.integers(0, 3, (rows, 2, 3)))


def soft_npy(rng: np.random.Generator, rows: int) -> bytes:
    """Rows of probabilities in single precision."""
    return npy(rng.dirichlet(np.ones(5), rows).astype(np.float32))


def fortran_npy(rng: np.random.Generator, rows: int) -> bytes:
    """Rows of probabilities, stored column by column."""
    return npy(np.asfortranarray(rng.dirichlet(np.ones(5), rows)))


def soft_map_npy(rng: np.random.Generator, rows: int) -> bytes:
    """Small maps of probabilities."""
    return npy(rng.dirichlet(np.ones(3), (rows, 2)))


def name_npy(rng: np.random.Generator, rows: int) -> bytes:
    """Names."""
    return npy(rng.choice(np.array(["ant", "bee", "wasp"]), rows))


Make = Callable[[np.random.Generator, int], bytes]

#: name: (what is in the file, its suffix, the options, the suffixes of the output).
CASES: dict[str, tuple[Make, str, dict[str, Any], list[str]]] = {
    "indices": (numbers_csv, "csv", {"header": False}, ["csv", "npy"]),
    "indices and their prior": (numbers_csv, "csv", {"header": False, "prior": "labels"}, ["csv", "npy"]),
    "known classes": (numbers_csv, "csv", {"header": False, "classes": 5}, ["tsv", "npy"]),
    "ignored": (ignored_csv, "csv", {"header": False, "ignore": ["-100", ""], "classes": 3}, ["csv", "npy"]),
    "dropped": (
        masked_csv,
        "csv",
        {"header": False, "ignore": ["-100"], "ignored": "drop"},
        ["csv", "npy", "npy.gz"],
    ),
    "floats and CRLF": (crlf_csv, "csv", {"header": False}, ["csv", "npy"]),
    "names": (names_csv, "csv", {}, ["csv", "npy"]),
    "quotes": (quoted_csv, "csv", {"column": "label", "keep": ["note", "id"]}, ["csv", "tsv"]),
    "quotes and CRLF": (
        quoted_crlf_csv,
        "csv",
        {"column": "label", "spread": "others", "names": [f"class {k}" for k in range(4)]},
        ["csv", "npy"],
    ),
    "a number and quotes": (quoted_csv, "csv", {"column": "id", "classes": 1300}, ["npy"]),
    "soft rows": (soft_csv, "csv", {"header": False, "spread": "others"}, ["csv", "npy"]),
    "soft rows and their prior": (soft_csv, "csv", {"header": False, "prior": "labels"}, ["csv", "npy"]),
    "rounded rows": (rounded_tsv, "tsv", {}, ["tsv", "npy"]),
    "array of indices": (index_npy, "npy", {"ignore": ["255"], "classes": 4}, ["csv", "npy"]),
    "array of indices, dropped": (
        index_npy,
        "npy",
        {"ignore": ["255"], "ignored": "drop", "classes": 4},
        ["csv", "npy", "npy.gz"],
    ),
    "map of indices": (map_npy, "npy", {"labels": "index", "classes": 3, "prior": [1.0, 2.0, 3.0]}, ["npy"]),
    "map of indices, others": (
        map_npy,
        "npy",
        {"labels": "index", "classes": 3, "spread": "others", "prior": [1.0, 2.0, 3.0]},
        ["npy"],
    ),
    "array of rows": (soft_npy, "npy", {"prior": "labels"}, ["csv", "npy"]),
    "array of columns": (fortran_npy, "npy", {"prior": "labels"}, ["csv", "npy"]),
    "map of rows": (soft_map_npy, "npy", {"prior": "labels"}, ["npy"]),
    "array of names": (name_npy, "npy", {"prior": "labels"}, ["csv", "npy"]),
}

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zst,
}


@pytest.mark.parametrize("case", CASES)
@FILES
@given(seed=seeds, rows=counts, block=block_sizes, learn=learn_sizes, read=read_sizes)
def test_any_size_of_blocks_gives_the_same_bytes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    case: str,
    seed: int,
    rows: int,
    block: int,
    learn: int,
    read: int,
) -> None:
    make, suffix, options, suffixes = CASES[case]
    source = tmp_path / f"in.{suffix}"
    source.write_bytes(make(np.random.default_rng(seed), rows))
    whole = outputs(source, options, suffixes)
    with sizes(monkeypatch, block, learn, read):
        assert outputs(source, options, suffixes) == whole


#: Column by column cannot be streamed.
STREAMED = [case for case in CASES if case != "array of columns"]


@pytest.mark.parametrize("case", STREAMED)
@pytest.mark.parametrize(
    "compression",
    [
        pytest.param("gz"),
        "bz2",
        "xz",
        "zst",
    ],
)
def test_a_compressed_file_gives_the_bytes_of_the_plain_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str, compression: str
) -> None:
    make, suffix, options, suffixes = CASES[case]
    plain = tmp_path / f"in.{suffix}"
    plain.write_bytes(make(np.random.default_rng(7), 1101))
    packed = tmp_path / f"in.{suffix}.{compression}"
    packed.write_bytes(PACK[compression](plain.read_bytes()))
    expected = outputs(plain, options, suffixes)
    assert outputs(packed, options, suffixes) == expected
    with sizes(monkeypatch, 5_000, 300, 61):
        assert outputs(packed, options, suffixes) == expected


def test_a_block_of_nothing_but_ignored_blank_lines_is_read_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(b"0\n" * 1000 + b"\n" * 600 + b"1\n")
    options = {"header": False, "ignore": [""], "ignored": "drop"}
    whole = outputs(source, options, ["npy"])
    with sizes(monkeypatch, 1, 256, 997):
        assert outputs(source, options, ["npy"]) == whole
