"""Rows, columns and classes that do not fit."""

from __future__ import annotations

from conftest import Work
from kits.refusals import Case, check, each

COLUMNS = {
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
}


@each(COLUMNS)
def test_bad_columns(work: Work, case: Case) -> None:
    check(work, case)
