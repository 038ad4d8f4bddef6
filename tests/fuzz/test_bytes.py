"""Mutants by their bytes."""

from __future__ import annotations

import os
import random
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from conftest import Work
from kits.mutants import LONG, Found, judge
from kits.torture import corpus
from kits.torture.cases import Case

MUTANTS = int(os.environ.get("LSMOOTH_MUTANTS", "100000" if LONG else "300"))
SEED = int(os.environ.get("LSMOOTH_SEED", "8"))
MEGABYTES = 500

#: Larger inputs are not mutated: each step would be slow.
MOST_BYTES = 20_000

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


def test_mutants_have_a_right_result_or_an_error(work: Work) -> None:
    work.run("smooth", "missing.csv")  # what is imported counts before
    with memory_limit():
        found = mutated(work, MUTANTS, SEED)
    assert not found, "\n\n".join(wrong.told() for wrong in found)
