"""lsmooth loss: smoothed cross-entropy from prediction files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from lsmooth.cli import options, recipes
from lsmooth.cli.console import Console
from lsmooth.errors import UsageError
from lsmooth.files import DELIMITERS, STANDARD
from lsmooth.pipeline.flags import (
    LabelFlags,
    LossFlags,
    PredictionFlags,
    WriteFlags,
    check_loss_usage,
)

if TYPE_CHECKING:
    from lsmooth.pipeline.results import LossResult


def loss(
    predictions: Annotated[
        str,
        typer.Argument(
            metavar="PREDICTIONS", help="Logits, probabilities or log-probabilities: .csv .tsv .npy."
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
    kind: options.As = "auto",
    columns: options.Columns = None,
    label_column: options.LabelColumn = None,
    given_format: options.From = None,
    column: options.Column = None,
    label_columns: options.LabelColumns = None,
    item: options.Item = None,
    pseudocount: options.Pseudocount = None,
    keep: options.Keep = None,
    header: options.Header = None,
    label_kind: options.Labels = "auto",
    classes: options.ClassCount = None,
    names: options.Names = None,
    ignore: options.IgnoreValues = None,
    epsilon: recipes.Epsilons = None,
    per_class: recipes.PerClass = None,
    epsilon_by: recipes.EpsilonBy = None,
    epsilon_column: recipes.EpsilonColumn = None,
    adaptive: recipes.Adaptive = None,
    metric: recipes.MetricName = None,
    by: recipes.ByWhat = None,
    conditional: recipes.Conditional = None,
    uncertainty: recipes.UncertaintyName = None,
    invert: recipes.Invert = False,
    epoch: recipes.Epoch = None,
    ramp: recipes.RampName = None,
    gamma: recipes.Gamma = None,
    spread: recipes.Spread = None,
    prior: recipes.Prior = None,
    hierarchy: recipes.HierarchyFile = None,
    beta: recipes.Beta = None,
    distance: recipes.DistanceName = None,
    ordinal: recipes.Ordinal = False,
    decay: recipes.Decay = None,
    similarity: recipes.Similarity = None,
    confusion: recipes.Confusion = None,
    online: recipes.Online = None,
    exclude: recipes.Exclude = None,
    reduction: options.Reduce = "mean",
    weights: options.ClassWeights = None,
    weighting: options.WeightingRule = "class",
    denominator: options.DenominatorRule = "valid",
    clip: options.Clip = None,
    minus_entropy: options.MinusEntropy = False,
    report: options.ReportWanted = False,
    as_json: options.Json = False,
    output: options.Output = STANDARD,
    to: options.To = None,
    force: options.Force = False,
    precision: options.Precision = None,
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
      [dim]# one loss a row, the hardest rows first[/]
      [cyan]lsmooth loss logits.npy labels.csv --reduction none | sort -rg | head[/]
    """
    console = Console(color, quiet=quiet)
    sweep = recipes.parse_sweep(epsilon)
    one_epoch = recipes.parse_epoch(epoch)
    if one_epoch is not None and one_epoch[0] is None:
        raise UsageError("--epoch all writes a file an epoch, and loss writes none", "pass T/TOTAL")
    nobody = STANDARD not in (predictions, labels)
    scores = PredictionFlags(
        predictions,
        given_format if predictions == STANDARD or nobody else None,
        kind,
        columns,
        label_column,
        header,
    )
    label_flags = LabelFlags(
        paths=(STANDARD if labels is None else labels,),
        format=given_format if labels == STANDARD or nobody else None,
        kind=label_kind,
        classes=classes,
        names=options.parse_names(names),
        ignore=tuple(ignore or ()),
        header=header,
        column=column,
        label_columns=label_columns,
        item=item,
        pseudocount=pseudocount,
        keep=options.cells(keep),
    )
    amount = recipes.build_epsilon(
        epsilon if sweep is None else None,
        *(per_class, epsilon_by, epsilon_column, adaptive, metric, by, conditional, uncertainty, invert),
        None if one_epoch is None else (one_epoch[0] or 0, one_epoch[1]),
        *(ramp, gamma),
    )
    recipe = recipes.build_recipe(
        *(amount, spread, prior, hierarchy, beta, distance, ordinal, decay, similarity, confusion, online),
        *(exclude, kind),
    )
    wanted = LossFlags(
        sweep,
        options.parse_map(weights, "--weights"),
        weighting,
        denominator,
        reduction,
        clip,
        minus_entropy,
        report,
        as_json,
    )
    writing = WriteFlags(output, to, None, precision, force=force)
    check_loss_usage(scores, label_flags, recipe, wanted, writing, apart=labels is not None)

    from lsmooth.pipeline.loss import take_loss  # noqa: PLC0415 - numpy, once the usage is right

    with console.progress() as progress:
        result = take_loss(scores, label_flags, recipe, wanted, writing, progress, apart=labels is not None)
    for warning in result.warnings:
        console.warning(warning)
    show(result, console, wanted, writing, report=report, as_json=as_json)
    console.summary("wrote" if reduction == "none" else "took", describe(result))


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
    if as_json:
        console.data(json.dumps(result.as_dict(), allow_nan=False) + "\n")
    elif report or (wanted.sweep and console.out_is_terminal and writing.given_format is None):
        from lsmooth.cli.render import render_report, render_sweep  # noqa: PLC0415 - Rich, where it is shown

        console.draw(render_sweep(result) if wanted.sweep else render_report(result, console.height))
    elif wanted.sweep:
        mark = DELIMITERS[writing.format]
        console.data(f"epsilon{mark}loss{mark}floor{mark}excess\n")
        for at in result.at:
            console.data(mark.join(map(repr, (at.epsilon, at.loss, at.floor, at.excess))) + "\n")
    elif wanted.reduction != "none":
        number = result.loss
        console.data(f"{number!r}\n" if writing.precision is None else f"{number:.{writing.precision}g}\n")


def describe(result: LossResult) -> str:
    """Return how a loss was taken as one line."""
    what = {"mean": f"mean over {result.denominator} rows", "sum": "sum", "none": "one loss a row"}
    labels = {"index": "class indices", "name": "class names", "rows": "rows of probabilities"}
    over = ", ".join(f"{at.epsilon:.4g}" for at in result.at[:3]) + (", ..." if len(result.at) > 3 else "")
    parts = [
        what[result.reduction],
        f"{result.rows:,} rows",
        f"{result.classes:,} classes",
        f"epsilon {over}, spread {result.spread}",
        f"{result.kind} of {result.predictions}",
        f"labels read as {labels.get(result.labels, result.labels)}",
    ]
    if result.ignored:
        parts.append(f"{result.ignored:,} ignored")
    return "; ".join([*parts, *result.notes])
