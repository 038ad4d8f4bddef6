"""Mutants of the corpus: a right result or an error; no traceback, hang, file left, or warning of numpy."""

from __future__ import annotations

import bz2
import csv
import io
import json
import lzma
import math
import os
import random
import re
import resource
import signal
import traceback
import warnings
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from conftest import Result, Work
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kits.packing import zstd
from kits.torture import EPSILON, Case, claiming, corpus, forged

LONG = bool(os.environ.get("LSMOOTH_LONG"))
MUTANTS = int(os.environ.get("LSMOOTH_MUTANTS", "100000" if LONG else "300"))
SEED = int(os.environ.get("LSMOOTH_SEED", "8"))
#: A mutant may take so long, and the process so much more memory than it began with.
SECONDS = 10.0
MEGABYTES = 500
#: Larger inputs are not mutated: each step would be slow.
MOST_BYTES = 20_000

#: What is known and let be.
KNOWN = {r"followed by what is no gz": "a checksum of a header of gzip, which Python does not look at"}


class Hang(BaseException):
    """A mutant took too long; no `except Exception` may catch this."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    def ring(_signum: int, _frame: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# What is done to bytes


def flip(data: bytearray, dice: random.Random) -> None:
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def replaced(data: bytearray, dice: random.Random) -> None:
    data[dice.randrange(len(data))] = dice.choice(HOSTILE)[0]


def delete(data: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(data))
    del data[start : start + dice.choice((1, 1, 2, 8, 100))]


def insert(data: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(data) + 1)
    data[start:start] = dice.choice(HOSTILE)


def duplicate(data: bytearray, dice: random.Random) -> None:
    start, target = dice.randrange(len(data)), dice.randrange(len(data) + 1)
    data[target:target] = data[start : start + dice.choice((1, 4, 16, 128))] * dice.choice((1, 1, 3))


def truncate(data: bytearray, dice: random.Random) -> None:
    del data[dice.randrange(len(data)) :]


def swap(data: bytearray, dice: random.Random) -> None:
    a, b = dice.randrange(len(data)), dice.randrange(len(data))
    data[a], data[b] = data[b], data[a]


CHANGES = (flip, flip, replaced, replaced, delete, insert, insert, duplicate, truncate, swap)
HOSTILE = (
    [bytes([byte]) for byte in b"\0\t\n\r\x1a\x1f \"#%'()+,-./;=@[]_`eE0123456789\x7f\x80\xa0\xc3\xff"]
    + [b"nan", b"inf", b"-inf", b"1e400", b"1e-400", b"1e308", b"-0", b"0x1F", b"1_000", b"\r\n", b"\n\n\n"]
    + [b'""', b'","', b'"\n"', b"\xef\xbb\xbf", b"\xff\xfe", b"\xe2\x80\xae", b"\xed\xa0\x80", b"label\n"]
    + [b"9223372036854775808", b"-9223372036854775808", b"9007199254740993", b"class_0", b"class_1,", b",,"]
    + [b"\x93NUMPY", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", b"\x1b[31m", b"'|O'", b"True", b"(1, 2)"]
)


def mutant(case: Case, others: list[Case], dice: random.Random) -> Case:
    """Return a case with its bytes, or those of a file beside it, changed in a few places."""
    beside = dict(case.beside)
    name = dice.choice([None, None, *beside])
    data = bytearray(case.data if name is None else beside[name])
    for _ in range(dice.choice((1, 1, 1, 2, 3, 6))):
        if dice.random() < 0.1:
            other = dice.choice(others).data
            cut = dice.randrange(len(data) + 1)
            data[cut:] = other[dice.randrange(len(other) + 1) :]
        elif data:
            dice.choice(CHANGES)(data, dice)
    if name is None:
        return replace(case, data=bytes(data))
    return replace(case, beside=beside | {name: bytes(data)})


# What a right result is


def opened(case: Case) -> bytes | None:
    """Return the bytes of an input, decompressed by a reader that minds what follows a member."""
    suffix = case.file.rsplit(".", maxsplit=1)[-1]
    if suffix not in ("gz", "bz2", "xz", "zst"):
        return case.data
    rest, out = case.data, b""
    while rest:
        if out and suffix in ("gz", "xz"):
            rest = rest.lstrip(b"\0")  # padding
        if not rest:
            break
        if suffix == "gz":
            inflater = zlib.decompressobj(31)
            out += inflater.decompress(rest)
            whole, rest = inflater.eof, inflater.unused_data
        elif suffix == "zst":
            unpacker = zstd.ZstdDecompressor()
            out += unpacker.decompress(rest)
            whole, rest = unpacker.eof, unpacker.unused_data
        else:
            reader = bz2.BZ2Decompressor() if suffix == "bz2" else lzma.LZMADecompressor(lzma.FORMAT_AUTO)
            out += reader.decompress(rest)
            whole, rest = reader.eof, reader.unused_data
        if not whole:
            raise ValueError(f"{suffix} cut")
    return out


#: Flags under which the targets of a file can be told by a few lines of Python.
PLAIN = {"-k": 1, "--names": 1, "--labels": 1, "--ignore": 1, "--no-header": 0, "--header": 0}


def is_plain(arguments: tuple[str, ...]) -> bool:
    rest = list(arguments)
    while rest:
        flag = rest.pop(0)
        if flag not in PLAIN or (flag == "--names" and rest[0].endswith(".txt")):
            return False
        del rest[: PLAIN[flag]]
    return True


def expected(  # noqa: C901, PLR0911 - a reading for each kind, in one place
    case: Case, summary: Mapping[str, Any]
) -> list[list[float]] | None:
    """Return the targets by a slow reading of the input, None where that is not easy."""
    kind, classes, names = summary["kind"], summary["classes"], summary["names"]
    if not is_plain(case.arguments) or kind not in ("index", "name", "rows"):
        return None
    data = opened(case)
    assert data is not None
    ignored = {
        value for flag, value in zip(case.arguments, case.arguments[1:], strict=False) if flag == "--ignore"
    }
    if ".npy" in case.file:
        array = np.load(io.BytesIO(data), allow_pickle=False)
        if kind == "rows":
            return [
                [float(x) * (1 - EPSILON) + EPSILON / classes for x in row]
                for row in array.reshape(-1, classes)
            ]
        flat = array.reshape(-1).tolist()
        if kind == "index" and not names:
            return one_hot([None if str(int(x)) in ignored else int(x) for x in flat], classes)
        return None
    text = data.removeprefix(b"\xef\xbb\xbf").decode()
    delimiter = "\t" if ".tsv" in case.file else ","
    table = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    while table and not table[-1]:
        table.pop()
    table = [row or [""] for row in table][summary["header"] :]
    if kind == "rows":
        if ignored or len(table[0]) != classes or (names and "--names" in case.arguments):
            return None
        return [[float(x) * (1 - EPSILON) + EPSILON / classes for x in row] for row in table]
    if len(table[0]) > 1:
        return None
    cells = [row[0] for row in table]
    if kind == "name":
        index = {name: k for k, name in enumerate(names)}
        if not any(number(name) for name in names):
            index = {str(k): k for k in range(classes)} | index
        return one_hot([None if cell in ignored else index[cell] for cell in cells], classes)
    whole = {str(int(value)) for value in ignored if re.fullmatch(r"[+-]?\d+", value)}
    return one_hot(
        [None if cell in ignored or exact(cell) in whole else int(exact(cell)) for cell in cells], classes
    )


def exact(cell: str) -> str:
    """Return a whole number without its point and exponent; not by way of a float where there is none."""
    return str(int(cell)) if re.fullmatch(r"\s*[+-]?\d+\s*", cell, re.A) else str(int(float(cell)))


def number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def one_hot(labels: list[int | None], classes: int) -> list[list[float]]:
    return [
        [
            0.0 if label is None else float(k == label) * (1 - EPSILON) + EPSILON / classes
            for k in range(classes)
        ]
        for label in labels
    ]


def fault_of_targets(  # noqa: C901, PLR0911 - a fault each
    case: Case, values: np.ndarray[Any, Any], summary: Mapping[str, Any]
) -> str | None:
    """Return what is wrong with targets, or None."""
    if values.shape != (summary["rows"], summary["classes"]):
        return f"targets of shape {values.shape}, told {summary['rows']} and {summary['classes']}"
    if not np.isfinite(values).all() or (values < 0).any() or (values > 1 + 1e-6).any():
        return "targets that are no probabilities"
    sums = values.sum(axis=1)
    if summary["kind"] != "multilabel":
        off = (np.abs(sums - 1) > (0.051 if summary["kind"] == "rows" else 1e-6)) & (sums != 0)
        if off.any() or np.count_nonzero(sums == 0) > summary["ignored"]:
            return f"{summary['kind']} that sum to {sums[off][:3]}"
    try:
        right = expected(case, summary)
    except (zlib.error, lzma.LZMAError, zstd.ZstdError, OSError, EOFError, ValueError) as error:
        suffix = case.file.rsplit(".", maxsplit=1)[-1]
        if b"\r\r" in case.data and b'"' in case.data:
            return "a result for CR CR LF"
        if isinstance(error, UnicodeDecodeError | csv.Error) or suffix not in ("gz", "bz2", "xz", "zst"):
            return f"a result for what cannot be read: {error!r}"
        return f"a result for a {suffix} followed by what is no {suffix}"
    if right is None:
        return None
    if len(right) != len(values):
        marks = case.data.startswith(b"\xef\xbb\xbf\xef\xbb\xbf")
        return "two marks" if marks else f"{len(values)} rows, wanted {len(right)}"
    if np.array_equal(values, np.array(right)):
        return None
    return f"targets of other labels{' beside 2⁶³' if b'9223372036854775' in case.data else ''}"


@dataclass(frozen=True)
class Found:
    """A mutant that went wrong."""

    problem: str
    case: Case

    @property
    def known(self) -> bool:
        return any(re.search(pattern, self.problem) for pattern in KNOWN)

    def told(self) -> str:
        files = {self.case.file: self.case.data[:400], **{k: v[:200] for k, v in self.case.beside.items()}}
        return f"{self.problem}\n  {self.case.name}: {' '.join(self.case.line)}\n  {files}"


def judge(work: Work, case: Case, *, to_file: bool = False) -> Found | None:
    """Run a mutant; return what is wrong with what it did, or None; `to_file` writes an array."""
    work.write(case.file, case.data)
    for name, data in case.beside.items():
        work.write(name, data)
    before = work.files()
    flags = ["--json"] if case.command == "smooth" else []
    written = work.folder / "out.npy" if to_file and flags and "--keep" not in case.arguments else None
    if written is not None:
        flags += ["-o", written.name, "--dtype", "float64"]
    try:
        with time_limit(SECONDS), warnings.catch_warnings(record=True) as raised:
            warnings.simplefilter("always")
            result = work.run(*case.line, *flags)
    except Hang:
        return Found(f"a hang of {SECONDS} s", case)
    except Exception as error:  # noqa: BLE001 - each is a finding
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "lsmooth" in frame.filename]
        place = f"{os.path.relpath(frames[-1].filename)}:{frames[-1].name}" if frames else "?"
        return Found(f"a traceback in {place}: {type(error).__name__}: {str(error)[:200]}", case)
    with warnings.catch_warnings(action="ignore"):  # numpy may warn of what is looked at again
        problem = fault(case, result, written)
    if written is not None and result.code == 0:
        written.unlink()
    if problem is None and raised:
        problem = f"{raised[0].category.__name__}: {raised[0].message}"
    if problem is None and work.files() != before:
        problem = f"files left: {set(work.files()) - set(before)}"
    return Found(problem, case) if problem else None


def fault(  # noqa: PLR0911 - a fault each
    case: Case, result: Result, written: Path | None
) -> str | None:
    """Return what is wrong with a run, or None."""
    if result.code != 0:
        lines = [line for line in result.err.splitlines() if not line.startswith("warning: ")]
        if result.code not in (1, 2) or not lines or not lines[0].startswith("error: "):
            return f"exit code {result.code} with {result.err[:200]!r}"
        if "out of memory" in lines[0]:
            return "memory over the bound"
        return "more than a message" if len(lines) not in (1, 3) else None
    if case.command == "explain":
        return None if result.out else "nothing explained"
    if case.command == "loss":
        loss = float(result.out)
        return None if loss >= 0 and not math.isnan(loss) else f"a loss of {loss}"
    summary = json.loads(result.err)
    if written is not None:
        return fault_of_targets(case, np.load(written).reshape(-1, summary["classes"]), summary)
    table = list(csv.reader(io.StringIO(result.out, newline="")))
    if summary["header"] or summary["names"]:
        del table[0]
    kept = case.arguments.count("--keep")
    values = np.array([[float(cell) for cell in row[kept:]] for row in table])
    return fault_of_targets(case, values.reshape(len(table), -1), summary)


@contextmanager
def memory_limit() -> Iterator[None]:
    """Let the process have MEGABYTES more than it has; what asks for more says so, and is a finding."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    before = resource.getrlimit(resource.RLIMIT_AS)
    if pages:
        limit = pages * resource.getpagesize() + MEGABYTES * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def mutated(work: Work, count: int, seed: int) -> list[Found]:
    """Return what went wrong in so many mutants, each problem once."""
    dice = random.Random(seed)
    cases = [case for case in corpus() if len(case.data) <= MOST_BYTES and "cut at" not in case.name]
    found: dict[str, Found] = {}
    for _ in range(count):
        wrong = judge(work, mutant(dice.choice(cases), cases, dice), to_file=dice.random() < 0.3)
        if wrong is not None and not wrong.known:
            found.setdefault(re.sub(r"\d+", "0", wrong.problem)[:80], wrong)
        for path in work.folder.iterdir():
            path.unlink()
    return list(found.values())


@pytest.fixture(autouse=True)
def few_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong label may not make millions of classes: that is allowed, and slow."""
    monkeypatch.setattr("lsmooth.labels.hard.MOST_INFERRED", 5000)


def test_mutants_have_a_right_result_or_an_error(work: Work) -> None:
    work.run("smooth", "missing.csv")  # what is imported counts before
    with memory_limit():
        found = mutated(work, MUTANTS, SEED)
    assert not found, "\n\n".join(wrong.told() for wrong in found)


# By the grammar of what is read, and not by its bytes

CELLS = st.sampled_from(
    [
        "0",
        "1",
        "2",
        " 1",
        "+1",
        "-0",
        "1.0",
        "1e0",
        ".5",
        "5.",
        "0.25",
        "0.75",
        "-1",
        "255",
        "inf",
        "nan",
        "1e400",
        "01",
        "0x1F",
        "1_000",
        "cat",
        "dog",
        "Dog",
        " cat",
        "",
        "label",
        "class_0",
        "class_1",
        '"',
        '""',
        '"1"',
        '"a,b"',
        '"a\nb"',
        "=1+1",
        "\u202e",
        "\x1b[31m",
        "é",
        "é",
        "\ufeff",
        "9007199254740993",
        "9" * 25,
    ]
)
ENDS = st.sampled_from(["\n", "\r\n", "\n\n", "\r", ""])
FLAGS = st.sampled_from(
    [
        (),
        ("--no-header",),
        ("--header",),
        ("-k", "2"),
        ("-k", "3"),
        ("--names", "cat,dog"),
        ("--names", "0,1,01"),
    ]
    + [("--labels", kind) for kind in ("index", "name", "rows", "multilabel", "votes")]
    + [("--ignore", value) for value in ("", "255", "-1", "nan", "zero", "cat")]
    + [("--column", "1"), ("--column", "label"), ("--keep", "1"), ("--label-columns", "1:2")]
)
ROWS = st.lists(st.tuples(st.lists(CELLS, min_size=1, max_size=3), ENDS), max_size=6)
QUICK = settings(
    max_examples=20_000 if LONG else 40,
    deadline=None,
    derandomize=not LONG,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def check(work: Work, case: Case) -> None:
    wrong = judge(work, case)
    for path in work.folder.iterdir():
        path.unlink()
    assert wrong is None or wrong.known, wrong.told()


@QUICK
@given(rows=ROWS, flags=FLAGS, mark=st.sampled_from(["", "", "", "\ufeff"]))
def test_tables_have_a_right_result_or_an_error(
    work: Work, rows: list[tuple[list[str], str]], flags: tuple[str, ...], mark: str
) -> None:
    text = mark + "".join(",".join(cells) + end for cells, end in rows)
    check(work, Case("a table", text.encode(), flags))


WORDS = st.sampled_from(
    [
        "'<i8'",
        "'>i4'",
        "'|u1'",
        "'<f8'",
        "'<f2'",
        "'|b1'",
        "'<U3'",
        "'|S2'",
        "'|O'",
        "'<M8[s]'",
        "'<c16'",
        "'|V8'",
        "[('a', '<i4')]",
        "('<i4', (2,))",
        "'i4,i4'",
        "''",
        "None",
        "1",
        "True",
        "__import__('os')",
        "'<U99999999'",
    ]
)
NUMBERS = st.sampled_from(
    ["0", "1", "2", "3", "8", "24", "-1", "True", "1.5", "2L", "10**9", str(10**18), "'3'"]
)
SHAPES = st.lists(NUMBERS, max_size=4).map(lambda axes: "(" + "".join(f"{axis}, " for axis in axes) + ")")


@QUICK
@given(
    descr=WORDS,
    shape=st.one_of(SHAPES, NUMBERS),
    order=st.sampled_from(["False", "True", "0", "None"]),
    data=st.one_of(st.binary(max_size=48), st.sampled_from([bytes(24), b"\1" * 24, b"\xff" * 24, bytes(8)])),
    flags=st.sampled_from(
        [(), ("-k", "2"), ("--labels", "index"), ("--labels", "multilabel"), ("--ignore", "nan")]
    ),
)
def test_arrays_have_a_right_result_or_an_error(
    work: Work, descr: str, shape: str, order: str, data: bytes, flags: tuple[str, ...]
) -> None:
    check(work, Case("an array", claiming(descr, shape, data, order), flags, file="f.npy"))


@QUICK
@given(head=st.text(max_size=60), version=st.sampled_from([1, 2, 3]))
def test_headers_of_anything_have_an_error(work: Work, head: str, version: int) -> None:
    check(work, Case("a header", forged(head, version=version), file="f.npy"))
