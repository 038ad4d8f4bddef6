"""Files that are not what they are named."""

from __future__ import annotations

import gzip

from conftest import Work
from kits.refusals import Case, check, each

FILES = {
    "UTF-16": Case(
        "0\n1\n".encode("utf-16"),
        "",
        "f.csv:1: the file is UTF-16 or UTF-32, wanted UTF-8",
        "iconv -f UTF-16 -t UTF-8 f.csv",
    ),
    "latin-1": Case(
        "label\ncat\ncafé\n".encode("latin-1"),
        "",
        "f.csv:3: byte 0xE9 is not UTF-8",
        "iconv -f LATIN1 -t UTF-8 f.csv",
    ),
    "a NUL byte": Case(
        b"0\n1\0\n",
        "",
        "f.csv:2: found a NUL byte, wanted text",
        "if it is an array, name it .npy",
    ),
    "an open quote": Case(
        '0\n"1\n2\n',
        "",
        "f.csv:2: found a quote that is never closed",
        "close it, or double a quote inside quotes",
    ),
    "semicolons": Case(
        "1;0\n0;1\n",
        "--no-header",
        "f.csv:1: the first row is `1;0`: are its columns separated by semicolons?",
        "separate them as the suffix says (tr ';' ','), or pass --column or --labels name",
        "--no-header --labels name",
    ),
    "tabs in a CSV": Case(
        "1\t0\n0\t1\n",
        "--no-header",
        "f.csv:1: the first row is `1\\t0`: are its columns separated by tabs?",
        "separate them as the suffix says (--from tsv), or pass --column or --labels name",
        "--no-header --from tsv",
    ),
    "carriage returns alone": Case(
        "0\r1\r",
        "",
        "f.csv:1: found a carriage return alone, wanted lines that end in LF or CRLF",
        "tr '\\r' '\\n' < f.csv",
    ),
    "an empty file": Case("", "", "f.csv is empty, wanted at least one row", "check what wrote it"),
    "only blank lines": Case("\n\n\n", "", "f.csv is empty, wanted at least one row", "check what wrote it"),
    "only a header": Case(
        "label\n", "", "f.csv has a header and no rows, wanted at least one", "check what wrote it"
    ),
    "a name twice in a file": Case(
        "0\n1\n",
        "--names n.txt",
        "n.txt:3: name `a` stands twice",
        "give each class one name",
        others={"n.txt": "a\nb\na\n"},
    ),
    "an empty name in a file": Case(
        "0\n1\n",
        "--names n.txt",
        "n.txt:2: found an empty name",
        "drop the line",
        others={"n.txt": "a\n\nb\n"},
    ),
    "an output that exists": Case(
        "0\n1\n",
        "-o old.csv",
        "old.csv exists",
        "pass --force to replace it, or another --output",
        "-o old.csv --force",
        others={"old.csv": "precious"},
    ),
    "names that exist": Case(
        "0\n1\n",
        "--names-out old.txt",
        "old.txt exists",
        "pass --force to replace it, or another --output",
        "--names-out old.txt --force",
        others={"old.txt": "precious"},
    ),
    "an output that is the input": Case(
        "0\n1\n", "-o f.csv --force", "f.csv is also an input", "write to another file", "-o g.csv"
    ),
    "not gzip": Case(
        "0\n1\n",
        "",
        "f.csv.gz: the gzip file is not gzip data, or is damaged",
        "check it with gzip -t f.csv.gz",
        file="f.csv.gz",
    ),
    "gzip cut short": Case(
        gzip.compress(b"0\n1\n" * 9999)[:-20],
        "",
        "f.csv.gz: the gzip file ends in the middle of its data",
        "check it with gzip -t f.csv.gz",
        file="f.csv.gz",
    ),
    "not xz": Case(
        "0\n1\n" * 99,
        "",
        "f.csv.xz: the xz file is not xz data, or is damaged",
        "check it with xz -t f.csv.xz",
        file="f.csv.xz",
    ),
    "not bzip2": Case(
        "0\n1\n",
        "",
        "f.csv.bz2: the bzip2 file is not bzip2 data, or is damaged",
        "check it with bzip2 -t f.csv.bz2",
        file="f.csv.bz2",
    ),
    "not zstd": Case(
        "0\n1\n",
        "",
        "f.csv.zst: the zstd file is not zstd data, or is damaged",
        "check it with zstd -t f.csv.zst",
        file="f.csv.zst",
    ),
}


@each(FILES)
def test_bad_files(work: Work, case: Case) -> None:
    check(work, case)
