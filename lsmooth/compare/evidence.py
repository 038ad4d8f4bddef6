"""Gathering what conventions are compared by: one pass over files, or over arrays."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsmooth.compare.candidates import Data, Evidence, Key, find_candidates
from lsmooth.errors import LsmoothError
from lsmooth.labels.block import Labels
from lsmooth.losses import Floats, Sample, Sums, Terms, part_of
from lsmooth.pipeline.amounts import RecipeFlags
from lsmooth.pipeline.flags import LabelFlags, WriteFlags
from lsmooth.pipeline.inputs import Progress
from lsmooth.pipeline.loss_flags import LossFlags, PredictionFlags, check_loss_usage
from lsmooth.pipeline.loss_pass import LossPass, Tally
from lsmooth.pipeline.scheduler import Workers
from lsmooth.pipeline.setting import Setting, decide_setting
from lsmooth.tiles import tile_rows


def gather_files(
    predictions: PredictionFlags,
    labels: LabelFlags,
    recipe: RecipeFlags,
    wanted: LossFlags,
    progress: Progress | None = None,
    workers: Workers = None,
    *,
    apart: bool,
) -> tuple[Evidence, Setting]:
    """Return what one pass over files adds up for all conventions, and how the files were read."""
    check_loss_usage(predictions, labels, recipe, wanted, WriteFlags(), workers, apart=apart)
    with ExitStack() as stack:
        setting = decide_setting(predictions, labels, recipe, wanted, stack, progress, apart=apart)
        data = Data(
            setting.loss.kind,
            setting.inputs.layout.kind,
            setting.loss.predictions,
            setting.scores.sample.dtype,
            setting.loss.classes,
            setting.loss.weights.values,
            setting.reduction.padding,
        )
        epsilon = None if setting.epsilons is None else setting.epsilons[0]
        empty = _empty(data, epsilon)
        floors = _floored(empty)
        tallies = [
            Tally(loss, (epsilon,) if key in floors and epsilon is not None else ())
            for key, loss in empty.losses.items()
        ]
        work = LossPass(setting, tallies, _nothing, workers)
        work.run(progress, lambda _done: None)
        return replace(empty, sums=dict(zip(empty.losses, work.sums, strict=True))), setting


def gather_arrays(
    data: Data, values: NDArray[np.floating[Any]], labels: Labels, epsilon: float | None
) -> Evidence:
    """Return what rows in memory add up to for all conventions."""
    empty = _empty(data, epsilon)
    floors, tile = _floored(empty), tile_rows(data.classes)
    sample = Sample(values, data.predictions, labels)
    sums = {}
    for key, loss in empty.losses.items():
        amounts = (epsilon,) if key in floors and epsilon is not None else ()
        sums[key] = Sums(data.classes, len(amounts))
        sums[key].merge(part_of(loss, loss.terms(sample), sample, tile, None, amounts), str)
        if not sums[key].valid:
            raise LsmoothError("every row is ignored, so there is no loss", "ignore fewer labels")
    return replace(empty, sums=sums)


def _nothing(_sample: Sample, _terms: Terms, _epsilon: Floats | None) -> None:
    """Take nothing else from a block."""


def _empty(data: Data, epsilon: float | None) -> Evidence:
    found, losses = find_candidates(data)
    return Evidence(data, found, losses, {}, epsilon)


def _floored(evidence: Evidence) -> set[Key]:
    """The losses whose floors are added up row by row, at the ε of the evidence."""
    if evidence.data.hard:
        return set()
    chosen = [one for one in evidence.candidates if one.convention.subtract == "entropy"]
    return {one.key for one in chosen if one.key is not None}
