"""What is done to bytes, and what a right result is."""

from __future__ import annotations

import bz2
import csv
import io
import json
import lzma
import math
import os
import re
import signal
import traceback
import warnings
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from conftest import Result, Work
from kits.packing import zstd
from kits.torture.cases import EPSILON, Case

LONG = bool(os.environ.get("LSMOOTH_LONG"))

#: A mutant may take so long, and the process so much more memory than it began with.
SECONDS = 10.0

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
