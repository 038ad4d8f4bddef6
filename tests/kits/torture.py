"""A corpus of hostile inputs, made by this script: each with the result or the error that is right.

Nothing is copied and nothing is random: the same cases in the same order, each time.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import math
import pickle
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
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


def encodings() -> Iterator[Case]:
    """Byte-order marks, other encodings, NUL."""
    yield good("utf-8 with a mark", b"\xef\xbb\xbf0\n1\n", soft(2, 0, 1))
    yield good("a mark before a quote", b'\xef\xbb\xbf"label"\n0\n1\n', unnamed(2) + soft(2, 0, 1))
    yield good(
        "a mark before a header that is looked for",
        b"\xef\xbb\xbfkind,id\ncat,1\ndog,2\n",
        "cat,dog\n" + soft(2, 0, 1),
        "--column",
        "kind",
    )
    yield bad("a mark alone", b"\xef\xbb\xbf", "f.csv & is empty")
    yield bad(
        "two marks",
        b"\xef\xbb\xbf\xef\xbb\xbf0\n1\n",
        "f.csv:1 & \\ufeff",
    )
    yield bad("a mark in mid-file", "0\n\ufeff1\n1\n", "f.csv:2 & \\ufeff1")
    for codec in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"):
        yield bad(codec, "0\n1\n".encode(codec), "f.csv:1 & UTF-16")
    yield bad("utf-32-be with a mark", b"\x00\x00\xfe\xff" + "0\n".encode("utf-32-be"), "f.csv:1")
    yield bad("utf-16 of names", "λ\nμ\n".encode("utf-16-le"), "f.csv:2 & NUL", "--no-header")
    yield bad("a mark of utf-16 alone", b"\xff\xfe", "f.csv:1 & UTF-16")
    yield bad("latin-1", "label\ncat\ncafé\n".encode("latin-1"), "f.csv:3 & 0xE9")
    yield bad("cp1252", b"label\ncat\n\x93dog\x94\n", "f.csv:3 & 0x93")
    yield bad("latin-1, late", b"0\n" * LATE + b"\xe9\n", f"f.csv:{LATE + 1} & 0xE9")
    yield bad("latin-1 in the header", b"caf\xe9\n0\n1\n", "f.csv:1 & 0xE9")
    yield bad("latin-1 inside quotes", b'id,label\n"a\n\xe9",0\n', "f.csv:3 & 0xE9")
    yield bad("utf-8 cut in a letter", "label\ncat\nλ".encode()[:-1], "f.csv:3 & 0xCE")
    yield bad("an overlong NUL", b"0\n\xc0\x80\n", "f.csv:2 & 0xC0")
    yield bad("a surrogate in utf-8", b"label\ncat\n\xed\xa0\x80\n", "f.csv:3 & 0xED")
    yield bad("beyond Unicode", b"label\ncat\n\xf5\x80\x80\x80\n", "f.csv:3 & 0xF5")
    yield bad("NUL alone", b"\0", "f.csv:1 & NUL")
    yield bad("NUL in 3 bytes", b"a\0\n", "f.csv:1 & NUL", "--no-header")
    yield bad("NUL at the start", b"\x000\n1\n", "f.csv:1 & NUL")
    yield bad("NUL in a label", b"0\n1\n\x001\n", "f.csv:3 & NUL")
    yield bad("NUL at the end", b"0\n1\n\0", "f.csv:3 & NUL")
    yield bad("NUL inside quotes", b'label\n"a\0b"\nc\n', "f.csv:2 & NUL")
    yield bad("NUL, late", b"0\n" * LATE + b"\0\n", f"f.csv:{LATE + 1} & NUL")
    yield good("a letter beyond the first plane", "label\n\U0001f600\na\n", "a,\U0001f600\n" + soft(2, 1, 0))
    for mark in ("\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f"):
        name = f"a{mark}b"
        yield good(f"U+{ord(mark):04X} ends no line", f"label\n{name}\nc\n", f"{name},c\n" + soft(2, 0, 1))
    yield bad("the end of a file of DOS", b"0\n1\n\x1a", "f.csv:3 & \\x1a")


def quotes() -> Iterator[Case]:
    """Quotes, and lines in them."""
    yield bad("a quote that stays open", '0\n"1\n2\n', "f.csv:2 & never closed")
    yield bad("a quote alone", '"', "f.csv:1 & never closed")
    yield bad("a quote at the end", '0\n1\n"', "f.csv:3 & never closed")
    yield bad("a quote that stays open, late", "0\n" * LATE + '"1\n0\n', f"f.csv:{LATE + 1} & never closed")
    yield bad("text after a quote", '0\n"1"x\n', "f.csv:2 & after a closing quote")
    yield bad("a quote in a quote", 'label\n"a"b"\nc\n', "f.csv:2 & after a closing quote")
    yield good("a quote in mid-cell", 'label\na"b\nc\n', '"a""b",c\n' + soft(2, 0, 1))
    yield good("doubled quotes", 'label\n"a""b"\nc\n', '"a""b",c\n' + soft(2, 0, 1))
    yield good("four quotes", 'label\n""""\nc\n', '"""",c\n' + soft(2, 0, 1))
    yield good("a line break in a name", 'label\n"a\nb"\nc\n', '"a\nb",c\n' + soft(2, 0, 1))
    yield good("a CRLF in a name", 'label\r\n"a\r\nb"\r\nc\r\n', '"a\r\nb",c\n' + soft(2, 0, 1))
    yield good("CR CR LF inside quotes", 'label\n"a\r\r\nb"\r\nc\n', '"a\r\r\nb",c\n' + soft(2, 0, 1))
    yield good("a CR at the end of a quoted name", 'label\n"a\r"\r\nc\n', '"a\r",c\n' + soft(2, 0, 1))
    yield good("a CR in a name", 'label\n"a\rb"\nc\n', '"a\rb",c\n' + soft(2, 0, 1))
    yield good("a delimiter in a name", 'label\n"a,b"\nc\n', '"a,b",c\n' + soft(2, 0, 1))
    yield good("a line break in a header", '"la\nbel"\n0\n1\n', unnamed(2) + soft(2, 0, 1))
    yield good("quoted numbers", '"0"\n"1"\n', soft(2, 0, 1))
    yield bad("a quoted number with a line break", '0\n"1\n"\n1\n', "f.csv:2 & 1\\n")
    yield bad("an empty quoted label", '0\n""\n1\n', "f.csv:2 & empty")
    yield bad("a space before a quote", 'label\n "a,b"\nc\n', "f.csv:2 & 2 cells")
    kept = 'id,label\n"a\n\nb",0\n"c\r\nd",1\n'
    expected = 'id,class_0,class_1\n"a\n\nb",{}"c\r\nd",{}'.format(*soft(2, 0, 1).splitlines(keepends=True))
    yield good("blank lines in a kept cell", kept, expected, "--keep", "id")
    yield bad("a bad label below quoted lines", 'id,label\n"a\n\n\nb",0\nc,x\n', "f.csv:6 & `x`")
    late = '"a\nb",0\n' * LATE
    yield bad("a bad label below many", f"id,label\n{late}c,x\n", f"f.csv:{2 + 2 * LATE} & `x`")
    yield bad("apostrophes are no quotes", "label\n'a,b'\nc\n", "f.csv:2 & 2 cells")


def shapes() -> Iterator[Case]:
    """Ragged rows, headers, line ends, nothing at all."""
    yield bad("a short row", "0,1\n1\n", "f.csv:2 & 1 cell")
    yield bad("a long row", "0,1\n1,0,0\n", "f.csv:2 & 3 cells")
    yield bad("a short row, late", "0,1\n" * LATE + "1\n", f"f.csv:{LATE + 1} & 1 cell")
    yield bad("a long row, late", "0,1\n" * LATE + "1,0,\n", f"f.csv:{LATE + 1} & 3 cells")
    yield bad("a row of many cells", "0,1\n" + "0," * 9999 + "1\n", "f.csv:2 & 10000 cells")
    yield bad("a header shorter than its rows", "a\n1,0\n0,1\n", "f.csv:2 & 2 cells")
    yield bad("a header longer than its rows", "a,b,c\n1,0\n0,1\n", "f.csv:2 & 2 cells")
    yield bad("a delimiter at the end of each row", "1,0,\n0,1,\n", "f.csv:1", "--no-header")
    yield bad("a blank line in two columns", "0,1\n\n1,0\n", "f.csv:2 & blank line")
    yield bad("a blank line in one", "0\n\n1\n", "f.csv:2 & empty")
    yield bad("a line of spaces", "0\n  \n1\n", "f.csv:2 & empty")
    yield good("blank lines at the end", "0\n1\n\n\n\n", soft(2, 0, 1))
    yield good("blank CRLF lines at the end", "0\r\n1\r\n\r\n\r\n", soft(2, 0, 1))
    yield bad("blank lines at the start", "\n\n0\n1\n", "f.csv:")
    yield bad("a doubled header", "a,a\n1,0\n0,1\n", "f.csv & `a` twice")
    yield bad("a doubled header, looked for", "a,a\n1,x\n0,y\n", "f.csv & `a`", "--column", "a")
    yield bad("an empty header", ",\n1,0\n0,1\n", "f.csv & without a name")
    yield bad("a quoted empty header", '"",""\n1,0\n0,1\n', "f.csv & without a name")
    doubled = "class_0,class_0\n1,0\n0,1\n"
    yield bad("a header of classes, doubled", doubled, "f.csv & 0` twice")
    yield bad("only a header", "label\n", "f.csv & no rows")
    yield bad("only a header, no line end", "label", "f.csv & no rows")
    yield bad("only a wide header", "a,b,c\n", "f.csv:1")
    for name, data in (
        ("nothing", ""),
        ("a newline", "\n"),
        ("newlines", "\n" * 5000),
        ("CRLFs", "\r\n" * 50),
    ):
        yield bad(name, data, "f.csv & is empty")
    yield good("no newline at the end", "0\n1", soft(2, 0, 1))
    yield good("no newline after a header and a row", "label\n0", unnamed(1) + soft(1, 0))
    yield good("CRLF and LF", "0\r\n1\n0\r\n", soft(2, 0, 1, 0))
    yield bad("CR alone", "0\r1\r", "f.csv:1 & carriage return")
    yield bad("a CR in mid-line", "0\n1\r0\n", "f.csv:2 & carriage return")
    yield bad("CR CR LF", "0\r\r\n1\r\r\n", "f.csv:1 & carriage return")
    yield bad(
        "CR CR LF in a file with quotes",
        '"0"\n1\r\r\n1\n',
        "f.csv:2 & carriage return",
    )
    yield bad("a CR, late", "0\n" * LATE + "1\r1\n", f"f.csv:{LATE + 1} & carriage return")
    yield good("a CR at the very end", "0\n1\r", soft(2, 0, 1))
    yield bad("columns counted by pandas", "0,1,2\n1,0,0\n0,1,0\n", "f.csv:1 & `0`, `1`, `2`")
    yield bad("text over text", "cat\ndog\n", "f.csv:1 & `cat`")
    yield bad("semicolons", "1;0\n0;1\n", "f.csv:1 & semicolons")
    yield bad("semicolons and decimal commas", "0,5;0,5\n0,2;0,8\n", "f.csv:1 & semicolons")
    yield bad("decimal commas", "0,5\n0,7\n", "f.csv:1 & columns")
    yield bad("a quoted decimal comma", '0\n1\n"0,5"\n', "f.csv:3 & `0,5`")
    yield bad("pipes", "1|0\n0|1\n", "f.csv:1 & `1|0`")
    yield bad("spaces between columns", "1 0\n0 1\n", "f.csv:1 & `1 0`")
    yield bad("tabs in a CSV", "1\t0\n0\t1\n", "f.csv:1 & tabs")
    yield bad("commas in a TSV", "1,0\n0,1\n", "f.tsv:1 & commas", file="f.tsv")
    yield good("a TSV", "1\t0\n0\t1\n", of_rows((1, 0), (0, 1)), file="f.tsv")
    yield good("a TSV with quotes", 'label\n"a\tb"\nc\n', "a\tb,c\n" + soft(2, 0, 1), file="f.tsv")
    yield bad("a TSV with a short row", "1\t0\n0\n", "f.tsv:2 & 1 cell", file="f.tsv")
    yield bad("no suffix that is known", "0\n1\n", "`f.txt`", file="f.txt", code=2)


#: Cells that are whole numbers, and which.
WHOLE = {
    "+1": 1,
    " 1 ": 1,
    "\t1": 1,
    "1.": 1,
    "5.": 5,
    "1.0": 1,
    "1e0": 1,
    "1E+0": 1,
    "10e-1": 1,
    "-0": 0,
    "-0.0": 0,
    "0e999": 0,
    "01": 1,
    "0000000000000000000000000000001": 1,
}
#: Cells that are no labels among numbers, and what the error shows.
WRONG = {
    "1e400": "inf",
    "-1e400": "inf",
    "inf": "inf",
    "-Infinity": "inf",
    "nan": "NaN",
    ".5": "0.5",
    "1.5": "1.5",
    "1e-3": "0.001",
    "-1": "-1",
    "-100": "-100",
    "0x1F": "0x1F",
    "1_000": "1_000",
    "1 000": "1 000",
    "1'000": "1'000",
    "１": "１",
    "١": "١",
    "½": "½",
    "²": "²",
    "−1": "−1",
    "1\u00a0": "1\\xa0",
    "\u20031": "\\u20031",
    "1\u200b": "1\\u200b",
    "1\x1f": "1\\x1f",
    "\x851": "\\x851",
    "NA": "NA",
    "null": "null",
    "None": "None",
    "True": "True",
    "1e": "1e",
    "e1": "e1",
    "1e1.5": "1e1.5",
    "--1": "--1",
    "+-1": "+-1",
    "1.0.0": "1.0.0",
    "0b1": "0b1",
    "0o7": "0o7",
    "1j": "1j",
    "1L": "1L",
    "1f": "1f",
    "1d0": "1d0",
    "#1": "#1",
    "1 # one": "1 # one",
    "1%": "1%",
    "=1": "=1",
    "(1)": "(1)",
    ".": ".",
    "+": "+",
    "-": "-",
    "snan": "snan",
    "nan(7)": "nan(7)",
    "9007199254740993": "9007199254740993",
    "9223372036854775807": "9223372036854775807",
    "-9223372036854775808": "-9223372036854775808",
}


def numbers() -> Iterator[Case]:
    """Numbers as people and programs write them, in the first rows and after them."""
    zeros = "0\n" * LATE
    for cell, label in WHOLE.items():
        classes = label + 1
        out = soft(max(2, classes), label, 1, 0)
        yield good(f"{cell!r} is {label}", f"{cell}\n1\n0\n", out)
        yield good(
            f"{cell!r} is {label}, late", f"{zeros}1\n{cell}\n", soft(max(2, classes), *[0] * LATE, 1, label)
        )
    for cell, shown in WRONG.items():
        yield bad(f"{cell!r} is no label", f"0\n{cell}\n1\n", f"f.csv:2 & {shown}")
        yield bad(
            f"{cell!r} is no label, late",
            f"{zeros}{cell}\n1\n",
            f"f.csv:{LATE + 1} & {shown}",
        )
    yield bad("2⁶³", "0\n9223372036854775808\n1\n", "f.csv:2 & 9223372036854775808")
    yield bad("2⁶⁴", "0\n18446744073709551616\n1\n", "f.csv:2 & 18446744073709551616")
    yield bad("2⁵³+1 among floats", "1.0\n9007199254740993\n", "f.csv:2 & 9007199254740993")
    yield bad("10³⁰", "0\n" + "1" + "0" * 30 + "\n", f"f.csv:2 & 1{'0' * 30}")
    yield bad("a number of 5,000 digits", "0\n" + "1" * 5000 + "\n", "f.csv:2 & inf")
    yield good("a fraction of 5,000 zeros", "0\n1." + "0" * 5000 + "\n", soft(2, 0, 1))
    yield bad(
        "-2⁶³ beside an ignored value",
        "0\n-9223372036854775808\n1\n",
        "f.csv:2 & -9223372036854775808",
        "--ignore",
        "255",
    )
    yield good("-2⁶³, ignored", f"0\n{-(2**63)}\n1\n", soft(2, 0, None, 1), "--ignore", str(-(2**63)))
    yield good("2⁶⁴-1, ignored", f"0\n{2**64 - 1}\n1\n", soft(2, 0, None, 1), "--ignore", str(2**64 - 1))
    yield good("text among floats, ignored", "0\n1.0\nx\n", soft(2, 0, 1, None), "--ignore", "x")
    yield bad("NaN beside ignored text", "0\n1.0\nx\nnan\n", "f.csv:4 & NaN", "--ignore", "x")
    yield bad(
        "2⁶³ beside an ignored value",
        "0\n9223372036854775808\n1.0\n",
        "f.csv:2 & 9223372036854775808",
        "--ignore",
        "255",
    )
    yield bad("one above the classes", "0\n5\n", "f.csv:2 & `5`", "-k", "5")


def labels() -> Iterator[Case]:
    """Labels that are nearly right."""
    yield good("1-based by mistake", "1\n2\n", soft(3, 1, 2), warns=("no row of class 0",))
    yield bad("1-based, with the number of classes", "1\n2\n3\n", "f.csv:3 & `3`", "-k", "3")
    yield good("255 of a mask", "0\n255\n", soft(256, 0, 255), warns=("254 of them without a row",))
    yield good("255, ignored", "0\n255\n1\n", soft(2, 0, None, 1), "--ignore", "255")
    yield bad("-100, not asked for", "0\n-100\n1\n", "f.csv:2 & `-100`")
    yield good("-100, ignored", "0\n-100\n1\n", soft(2, 0, None, 1), "--ignore", "-100")
    yield bad("-100 is not -1", "0\n-100\n1\n", "f.csv:2 & `-100`", "--ignore", "-1")
    yield good("names in another case", "label\ncat\nCat\nCAT\n", "CAT,Cat,cat\n" + soft(3, 2, 1, 0))
    yield bad("a name in another case", "cat\nCat\n", "f.csv:2 & `Cat`", "--names", "cat,dog")
    yield good("names with a space", "label\ncat\n cat\ncat \n", " cat,cat,cat \n" + soft(3, 1, 0, 2))
    yield bad("a name with a space", "cat\ncat \n", "f.csv:2 & `cat `", "--names", "cat,dog")
    yield good("two normal forms", "label\ncaf\u00e9\ncafe\u0301\n", "cafe\u0301,caf\u00e9\n" + soft(2, 1, 0))
    yield bad("another normal form", "café\ncafe\u0301\n", "f.csv:2 & `cafe\u0301`", "--names", "café,dog")
    yield good("a zero-width space", "label\ncat\ncat\u200b\n", "cat,cat\u200b\n" + soft(2, 0, 1))
    yield bad("01 is not the name 1", "01\n1\n", "f.csv:1 & `01`", "--names", "1,2")
    yield bad("1.0 is not the name 1", "1\n1.0\n", "f.csv:2 & `1.0`", "--names", "1,2")
    yield good("01 is the name 01", "01\n1\n", "class_1,class_01\n" + soft(2, 1, 0), "--names", "1,01")
    yield good("names that are numbers", "3\n7\n", "class_3,class_7\n" + soft(2, 0, 1), "--labels", "name")
    yield bad("a name among numbers", "0\n1\ncat\n", "f.csv:3 & `cat`")
    yield bad("a number among names", "cat\n7\n", "f.csv:2 & `7`", "--names", "cat,dog")
    yield bad("an empty name", "label\ncat\n\ndog\n", "f.csv:3 & empty")
    yield good(
        "an empty name, ignored", "label\ncat\n\ndog\n", "cat,dog\n" + soft(2, 0, None, 1), "--ignore", ""
    )
    yield bad("a typo", "cat\ndgo\n", "f.csv:2 & `dgo`", "--names", "cat,dog")
    yield bad("too many names", "label\na\nb\nc\n", "3 class names", "-k", "2")
    yield good("a formula is a name", "label\n=1+1\n@a\n", "=1+1,@a\n" + soft(2, 0, 1))
    yield good("a path is a name", "label\n/etc/passwd\n../x\n", "../x,/etc/passwd\n" + soft(2, 1, 0))
    long = "x" * 10_000
    yield good("a name of 10,000 characters", f"label\n{long}\na\n", f"a,{long}\n" + soft(2, 1, 0))
    yield bad("a cell of 200,000 characters", f"label\n{long * 20}\na\n", "f.csv:2 & 131,072 characters")
    yield bad("every row ignored", "9\n9\n", "every label is ignored", "--ignore", "9")


def rows() -> Iterator[Case]:
    """Rows of probabilities, of labels, of votes."""
    yield bad("a sum of 2", "1,0\n1,1\n", "f.csv:2 & sums to 2")
    yield bad("a sum of 2, late", "1,0\n" * LATE + "1,1\n", f"f.csv:{LATE + 1} & sums to 2")
    yield bad("a negative share", ".5,.5\n-0.5,1.5\n", "f.csv:2 & `-0.5`")
    yield bad("a negative share, late", ".5,.5\n" * LATE + "-0.5,1.5\n", f"f.csv:{LATE + 1} & `-0.5`")
    yield good("minus nothing", "-0,1\n1,-0\n", of_rows((0, 1), (1, 0)))
    yield bad("NaN in a row", ".5,.5\nnan,1\n", "f.csv:2 & NaN")
    yield bad("NaN in a row, late", ".5,.5\n" * LATE + "nan,1\n", f"f.csv:{LATE + 1} & NaN")
    yield bad("inf in a row", ".5,.5\ninf,0\n", "f.csv:2 & inf")
    yield bad("inf in a row, late", ".5,.5\n" * LATE + "inf,0\n", f"f.csv:{LATE + 1} & inf")
    yield bad(
        "inf - inf",
        ".5,.5\ninf,-inf\n",
        "f.csv:2 & -inf",
    )
    yield bad("inf - inf, late", ".5,.5\n" * LATE + "inf,-inf\n", f"f.csv:{LATE + 1} & -inf")
    yield bad("1e308 twice", ".5,.5\n1e308,1e308\n", "f.csv:2")
    yield bad("1e400 in a row", ".5,.5\n1e400,0\n", "f.csv:2 & inf")
    yield good("5e-324 in a row", "5e-324,1\n1,5e-324\n", of_rows((5e-324, 1), (1, 5e-324)))
    yield good("1e-400 in a row", "1e-400,1\n1,0\n", of_rows((0, 1), (1, 0)))
    nought, nines = "1e-" + "0" * 5000, "1e-" + "9" * 5000
    yield good("an exponent of 5,000 zeros", f".5,.5\n{nought},0\n", of_rows((0.5, 0.5), (1, 0)))
    yield bad("an exponent of 5,000 digits", f".5,.5\n.9,{nines}\n", "f.csv:2 & 0.9")
    yield bad("text in a row", ".5,.5\n.5,x\n", "f.csv:2 & `x`")
    yield bad("text in a row, late", ".5,.5\n" * LATE + ".5,x\n", f"f.csv:{LATE + 1} & `x`")
    yield bad("an empty cell in a row", ".5,.5\n.5,\n", "f.csv:2")
    yield bad("an empty cell in a row, late", ".5,.5\n" * LATE + ".5,\n", f"f.csv:{LATE + 1} & empty")
    yield good("thirds to two places", ".33,.33,.33\n1,0,0\n", of_rows((0.33, 0.33, 0.33), (1, 0, 0)))
    yield bad("thirds to one place", ".3,.3,.3\n1,0,0\n", "f.csv:1 & 0.9")
    flags = ("--labels", "multilabel")
    yield bad("a label of 2", "1,0\n1,2\n", "f.csv:2 & 2.0", *flags)
    yield bad("a label of 2, late", "1,0\n" * LATE + "1,2\n", f"f.csv:{LATE + 1} & 2.0", *flags)
    yield bad("a label of -1", "1,0\n1,-1\n", "f.csv:2 & -1.0", *flags)
    yield bad("a label of inf", "1,0\n1,inf\n", "f.csv:2 & inf", *flags)
    yield bad("half a vote", "3,1\n.5,1\n", "f.csv:2 & 0.5", "--labels", "votes")
    yield bad("a vote against", "3,1\n-1,1\n", "f.csv:2 & -1", "--labels", "votes")
    yield bad("no votes", "3,1\n0,0\n", "f.csv:2 & no votes", "--labels", "votes")
    yield bad("endless votes", "3,1\ninf,0\n", "f.csv:2 & inf", "--labels", "votes")
    yield good("votes", "3,1\n0,2\n", of_rows((0.75, 0.25), (0, 1)), "--labels", "votes")
    yield bad(
        "1e308 votes",
        "3,1\n1e308,1e308\n",
        "f.csv:2 & 1.8e+308",
        "--labels",
        "votes",
    )
    yield good("all zeros, ignored", "1,0\n0,0\n", of_rows((1, 0)) + "0.0,0.0\n", "--ignore", "zero")


ARRAY = np.array([0, 2, 1, 1])
HOT = soft(3, 0, 2, 1, 1)


def arrays() -> Iterator[Case]:
    """NPY of every kind."""
    at: dict[str, Any] = {"file": "f.npy"}
    for version in ((1, 0), (2, 0), (3, 0)):
        yield good(f"version {version[0]}", npy(ARRAY, version), HOT, **at)
    for code in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"):
        for order in "<>":
            yield good(f"dtype {order}{code}", npy(ARRAY.astype(order + code)), HOT, **at)
    table = np.array([[0.5, 0.25, 0.25], [0, 1, 0]])
    expected = of_rows(*map(tuple, table.tolist()))
    yield good("C order", npy(table), expected, **at)
    yield good("Fortran order", npy(np.asfortranarray(table)), expected, **at)
    yield good("Fortran order, big-endian", npy(np.asfortranarray(table.astype(">f8"))), expected, **at)
    yield bad(
        "Fortran order, packed", gz(npy(np.asfortranarray(table))), "f.npy.gz & Fortran", file="f.npy.gz"
    )
    yield good(
        "a flat array in Fortran order", claiming("'<i8'", "(3,)", order="True"), soft(1, 0, 0, 0), **at
    )
    yield good("bool", npy(np.array([True, False])), soft(2, 1, 0), **at)
    yield good("strings", npy(np.array(["dog", "cat"])), "cat,dog\n" + soft(2, 1, 0), **at)
    yield good("bytes", npy(np.array([b"dog", b"cat"])), "cat,dog\n" + soft(2, 1, 0), **at)
    yield bad("bytes that are no utf-8", npy(np.array([b"dog", b"\xe9"])), "f.npy & UTF-8", **at)
    yield bad(
        "strings with a surrogate",
        npy(np.array(["dog", "\ud800"])),
        "f.npy: row 1 & U+D800",
        **at,
    )
    yield bad(
        "strings beyond Unicode",
        npy(np.array(["dog"]))[:-4] + b"\xff\xff\xff\x7f",
        "f.npy: row 0 & U+7FFFFFFF",
        **at,
    )


def other_arrays() -> Iterator[Case]:
    """Arrays that hold no labels, and shapes that none has."""
    at: dict[str, Any] = {"file": "f.npy"}
    yield bad("0-d", npy(np.array(3)), "f.npy & single value", **at)
    for shape in ((0,), (0, 3), (3, 0), (2, 0, 2)):
        yield bad(f"empty {shape}", npy(np.zeros(shape)), f"f.npy & {shape}", **at)
    yield bad("structured", npy(np.zeros(3, [("a", "<i4"), ("b", "<f8")])), "f.npy & ('a', '<i4')", **at)
    yield bad("structured with objects", npy(np.zeros(3, [("a", "O")])), "f.npy & pickle", **at)
    yield bad("objects", npy(np.array([0, "a"], object)), "f.npy & pickle", **at)
    yield bad("a pickle", pickle.dumps([0, 1]), "f.npy & not a whole NPY", **at)
    yield bad(
        "a pickle behind a header of objects",
        claiming("'|O'", "(1,)", pickle.dumps([1])),
        "f.npy & pickle",
        **at,
    )
    for name in ("M8[s]", "m8[D]", "c8", "c16", "V4", "g"):
        yield bad(f"dtype {name}", npy(np.zeros(3, name)), "f.npy & wanted numbers or strings", **at)
    yield bad("a subarray", claiming("('<i4', (2,))", "(3,)"), "f.npy", **at)
    yield bad("strings of nothing", claiming("'<U0'", "(3,)", b""), "f.npy", **at)
    yield bad("10¹⁸ rows", claiming("'<i8'", f"({10**18},)"), "f.npy & truncated", **at)
    yield bad("10¹⁸ columns", claiming("'<f8'", f"(1, {10**18})"), "f.npy & truncated", **at)
    yield bad("10³⁰ rows", claiming("'<i8'", f"({10**30},)"), "f.npy & truncated", **at)
    packed = gz(claiming("'<i8'", f"({10**18},)"))
    yield bad("10¹⁸ rows, packed", packed, "f.npy.gz & truncated", "-k", "2", file="f.npy.gz")
    packed = gz(claiming("'<f8'", f"(1, {10**14})"))
    yield bad("10¹⁴ columns, packed", packed, "f.npy.gz & truncated", file="f.npy.gz")
    packed = gz(claiming("'<U500000000'", "(1,)"))
    yield bad(
        "a string of 2 GB, packed",
        packed,
        "f.npy.gz & truncated",
        "-k",
        "2",
        "--names",
        "a,b",
        file="f.npy.gz",
    )
    yield bad("a negative shape", claiming("'<i8'", "(-1,)"), "f.npy & (-1,)", **at)
    yield bad("a shape of two negatives", claiming("'<i8'", "(-1, -3)"), "f.npy & (-1, -3)", **at)
    yield bad("a shape of a float", claiming("'<i8'", "(3.0,)"), "f.npy", **at)
    yield bad("a shape of text", claiming("'<i8'", "('3',)"), "f.npy", **at)
    yield bad("a shape that is a list", claiming("'<i8'", "[3]"), "f.npy", **at)
    yield bad(
        "a shape of bool",
        claiming("'<i8'", "(True, True, True)", bytes(8)),
        "f.npy & (True, True, True)",
        **at,
    )


def array_headers() -> Iterator[Case]:
    """Headers that are forged."""
    at: dict[str, Any] = {"file": "f.npy"}
    yield bad("no shape", forged("{'descr': '<i8', 'fortran_order': False}\n"), "f.npy", **at)
    yield bad(
        "one key more",
        forged("{'descr': '<i8', 'fortran_order': False, 'shape': (3,), 'x': 1}\n"),
        "f.npy",
        **at,
    )
    yield bad("a header that is no dict", forged("[1, 2, 3]\n"), "f.npy", **at)
    yield bad("an order that is no bool", claiming("'<i8'", "(3,)", order="1"), "f.npy", **at)
    yield bad("a dtype that is none", claiming("'nonsense'", "(3,)"), "f.npy", **at)
    yield bad("a dtype of commas", claiming("'i4,i4'", "(3,)"), "f.npy", **at)
    yield bad("an empty header", forged(""), "f.npy", **at)
    for number in (1, 2, 3):
        source = "__import__('os').system('touch pwned')"
        yield bad(
            f"a header with code in it, version {number}", forged(source, version=number), "f.npy", **at
        )
        sized = "(__import__('os').system('touch pwned'),)"
        yield bad(
            f"a shape with code in it, version {number}",
            forged(f"{{'descr': '<i8', 'fortran_order': False, 'shape': {sized}}}", version=number),
            "f.npy",
            **at,
        )
    yield bad("a header of parentheses", forged("(" * 9000), "f.npy", **at)
    yield bad("a header of nested lists", forged("[" * 90 + "]" * 90), "f.npy", **at)
    yield bad("a header of minus signs", forged("-" * 9000 + "1"), "f.npy", **at)
    yield bad("a header of 100 kB", forged("{" + " " * 100_000 + "}", version=2), "f.npy", **at)
    yield bad("a header of 4 GB", b"\x93NUMPY\x02\x00\xff\xff\xff\xff{", "f.npy", **at)
    yield bad("a header that is no utf-8", forged(b"{'descr': '\xff\xfe'}", version=3), "f.npy", **at)
    yield bad(
        "a header with NUL",
        forged(b"{'descr': '<i8\0', 'fortran_order': False, 'shape': (3,)}"),
        "f.npy",
        **at,
    )
    yield bad("a number of 5,000 digits", claiming("'<i8'", f"({'1' * 5000},)"), "f.npy", **at)
    yield good(
        "a header of Python 2",
        claiming("'<i8'", "(3L,)"),
        soft(1, 0, 0, 0),
        **at,
    )
    yield bad(
        "an escape in a header",
        claiming("'\\d'", "(3,)"),
        "f.npy",
        **at,
    )
    yield bad("another magic", b"\x93NUMPX" + npy(ARRAY)[6:], "f.npy", **at)
    for number in (0, 4, 255):
        whole = npy(ARRAY)
        yield bad(
            f"version {number}", whole[:6] + bytes([number]) + whole[7:], f"f.npy & version {number}", **at
        )
    yield bad("a byte after the array", npy(ARRAY) + b"\0", "f.npy & 1 bytes after", **at)
    yield bad("two arrays", npy(ARRAY) * 2, "f.npy & bytes after", **at)
    yield bad("a byte too few", npy(ARRAY)[:-1], "f.npy & truncated & 31", **at)
    yield bad("a CSV", b"0\n1\n", "f.npy & not a whole NPY", **at)
    yield bad("an array named CSV", npy(ARRAY), "f.csv:1 & NUL")


def array_values() -> Iterator[Case]:
    """Arrays that are cut, and values that are no labels."""
    at: dict[str, Any] = {"file": "f.npy"}
    whole = npy(ARRAY)
    for cut in range(128):
        yield bad(f"cut at byte {cut}", whole[:cut], "f.npy & not a whole NPY", **at)
    yield bad("cut after the header", whole[:128], "f.npy & truncated & 32", **at)
    for value in (np.nan, np.inf, -np.inf, 0.5, -1.0, 1e30):
        yield bad(f"a label of {value}", npy(np.array([0, value])), "f.npy: row 1", **at)
    yield bad("a label of 2⁵³+1", npy(np.array([0, 2**53 + 1])), f"f.npy: row 1 & {2**53 + 1}", **at)
    yield bad(
        "a label of 2⁶⁴-1", npy(np.array([0, 2**64 - 1], np.uint64)), f"f.npy: row 1 & {2**64 - 1}", **at
    )
    yield bad("a label of -2⁶³", npy(np.array([0, -(2**63)])), f"f.npy: row 1 & -{2**63}", **at)
    yield bad("a label of 2⁶³ in float64", npy(np.array([0, 2.0**63])), "f.npy: row 1 & 9.22337", **at)
    yield bad(
        "-2⁶³ beside an ignored value, in an array",
        npy(np.array([0, -(2**63), 1])),
        f"f.npy: row 1 & -{2**63}",
        "--ignore",
        "255",
        **at,
    )
    least = str(-(2**63))
    yield good(
        "-2⁶³, ignored, in an array", npy(np.array([0, -(2**63)])), soft(1, 0, None), "--ignore", least, **at
    )
    yield good(
        "255 in uint8, ignored", npy(np.array([0, 255], np.uint8)), soft(1, 0, None), "--ignore", "255", **at
    )
    yield bad("-1 in int8", npy(np.array([0, -1], np.int8)), "f.npy: row 1 & `-1`", **at)
    yield good(
        "-1 in int8, ignored", npy(np.array([0, -1], np.int8)), soft(1, 0, None), "--ignore", "-1", **at
    )
    yield bad(
        "255 is not -1",
        npy(np.array([0, 255], np.uint8)),
        "f.npy: row 1 & 255",
        "--ignore",
        "-1",
        "-k",
        "2",
        **at,
    )
    snan = np.frombuffer(bytes(8) + struct.pack("<Q", 0x7FF0000000000001), "<f8")
    yield bad("a signalling NaN", npy(snan), "f.npy: row 1 & NaN", **at)
    snan = np.frombuffer(bytes(4) + struct.pack("<I", 0x7F800001), "<f4")
    yield bad("a signalling NaN in float32", npy(snan), "f.npy: row 1 & NaN", **at)
    yield good("a bool of 2", npy(np.array([True, False]))[:-2] + b"\x02\x00", soft(2, 1, 0), **at)


def compressed() -> Iterator[Case]:
    """Compressed files: cut, damaged, in several parts, with something else inside."""
    plain = b"0\n1\n" * 5000
    for suffix, pack in PACK.items():
        at: dict[str, Any] = {"file": f"f.csv.{suffix}"}
        whole = pack(plain)
        for tenth in range(1, 10):
            yield bad(
                f"{suffix} cut at {tenth}0 %", whole[: len(whole) * tenth // 10], f"f.csv.{suffix}", **at
            )
        yield bad(f"{suffix} cut by a byte", whole[:-1], f"f.csv.{suffix}", **at)
        yield bad(f"{suffix} of nothing", pack(b""), f"f.csv.{suffix} & is empty", **at)
        yield bad(f"{suffix} of no bytes", b"", f"f.csv.{suffix}", **at)
        yield bad(f"{suffix} that is plain", b"0\n1\n", f"f.csv.{suffix}", **at)
        yield good(f"{suffix} in two members", pack(b"0\n1\n") + pack(b"1\n"), soft(2, 0, 1, 1), **at)
        yield good(
            f"{suffix} members that share a row", pack(b"0\n1") + pack(b"\n1\n"), soft(2, 0, 1, 1), **at
        )
        yield good(f"{suffix} with an empty member", pack(b"0\n1\n") + pack(b""), soft(2, 0, 1), **at)
        yield bad(f"{suffix} and garbage", pack(b"0\n1\n") + b"garbage", f"f.csv.{suffix}", **at)
        second = bytearray(pack(b"1\n"))
        second[0] ^= 1
        yield bad(
            f"{suffix} with the head of its second member damaged",
            pack(b"0\n1\n") + bytes(second),
            f"f.csv.{suffix}",
            **at,
        )
        yield bad(
            f"{suffix}, second member cut", pack(b"0\n1\n") + pack(b"1\n")[:-4], f"f.csv.{suffix}", **at
        )
        damaged = bytearray(whole)
        damaged[len(damaged) // 2] ^= 0xFF
        yield bad(f"{suffix}, one byte wrong", bytes(damaged), f"f.csv.{suffix}", **at)
        yield bad(f"{suffix} in {suffix}", pack(pack(plain)), f"f.csv.{suffix}:1", **at)
        for other, packed in PACK.items():
            if other != suffix:
                yield bad(f"{other} named {suffix}", packed(plain), f"f.csv.{suffix} & damaged", **at)
        yield bad(f"a bad label in {suffix}", pack(b"0\nx\n1\n"), f"f.csv.{suffix}:2 & `x`", **at)
        yield bad(f"an array in {suffix} named CSV", pack(npy(ARRAY)), f"f.csv.{suffix}:1 & NUL", **at)
        yield bad(
            f"an array cut in {suffix}",
            pack(npy(ARRAY)[:-1]),
            f"f.npy.{suffix} & truncated",
            "-k",
            "3",
            file=f"f.npy.{suffix}",
        )
        yield good(f"an array in {suffix}", pack(npy(ARRAY)), HOT, file=f"f.npy.{suffix}")
    skipped = struct.pack("<II", 0x184D2A50, 4) + b"skip"
    whole = skipped + zst(b"0\n1\n") + skipped + zst(b"1\n") + skipped
    yield good("zst with frames to skip", whole, soft(2, 0, 1, 1), file="f.csv.zst")
    yield bad("zst with zeros behind", zst(b"0\n1\n") + bytes(8), "f.csv.zst & damaged", file="f.csv.zst")
    # a frame without its data whose window is 2 GiB
    wide = b"\x28\xb5\x2f\xfd\x00\xa8"
    yield bad("zst of a wide window", wide + bytes(9), "f.csv.zst & 128 MiB", file="f.csv.zst")
    member = gz(plain)
    yield bad("gz with another checksum", member[:-8] + bytes(4) + member[-4:], "f.csv.gz", file="f.csv.gz")
    yield bad("gz with another length", member[:-4] + bytes(4), "f.csv.gz", file="f.csv.gz")
    zeros = lzma.compress(b"0\n1\n") + bytes(8) + lzma.compress(b"1\n") + bytes(4)
    yield good("xz with zeros between and behind", zeros, soft(2, 0, 1, 1), file="f.csv.xz")
    alone = lzma.compress(b"0\n1\n", lzma.FORMAT_ALONE)
    yield good("xz of the format before it", alone, soft(2, 0, 1), file="f.csv.xz")
    yield bad("bz2 with zeros behind", bz2.compress(b"0\n1\n") + bytes(8), "f.csv.bz2", file="f.csv.bz2")
    yield good("gz with zeros behind", gz(b"0\n1\n") + bytes(512), soft(2, 0, 1), file="f.csv.gz")
    body = zlib.compressobj(9, zlib.DEFLATED, -15)
    raw = body.compress(b"0\n1\n") + body.flush()
    tail = struct.pack("<II", zlib.crc32(b"0\n1\n"), 4)
    named = b"\x1f\x8b\x08\x1e" + bytes(6) + struct.pack("<H", 3) + b"xyz" + b"../../etc/passwd\0comment\0"
    named += struct.pack("<H", zlib.crc32(named) & 0xFFFF)
    yield good("gz with a path in its header", named + raw + tail, soft(2, 0, 1), file="f.csv.gz")
    yield bad("gz by another method", b"\x1f\x8b\x07\0" + bytes(6) + raw + tail, "f.csv.gz", file="f.csv.gz")
    yield bad("zip named gz", b"PK\x03\x04" + bytes(26), "f.csv.gz & damaged", file="f.csv.gz")


def small_files() -> Iterator[Case]:
    """What the flags name: names, maps, trees, matrices."""

    def given(file: str, data: str | bytes) -> dict[str, Any]:
        return {"beside": {file: data if isinstance(data, bytes) else data.encode()}}

    three = "0\n1\n2\n"
    for name, data, error in (
        ("doubled", "a\nb\na\n", "n.txt:3 & `a`"),
        ("with an empty one", "a\n\nb\n", "n.txt:2 & empty"),
        ("of two columns", "a,b\nc,d\n", "n.txt & 2 columns"),
        ("in utf-16", "a\nb\n".encode("utf-16"), "n.txt:1 & UTF-16"),
        ("with NUL", "a\nb\0\n", "n.txt:2 & NUL"),
        ("with an open quote", 'a\n"b\n', "n.txt:2 & never closed"),
        ("of nothing", "", "n.txt & is empty"),
        ("in latin-1", b"a\n\xe9\n", "n.txt:2 & 0xE9"),
    ):
        yield bad(f"names {name}", three, error, "--names", "n.txt", **given("n.txt", data))
    yield bad("names that are not there", three, "n.txt & no such file", "--names", "n.txt")
    for name, data, error in (
        ("with a negative value", "0,1\n1,-1\n2,1\n", "p.csv:2 & -1"),
        ("with NaN", "0,1\n1,nan\n2,1\n", "p.csv:2 & nan"),
        ("with inf", "0,1\n1,inf\n2,1\n", "p.csv:2 & inf"),
        ("with text", "0,1\n1,x\n2,1\n", "p.csv:2 & `x`"),
        ("doubled", "0,1\n0,2\n1,1\n2,1\n", "p.csv & `0`"),
        ("without a class", "0,1\n1,1\n", "`2`"),
        ("of another length", "1\n1\n", "2 values for 3"),
        ("of a stranger", "0,1\n1,1\n2,1\n9,1\n", "`9`"),
        ("that is ragged", "0,1\n1\n", "p.csv:2 & 1 cell"),
    ):
        yield bad(f"a prior {name}", three, error, "--prior", "p.csv", **given("p.csv", data))
    zeros = {"p.csv": b"0\n0\n0\n"}
    yield bad("a prior of zeros", three, "the prior is 0", "--prior", "p.csv", beside=zeros)
    for name, array, error in (
        ("of NaN", np.array([1, np.nan, 1]), "--prior"),
        ("of strings", np.array(["1", "2", "3"]), "p.npy"),
        ("in two axes", np.ones((3, 3)), "p.npy & (3, 3)"),
        ("of objects", np.array([1, 2, 3], object), "p.npy & pickle"),
    ):
        yield bad(
            f"a prior {name}, in an array",
            three,
            error,
            "--prior",
            "p.npy",
            **given("p.npy", npy(array)),
        )
    for name, data, error in (
        ("in a circle", "parent,child\n0,1\n1,2\n2,0\n", "t.csv"),
        ("of one column", "0\n1\n2\n", "t.csv:1 & 1 column"),
        ("that is ragged", "a,0\na,1,2\n", "t.csv:2 & 3 cells"),
        ("with an empty cell", "parent,child\na,0\n,1\na,2\n", "t.csv:3 & empty"),
        ("with two parents of one", "parent,child\na,0\nb,0\na,1\na,2\na,b\n", "t.csv"),
        ("of nothing", "", "t.csv & is empty"),
        ("without a class", "parent,child\na,0\na,1\n", "t.csv"),
        ("with NUL", "a,0\na,\0\n", "t.csv:2 & NUL"),
        ("that is its own parent", "parent,child\na,a\na,0\na,1\na,2\n", "t.csv"),
    ):
        yield bad(f"a tree {name}", three, error, "--hierarchy", "t.csv", **given("t.csv", data))
    deep = "parent,child\n" + "".join(f"n{k},n{k + 1}\n" for k in range(3000)) + "n3000,0\nn3000,1\nn3000,2\n"
    yield Case(
        "a tree 3,000 deep",
        three.encode(),
        ("--hierarchy", "t.csv", "--distance", "path", "--spread", "others"),
        out=lines([[0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.05, 0.05, 0.9]]),
        beside={"t.csv": deep.encode()},
    )
    for name, data, error in (
        ("of another shape", "1,0\n0,1\n", "s.csv & 2 columns"),
        ("with a negative value", "1,0,0\n0,1,-1\n0,0,1\n", "the similarity & `-1.0` in row 1"),
        ("with NaN", "1,0,0\n0,1,nan\n0,0,1\n", "the similarity & `nan` in row 1"),
        ("with a row of zeros", "1,0,0\n0,0,0\n0,0,1\n", "row 1 of the similarity"),
        ("with text", "1,0,0\n0,x,0\n0,0,1\n", "s.csv:2 & `x`"),
    ):
        yield bad(
            f"a similarity {name}",
            three,
            error,
            "--similarity",
            "s.csv",
            **given("s.csv", data),
        )


def losses() -> Iterator[Case]:
    """Predictions."""
    labels = {"l.csv": b"label\n0\n1\n"}

    def of(name: str, data: str | bytes, *arguments: str, **more: Any) -> Case:
        given = {"beside": labels, "command": "loss", "file": "p.csv"} | more
        raw = data if isinstance(data, bytes) else data.encode()
        return Case(name, raw, ("l.csv", *arguments), **given)

    none = ("-e", "0")
    yield of("probabilities", "a,b\n.5,.5\n.5,.5\n", *none, out=f"{-math.log(0.5)!r}\n")
    yield of(
        "logits of 1e308", "a,b\n1e308,-1e308\n-1e308,1e308\n", *none, code=1, error=("p.csv:2", "1e+308")
    )
    yield of("logits of 8e307", "a,b\n8e307,-8e307\n-8e307,8e307\n", *none, out="0.0\n")
    for name, cell in (("NaN", "nan"), ("inf", "inf"), ("1e400", "1e400")):
        yield of(f"{name} among logits", f"a,b\n1,-2\n{cell},3\n", *none, code=1, error=("p.csv:3",))
        late = "a,b\n" + "1,-2\n" * LATE + f"{cell},3\n"
        many = {"l.csv": b"label\n" + b"0\n" * (LATE + 1)}
        yield of(f"{name}, late", late, *none, code=1, error=(f"p.csv:{LATE + 2}",), beside=many)
    yield of("text among logits", "a,b\n1,-2\nx,3\n", *none, code=1, error=("p.csv:3", "`x`"))
    yield of("an empty logit", "a,b\n1,-2\n,3\n", *none, code=1, error=("p.csv:3",))
    yield of("a row too few", "a,b\n1,-2\n", *none, code=1, error=("p.csv", "l.csv"))
    yield of("a row too many", "a,b\n1,-2\n1,-2\n1,-2\n", *none, code=1, error=("p.csv", "l.csv"))
    yield of("a short row of logits", "a,b\n1,-2\n1\n", *none, code=1, error=("p.csv:3", "1 cell"))
    yield of("a wrong sum", "a,b\n.5,.5\n.5,.4\n", *none, code=1, error=("p.csv:3", "0.9"))
    yield of(
        "a label beyond the columns",
        "a,b\n1,-2\n1,-2\n",
        *none,
        code=1,
        error=("l.csv:3", "`7`"),
        beside={"l.csv": b"label\n0\n7\n"},
    )
    yield of(
        "other names",
        "a,b\n1,-2\n1,-2\n",
        *none,
        code=1,
        error=("l.csv",),
        beside={"l.csv": b"label\na\nc\n"},
    )
    yield of("only a header of logits", "a,b\n", *none, code=1, error=("p.csv",))
    yield of("no predictions", "", *none, code=1, error=("p.csv", "is empty"))
    yield of(
        "predictions in utf-16", "a,b\n1,-2\n".encode("utf-16"), *none, code=1, error=("p.csv:1", "UTF-16")
    )
    at: dict[str, Any] = {"file": "p.npy"}
    yield of(
        "strings for predictions", npy(np.array([["a", "b"]] * 2)), *none, code=1, error=("p.npy",), **at
    )
    yield of(
        "objects for predictions",
        npy(np.array([[1, 2]] * 2, object)),
        *none,
        code=1,
        error=("p.npy", "pickle"),
        **at,
    )
    yield of(
        "images for predictions",
        npy(np.full((2, 2, 3, 3), 5.0)),
        *none,
        code=1,
        error=("p.npy", "12 rows"),
        **at,
    )
    yield of(
        "float16 that is infinite",
        npy(np.array([[1, 2], [np.inf, 0]], np.float16)),
        *none,
        code=1,
        error=("p.npy: row 1",),
        **at,
    )
    yield of("predictions cut", npy(np.ones((2, 2)))[:-1], *none, code=1, error=("p.npy", "truncated"), **at)
    yield of("a probability of 0", "a,b\n0,1\n0,1\n", *none, out="inf\n", warns=("p.csv",))
    yield of(
        "int8 logits",
        npy(np.array([[127, -128], [-128, 127]], np.int8)),
        *none,
        out=f"{math.log1p(math.exp(-255))!r}\n",
        **at,
    )


def explained() -> Iterator[Case]:
    """Files of targets that are explained."""
    for name, data, error in (
        ("of nothing", "", "f.csv & is empty"),
        ("of text", "a,b\nc,d\n", "f.csv"),
        ("with NUL", "0.9,0.1\n0.1,\0\n", "f.csv:2 & NUL"),
        ("that is ragged", "0.9,0.1\n0.1\n", "f.csv:2 & 1 cell"),
        ("in latin-1", b"0.9,0.1\n0.1,\xe9\n", "f.csv:2 & 0xE9"),
    ):
        yield bad(f"explained targets {name}", data, error, command="explain")
    yield bad(
        "explained objects",
        npy(np.array([[1, 2]], object)),
        "f.npy & pickle",
        command="explain",
        file="f.npy",
    )
    yield bad("explained and cut", npy(np.eye(3))[:-1], "f.npy & truncated", command="explain", file="f.npy")


SECTIONS = (
    encodings,
    quotes,
    shapes,
    numbers,
    labels,
    rows,
    arrays,
    other_arrays,
    array_headers,
    array_values,
    compressed,
    small_files,
    losses,
    explained,
)


def corpus() -> list[Case]:
    """Return all cases; the names are told apart by their section."""
    return [
        replace(case, name=f"{section.__name__}: {case.name}") for section in SECTIONS for case in section()
    ]


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
