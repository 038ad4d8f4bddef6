"""The pass over predictions and labels that takes the loss, and loss_file around it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.files.sink import Sink, identity
from lsmooth.labels.block import Labels
from lsmooth.pipeline.amounts import RecipeFlags
from lsmooth.pipeline.engine import InlineExecutor, block_rows, in_order
from lsmooth.pipeline.flags import (
    LabelFlags,
    LossFlags,
    PredictionFlags,
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
        hard = self._loss.kind == "softmax" and setting.inputs.layout.kind in ("index", "name")
        self._hard = hard
        self._by_class = hard and setting.epsilons is not None and self._loss.spread.by_class is None
        floors = wanted.needs_floor and not self._by_class
        self._row_floors = floors
        self._sums = Sums(self._loss.classes, len(setting.epsilons or (None,)) if floors else 0)
        seen = (wanted.report or wanted.json) and not wanted.sweep and self._loss.kind == "softmax"
        self._report = ReportSums(self._loss.classes) if seen else None

    def run(self, rows: LossRows | None, progress: Progress | None) -> LossResult:
        """Do the pass, writing the loss of each row where `rows` is given."""
        setting = self._setting
        excluded, epsilon = self._loss.spread.excluded, setting.chosen.rows
        pairs = Pairs(setting.table, setting.inputs, setting.classes, excluded, epsilon)
        blocks = pairs.blocks(self._tile, block_rows(self._loss.classes, 8), progress)
        for done in in_order(self._work, blocks, InlineExecutor()):
            self._sums.merge(done.part, done.pair.scores.where)
            if self._report is not None and done.part.seen is not None:
                self._report.merge(done.part.seen, self._tile)
            if rows is not None:
                rows.write(done.losses, done.pair.rows.keep)
        if not self._sums.valid:
            raise LsmoothError("every row is ignored, so there is no loss", "ignore fewer labels")
        if rows is not None:
            rows.finish()
        return self._result()

    def _work(self, pair: Pair) -> Done:
        setting, loss, wanted = self._setting, self._loss, self._wanted
        values = read_scores(pair.scores, setting.scores, loss.predictions, loss.kind)
        labels = as_column(pair.labels) if setting.binary else pair.labels
        epsilon = setting.epsilon_of(pair.labels, pair.rows.epsilons)
        terms = loss.terms(values, labels, epsilon)
        amounts = () if not self._row_floors else (setting.epsilons or ()) if epsilon is None else (epsilon,)
        part = part_of(
            loss, terms, labels, self._tile, epsilon, floors_at=amounts, seen=self._report is not None
        )
        losses = terms.hard
        if wanted.reduction == "none":
            amount = (setting.epsilons or (0.0,))[0]
            losses = terms.at(amount)
            if wanted.minus_entropy:
                losses = losses - loss.floors(labels, amount if epsilon is None else epsilon)
            losses = losses / loss.labels_a_row
        return Done(pair, part, losses)

    def _result(self) -> LossResult:
        setting, sums, wanted, loss = self._setting, self._sums, self._wanted, self._loss
        denominator = self._denominator()
        at = tuple(self._at(position, denominator) for position in range(len(setting.epsilons or (None,))))
        report = None
        if self._report is not None:
            report = self._report.report(
                sums.valid, None if setting.epsilons is None else setting.epsilons[0]
            )
        warnings = list(setting.warnings(sums.counts if self._hard else None))
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
            total = float(sums.counts @ weights) if self._hard else sums.weight.value
            if total == 0:
                message = "the weights of all rows are 0, so there is no mean"
                raise LsmoothError(message, "pass --denominator valid")
            return total
        rows = sums.valid if self._wanted.denominator == "valid" else sums.rows
        return float(rows * loss.labels_a_row)

    def _at(self, position: int, denominator: float) -> LossAt:
        sums, epsilons = self._sums, self._setting.epsilons
        hard, smooth = sums.hard.value / denominator, sums.smooth.value / denominator
        epsilon = sums.epsilon.value / sums.valid
        if epsilons is not None:
            epsilon = epsilons[position]
            hard = 0.0 if epsilon == 1 else (1 - epsilon) * hard
            smooth = 0.0 if epsilon == 0 else epsilon * smooth
        value = hard + smooth
        if not self._wanted.needs_floor:
            return LossAt(epsilon, value, hard, smooth, None, None)
        if self._by_class:
            floor = float(sums.counts @ self._loss.class_floors(epsilon)) / denominator
        else:
            floor = sums.floors[position].value / denominator
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
    labels = replace(labels, beside=tuple(recipe.epsilon.references()))
    check_loss_usage(predictions, labels, recipe, wanted, writing, apart=apart)
    with ExitStack() as stack:
        setting = decide_setting(predictions, labels, recipe, wanted, stack, progress, apart=apart)
        rows = None
        if wanted.reduction == "none":
            sources = {setting.table.source, *setting.inputs.sources}
            inputs = [source.identity for source in sources if source.identity is not None]
            named = [labels.names, wanted.weights, *recipe.files()]
            inputs += [found for path in named if (found := identity(path)) is not None]
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
