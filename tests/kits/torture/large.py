"""Inputs that are large, or open to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kits.packing import zst
from kits.torture.cases import (
    LATE,
    Big,
    claiming,
    gz,
    soft,
)

MEGABYTE = 1_000_000


def _members(head: bytes, member: bytes, count: int) -> Callable[[], Iterator[bytes]]:
    """Return a gzip file as pieces: its head, and the same member again and again."""

    def pieces() -> Iterator[bytes]:
        yield gz(head)
        packed = gz(member)
        yield from (packed for _ in range(count))

    return pieces


def _repeated(*pieces: tuple[bytes, int]) -> Callable[[], Iterator[bytes]]:
    def made() -> Iterator[bytes]:
        for piece, count in pieces:
            yield from (piece for _ in range(count))

    return made


def _bomb(gigabytes: int) -> Callable[[], Iterator[bytes]]:
    """Return an array of zeros that opens to so much."""
    count = gigabytes * 125 * MEGABYTE
    head = claiming("'<i8'", f"({count},)", b"")
    return _members(head, bytes(10 * MEGABYTE), gigabytes * 100)


_ARRAY = ("-k", "2", "--to", "npy", "--dtype", "float16", "-q")


def large() -> list[Big]:
    """Return the inputs that are large, or open to be."""
    wide = b"1" + b",0" * (MEGABYTE - 1) + b"\n"
    off = b"0.0" + b",0.0" * (MEGABYTE - 2)
    return [
        Big("1 MB opens to 1 GB", "f.npy.gz", _bomb(1), _ARRAY, 128 + 500 * MEGABYTE),
        Big(
            "10 MB opens to 10 GB",
            "f.npy.gz",
            _bomb(10),
            _ARRAY,
            128 + 5000 * MEGABYTE,
            seconds=900,
            long=True,
        ),
        Big(
            "10 MB opens to 10 GB of text",
            "f.csv.gz",
            _members(b"0\n", b"1\n" * (5 * MEGABYTE), 1000),
            ("-k", "2", "-q"),
            (5_000 * MEGABYTE + 1) * len(soft(2, 0)),
            seconds=7200,
            long=True,
        ),
        Big(
            "1 MB opens to blank lines",
            "f.csv.gz",
            _members(b"0\n", b"\n" * (10 * MEGABYTE), 100),
            ("-k", "2"),
            error=("f.csv.gz:", "blank lines"),
        ),
        Big(
            "a little zst opens to 1 GB of blank lines",
            "f.csv.zst",
            lambda: iter([zst(b"0\n"), *[zst(b"\n" * (10 * MEGABYTE))] * 100]),
            ("-k", "2"),
            error=("f.csv.zst:", "blank lines"),
        ),
        Big(
            "200 kB open to a line of 200 MB",
            "f.csv.gz",
            _members(b"0\n", b"a" * (10 * MEGABYTE), 20),
            ("-k", "2"),
            error=("f.csv.gz:2", "characters"),
            megabytes=200,
        ),
        Big(
            "a million columns",
            "f.csv",
            _repeated((wide, 1)),
            ("-e", "0", "-q"),
            len(off) + len(b",1.0\n"),
            megabytes=500,
        ),
        Big(
            "a line of 100 MB",
            "f.csv",
            _repeated((b"0\n", 1), (b"a" * MEGABYTE, 100), (b"\n1\n", 1)),
            (),
            error=("f.csv:2", "characters"),
            megabytes=500,
        ),
        Big(
            "a line of 100 MB, late",
            "f.csv",
            _repeated((b"0\n", LATE), (b"7" * MEGABYTE, 100), (b"\n1\n", 1)),
            (),
            error=(f"f.csv:{LATE + 1}",),
            megabytes=900,
            long=True,
        ),
        Big(
            "a quoted record that does not end",
            "f.csv",
            _repeated((b'"\n",' * 250_000, 16), (b"0\n", 1)),
            ("-k", "2"),
            error=("f.csv:1",),
            megabytes=700,
            seconds=90,
            long=True,
        ),
        Big(
            "1,000 rows of 100,000 columns",
            "f.csv",
            _repeated((b"1" + b",0" * 99_999 + b"\n", 1000)),
            ("-e", "0", "-q"),
            1000 * (4 * 100_000),
            megabytes=1000,
            seconds=300,
            long=True,
        ),
    ]
