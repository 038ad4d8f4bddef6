"""What is packed, and what flags name: names, maps, trees, matrices."""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from kits.packing import zst
from kits.torture.arrays import ARRAY, HOT
from kits.torture.cases import (
    PACK,
    Case,
    bad,
    good,
    gz,
    lines,
    npy,
    soft,
)


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
