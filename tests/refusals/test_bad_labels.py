"""A label that is none."""

from __future__ import annotations

from conftest import Work
from kits.refusals import Case, check, each

LABELS = {
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
}


@each(LABELS)
def test_bad_labels(work: Work, case: Case) -> None:
    check(work, case)
