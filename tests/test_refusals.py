"""Every refusal by its wording, as a user reads it: what was found, what was wanted, a hint that works."""

from __future__ import annotations

import gzip
import os
import stat
import subprocess
from dataclasses import dataclass, field

import numpy as np
import pytest
from conftest import Spawn, Work

FORMATS = "known are .csv .tsv .npy .parquet .arrow .feather, and text and NPY with .gz .bz2 .xz .zst"
HELP = ("lsmooth --help", "lsmooth smooth --help")


@dataclass(frozen=True)
class Case:
    """A command line that is refused, and what the hint says to do instead."""

    data: str | bytes
    flags: str
    message: str
    hint: str
    works: str | None = None  # the flags with the hint followed
    file: str = "f.csv"
    others: dict[str, str | bytes] = field(default_factory=dict)

    def arguments(self, flags: str) -> list[str]:
        return ["smooth", self.file, *(part.strip("'") for part in flags.split())]


def write(work: Work, case: Case) -> None:
    work.write(case.file, case.data)
    for name, content in case.others.items():
        work.write(name, content)


DATA = {
    "out of range": Case(
        "0\n1\n7\n",
        "-k 5",
        "f.csv:3: label `7` is out of range for 5 classes (0-4)",
        "pass --classes 8, or drop the row",
        "-k 8",
    ),
    "out of range, the line counts a header": Case(
        "label\n0\n7\n",
        "-k 5",
        "f.csv:3: label `7` is out of range for 5 classes (0-4)",
        "pass --classes 8, or drop the row",
        "--classes 8",
    ),
    "out of range, names": Case(
        "0\n2\n",
        "--names a,b",
        "f.csv:2: label `2` is out of range for 2 classes (0-1)",
        "name all classes with --names, or drop the row",
        "--names a,b,c",
    ),
    "negative": Case(
        "0\n-1\n1\n",
        "",
        "f.csv:2: label `-1` is negative",
        "pass --ignore -1 if such rows have no label",
        "--ignore -1",
    ),
    "negative, not ignored": Case(
        "0\n-100\n1\n",
        "--ignore 255",
        "f.csv:2: label `-100` is negative",
        "pass --ignore -100 if such rows have no label",
        "--ignore -100",
    ),
    "not an integer": Case(
        "0\n0.5\n",
        "",
        "f.csv:2: label `0.5` is not a whole number",
        "pass --labels multilabel if it is the probability of one label",
        "--labels multilabel",
    ),
    "NaN": Case(
        "0\nnan\n1\n",
        "",
        "f.csv:2: label is NaN",
        "drop the row, or pass --ignore nan",
        "--ignore nan",
    ),
    "unknown name": Case(
        "cat\ndgo\n",
        "--names cat,dog",
        "f.csv:2: unknown class `dgo`; did you mean `dog`?",
        "the classes are `cat`, `dog`; add it to --names, or drop the row",
        "--names cat,dog,dgo",
    ),
    "unknown name, nothing close": Case(
        "cat\nzebra\n",
        "--names cat,dog",
        "f.csv:2: unknown class `zebra`",
        "the classes are `cat`, `dog`; add it to --names, or drop the row",
        "--names cat,dog,zebra",
    ),
    "names are exact": Case(
        "cat\nDog\n",
        "--names cat,dog",
        "f.csv:2: unknown class `Dog`; did you mean `dog`?",
        "the classes are `cat`, `dog`; add it to --names, or drop the row",
        "--names cat,dog,Dog",
    ),
    "a number that is no name": Case(
        "cat\n5\n",
        "--names cat,dog",
        "f.csv:2: label `5` is out of range for 2 classes (0-1)",
        "name all classes with --names, or drop the row",
        "--names cat,dog,5",
    ),
    "another number of names": Case(
        "dog\ncat\n",
        "-k 3 --no-header",
        "found 2 class names, wanted 3",
        "pass --names with all of them, in order",
        "--names cat,dog,eel --no-header",
    ),
    "text among numbers": Case(
        "0\n1\nNA\n",
        "",
        "f.csv:3: label `NA` is text, others are numbers",
        "pass --ignore NA if it means no label, --labels name if all are names",
        "--ignore NA",
    ),
    "text among numbers, read as names": Case(
        "0\n1\n0x1F\n",
        "",
        "f.csv:3: label `0x1F` is text, others are numbers",
        "pass --ignore 0x1F if it means no label, --labels name if all are names",
        "--labels name",
    ),
    "a number as Python writes it": Case(
        "0\n1\n1_000\n",
        "",
        "f.csv:3: label `1_000` is text, others are numbers",
        "pass --ignore 1_000 if it means no label, --labels name if all are names",
        "--ignore 1_000",
    ),
    "an empty label": Case(
        "0\n\n1\n",
        "",
        "f.csv:2: the label is empty",
        "pass --ignore '' if such rows have no label",
        "--ignore ''",
    ),
    "an empty name": Case(
        "dog\n\ncat\n",
        "--no-header",
        "f.csv:2: the label is empty",
        "pass --ignore '' if such rows have no label",
        "--no-header --ignore ''",
    ),
    "a late empty label": Case(
        "0\n" * 2000 + "\n1\n",
        "",
        "f.csv:2001: found an empty cell, wanted a number",
        "fill it, or pass --ignore '' if it is a label",
        "--ignore ''",
    ),
    "late text": Case(
        "0\n1\n" * 1000 + "NA\n",
        "",
        "f.csv:2001: found `NA`, wanted a number",
        "correct it, or pass --ignore with it if it is a label",
        "--ignore NA",
    ),
    "ragged, short": Case(
        "0,1\n1\n",
        "",
        "f.csv:2: found 1 cell, wanted 2 cells as in the first row",
        'put quotes (") round a cell that holds a delimiter',
    ),
    "ragged, blank": Case(
        "0,1\n\n1,0\n",
        "",
        "f.csv:2: found a blank line, wanted 2 cells as in the first row",
        "drop the line",
    ),
    "ragged, long": Case(
        "0\n1,2\n",
        "",
        "f.csv:2: found 2 cells, wanted 1 cell as in the first row",
        'put quotes (") round a cell that holds a delimiter',
    ),
    "ragged, late": Case(
        "0,1\n" * 2000 + "1,0,0\n",
        "",
        "f.csv:2001: found 3 cells, wanted 2 cells as in the first row",
        'put quotes (") round a cell that holds a delimiter',
    ),
    "multi-hot": Case(
        "0,1\n1,1\n",
        "",
        "f.csv:2: the row sums to 2, not to 1: several labels a row, or counts of votes?",
        "pass --labels multilabel if each column is its own label, --labels votes if they are counts",
        "--labels multilabel",
    ),
    "several columns of integers": Case(
        "3,2\n1,1\n",
        "",
        "f.csv:1: the columns `1`, `2` hold whole numbers that are no probabilities",
        "pass --column with the label column, --labels votes for counts, or --labels index",
        "--column 2",
    ),
    "several columns of integers, named": Case(
        "a,b\n3,2\n1,1\n",
        "",
        "f.csv:2: the columns `a`, `b` hold whole numbers that are no probabilities",
        "pass --column with the label column, --labels votes for counts, or --labels index",
        "--column b",
    ),
    "a map of indices in text": Case(
        "3,2\n1,1\n",
        "--labels index",
        "the targets have 3 axes, and CSV cannot hold them",
        "pass --to npy",
        "--labels index -o out.npy",
    ),
    "text among columns": Case(
        "id,a,b\n1,cat,x\n",
        "",
        "f.csv:2: `cat` is text, so the columns `id`, `a`, `b` are not one label",
        "pass --column with the label column, or --label-columns with the columns of a row label",
        "--column a",
    ),
    "a wrong sum": Case(
        "0.5,0.5\n0.5,0.6\n",
        "",
        "f.csv:2: the row sums to 1.1, not to 1",
        "pass --labels multilabel if each column is a label of its own, or --column with the label column",
        "--labels multilabel",
    ),
    "a wrong sum, asked for": Case(
        "1,0\n1,1\n",
        "--labels rows",
        "f.csv:2: the row sums to 2, not to 1",
        "pass --labels multilabel if each column is a label of its own",
        "--labels multilabel",
    ),
    "above 1": Case(
        "1,0\n1,2\n",
        "--labels multilabel",
        "f.csv:2: the label has `2.0`, which is above 1",
        "correct the row",
    ),
    "classes and columns differ": Case(
        "1,0\n0,1\n",
        "-k 3",
        "f.csv: the label has 2 columns, wanted 3 classes",
        "correct --classes",
        "-k 2",
    ),
    "names and columns differ": Case(
        "a,b\n1,0\n0,1\n",
        "--names a,c",
        "f.csv: the columns are `a`, `b`, the classes `a`, `c`",
        "give both the same names; their order may differ",
        "--names a,b",
    ),
    "no such column": Case(
        "id,species\n1,cat\n2,dog\n",
        "--column speces",
        "f.csv has no column `speces`; did you mean `species`?",
        "the columns are `id`, `species`",
        "--column species",
    ),
    "no such column, nothing close": Case(
        "id,species\n1,cat\n2,dog\n",
        "--column zzz",
        "f.csv has no column `zzz`",
        "the columns are `id`, `species`",
        "--column species",
    ),
    "no such column to keep": Case(
        "id,label\n1,0\n2,1\n",
        "--keep idd",
        "f.csv has no column `idd`; did you mean `id`?",
        "the columns are `id`, `label`",
        "--keep id",
    ),
    "no such column number": Case(
        "0\n1\n",
        "--column 3",
        "f.csv has no column `3`",
        "columns are 1-1, there is no header",
        "--column 1",
    ),
    "columns backwards": Case(
        "x,y\n1,0\n0,1\n",
        "--label-columns y:x",
        "f.csv: the columns `y:x` run backwards",
        "pass x:y",
        "--label-columns x:y",
    ),
    "two label columns": Case(
        "label,y\n0,1\n1,0\n",
        "",
        "f.csv: `label`, `y` could each be the label",
        "pass --column with one of them",
        "--column y",
    ),
    "a column that stands twice": Case(
        "a,a\n0,1\n1,0\n",
        "--column a",
        "f.csv: column `a` stands twice",
        "give its number, from 1",
        "--column 2",
    ),
    "nothing left": Case(
        "a\n0\n1\n",
        "--keep a",
        "f.csv: no column is left to be the label",
        "keep fewer columns",
        "",
    ),
    "every label ignored": Case(
        "label\n1\n1\n",
        "--ignore 1",
        "every label is ignored, so the classes cannot be told",
        "pass --classes K",
        "--ignore 1 --classes 2",
    ),
    "one class with others": Case(
        "0\n0\n",
        "--spread others",
        "spread `others` needs at least 2 classes, there is 1",
        "pass --spread all, or more --classes",
        "--spread others -k 2",
    ),
    "an excluded label": Case(
        "0\n1\n2\n",
        "--exclude 0 -k 3",
        "f.csv:1: the row is labelled with the excluded class `0`",
        "pass --ignore 0, or do not exclude it",
        "--exclude 0 -k 3 --ignore 0",
    ),
    "exclude an unknown class": Case(
        "cat\ndog\n",
        "--names cat,dog --exclude dgo",
        "there is no class `dgo`; did you mean `dog`?",
        "the classes are `cat`, `dog`",
        "--names cat,dog,eel --exclude eel",
    ),
    "a prior without a class": Case(
        "0\n1\n2\n",
        "--prior 0=.5,2=.5",
        "--prior has no value for `1`",
        "add it, or `*=` for the rest",
        "--prior 0=.5,*=.5",
    ),
    "a prior for an unknown class": Case(
        "cat\ndog\n",
        "--names cat,dog --prior cta=1,*=1",
        "there is no class `cta`; did you mean `cat`?",
        "the classes are `cat`, `dog`",
        "--names cat,dog --prior cat=1,*=1",
    ),
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


def marked(cases: dict[str, Case]) -> list[object]:
    return [pytest.param(case, id=name) for name, case in cases.items()]


@pytest.mark.parametrize("case", marked(DATA))
def test_bad_data(work: Work, case: Case) -> None:
    write(work, case)
    before = {name: work.read(name) for name in case.others}
    output = [] if "-o " in case.flags else ["-o", "out.csv"]
    message = work.refused(*case.arguments(case.flags), *output)
    assert message == f"error: {case.message}\n\nhint: {case.hint}\n"
    assert before == {name: work.read(name) for name in case.others}
    if case.works is not None:
        work.ok(*case.arguments(case.works))


#: The command line alone; the input does not exist, so that opening it would be another error.
USAGE = {
    "-e nan": ("epsilon is nan, which is not in [0, 1]", "pass a share of the mass, as 0.1"),
    "-e 1.5": ("epsilon is 1.5, which is not in [0, 1]", "pass a share of the mass, as 0.1"),
    "-e -0.1": ("epsilon is -0.1, which is not in [0, 1]", "pass a share of the mass, as 0.1"),
    "-e inf": ("epsilon is inf, which is not in [0, 1]", "pass a share of the mass, as 0.1"),
    "-e much": ("--epsilon is `much`, wanted a number", "pass a share of the mass, as 0.1"),
    "-e 0.1:0.3": (
        "--epsilon is a range, and no rule chooses in it",
        "pass one number, or --epoch, --adaptive or --conditional",
    ),
    "-k 1 --spread others": (
        "--spread others needs at least 2 classes, --classes says 1",
        "pass --spread all, or --classes 2",
    ),
    "-k 0": ("--classes is 0, wanted at least 1", "pass the number of classes"),
    "-k -3": ("--classes is -3, wanted at least 1", "pass the number of classes"),
    "--names a,b,a": ("--names holds `a` twice", "give each one name"),
    "--names a,,b": ("--names holds an empty name", "name each once"),
    "--names a,b -k 3": ("--classes is 3, --names holds 2", "pass one of them"),
    "--column 1 --label-columns 1:2": (
        "--column and --label-columns exclude each other",
        "pass one of them",
    ),
    "-o out.txt": (
        f"the suffix of `out.txt` names no format, {FORMATS}",
        "pass --to csv, tsv, npy, parquet or arrow",
    ),
    "-o out": (
        f"the suffix of `out` names no format, {FORMATS}",
        "pass --to csv, tsv, npy, parquet or arrow",
    ),
    "-o out.gz": (
        f"the suffix of `out.gz` names no format, {FORMATS}",
        "pass --to csv, tsv, npy, parquet or arrow",
    ),
    "-o out.npy --precision 3": (
        "--precision is for text, NPY holds whole values",
        "pass --dtype, or --to csv",
    ),
    "-o out.npy --keep id": (
        "--keep copies columns to text, and the output is NPY",
        "pass --to csv, or drop --keep",
    ),
    "--spread half --prior .5,.5": (
        "--prior does not go with --spread half, which spreads to each label on its own",
        "pass --spread all or --spread others",
    ),
    "--spread flip --prior labels": (
        "--prior does not go with --spread flip, which spreads to each label on its own",
        "pass --spread all or --spread others",
    ),
    "--labels multilabel --spread others": (
        "--spread others does not go with --labels multilabel: no single class is the true one",
        "pass --spread half, flip or all",
    ),
    "--prior .5,-1": ("--prior holds `-1`, wanted a number of at least 0", "--prior 'a=.2,*=.1'"),
    "--prior a=nan,*=1": ("--prior holds `nan`, wanted a number of at least 0", "--prior 'a=.2,*=.1'"),
    "--prior a=1,b": ("--prior holds `b`, wanted class=value", "--prior 'a=.2,*=.1'"),
    "--prior a=1,a=2": ("--prior holds `a` twice", "give each class one value"),
}


@pytest.mark.parametrize("flags", USAGE)
def test_a_wrong_command_line_is_refused_before_any_file_is_opened(work: Work, flags: str) -> None:
    message, hint = USAGE[flags]
    output = [] if "-o " in flags else ["-o", "out.csv"]
    error = work.refused("smooth", "missing.csv", *flags.split(), *output, code=2)
    assert error == f"error: {message}\n\nhint: {hint}\n"


@pytest.mark.parametrize("flags", ["--keep a,a", "--exclude a,a", "--label-columns a,b,a"])
def test_a_name_twice_in_a_list_is_a_usage_error(work: Work, flags: str) -> None:
    error = work.refused("smooth", "missing.csv", *flags.split(), "-o", "out.csv", code=2)
    assert "`a` twice" in error.splitlines()[0]


def test_two_outputs_of_one_name_are_a_usage_error_before_any_file_is_opened(work: Work) -> None:
    error = work.refused("smooth", "missing.csv", "-o", "o.csv", "--names-out", "o.csv", code=2)
    assert error == "error: --output and --names-out are the same file\n\nhint: name two files\n"


def test_two_outputs_of_one_name_are_refused(work: Work) -> None:
    work.write("f.csv", "0\n1\n")
    error = work.refused("smooth", "f.csv", "-o", "o.csv", "--names-out", "./o.csv", code=2)
    assert error == "error: --output and --names-out are the same file\n\nhint: name two files\n"


@pytest.mark.parametrize("flags", ["-k 3", "--spread others"])
def test_what_only_the_file_of_names_shows_is_not_a_usage_error(work: Work, flags: str) -> None:
    work.write("f.csv", "0\n0\n")
    work.write("n.txt", "a\n")
    work.refused("smooth", "f.csv", "--names", "n.txt", *flags.split(), "-o", "out.csv", code=1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["smooth", "missing.csv", "--epsilom", "1"], ["no such option: --epsilom", "--epsilon"]),
        (["smooth", "missing.csv", "--spread", "other"], ["'--spread'", "'other'", "'others'"]),
        (["smooth", "missing.csv", "--labels", "indx"], ["'--labels'", "'indx'", "'index'"]),
        (["smooth", "missing.csv", "--ignored", "skip"], ["'--ignored'", "'skip'", "'drop'"]),
        (["smooth", "missing.csv", "--from", "xml"], ["'--from'", "'xml'", "'csv'", "'tsv'", "'npy'"]),
        (["smooth", "missing.csv", "--to", "xml"], ["'--to'", "'xml'", "'csv'"]),
        (["smooth", "missing.csv", "--dtype", "int"], ["'--dtype'", "'int'", "'float32'"]),
        (["smooth", "missing.csv", "--color", "red"], ["'--color'", "'red'", "'never'"]),
        (["smooth", "missing.csv", "-k", "ten"], ["'--classes'", "'ten'"]),
        (["smooth", "missing.csv", "-e"], ["-e"]),
        (["smoth", "missing.csv"], ["no such command 'smoth'", "smooth"]),
    ],
)
def test_what_the_parser_refuses_reads_like_the_rest(
    work: Work, arguments: list[str], words: list[str]
) -> None:
    error = work.refused(*arguments, code=2)
    first, blank, hint = error.splitlines()
    assert all(word.lower() in first.lower() for word in words), first
    assert first[7].islower() or not first[7].isalpha()
    assert not first.endswith(".")
    assert blank == ""
    assert hint in {f"hint: {command}" for command in HELP}


@pytest.mark.parametrize("suffix", ["txt", "xlsx", "csv.zip", "gz", "npz"])
def test_an_unknown_suffix_is_never_a_guess(work: Work, suffix: str) -> None:
    work.write(f"f.{suffix}", "0\n1\n")
    error = work.refused("smooth", f"f.{suffix}", code=2)
    expected = f"error: the suffix of `f.{suffix}` names no format, {FORMATS}\n\n"
    assert error == f"{expected}hint: pass --from csv, tsv, npy, parquet or arrow\n"
    if suffix != "gz":
        work.ok("smooth", f"f.{suffix}", "--from", "csv")


def test_standard_input_twice_is_refused(work: Work) -> None:
    error = work.refused("smooth", "-", "-", code=2)
    assert error == "error: standard input is named twice\n\nhint: pass `-` once\n"


def test_a_terminal_as_input_is_a_usage_error_with_an_example(spawn: Spawn) -> None:
    reader, writer = os.openpty()
    try:
        process = spawn("smooth", stdin=writer)
        out, err = process.communicate()
    finally:
        os.close(reader)
        os.close(writer)
    assert (process.returncode, out) == (2, b"")
    assert err.decode() == (
        "error: no file is named, and standard input is a terminal\n\n"
        "hint: lsmooth smooth labels.csv -e 0.1 -o soft.npy\n"
    )


MISSING = "no such file or directory\n\nhint: check the name; a path is taken from the current folder\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["missing.csv"],
        ["f.csv", "missing.csv"],
        ["f.csv", "--names", "missing.csv"],
        ["f.csv", "--prior", "missing.csv"],
    ],
)
def test_a_missing_file_is_named(work: Work, arguments: list[str]) -> None:
    work.write("f.csv", "0\n1\n")
    error = work.refused("smooth", *arguments, "-o", "out.csv")
    assert error == f"error: cannot read missing.csv: {MISSING}"


def test_a_path_that_cannot_be_written_is_refused_before_the_work(work: Work) -> None:
    work.write("f.csv", "0\n1\n")
    folder = work.folder / "none"
    error = work.refused("smooth", "f.csv", "-o", "none/out.csv")
    expected = f"error: cannot write none/out.csv: there is no folder {folder}\n\nhint: mkdir -p {folder}\n"
    assert error == expected
    subprocess.run(["bash", "-c", f"mkdir -p {folder}"], check=True)
    work.ok("smooth", "f.csv", "-o", "none/out.csv")
    (work.folder / "folder.csv").mkdir()
    error = work.refused("smooth", "f.csv", "-o", "folder.csv")
    assert error == "error: cannot write folder.csv: it is a folder\n\nhint: name a file in it\n"
    error = work.refused("smooth", "f.csv", "-o", "f.csv/out.csv")
    assert error.startswith("error: cannot write f.csv/out.csv: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_permissions_are_named(work: Work) -> None:
    work.write("f.csv", "0\n1\n").chmod(0)
    assert work.refused("smooth", "f.csv").startswith("error: cannot read f.csv: permission denied\n")
    (work.folder / "f.csv").chmod(stat.S_IRUSR)
    (work.folder / "closed").mkdir(mode=0o500)
    error = work.refused("smooth", "f.csv", "-o", "closed/out.csv")
    assert error.startswith("error: cannot write closed/out.csv: ")


#: What is found, and the start of the first line, where the design wants a hint and there is none.
HINTLESS = {
    "a folder": ("folder.csv", {}, "", "cannot read folder.csv: is a directory"),
    "a loop of symlinks": ("loop.csv", {}, "", "cannot read loop.csv: "),
    "text after a quote": ("f.csv", {"f.csv": '0\n"1"x\n'}, "", "f.csv:2: found text after a closing quote"),
    "precision": ("f.csv", {"f.csv": "0\n1\n"}, "--precision 0", "--precision is 0, wanted 1-17"),
    "prior of another length": (
        "f.csv",
        {"f.csv": "0\n1\n"},
        "--prior 1,2,3",
        "--prior holds 3 values for 2 classes",
    ),
    "names in two columns": (
        "f.csv",
        {"f.csv": "0\n1\n", "n.csv": "a,b\n"},
        "--names n.csv",
        "n.csv has 2 columns, wanted one name a line",
    ),
    "a prior that holds a class twice": (
        "f.csv",
        {"f.csv": "0\n1\n", "p.csv": "0,1\n0,2\n"},
        "--prior p.csv",
        "p.csv: class `0` stands twice",
    ),
    "a prior of three columns": (
        "f.csv",
        {"f.csv": "0\n1\n", "p.csv": "0,1,2\n"},
        "--prior p.csv",
        "p.csv has 3 columns, wanted values, or classes and values",
    ),
    "not an array": ("f.npy", {"f.npy": "0\n1\n"}, "", "f.npy is not a whole NPY file: "),
}


@pytest.mark.parametrize("name", HINTLESS)
def test_refusals_say_what_is_wrong(work: Work, name: str) -> None:
    assert refuse_hintless(work, name).startswith(f"error: {HINTLESS[name][3]}")


@pytest.mark.parametrize("name", HINTLESS)
def test_every_refusal_has_a_hint(work: Work, name: str) -> None:
    assert "\n\nhint: " in refuse_hintless(work, name)


def refuse_hintless(work: Work, name: str) -> str:
    file, contents, flags, _ = HINTLESS[name]
    for path, content in contents.items():
        work.write(path, content)
    (work.folder / "folder.csv").mkdir()
    (work.folder / "loop.csv").symlink_to("loop.csv")
    code = 2 if "--precision" in flags else 1
    return work.refused("smooth", file, *flags.split(), "-o", "out.csv", code=code)


@pytest.mark.parametrize("data", ["1;0\n0;1\n", "label;x\n0;1\n1;0\n", "a;b\nc;d\n", "0,5;0,5\n0,2;0,8\n"])
def test_semicolons_are_named_as_the_cause(work: Work, data: str) -> None:
    work.write("f.csv", data)
    assert "semicolons" in work.refused("smooth", "f.csv", "-o", "out.csv").splitlines()[0]


@pytest.mark.parametrize("row", ["-0.5,1.5", "nan,1", "2,-1"])
def test_a_hint_for_a_row_that_no_kind_allows_does_not_name_a_kind(work: Work, row: str) -> None:
    work.write("f.csv", f".5,.5\n{row}\n")
    error = work.refused("smooth", "f.csv", "-o", "out.csv")
    assert error.startswith("error: f.csv:2: ")
    assert "multilabel" not in error


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("-0.5,1.5", "the label has a negative value `-0.5`"),
        ("1,-1e-3", "the label has a negative value `-0.001`"),
        ("nan,1", "column 1 of the label is NaN"),
        ("0.5,nan", "column 2 of the label is NaN"),
    ],
)
@pytest.mark.parametrize("rows", [1, 3000])
def test_values_that_are_no_probabilities_are_named(work: Work, row: str, message: str, rows: int) -> None:
    work.write("f.csv", ".5,.5\n" * rows + f"{row}\n")
    error = work.refused("smooth", "f.csv", "-o", "out.csv")
    assert error.startswith(f"error: f.csv:{rows + 1}: {message}\n")


def test_a_column_number_out_of_range_does_not_deny_the_header(work: Work) -> None:
    work.write("f.csv", "label\n0\n1\n")
    for column in ("²", "9" * 5000):
        assert "has no column" in work.refused("smooth", "f.csv", "--column", column)
    error = work.refused("smooth", "f.csv", "--column", "3")
    assert "there is no header" not in error


def test_a_line_has_a_bound(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lsmooth.files.records.MOST_LINE_BYTES", 1 << 19)
    work.write("f.csv", "1,0\n" + "1,0," * 400_000)
    error = work.refused("smooth", "f.csv")
    assert error.startswith("error: f.csv:2: found a line of more than 524,288 bytes\n")


def test_a_hint_can_be_pasted_into_a_shell(work: Work) -> None:
    work.write("f.csv", "0\n1\nnot known; ls\n")
    error = work.refused("smooth", "f.csv", "-o", "out.csv")
    assert "hint: pass --ignore 'not known; ls' if" in error
    work.ok("smooth", "f.csv", "--ignore", "not known; ls")


ESCAPES = [("\x1b[31mred", r"\x1b[31mred"), ("a\tb", r"a\tb"), ("\x9bz", r"\x9bz"), ("x\u202ey", r"x\u202ey")]


@pytest.mark.parametrize(("raw", "escaped"), ESCAPES)
def test_control_characters_of_the_data_are_escaped(work: Work, raw: str, escaped: str) -> None:
    work.write("f.csv", f"0\n1\n{raw}\n")
    error = work.refused("smooth", "f.csv", "-o", "out.csv")
    assert error.startswith(f"error: f.csv:3: label `{escaped}` is text, others are numbers\n")
    work.write("g.csv", f'id,"{raw}"\n1,0\n2,1\n')
    error = work.refused("smooth", "g.csv", "--column", "nothing")
    assert error.endswith(f"hint: the columns are `id`, `{escaped}`\n")
    for text in (error, work.run("smooth", f"{raw}.csv").err):
        assert raw not in text
    work.write("h.csv", f"{raw}\nb\n")
    assert raw not in work.run("smooth", "h.csv", "--no-header").err


def test_markup_in_the_data_is_shown_as_it_is(work: Work) -> None:
    work.write("f.csv", "0\n1\n[red]x[/red]\n")
    error = work.refused("smooth", "f.csv", "-o", "out.csv")
    assert "label `[red]x[/red]` is text" in error
    work.write("g.csv", "[bold]a[/]\nb\n")
    assert "([bold]a[/], b)" in work.run("smooth", "g.csv", "--no-header").err


def test_a_line_break_in_a_file_name_is_escaped(work: Work) -> None:
    error = work.refused("smooth", "a\nhint: b.csv")
    assert error.startswith(r"error: cannot read a\nhint: b.csv: ")


def test_a_line_break_in_a_label_is_escaped_in_the_hint(work: Work) -> None:
    work.write("f.csv", '0\n1\n"a\nerror: b"\n')
    error = work.refused("smooth", "f.csv", "-o", "out.csv")
    assert error.startswith("error: f.csv:3: label `a\\nerror: b` is text, others are numbers\n")
    assert len(error.splitlines()) == 3


def test_a_line_break_in_a_name_leaves_the_summary_one_line(work: Work) -> None:
    work.write("f.csv", '"a\nb"\nc\n')
    assert len(work.run("smooth", "f.csv", "--no-header").err.splitlines()) == 1


def test_a_long_value_is_cut(work: Work) -> None:
    work.write("f.csv", "0\n1\n" + "x" * 5000 + "\n")
    first = work.refused("smooth", "f.csv", "-o", "out.csv").splitlines()[0]
    assert first == "error: f.csv:3: label `" + "x" * 60 + "…` is text, others are numbers"


def test_names_given_twice_by_the_header_of_rows_are_refused(work: Work) -> None:
    work.write("f.csv", "a,a\n1,0\n0,1\n")
    assert "`a`" in work.refused("smooth", "f.csv", "-o", "out.csv").splitlines()[0]


def test_an_error_late_in_the_file_leaves_nothing(work: Work) -> None:
    work.write("f.csv", "0\n1\n" * 200_000 + "9\n")
    for output in ("out.csv", "out.npy", "out.csv.gz", "out.npy.xz"):
        error = work.refused("smooth", "f.csv", "-k", "2", "-o", output, "--names-out", "n.txt")
        assert error.startswith("error: f.csv:400001: label `9` is out of range for 2 classes (0-1)\n")


def test_errors_are_shown_though_quiet_and_written_to_stderr_alone(work: Work) -> None:
    work.write("f.csv", "0\n7\n")
    result = work.run("smooth", "f.csv", "-k", "5", "-q", "-o", "out.csv")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: f.csv:2: label `7`")


def test_the_same_label_is_refused_in_an_array(work: Work) -> None:
    np.save("f.npy", np.array([0, 1, 7]))
    error = work.refused("smooth", "f.npy", "-k", "5", "-o", "out.csv")
    assert error == (
        "error: f.npy: row 2: label `7` is out of range for 5 classes (0-4)\n\n"
        "hint: pass --classes 8, or drop the row\n"
    )
