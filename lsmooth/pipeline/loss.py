"""The pass over predictions and labels that takes the loss, and loss_file around it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np

from lsmooth.errors import LsmoothError
from lsmooth.files.sink import Sink, identity
from lsmooth.labels import HARD
from lsmooth.losses import Floats, Loss, LossAt, Reduction, Sample, Sums, Terms
from lsmooth.pipeline.amounts import RecipeFlags
from lsmooth.pipeline.flags import LabelFlags, WriteFlags
from lsmooth.pipeline.inputs import Progress
from lsmooth.pipeline.loss_flags import LossFlags, PredictionFlags, check_loss_usage
from lsmooth.pipeline.loss_pass import Done, LossPass, Tally
from lsmooth.pipeline.report import ReportSums, Seen, look
from lsmooth.pipeline.results import LossResult
from lsmooth.pipeline.rows import LossRows
from lsmooth.pipeline.scheduler import Workers
from lsmooth.pipeline.setting import Setting, decide_setting

#: What a mean divides by where there are no class weights.
_UNWEIGHTED = {"weights": "valid", "nonzero": "valid", "all-weights": "all"}


@dataclass(frozen=True)
class Taken:
    """What a block gives beside its sums: what a report needs, the loss of each row."""

    seen: Seen | None
    losses: Floats | None


@dataclass(frozen=True)
class Also:
    """Takes from a block what is wanted beside its sums: what a report needs, the loss of each row."""

    loss: Loss
    reduction: Reduction
    constant: float
    seen: bool
    by_row: bool

    def __call__(self, sample: Sample, terms: Terms, epsilon: Floats | None) -> Taken:
        """Return it; `epsilon` is that of rows or classes, None where it is one for all."""
        loss, labels = self.loss, sample.labels
        seen = look(sample.logs(loss.clip), terms, sample) if self.seen else None
        if not self.by_row:
            return Taken(seen, None)
        floors = None
        if self.reduction.subtract == "entropy":
            amount = self.reduction.amount(self.constant) if epsilon is None else epsilon
            floors = loss.floors(labels, amount)
        return Taken(seen, self.reduction.rows(terms, loss, self.constant, floors, labels.hides()))


class Evaluation:
    """The loss of predictions at every ε, and what is reported of them, in one pass."""

    def __init__(self, setting: Setting, wanted: LossFlags, workers: Workers = None) -> None:
        self._setting = setting
        self._wanted = wanted
        self._loss, self._reduction = setting.loss, setting.reduction
        self._hard = self._loss.kind == "softmax" and setting.inputs.layout.kind in HARD
        self._by_class = self._hard and setting.epsilons is not None and self._loss.spread.by_class is None
        seen = (wanted.report or wanted.json) and not wanted.sweep and self._loss.kind == "softmax"
        self._report = ReportSums(self._loss.classes) if seen else None
        by_row = wanted.needs_floor and not self._by_class
        amounts = tuple(map(self._reduction.amount, setting.epsilons or ())) if by_row else ()
        constant = (setting.epsilons or (0.0,))[0]
        self._pass = LossPass(
            setting,
            [Tally(self._loss, amounts, by_row)],
            Also(self._loss, self._reduction, constant, seen, wanted.reduction == "none"),
            workers,
            whole=self._report is not None or wanted.subtracts_entropy,
        )

    def run(self, rows: LossRows | None, progress: Progress | None) -> LossResult:
        """Do the pass, writing the loss of each row where `rows` is given."""

        def take(done: Done[Taken]) -> None:
            if self._report is not None and done.extra.seen is not None:
                self._report.merge(done.extra.seen, self._pass.tile)
            if rows is not None and done.extra.losses is not None:
                rows.write(done.extra.losses, done.pair.rows.keep)

        self._pass.run(progress, take)
        if rows is not None:
            rows.finish()
        return self._result(self._pass.sums[0])

    def _result(self, sums: Sums) -> LossResult:
        setting, wanted, loss = self._setting, self._wanted, self._loss
        at = tuple(self._at(sums, position) for position in range(len(setting.epsilons or (None,))))
        report = None
        if self._report is not None:
            epsilon = None if setting.epsilons is None else self._reduction.amount(setting.epsilons[0])
            report = self._report.report(sums.valid, epsilon)
        warnings = list(setting.warnings(sums.counts if self._hard else None))
        infinite = any(np.isinf(one.loss) for one in at)
        if infinite:
            warnings.append(sums.infinity())
        return LossResult(
            at=at,
            reduction=wanted.reduction,
            denominator=_UNWEIGHTED.get(wanted.divisor, wanted.divisor)
            if loss.weights.values is None
            else wanted.divisor,
            like=None if wanted.like is None else wanted.like.name,
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
            infinite=sums.infinite if infinite else 0,
        )

    def _at(self, sums: Sums, position: int) -> LossAt:
        epsilons = self._setting.epsilons
        epsilon = None if epsilons is None else epsilons[position]
        floor = None
        if self._wanted.needs_floor and self._by_class and epsilon is not None:
            floor = float(sums.counts @ self._loss.class_floors(self._reduction.amount(epsilon)))
        elif self._wanted.needs_floor:
            floor = sums.floors[position].value
        return self._reduction.at(sums, self._loss, epsilon, floor)


def take_loss(
    predictions: PredictionFlags,
    labels: LabelFlags,
    recipe: RecipeFlags,
    wanted: LossFlags,
    writing: WriteFlags,
    progress: Progress | None = None,
    workers: Workers = None,
    *,
    apart: bool,
) -> LossResult:
    """Do what `loss_file` does, by its flags; labels stand `apart` or in the file of the predictions."""
    labels = replace(labels, beside=tuple(recipe.epsilon.references()))
    check_loss_usage(predictions, labels, recipe, wanted, writing, workers, apart=apart)
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
        return Evaluation(setting, wanted, workers).run(rows, progress)
