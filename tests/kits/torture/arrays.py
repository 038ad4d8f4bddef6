"""Arrays, their headers and their values."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from kits.torture.cases import (
    Case,
    bad,
    claiming,
    forged,
    good,
    gz,
    npy,
    of_rows,
    soft,
)

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
