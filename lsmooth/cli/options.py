"""The flags that commands share, each declared once."""

from __future__ import annotations

import csv
from typing import Annotated, Literal

import typer

from lsmooth.cli.console import ColorWhen
from lsmooth.errors import UsageError, shown
from lsmooth.labels import LabelChoice
from lsmooth.pipeline.flags import Dtype, IgnoredRows
from lsmooth.smoothing import Rule

FormatName = Literal["csv", "tsv", "npy"]

READ = "Reading labels"
SMOOTH = "Smoothing"
WRITE = "Writing"
TERMINAL = "Terminal"

From = Annotated[
    FormatName | None,
    typer.Option(
        "--from",
        metavar="FMT",
        help="csv, tsv or npy, whatever the suffix says. [dim]by suffix[/]",
        rich_help_panel=READ,
    ),
]
Column = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|N",
        help="The label column, by name or number from 1. [dim]the only one, or the one named label,"
        " labels, target, class or y[/]",
        rich_help_panel=READ,
    ),
]
LabelColumns = Annotated[
    str | None,
    typer.Option(
        metavar="A:B|A,B",
        help="The columns of a row-valued label, both ends included. [dim]all but the kept ones[/]",
        rich_help_panel=READ,
    ),
]
Keep = Annotated[
    str | None,
    typer.Option(
        metavar="NAME[,NAME]", help="Copy these columns through, before the targets.", rich_help_panel=READ
    ),
]
Header = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header",
        help="Whether row 1 holds column names. [dim]told from the data[/]",
        rich_help_panel=READ,
    ),
]
Labels = Annotated[
    LabelChoice,
    typer.Option(
        metavar="KIND",
        help="auto, index, name, rows (of probabilities) or multilabel. [dim]auto: told from the data[/]",
        show_default=False,
        rich_help_panel=READ,
    ),
]
ClassCount = Annotated[
    int | None,
    typer.Option(
        "-k",
        "--classes",
        metavar="K",
        help="The number of classes. [dim]found by a first pass[/]",
        rich_help_panel=READ,
    ),
]
Names = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|A,B,C",
        help="The class names in order, in a file one a line. [dim]found and sorted[/]",
        rich_help_panel=READ,
    ),
]
IgnoreValues = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        metavar="V",
        help="Rows with this label have none: an index, a name, '' for an empty cell, zero or nan for"
        " all-zero or all-NaN rows. Repeatable.",
        rich_help_panel=READ,
    ),
]
Ignored = Annotated[
    IgnoredRows,
    typer.Option(
        metavar="HOW", help="Ignored rows become zero, nan, or are dropped: drop.", rich_help_panel=READ
    ),
]
Spread = Annotated[
    Rule | None,
    typer.Option(
        metavar="S",
        help="Where ε goes: all (true class 1-ε+ε/K), others (1-ε; ε/(K-1) each), half (each label:"
        " y(1-ε)+ε/2), flip (y(1-2ε)+ε). [dim]all; half for multilabel[/]",
        rich_help_panel=SMOOTH,
    ),
]
Prior = Annotated[
    str | None,
    typer.Option(
        metavar="MAP|labels",
        help="Spread by these class weights: a=.2,b=.05,*=.1 or p,q,r or a file; labels counts them."
        " [dim]uniform[/]",
        rich_help_panel=SMOOTH,
    ),
]
Exclude = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|I,...", help="Reserved classes (padding) that get no mass.", rich_help_panel=SMOOTH
    ),
]
Output = Annotated[
    str,
    typer.Option(
        "-o",
        "--output",
        metavar="OUT",
        help="Written whole or not at all; - is stdout.",
        rich_help_panel=WRITE,
    ),
]
To = Annotated[
    FormatName | None,
    typer.Option(
        "--to", help="csv, tsv or npy. [dim]by suffix; stdout is csv[/]", metavar="FMT", rich_help_panel=WRITE
    ),
]
Force = Annotated[
    bool, typer.Option("-f", "--force", help="Replace an output that exists.", rich_help_panel=WRITE)
]
DryRun = Annotated[
    bool,
    typer.Option(
        "-n", "--dry-run", help="Read and check all, say what would be written.", rich_help_panel=WRITE
    ),
]
DtypeName = Annotated[
    Dtype | None,
    typer.Option(
        "--dtype",
        help="float16, float32 or float64. [dim]NPY float32, text float64[/]",
        metavar="TYPE",
        rich_help_panel=WRITE,
    ),
]
Precision = Annotated[
    int | None,
    typer.Option(
        metavar="D", help="Significant digits of text. [dim]all that are needed[/]", rich_help_panel=WRITE
    ),
]
NamesOut = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="Write the class order here, as --names reads it.", rich_help_panel=WRITE
    ),
]
Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", help="Hide progress and summary.", rich_help_panel=TERMINAL)
]
Color = Annotated[
    ColorWhen,
    typer.Option(
        "--color", metavar="WHEN", help="Colour of messages: auto, always or never.", rich_help_panel=TERMINAL
    ),
]


def cells(text: str | None) -> tuple[str, ...]:
    """Return the parts of a list `a,b,"c,d"` given as one flag."""
    return tuple(next(csv.reader([text]))) if text else ()


def parse_names(text: str | None) -> tuple[str, ...] | str | None:
    """Return a list of names, or the path of a file of them."""
    return cells(text) if text is not None and "," in text else text


def parse_epsilon(text: str) -> float:
    """Return ε; raise UsageError for what is not one number."""
    if ":" in text:
        raise UsageError(
            f"--epsilon is the range {shown(text)}, and there is no rule to choose within it",
            "pass one number, as 0.1",
        )
    try:
        return float(text)
    except ValueError:
        raise UsageError(
            f"--epsilon is {shown(text)}, wanted a number", "pass a share of the mass, as 0.1"
        ) from None


def parse_map(text: str | None, flag: str) -> dict[str, float] | list[float] | str | None:
    """Return a map `a=.2,*=.1` or a list `p,q,r`; what is neither stays text and is a file or a word.

    Raises:
        UsageError: for a value that is not a number of at least 0, or a class that stands twice.
    """
    if text is None or ("=" not in text and "," not in text):
        return text
    parts = cells(text)
    if "=" not in text:
        return [_value(part, flag) for part in parts]
    pairs: dict[str, float] = {}
    for part in parts:
        name, equals, value = part.rpartition("=")
        if not equals:
            raise UsageError(f"{flag} holds {shown(part)}, wanted class=value", f"{flag} 'a=.2,*=.1'")
        if name in pairs:
            raise UsageError(f"{flag} holds {shown(name)} twice", "give each class one value")
        pairs[name] = _value(value, flag)
    return pairs


def _value(text: str, flag: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value < float("inf"):
        raise UsageError(f"{flag} holds {shown(text)}, wanted a number of at least 0", f"{flag} 'a=.2,*=.1'")
    return value
