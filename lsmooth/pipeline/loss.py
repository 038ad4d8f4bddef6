"""The pass over predictions and labels that takes the loss, and loss_file around it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.files import STANDARD, StrPath
from lsmooth.files.sink import Sink
from lsmooth.labels import LabelChoice
from lsmooth.labels.block import Labels
from lsmooth.losses import Terms
from lsmooth.pipeline.engine import InlineExecutor, block_rows, in_order
from lsmooth.pipeline.flags import (
    Denominator,
    LabelFlags,
    LossFlags,
    PredictionChoice,
    PredictionFlags,
    RecipeFlags,
    Reduction,
    Weighting,
    WriteFlags,
    check_loss_usage,
)
from lsmooth.pipeline.inputs import Progress
from lsmooth.pipeline.pairs import Pair, Pairs
from lsmooth.pipeline.results import LossAt, LossResult
from lsmooth.pipeline.rows import LossRows
from lsmooth.pipeline.scores import read_scores
from lsmooth.pipeline.setting import Setting, decide_setting
from lsmooth.pipeline.sums import Part, ReportSums, Sums, part_of
from lsmooth.smoothing import Rule
from lsmooth.tiles import tile_rows


@dataclass(frozen=True)
class Done:
    """What became of one block: its sums, and the loss of each row."""

    pair: Pair
    part: Part
    losses: NDArray[np.float64]


class Evaluation:
    """One pass: blocks of predictions and labels → sums → the loss at every ε."""

    def __init__(self, setting: Setting, wanted: LossFlags) -> None:
        self._setting = setting
        self._loss = setting.loss
        self._wanted = wanted
        self._tile = tile_rows(self._loss.classes)
        self._by_class = self._loss.kind == "softmax" and setting.inputs.layout.kind in ("index", "name")
        self._row_floors = setting.epsilons if wanted.needs_floor and not self._by_class else ()
        self._sums = Sums(self._loss.classes, len(self._row_floors))
        seen = wanted.report and self._loss.kind == "softmax"
        self._report = ReportSums(self._loss.classes) if seen else None

    def run(self, rows: LossRows | None, progress: Progress | None) -> LossResult:
        """Do the pass, writing the loss of each row where `rows` is given."""
        setting = self._setting
        pairs = Pairs(setting.table, setting.inputs, setting.classes, self._loss.spread.excluded)
        blocks = pairs.blocks(self._tile, block_rows(self._loss.classes, 8), progress)
        for done in in_order(self._work, blocks, InlineExecutor()):
            self._sums.merge(done.part, done.pair.scores.where)
            if self._report is not None and done.part.seen is not None:
                self._report.merge(done.part.seen, self._tile)
            if rows is not None:
                rows.write(done.losses, done.pair.keep)
        if not self._sums.valid:
            raise LsmoothError("every row is ignored, so there is no loss", "ignore fewer labels")
        if rows is not None:
            rows.finish()
        return self._result()

    def _work(self, pair: Pair) -> Done:
        setting, loss, wanted = self._setting, self._loss, self._wanted
        values = read_scores(pair.scores, setting.scores, loss.predictions, loss.kind)
        labels = as_column(pair.labels) if setting.binary else pair.labels
        terms = loss.terms(values, labels)
        part = part_of(
            loss, terms, labels, self._tile, epsilons=self._row_floors, seen=self._report is not None
        )
        losses = self._row_losses(terms, labels) if wanted.reduction == "none" else terms.hard
        return Done(pair, part, losses)

    def _row_losses(self, terms: Terms, labels: Labels) -> NDArray[np.float64]:
        losses = terms.at(self._setting.epsilons[0])
        if self._wanted.minus_entropy:
            losses = losses - self._loss.floors(labels, self._setting.epsilons[0])
        return losses / self._loss.labels_a_row

    def _result(self) -> LossResult:
        setting, sums, wanted, loss = self._setting, self._sums, self._wanted, self._loss
        denominator = self._denominator()
        at = tuple(self._at(position, denominator) for position in range(len(setting.epsilons)))
        report = None
        if self._report is not None:
            report = self._report.report(sums.valid, setting.epsilons[0])
        warnings = list(setting.warnings(sums.counts if self._by_class else None))
        if any(np.isinf(one.loss) for one in at):
            warnings.append(sums.infinity())
        return LossResult(
            at=at,
            reduction=wanted.reduction,
            denominator=wanted.denominator,
            rows=sums.valid,
            ignored=sums.rows - sums.valid,
            classes=setting.classes.count,
            names=setting.classes.names,
            spread=loss.spread.rule,
            kind=loss.kind,
            predictions=loss.predictions,
            labels=setting.inputs.layout.kind,
            binary=setting.binary,
            report=report,
            warnings=tuple(warnings),
            notes=setting.notes(),
            infinite=sums.infinite if any(np.isinf(one.loss) for one in at) else 0,
        )

    def _denominator(self) -> float:
        sums, loss = self._sums, self._loss
        if self._wanted.reduction != "mean":
            return 1.0
        if self._wanted.denominator == "weights":
            values = loss.weights.values
            weights = np.ones(loss.classes) if values is None else values
            total = float(sums.counts @ weights) if self._by_class else sums.weight.value
            if total == 0:
                message = "the weights of all rows are 0, so there is no mean"
                raise LsmoothError(message, "pass --denominator valid")
            return total
        rows = sums.valid if self._wanted.denominator == "valid" else sums.rows
        return float(rows * loss.labels_a_row)

    def _at(self, position: int, denominator: float) -> LossAt:
        epsilon = self._setting.epsilons[position]
        hard = 0.0 if epsilon == 1 else (1 - epsilon) * (self._sums.hard.value / denominator)
        smooth = 0.0 if epsilon == 0 else epsilon * (self._sums.smooth.value / denominator)
        value = hard + smooth
        if not self._wanted.needs_floor:
            return LossAt(epsilon, value, hard, smooth, None, None)
        if self._by_class:
            floor = float(self._sums.counts @ self._loss.class_floors(epsilon)) / denominator
        else:
            floor = self._sums.floors[position].value / denominator
        excess = value - floor
        return LossAt(epsilon, excess if self._wanted.minus_entropy else value, hard, smooth, floor, excess)


def as_column(labels: Labels) -> Labels:
    """Return 0/1 labels as (n, 1) rows, the labels of one binary column."""
    if labels.indices is None:
        return labels
    return Labels(None, (labels.indices == 1)[:, None].astype(np.float64), labels.hidden, labels.rounded)


def take_loss(
    predictions: PredictionFlags,
    labels: LabelFlags,
    recipe: RecipeFlags,
    wanted: LossFlags,
    writing: WriteFlags,
    progress: Progress | None = None,
    *,
    apart: bool,
) -> LossResult:
    """Do what `loss_file` does, by its flags; labels stand `apart` or in the file of the predictions."""
    check_loss_usage(predictions, labels, recipe, wanted, writing, apart=apart)
    with ExitStack() as stack:
        setting = decide_setting(predictions, labels, recipe, wanted, stack, progress, apart=apart)
        rows = None
        if wanted.reduction == "none":
            sources = {setting.table.source, *setting.inputs.sources}
            inputs = [source.identity for source in sources if source.identity is not None]
            sink = Sink(writing.output, force=writing.force, inputs=inputs)
            count = setting.table.rows
            if writing.format == "npy" and count is None and not sink.seekable:
                raise LsmoothError(
                    "the number of rows is not known", "pass --to csv, or -o with an .npy file"
                )
            sink.refuse_terminal(writing.format)
            keep = setting.inputs.layout.keep_names
            rows = LossRows(stack.enter_context(sink), writing, count, keep)
        return Evaluation(setting, wanted).run(rows, progress)


def loss_file(
    predictions: StrPath,
    labels: StrPath | None = None,
    *,
    epsilon: float | Sequence[float] | None = None,
    spread: Rule | None = None,
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
    weighting: Weighting = "class",
    denominator: Denominator = "valid",
    reduction: Reduction = "mean",
    clip: float | None = None,
    minus_entropy: bool = False,
    report: bool = True,
    output: StrPath = STANDARD,
    force: bool = False,
    progress: Progress | None = None,
) -> LossResult:
    """Return the smoothed cross-entropy of a file of predictions, in one pass, in constant memory.

    L(ε) = (1-ε)·CE(label) + ε·CE(spread), in nats; no targets are built.

    Args:
        predictions: a path, or `-` for standard input: (N, K) logits, probabilities or log-probabilities.
        labels: a path of N labels, hard or soft; None where they are a column of the predictions.
        epsilon: ε in [0, 1], or several for a sweep; None is 0.1 for hard labels and 0 for soft rows.
        spread: `all`, `others`, `half` or `flip`, as in `smooth_file`.
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
        output: for `reduction="none"`: a path, or `-` for standard output.
        force: replace an output that exists.
        progress: called with what is done, rows, bytes read, and all bytes where known.

    Returns:
        The loss at each ε (`.loss` at the first), what it was taken over, and the report.

    Raises:
        UsageError: for arguments that are wrong on their own.
        LsmoothError: for anything wrong in the files.

    Reference:
        Szegedy et al. 2016, "Rethinking the Inception Architecture", arXiv 1512.00567, section 7.
    """
    epsilons = None
    if epsilon is not None:
        epsilons = tuple(epsilon) if isinstance(epsilon, Sequence) else (float(epsilon),)
    scores = PredictionFlags(os.fspath(predictions), None, kind, columns, label_column, header)
    label_flags = LabelFlags(
        paths=(STANDARD if labels is None else os.fspath(labels),),
        kind=label_kind,
        classes=classes,
        names=names_or_path(names),
        ignore=tuple(map(str, ignore)),
        header=header,
        column=None if column is None else str(column),
        label_columns=label_columns,
    )
    recipe = RecipeFlags(0.0, spread, prior, tuple(map(str, exclude)))
    sweep = epsilons is not None and len(epsilons) > 1
    wanted = LossFlags(
        epsilons, sweep, weights, weighting, denominator, reduction, clip, minus_entropy, report and not sweep
    )
    writing = WriteFlags(output=os.fspath(output), force=force)
    return take_loss(scores, label_flags, recipe, wanted, writing, progress, apart=labels is not None)


def names_or_path(names: Sequence[str] | StrPath | None) -> tuple[str, ...] | str | None:
    """Return class names, or the path of a file of them, as the flags have them."""
    if names is None:
        return None
    return os.fspath(names) if isinstance(names, str | os.PathLike) else tuple(names)
