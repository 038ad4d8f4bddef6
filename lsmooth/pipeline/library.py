"""smooth_file and loss_file: the commands as functions, streaming."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from lsmooth.conventions.model import Convention
from lsmooth.files import STANDARD, StrPath
from lsmooth.labels import LabelChoice, ignored_values
from lsmooth.pipeline.amounts import EpsilonRule, recipe_flags
from lsmooth.pipeline.flags import IgnoredRows, LabelFlags, TargetLayout, WriteFlags, given_names
from lsmooth.pipeline.inputs import Progress
from lsmooth.pipeline.loss import take_loss
from lsmooth.pipeline.loss_flags import (
    Denominator,
    LossFlags,
    PredictionChoice,
    PredictionFlags,
    Reduction,
    Weighting,
)
from lsmooth.pipeline.results import LossResult, Summary
from lsmooth.pipeline.scheduler import given_workers
from lsmooth.pipeline.targets import write_targets
from lsmooth.pipeline.weights import SpreadWeights
from lsmooth.smoothing import Rule
from lsmooth.smoothing.epsilon import DEFAULT_EPSILON


def smooth_file(
    inputs: StrPath | Sequence[StrPath],
    output: StrPath = STANDARD,
    *,
    epsilon: float | EpsilonRule = DEFAULT_EPSILON,
    spread: Rule | None = None,
    spread_by: SpreadWeights | None = None,
    prior: Mapping[str, float] | Sequence[float] | StrPath | None = None,
    exclude: Sequence[str | int] = (),
    predictions: PredictionChoice = "auto",
    labels: LabelChoice = "auto",
    classes: int | None = None,
    names: Sequence[str] | StrPath | None = None,
    ignore: Sequence[str | int] = (),
    ignored: IgnoredRows = "zero",
    column: str | int | None = None,
    label_columns: str | None = None,
    item: str | None = None,
    pseudocount: float | None = None,
    like: str | Convention | None = None,
    pad: str | int | None = None,
    keep: Sequence[str | int] = (),
    header: bool | None = None,
    input_format: str | None = None,
    output_format: str | None = None,
    dtype: str | None = None,
    precision: int | None = None,
    layout: TargetLayout = "wide",
    min_weight: float | None = None,
    names_out: StrPath | None = None,
    matrix_out: StrPath | None = None,
    force: bool = False,
    dry_run: bool = False,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Turn label files into one file of soft targets, in blocks, in constant memory.

    The output is written whole or not at all. For N labels of K classes it has N rows of K values in
    [0, 1]; rows sum to 1 but for ignored rows, multilabel rows, and the rules `half` and `flip`.

    Args:
        inputs: one path or several (read as one, in order); `-` is standard input.
        output: a path, or `-` for standard output; its suffix says the format.
        epsilon: ε in [0, 1], the share of the mass that is spread, or a rule that chooses it.
        spread: `all`, `others`, `half` or `flip`; None is `half` for multilabel rows, else `all`.
        spread_by: class weights to spread by: a hierarchy, an order, a matrix, what a model confuses.
        prior: class weights to spread by: values in class order, class → value (`*` for the rest), a file
            of either, or `"labels"` to count them. None is uniform.
        exclude: classes, by name or index, that get no mass.
        labels: what the labels are; `auto` tells from the first 1,000 rows, and asks where it cannot.
        classes: K; None finds it in a first pass.
        names: the class names in order, or a file with one a line.
        ignore: labels of rows without a label: indices, names, `""` for an empty cell, `"zero"` or `"nan"`
            for all-zero or all-NaN rows.
        ignored: what such rows become.
        column: the label column, by name or number from 1.
        label_columns: the columns of a row-valued label, as `A:B` or `A,B,C`.
        item: the column that names the item of a long table of votes; an item's rows stand together.
        pseudocount: what is added to each class's count of votes.
        predictions: what the predictions that rules look at are.
        like: a framework's convention, by name: kind, spread and ignored label, never ε.
        pad: with `like`, the class of padding.
        keep: columns copied through to text output.
        header: whether row 1 holds column names; None tells from the data.
        input_format: `csv`, `tsv`, `npy`, `parquet` or `arrow` for inputs, whatever their suffix.
        output_format: the same for the output.
        dtype: `float16`, `float32` or `float64`; None is float32 for NPY and float64 for text.
        precision: significant digits of text; None writes the shortest text that reads back the same.
        layout: `wide` writes a row a label; `long` writes `row,class,weight`, one line for each weight
            above zero, rows from 0, none for rows that are ignored.
        min_weight: of `long`: weights below it, in [0, 1), are dropped but for the largest of a row, and
            their mass goes to the others of the row in proportion.
        names_out: where the class order is written, one name a line.
        matrix_out: where S is written, the (K, K) targets of the classes, for `targets = S[y]`.
        force: replace files that exist.
        dry_run: read and check all, write nothing.
        workers: threads; None for the processors given to it; the result is the same for any number.
        scheduler: the address of a Dask scheduler whose workers do the work, on NPY files that all see.
        progress: called with what is being done, rows done, bytes read, and all bytes where known.

    Returns:
        What was read, found and written.

    Raises:
        UsageError: for arguments that are wrong on their own.
        LsmoothError: for anything wrong in the files; nothing is then written.

    Reference:
        Szegedy et al. 2016, "Rethinking the Inception Architecture", arXiv 1512.00567, section 7.
    """
    paths = [inputs] if isinstance(inputs, str) or not isinstance(inputs, Sequence) else list(inputs)
    label_flags = LabelFlags(
        paths=tuple(os.fspath(path) for path in paths),
        format=input_format,
        kind=labels,
        classes=classes,
        names=given_names(names),
        ignore=ignored_values(ignore),
        header=header,
        column=None if column is None else str(column),
        label_columns=label_columns,
        item=item,
        pseudocount=pseudocount,
        keep=tuple(map(str, keep)),
    )
    recipe = recipe_flags(epsilon, spread, spread_by, prior, exclude, predictions, like, pad)
    matrix = None if matrix_out is None else os.fspath(matrix_out)
    names_path = None if names_out is None else os.fspath(names_out)
    output = os.fspath(output)
    writing = WriteFlags(
        *(output, output_format, dtype, precision, ignored, names_path, force, dry_run, matrix),
        layout=layout,
        min_weight=min_weight,
    )
    return write_targets(label_flags, recipe, writing, progress, given_workers(workers, scheduler))


def loss_file(
    predictions: StrPath,
    labels: StrPath | None = None,
    *,
    epsilon: float | EpsilonRule | Sequence[float] | None = None,
    spread: Rule | None = None,
    spread_by: SpreadWeights | None = None,
    prior: Mapping[str, float] | Sequence[float] | StrPath | None = None,
    exclude: Sequence[str | int] = (),
    kind: PredictionChoice = "auto",
    columns: str | None = None,
    label_column: str | None = None,
    label_kind: LabelChoice = "auto",
    classes: int | None = None,
    names: Sequence[str] | StrPath | None = None,
    ignore: Sequence[str | int] = (),
    column: str | int | None = None,
    label_columns: str | None = None,
    header: bool | None = None,
    weights: Mapping[str, float] | Sequence[float] | StrPath | None = None,
    weighting: Weighting | None = None,
    denominator: Denominator | None = None,
    reduction: Reduction | None = None,
    clip: float | None = None,
    minus_entropy: bool = False,
    report: bool = True,
    like: str | Convention | None = None,
    pad: str | int | None = None,
    output: StrPath = STANDARD,
    force: bool = False,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> LossResult:
    """Return the smoothed cross-entropy of a file of predictions, in one pass, in constant memory.

    L(ε) = (1-ε)·CE(label) + ε·CE(spread), in nats; no targets are built.

    Args:
        predictions: a path, or `-` for standard input: (N, K) logits, probabilities or log-probabilities.
        labels: a path of N labels, hard or soft; None where they are a column of the predictions.
        epsilon: ε in [0, 1], a rule that chooses it, or several for a sweep; None is 0.1 for hard labels
            and 0 for soft rows.
        spread: `all`, `others`, `half` or `flip`, as in `smooth_file`.
        spread_by: class weights to spread by, as in `smooth_file`.
        prior: class weights to spread by, as in `smooth_file`.
        exclude: classes that get no mass; they stay in the softmax.
        kind: what the predictions are; `auto` tells from the first 1,000 rows, and asks where it cannot.
        columns: the columns of the predictions, as `A:B` or `A,B,C`.
        label_column: the label column in the file of the predictions.
        label_kind: what the labels are.
        classes: K, to be checked; it is the number of prediction columns.
        names: the class names in order, or a file with one a line.
        ignore: labels of rows that do not count.
        column: the label column of `labels`.
        label_columns: the columns of a row-valued label of `labels`.
        header: whether row 1 holds column names, in both files.
        weights: class weights ≥ 0.
        weighting: what they multiply: each `class`'s term, the hard term only (`target`), the whole `row`.
        denominator: what a mean divides by: `valid` rows, `all` rows, or the sum of `weights`.
        reduction: `mean`, `sum`, or `none`, which writes one loss a row to `output`.
        clip: probabilities are first clipped to [clip, 1-clip], without renormalising.
        minus_entropy: report KL(target ‖ prediction) in place of the cross-entropy.
        report: take perplexity, accuracy, calibration and the loss by class, too.
        like: a framework's convention, by name: all but ε, with the reduction that it returns.
        pad: with `like`, the class of padding.
        output: for `reduction="none"`: a path, or `-` for standard output.
        force: replace an output that exists.
        workers: threads; None for the processors given to it; the result is the same for any number.
        scheduler: the address of a Dask scheduler whose workers do the work, on NPY files that all see.
        progress: called with what is done, rows, bytes read, and all bytes where known.

    Returns:
        The loss at each ε (`.loss` at the first), what it was taken over, and the report.

    Raises:
        UsageError: for arguments that are wrong on their own.
        LsmoothError: for anything wrong in the files.

    Reference:
        Szegedy et al. 2016, "Rethinking the Inception Architecture", arXiv 1512.00567, section 7.
    """
    sweep = tuple(epsilon) if isinstance(epsilon, Sequence) else None
    amount = None if isinstance(epsilon, Sequence) else epsilon
    scores = PredictionFlags(os.fspath(predictions), None, kind, columns, label_column, header)
    label_flags = LabelFlags(
        paths=(STANDARD if labels is None else os.fspath(labels),),
        kind=label_kind,
        classes=classes,
        names=given_names(names),
        ignore=ignored_values(ignore),
        header=header,
        column=None if column is None else str(column),
        label_columns=label_columns,
    )
    recipe = recipe_flags(amount, spread, spread_by, prior, exclude, kind, like, pad)
    wanted = LossFlags(
        *(sweep, weights, weighting, denominator, reduction, clip, minus_entropy),
        report=report and sweep is None and reduction != "none",
        like=recipe.like,
    )
    writing = WriteFlags(output=os.fspath(output), force=force)
    who = given_workers(workers, scheduler)
    return take_loss(scores, label_flags, recipe, wanted, writing, progress, who, apart=labels is not None)
