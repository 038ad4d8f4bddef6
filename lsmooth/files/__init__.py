"""Bytes ↔ blocks of rows. Each format is one entry of FORMATS; a suffix after it says the compression."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import Literal, get_args

from lsmooth.errors import UsageError, shown

Format = Literal["csv", "tsv", "npy", "parquet", "arrow"]
FORMATS: tuple[Format, ...] = get_args(Format)
#: Text; all other formats are binary.
DELIMITERS: dict[str, str] = {"csv": ",", "tsv": "\t"}
#: What can hold targets with a row a label, and what can hold them with a line a weight.
LAYOUTS: dict[str, tuple[Format, ...]] = {"wide": FORMATS, "long": ("csv", "tsv", "parquet", "arrow")}
#: Files of named columns, compressed inside.
COLUMNAR: dict[Format, str] = {"parquet": "Parquet", "arrow": "Arrow"}
BINARY: dict[Format, str] = {"npy": "NPY", **COLUMNAR}
#: What formats are called in messages.
SPOKEN: dict[Format, str] = {kind: kind.upper() for kind in FORMATS} | BINARY
#: Other suffixes of a format.
ALIASES: dict[str, Format] = {"feather": "arrow"}
COMPRESSIONS = ("gz", "bz2", "xz", "zst")

#: Standard input or output, as a path.
STANDARD = "-"

#: Stands in the path of an output for the number of a file.
SHARD = "{shard}"
#: In the name of an output: the name of its input.
STEM = "{stem}"

StrPath = str | os.PathLike[str]


def is_position(text: str) -> bool:
    """Whether a reference to a column can be its number: digits that `int` takes, and not many.

    >>> is_position(" 12 "), is_position("²"), is_position("9" * 5000)
    (True, False, False)
    """
    digits = text.strip()
    return digits.isascii() and digits.isdigit() and len(digits) < 10


def split_suffix(path: StrPath) -> tuple[str, str | None]:
    """Return the format suffix and the compression suffix of a path, lower case, without dots.

    >>> split_suffix("labels.csv.gz"), split_suffix("labels.npy"), split_suffix("labels")
    (('csv', 'gz'), ('npy', None), ('', None))
    """
    suffixes = [suffix[1:].lower() for suffix in PurePath(path).suffixes]
    compression = suffixes.pop() if suffixes and suffixes[-1] in COMPRESSIONS else None
    return (suffixes[-1] if suffixes else ""), compression


def is_known(suffix: str) -> bool:
    """Return whether a suffix names a format.

    >>> is_known("feather"), is_known("txt")
    (True, False)
    """
    return suffix in FORMATS or suffix in ALIASES


def stem_of(path: StrPath) -> str:
    """Return the name of a file without its folder and its known suffixes.

    >>> stem_of("parts/part-1.csv.gz"), stem_of("v1.2.npy"), stem_of("notes.txt")
    ('part-1', 'v1.2', 'notes.txt')
    """
    name = PurePath(path).name
    while (suffix := PurePath(name).suffix[1:].lower()) and (is_known(suffix) or suffix in COMPRESSIONS):
        name = PurePath(name).stem
    return name


def format_of(path: StrPath, flag: str, given: str | None = None) -> Format:
    """Return the format of a path by its suffix, or the one given by a flag; never a guess.

    Raises:
        UsageError: for a suffix that names no format, and for a columnar file that is packed once more.
    """
    suffix, packed = split_suffix(path)
    name = given or suffix
    for known in FORMATS:
        if ALIASES.get(name, name) == known:
            if known in COLUMNAR and packed is not None:
                message = f"{shown(os.fspath(path))}: {COLUMNAR[known]} is compressed inside"
                raise UsageError(message, f"drop .{packed}")
            return known
    known_suffixes = " ".join(f".{name}" for name in (*FORMATS, *ALIASES))
    raise UsageError(
        f"the suffix of {shown(os.fspath(path))} names no format, known are {known_suffixes},"
        f" and text and NPY with {' '.join('.' + name for name in COMPRESSIONS)}",
        f"pass {flag} csv, tsv, npy, parquet or arrow",
    )
