"""lsmooth loss: smoothed cross-entropy from prediction files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from lsmooth.cli import options, recipes
from lsmooth.cli.console import Console
from lsmooth.cli.groups import GIVEN, takes
from lsmooth.cli.lists import parse_map
from lsmooth.cli.workers import build_workers
from lsmooth.errors import UsageError
from lsmooth.files import DELIMITERS, STANDARD
from lsmooth.pipeline.flags import LabelFlags, WriteFlags
from lsmooth.pipeline.loss_flags import LossFlags, PredictionFlags, check_loss_usage
from lsmooth.pipeline.scheduler import Workers

if TYPE_CHECKING:
    from lsmooth.pipeline.results import LossResult


#: What a mean is taken over, by what it divides by.
MEANS = {
    "valid": "valid rows",
    "all": "all rows",
    "weights": "the weights of the labels",
    "all-weights": "the weights of all rows",
    "nonzero": "rows of some weight",
    "split": "weights and all rows",
}


@takes(label_flags=options.build_labels, asked=recipes.build_recipe, workers=build_workers)
def loss(
    predictions: Annotated[
        str,
        typer.Argument(
            metavar="PREDICTIONS",
            help="Logits, probabilities or log-probabilities: .csv .tsv .npy .parquet .arrow.",
        ),
    ],
    labels: Annotated[
        str | None,
        typer.Argument(
            metavar="[LABELS]",
            help="Hard labels, soft rows, or targets from smooth. Without, they are a column of PREDICTIONS.",
            show_default=False,
        ),
    ] = None,
    columns: options.Columns = None,
    label_column: options.LabelColumn = None,
    label_flags: LabelFlags = GIVEN,
    asked: recipes.Asked = GIVEN,
    compare: options.Compare = False,
    match: options.Match = None,
    reduction: options.Reduce = None,
    weights: options.ClassWeights = None,
    weighting: options.WeightingRule = None,
    denominator: options.DenominatorRule = None,
    clip: options.Clip = None,
    minus_entropy: options.MinusEntropy = False,
    report: options.ReportWanted = False,
    as_json: options.Json = False,
    output: options.Output = STANDARD,
    to: options.To = None,
    force: options.Force = False,
    precision: options.Precision = None,
    workers: Workers = GIVEN,
    quiet: options.Quiet = False,
    color: options.Color = "auto",
) -> None:
    """Compute the smoothed cross-entropy of predictions, in nats.

    [bold]Examples[/bold]
      [dim]# one number[/]
      [cyan]lsmooth loss logits.npy labels.csv -e 0.1[/]
      [dim]# loss, floor, calibration, worst classes[/]
      [cyan]lsmooth loss logits.npy labels.csv --report[/]
      [dim]# labels in a column of the predictions[/]
      [cyan]lsmooth loss predictions.csv --columns cat:dog --label-column species[/]
      [dim]# how the loss depends on ε[/]
      [cyan]lsmooth loss probs.npy labels.npy -e 0:0.3:0.05[/]
      [dim]# the number that PyTorch prints; what all others would; which of them printed this one[/]
      [cyan]lsmooth loss logits.npy labels.csv -e 0.1 --like torch[/]
      [cyan]lsmooth loss logits.npy labels.csv -e 0.1 --compare[/]
      [cyan]lsmooth loss logits.npy labels.csv --match 0.7278[/]
      [dim]# one loss a row, the hardest rows first[/]
      [cyan]lsmooth loss logits.npy labels.csv --reduction none | sort -rg | head[/]
    """
    console = Console(color, quiet=quiet)
    if asked.every_epoch:
        raise UsageError("--epoch all writes a file an epoch, and loss writes none", "pass T/TOTAL")
    kind, sweep, given_format = asked.recipe.predictions, asked.sweep, label_flags.format
    nobody = STANDARD not in (predictions, labels)
    scores = PredictionFlags(
        predictions,
        given_format if predictions == STANDARD or nobody else None,
        kind,
        columns,
        label_column,
        label_flags.header,
    )
    label_flags = replace(
        label_flags,
        paths=(STANDARD if labels is None else labels,),
        format=given_format if labels == STANDARD or nobody else None,
    )
    wanted = LossFlags(
        sweep,
        parse_map(weights, "--weights"),
        weighting,
        denominator,
        reduction,
        clip,
        minus_entropy,
        report,
        as_json,
        asked.recipe.like,
        compare,
        match,
    )
    writing = WriteFlags(output, to, None, precision, force=force)
    check_loss_usage(scores, label_flags, asked.recipe, wanted, writing, workers, apart=labels is not None)

    if wanted.compares:
        from lsmooth.cli.compare import compare_loss  # noqa: PLC0415 - numpy, once the usage is right

        compare_loss(
            console, scores, label_flags, asked.recipe, wanted, writing, workers, apart=labels is not None
        )
        return

    from lsmooth.pipeline.loss import take_loss  # noqa: PLC0415 - numpy, once the usage is right

    with console.progress() as progress:
        result = take_loss(
            scores, label_flags, asked.recipe, wanted, writing, progress, workers, apart=labels is not None
        )
    for warning in result.warnings:
        console.warning(warning)
    show(result, console, wanted, writing, report=report, as_json=as_json)
    if wanted.reduction == "none":
        console.summary("wrote", f"{'stdout' if output == STANDARD else output}; {describe(result)}")
    else:
        console.summary("took", describe(result))


def show(
    result: LossResult,
    console: Console,
    wanted: LossFlags,
    writing: WriteFlags,
    *,
    report: bool,
    as_json: bool,
) -> None:
    """Put the result on standard output: JSON, a report, a sweep, or one number."""
    written = repr if writing.precision is None else f"{{:.{writing.precision}g}}".format
    if as_json:
        import json  # noqa: PLC0415 - at start-up it costs more than it is used

        console.data(json.dumps(result.as_dict(), allow_nan=False) + "\n")
    elif report or (wanted.sweep and console.out_is_terminal and writing.given_format is None):
        from lsmooth.cli.render import render_report, render_sweep  # noqa: PLC0415 - Rich, where it is shown

        console.draw(render_sweep(result) if wanted.sweep else render_report(result, console.height))
    elif wanted.sweep:
        mark = DELIMITERS[writing.format]
        console.data(f"epsilon{mark}loss{mark}floor{mark}excess\n")
        for at in result.at:
            values = (at.epsilon, at.loss, at.floor, at.excess)
            console.data(mark.join("" if value is None else written(value) for value in values) + "\n")
    elif wanted.reduction != "none":
        console.data(f"{written(result.loss)}\n")


def describe(result: LossResult) -> str:
    """Return how a loss was taken as one line."""
    what = {"mean": f"mean over {MEANS[result.denominator]}", "sum": "sum", "none": "one loss a row"}
    labels = {"index": "class indices", "name": "class names", "rows": "rows of probabilities"}
    over = ", ".join(f"{at.epsilon:.4g}" for at in result.at[:3]) + (", ..." if len(result.at) > 3 else "")
    parts = [
        (f"as {result.like}, " if result.like else "") + what[result.reduction],
        f"{result.rows:,} rows",
        f"{result.classes:,} classes",
        f"epsilon {over}, spread {result.spread}",
        f"{result.kind} of {result.predictions}",
        f"labels read as {labels.get(result.labels, result.labels)}",
    ]
    if result.ignored:
        parts.append(f"{result.ignored:,} ignored")
    return "; ".join([*parts, *result.notes])
