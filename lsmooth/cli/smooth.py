"""lsmooth smooth: label files to soft targets."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from lsmooth.cli import options
from lsmooth.cli.console import Console
from lsmooth.errors import UsageError
from lsmooth.files import STANDARD
from lsmooth.pipeline.flags import LabelFlags, RecipeFlags, WriteFlags, check_usage

if TYPE_CHECKING:
    from lsmooth.pipeline.targets import Summary

EXAMPLE = "lsmooth smooth labels.csv -e 0.1 -o soft.npy"


def smooth(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE]...",
            help=".csv .tsv .npy, each also .gz .bz2 .xz; several are read as one; - or none is stdin.",
            show_default=False,
        ),
    ] = None,
    given_format: options.From = None,
    column: options.Column = None,
    label_columns: options.LabelColumns = None,
    keep: options.Keep = None,
    header: options.Header = None,
    labels: options.Labels = "auto",
    classes: options.ClassCount = None,
    names: options.Names = None,
    ignore: options.IgnoreValues = None,
    ignored: options.Ignored = "zero",
    epsilon: options.Epsilon = "0.1",
    spread: options.Spread = None,
    prior: options.Prior = None,
    exclude: options.Exclude = None,
    output: options.Output = STANDARD,
    to: options.To = None,
    force: options.Force = False,
    dry_run: options.DryRun = False,
    dtype: options.DtypeName = None,
    precision: options.Precision = None,
    names_out: options.NamesOut = None,
    quiet: options.Quiet = False,
    color: options.Color = "auto",
) -> None:
    """Turn label files into soft targets: label·(1-ε) + ε·spread.

    [bold]Examples[/bold]
      [dim]# targets on the screen, ε = 0.1[/]
      [cyan]lsmooth smooth labels.csv[/]
      [dim]# an array for training[/]
      [cyan]lsmooth smooth labels.csv -e 0.2 -o soft.npy[/]
      [dim]# labels by name, in a column of a table; the true class ends at exactly 1-ε[/]
      [cyan]lsmooth smooth iris.csv --column species --spread others[/]
      [dim]# in a pipe[/]
      [cyan]cut -d, -f3 data.csv | lsmooth smooth -k 10 > soft.csv[/]
      [dim]# many files as one, mass by class frequency[/]
      [cyan]lsmooth smooth part-*.csv.gz --prior labels -o soft.csv.gz[/]
    """
    console = Console(color, quiet=quiet)
    paths = tuple(files or (STANDARD,))
    if STANDARD in paths and sys.stdin is not None and sys.stdin.isatty():
        raise UsageError("no file is named, and standard input is a terminal", f"{EXAMPLE}")
    label_flags = LabelFlags(
        paths=paths,
        format=given_format,
        kind=labels,
        classes=classes,
        names=options.parse_names(names),
        ignore=tuple(ignore or ()),
        header=header,
        column=column,
        label_columns=label_columns,
        keep=options.cells(keep),
    )
    recipe = RecipeFlags(
        options.parse_epsilon(epsilon), spread, options.parse_map(prior, "--prior"), options.cells(exclude)
    )
    writing = WriteFlags(output, to, dtype, precision, ignored, names_out, force, dry_run)
    check_usage(label_flags, recipe, writing)

    from lsmooth.pipeline.targets import write_targets  # noqa: PLC0415 - numpy, once the usage is right

    with console.progress() as progress:
        summary = write_targets(label_flags, recipe, writing, progress)
    for warning in summary.warnings:
        console.warning(warning)
    console.summary("would write" if summary.dry else "wrote", describe(summary))


def describe(summary: Summary) -> str:
    """Return a summary as one line."""
    parts = [
        f"{summary.output} ({size(summary.size)})",
        f"{summary.rows:,} rows",
        f"{summary.classes:,} classes{' found' if summary.found else ''}{_first_names(summary.names)}",
        f"epsilon {summary.epsilon:g}, spread {summary.spread}",
    ]
    read = {"index": "class indices", "name": "class names", "rows": "rows of probabilities"}
    column = f" in column {summary.column}" if summary.column is not None else ""
    header = ", with a header" if summary.header else ""
    parts.append(f"read as {read.get(summary.kind, summary.kind)}{column}{header}")
    if summary.ignored:
        parts.append(f"{summary.ignored:,} ignored")
    if summary.rounded:
        parts.append(f"{summary.rounded:,} rows sum to 1 only within their decimals")
    if summary.free is not None:
        fits = "fits" if summary.size <= summary.free else "does not fit"
        parts.append(f"{fits} on the disk ({size(summary.free)} free)")
    return "; ".join(parts)


def _first_names(names: tuple[str, ...] | None) -> str:
    if names is None:
        return ""
    return f" ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"


def size(count: int) -> str:
    """Return bytes for people.

    >>> size(999), size(1_234_567)
    ('999 B', '1.2 MB')
    """
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return f"{count} B" if unit == "B" else f"{value:.1f} {unit}"
