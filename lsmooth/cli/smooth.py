"""lsmooth smooth: label files to soft targets."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer

from lsmooth.cli import options, recipes
from lsmooth.cli.console import Console
from lsmooth.cli.groups import GIVEN, takes
from lsmooth.cli.workers import build_workers
from lsmooth.errors import UsageError
from lsmooth.files import STANDARD, STEM
from lsmooth.pipeline.flags import LabelFlags, WriteFlags, check_usage
from lsmooth.pipeline.scheduler import Workers

if TYPE_CHECKING:
    from lsmooth.pipeline.results import ManySummary, Summary

EXAMPLE = "lsmooth smooth labels.csv -e 0.1 -o soft.npy"


@takes(labels=options.build_labels, asked=recipes.build_recipe, workers=build_workers)
def smooth(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE]...",
            help=".csv .tsv .npy, each also .gz .bz2 .xz .zst; .parquet .arrow; several are read as one;"
            " - or none is stdin.",
            show_default=False,
        ),
    ] = None,
    labels: LabelFlags = GIVEN,
    ignored: options.Ignored = "zero",
    asked: recipes.Asked = GIVEN,
    matrix_out: options.MatrixOut = None,
    output: options.Output = STANDARD,
    to: options.To = None,
    force: options.Force = False,
    skip_existing: options.SkipExisting = False,
    dry_run: options.DryRun = False,
    dtype: options.DtypeName = None,
    precision: options.Precision = None,
    layout: options.Layout = "wide",
    min_weight: options.MinWeight = None,
    names_out: options.NamesOut = None,
    workers: Workers = GIVEN,
    as_json: options.SummaryJson = False,
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
      [dim]# a line for each weight, for learners that take sample weights[/]
      [cyan]lsmooth smooth labels.csv --layout long --min-weight 0.01 -o long.csv[/]
      [dim]# many files, an output each, with the classes of all of them[/]
      [cyan]lsmooth smooth part-*.csv.gz -o 'soft/{stem}.npy'[/]
      [dim]# mass by distance in a tree; less of it, the better the model is by now[/]
      [cyan]lsmooth smooth labels.csv --hierarchy tree.csv -e 0:0.2 --adaptive val.npy -o soft.npy[/]
    """
    console = Console(color, quiet=quiet)
    paths = tuple(files or (STANDARD,))
    if STANDARD in paths and not (matrix_out and not files) and sys.stdin is not None and sys.stdin.isatty():
        raise UsageError("no file is named, and standard input is a terminal", f"{EXAMPLE}")
    if asked.sweep is not None:
        raise UsageError("--epsilon is a sweep, which is for loss", "pass one number, or --epoch all/TOTAL")
    labels = replace(labels, paths=paths)
    writing = WriteFlags(
        *(output, to, dtype, precision, ignored, names_out, force, dry_run, matrix_out, layout, min_weight)
    )
    writing = replace(writing, skip=skip_existing)
    many = STEM in output
    check_usage(labels, asked.recipe, writing, workers, epochs=asked.every_epoch, many=many)

    found: ManySummary | None = None
    summaries: list[Summary] = []
    with console.progress() as progress:  # numpy and what is needed, once the usage is right
        if matrix_out is not None and not files and output == STANDARD:
            from lsmooth.pipeline.matrix import write_matrix_alone  # noqa: PLC0415

            summaries = [write_matrix_alone(labels, asked.recipe, writing)]
        elif many:
            from lsmooth.pipeline.many import write_many  # noqa: PLC0415

            found = write_many(labels, asked.recipe, writing, console.error, progress, workers)
        elif asked.every_epoch:
            from lsmooth.pipeline.epochs import write_epochs  # noqa: PLC0415

            summaries = list(write_epochs(labels, asked.recipe, writing, progress, workers))
        else:
            from lsmooth.pipeline.targets import write_targets  # noqa: PLC0415

            summaries = [write_targets(labels, asked.recipe, writing, progress, workers)]
    if found is not None:
        _show_many(console, found, as_json=as_json, dry=dry_run)
        raise typer.Exit(1 if found.failed else 0)
    for summary in summaries:
        if as_json:  # the warnings are in it, so that a loop can read all of stderr
            _show_json(console, asdict(summary))
        else:
            _show(console, summary, describe(summary))


def _show_json(console: Console, told: dict[str, object]) -> None:
    import json  # noqa: PLC0415 - at start-up it costs more than it is used

    console.line(json.dumps(told, allow_nan=False))


def _show(console: Console, summary: Summary, line: str) -> None:
    for warning in summary.warnings:
        console.warning(warning)
    for note in summary.notes:
        console.summary("chose", note)
    console.summary("would write" if summary.dry else "wrote", line)


def _show_many(console: Console, found: ManySummary, *, as_json: bool, dry: bool) -> None:
    if as_json:
        _show_json(console, found.as_dict())
        return
    line = f"{found.done:,} done, {found.skipped:,} skipped, {len(found.failed):,} failed"
    if found.together is None:
        console.summary("would write" if dry else "wrote", line)
    else:
        _show(console, found.together, f"{line}; {describe(found.together)}")


def describe(summary: Summary) -> str:
    """Return a summary as one line."""
    parts = [
        f"{summary.output} ({size(summary.size)})",
        f"{summary.rows:,} rows",
        f"{summary.classes:,} classes{' found' if summary.found else ''}{_first_names(summary.names)}",
        f"epsilon {_amount(summary)}, spread {summary.spread}",
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


def _amount(summary: Summary) -> str:
    if summary.epsilon is not None:
        return f"{summary.epsilon:.6g}"
    if summary.epsilons is None:
        return "by row"
    return f"by class ({min(summary.epsilons):.4g}-{max(summary.epsilons):.4g})"


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
