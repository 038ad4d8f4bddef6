"""A case with its verdict, and the bytes that cases are made of."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kits.packing import zst
from numpy.lib import format as npy_format
from numpy.typing import NDArray

EPSILON = 0.1
#: More rows than those by which the kind of labels is told.
LATE = 1100


def gz(data: bytes) -> bytes:
    """Return data packed, without the time."""
    return gzip.compress(data, mtime=0)


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gz,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zst,
}


@dataclass(frozen=True)
class Case:
    """An input and its verdict.

    Attributes:
        name: says what is hostile.
        data: the bytes of the input.
        arguments: of the command line, after the input.
        file: the name of the input.
        out: all of standard output where the input is good; None where it is refused.
        error: what the first line of the error holds: file, line or row, and value.
        code: the exit code.
        warns: what standard error holds beside a result.
        beside: other files.
        command: the command.
        defect: why the program fails the case, where it does.
    """

    name: str
    data: bytes
    arguments: tuple[str, ...] = ()
    file: str = "f.csv"
    out: str | None = None
    error: tuple[str, ...] = ()
    code: int = 0
    warns: tuple[str, ...] = ()
    beside: Mapping[str, bytes] = field(default_factory=dict)
    command: str = "smooth"
    defect: str | None = None

    @property
    def line(self) -> list[str]:
        """The command line."""
        return [self.command, self.file, *self.arguments]


@dataclass(frozen=True)
class Big:
    """An input too large to keep, made piece by piece, and its verdict.

    Attributes:
        name: says what is large.
        file: the name of the input.
        pieces: of its bytes.
        arguments: of the command line, after the input.
        size: bytes on standard output where it is good, None where it is refused.
        error: what the first line of the error holds.
        megabytes: of memory that the program may have.
        seconds: it may take.
        long: whether it is left out of the normal run.
        defect: why the program fails the case, where it does.
    """

    name: str
    file: str
    pieces: Callable[[], Iterator[bytes]]
    arguments: tuple[str, ...]
    size: int | None = None
    error: tuple[str, ...] = ()
    megabytes: int = 150
    seconds: int = 60
    long: bool = False
    defect: str | None = None


def lines(rows: list[list[float]]) -> str:
    """Return rows of numbers as they are printed."""
    return "".join(",".join(map(repr, row)) + "\n" for row in rows)


def soft(classes: int, *labels: int | None, epsilon: float = EPSILON) -> str:
    """Return the targets of class indices as they are printed; None is an ignored row."""
    return lines(
        [
            [
                0.0 if label is None else float(k == label) * (1 - epsilon) + epsilon / classes
                for k in range(classes)
            ]
            for label in labels
        ]
    )


def of_rows(*rows: tuple[float, ...], epsilon: float = EPSILON) -> str:
    """Return the targets of rows of probabilities as they are printed."""
    return lines([[x * (1 - epsilon) + epsilon / len(row) for x in row] for row in rows])


def npy(array: NDArray[Any], version: tuple[int, int] | None = None) -> bytes:
    """Return an array as a file."""
    buffer = io.BytesIO()
    npy_format.write_array(buffer, array, version=version, allow_pickle=True)
    return buffer.getvalue()


def forged(head: str | bytes, data: bytes = bytes(24), version: int = 1) -> bytes:
    """Return an NPY file with a header as it is given."""
    body = head.encode() if isinstance(head, str) else head
    size = len(body).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + size + body + data


def claiming(descr: str, shape: str, data: bytes = bytes(24), order: str = "False") -> bytes:
    """Return an NPY file whose header says what it is told to."""
    return forged(f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n", data)


def good(name: str, data: str | bytes, out: str, *arguments: str, **more: Any) -> Case:
    """Return a case that has a result."""
    return Case(name, data if isinstance(data, bytes) else data.encode(), arguments, out=out, **more)


def bad(name: str, data: str | bytes, error: str, *arguments: str, **more: Any) -> Case:
    """Return a case that is refused; `error` is what is found in it, apart by ` & `."""
    parts = tuple(error.split(" & "))
    given = {"code": 1} | more
    return Case(name, data if isinstance(data, bytes) else data.encode(), arguments, error=parts, **given)


def unnamed(classes: int) -> str:
    """Return the header of classes without names."""
    return ",".join(f"class_{k}" for k in range(classes)) + "\n"
