"""The flags that commands share, each declared once."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import typer

from lsmooth.cli.console import ColorWhen
from lsmooth.cli.lists import all_cells, parse_names
from lsmooth.labels import LabelChoice
from lsmooth.pipeline.flags import Dtype, IgnoredRows, LabelFlags, TargetLayout
from lsmooth.pipeline.loss_flags import Denominator, PredictionChoice, Reduction, Weighting

FormatName = Literal["csv", "tsv", "npy", "parquet", "arrow"]

_read = partial(typer.Option, rich_help_panel="Reading labels", show_default=False)
_write = partial(typer.Option, rich_help_panel="Writing", show_default=False)
terminal = partial(typer.Option, rich_help_panel="Terminal", show_default=False)

From = Annotated[
    FormatName | None,
    _read(
        "--from",
        metavar="FMT",
        help="csv, tsv, npy, parquet or arrow, whatever the suffix says. [dim](default: by suffix)[/]",
    ),
]
Column = Annotated[
    str | None,
    _read(
        metavar="NAME|N",
        help="The label column, by name or number from 1. [dim](default: the only one, or the one named"
        " label, labels, target, class or y)[/]",
    ),
]
LabelColumns = Annotated[
    str | None,
    _read(
        metavar="A:B|A,B",
        help="The columns of a row-valued label, both ends included."
        " [dim](default: all but the kept ones)[/]",
    ),
]
Item = Annotated[
    str | None,
    _read(
        metavar="COLUMN", help="Votes in a long table: this column names the item; its rows stand together."
    ),
]
Pseudocount = Annotated[
    float | None, _read(metavar="A", help="Of votes: added to the count of every class. [dim](default: 0)[/]")
]
Keep = Annotated[
    list[str] | None, _read(metavar="NAME,...", help="Copy these columns through, before the targets.")
]
Header = Annotated[
    bool | None,
    _read(
        "--header/--no-header", help="Whether row 1 holds column names. [dim](default: told from the data)[/]"
    ),
]
Labels = Annotated[
    LabelChoice,
    _read(
        "--labels",
        metavar="KIND",
        help="auto, index, name, rows (of probabilities), multilabel or votes."
        " [dim](default: told from the data)[/]",
    ),
]
ClassCount = Annotated[
    int | None,
    _read(
        "-k", "--classes", metavar="K", help="The number of classes. [dim](default: found by a first pass)[/]"
    ),
]
Names = Annotated[
    str | None,
    _read(
        metavar="FILE|A,B",
        help="The class names in order, or a file of them, one a line. [dim](default: found and sorted)[/]",
    ),
]
IgnoreValues = Annotated[
    list[str] | None,
    _read(
        "--ignore",
        metavar="V",
        help="Rows with this label have none: an index, a name, '' for an empty cell, zero or nan for"
        " all-zero or all-NaN rows. Repeatable.",
    ),
]
Ignored = Annotated[
    IgnoredRows,
    _read(metavar="HOW", help="What ignored rows become: zero, nan, or drop. [dim](default: zero)[/]"),
]
_predict = partial(typer.Option, rich_help_panel="Reading predictions", show_default=False)
_reduce = partial(typer.Option, rich_help_panel="Loss", show_default=False)

As = Annotated[
    PredictionChoice,
    _predict(
        "--as",
        metavar="KIND",
        help="auto, logits, probs or logprobs. [dim](default: told from the data)[/]",
    ),
]
Columns = Annotated[
    str | None,
    _predict(
        metavar="A:B|A,B", help="The prediction columns, both ends included. [dim](default: all others)[/]"
    ),
]
LabelColumn = Annotated[
    str | None, _predict(metavar="NAME|N", help="The column of PREDICTIONS that holds the labels.")
]
Reduce = Annotated[
    Reduction | None,
    _reduce(
        metavar="R",
        help="mean, sum, or none: one loss a row. [dim](default: mean; with --like what it returns)[/]",
    ),
]
ClassWeights = Annotated[
    str | None, _reduce("--weights", metavar="MAP", help="Class weights: a=.2,*=1 or p,q,r or a file.")
]
WeightingRule = Annotated[
    Weighting | None,
    _reduce(
        "--weighting",
        metavar="W",
        help="What they multiply: class (every term), target (the hard term), row. [dim](default: class)[/]",
    ),
]
DenominatorRule = Annotated[
    Denominator | None,
    _reduce(
        "--denominator",
        metavar="D",
        help="What a mean divides by: valid rows, all rows, or the sum of weights. [dim](default: valid)[/]",
    ),
]
Clip = Annotated[
    float | None, _reduce(metavar="X", help="Clip probabilities to \\[X, 1-X] first, not renormalised.")
]
MinusEntropy = Annotated[
    bool, _reduce("--minus-entropy", help="KL(target ‖ prediction) in place of the cross-entropy.")
]
ReportWanted = Annotated[
    bool, _reduce("--report", help="A table: terms, floor, accuracy, calibration, worst classes.")
]
Compare = Annotated[
    bool, _reduce("--compare", help="The loss under every framework's convention, in one pass.")
]
Match = Annotated[
    str | None,
    _reduce(metavar="VALUE", help="Which conventions, reductions and ε give this loss, as it was printed."),
]
Json = Annotated[bool, _reduce("--json", help="All of it as one JSON line.")]
Output = Annotated[
    str,
    _write(
        "-o",
        "--output",
        metavar="OUT",
        help="A file, written whole or not at all; with {stem} in it, one an input (smooth)."
        " [dim](default: stdout)[/]",
    ),
]
To = Annotated[
    FormatName | None,
    _write(
        "--to",
        metavar="FMT",
        help="csv, tsv, npy, parquet or arrow. [dim](default: by suffix; stdout is csv)[/]",
    ),
]
Force = Annotated[bool, _write("-f", "--force", help="Replace an output that exists.")]
SkipExisting = Annotated[
    bool,
    _write(
        "--skip-existing",
        help="With {stem} in OUT: leave outputs that are newer than their inputs, replace older ones.",
    ),
]
DryRun = Annotated[bool, _write("-n", "--dry-run", help="Read and check all, say what would be written.")]
DtypeName = Annotated[
    Dtype | None,
    _write(
        "--dtype",
        metavar="TYPE",
        help="float16, float32 or float64. [dim](default: NPY float32, text float64)[/]",
    ),
]
Precision = Annotated[
    int | None, _write(metavar="D", help="Significant digits of text. [dim](default: all that are needed)[/]")
]
Layout = Annotated[
    TargetLayout,
    _write(metavar="HOW", help="wide, a row a label, or long, a line a weight. [dim](default: wide)[/]"),
]
MinWeight = Annotated[
    float | None,
    _write(metavar="W", help="Of long: weights below W are dropped, the others of the row take their mass."),
]
NamesOut = Annotated[
    str | None, _write(metavar="FILE", help="Write the class order here, as --names reads it.")
]
MatrixOut = Annotated[
    str | None,
    _write("--matrix-out", metavar="FILE", help="Write S, the targets of each class, K×K: targets = S\\[y]."),
]
SummaryJson = Annotated[bool, terminal("--json", help="The summary as one JSON line on stderr.")]
Quiet = Annotated[bool, terminal("-q", "--quiet", help="Hide progress and summary.")]
Color = Annotated[
    ColorWhen,
    terminal("--color", metavar="WHEN", help="Colour: auto, always or never. [dim](default: auto)[/]"),
]


def build_labels(
    given_format: From = None,
    column: Column = None,
    label_columns: LabelColumns = None,
    item: Item = None,
    pseudocount: Pseudocount = None,
    keep: Keep = None,
    header: Header = None,
    label_kind: Labels = "auto",
    classes: ClassCount = None,
    names: Names = None,
    ignore: IgnoreValues = None,
) -> LabelFlags:
    """Return what the flags say about the labels; their paths are still to come."""
    return LabelFlags(
        format=given_format,
        kind=label_kind,
        classes=classes,
        names=parse_names(names),
        ignore=tuple(ignore or ()),
        header=header,
        column=column,
        label_columns=label_columns,
        item=item,
        pseudocount=pseudocount,
        keep=all_cells(keep),
    )
