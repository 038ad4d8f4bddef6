"""What the user asks of predictions and their loss, checked before any file is opened. Loads no numpy."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from lsmooth.errors import UsageError, check_choice, shown
from lsmooth.files import STANDARD, format_of
from lsmooth.pipeline.amounts import RecipeFlags
from lsmooth.pipeline.flags import LabelFlags, WriteFlags, is_name
from lsmooth.pipeline.like import check_like
from lsmooth.pipeline.scheduler import Scheduler, Workers
from lsmooth.smoothing.epsilon import check_epsilon

if TYPE_CHECKING:
    from lsmooth.conventions.model import Convention, Divisor

PredictionChoice = Literal["auto", "logits", "probs", "logprobs"]
Weighting = Literal["class", "target", "row"]
Denominator = Literal["valid", "all", "weights"]
Reduction = Literal["mean", "sum", "none"]

_FIXED = ("--like", "--reduction", "--denominator", "--weighting", "--minus-entropy", "--clip")
#: Forms of a result, and the flags that they do not go with.
_EXCLUDES = {
    "--reduction none": ("--epsilon with a sweep", "--json", "--report"),
    "--report": ("--epsilon with a sweep",),
    "--compare": ("--match", "--report", "--epsilon with a sweep", *_FIXED),
    "--match": ("--report", "--epsilon with a sweep", *_FIXED),
}


@dataclass(frozen=True)
class PredictionFlags:
    """What the user says about the predictions."""

    path: str = STANDARD
    format: str | None = None
    kind: PredictionChoice = "auto"
    columns: str | None = None
    label_column: str | None = None
    header: bool | None = None

    def check(self, labels: LabelFlags | None) -> None:
        """Raise UsageError for what is wrong on its own, or beside a file of labels."""
        if self.path != STANDARD:
            format_of(self.path, "--from", self.format)
        check_choice("--as", self.kind, get_args(PredictionChoice))
        for reference in (self.columns, self.label_column):
            if self.header is False and reference is not None and is_name(reference):
                message = f"--no-header says that no column has a name, and {shown(reference)} is one"
                raise UsageError(message, "pass --header, or give columns by number, from 1")
        if labels is None:
            return
        labels.check()
        if self.path == STANDARD and STANDARD in labels.paths:
            raise UsageError(
                "predictions and labels cannot both come from standard input", "name one of them"
            )
        if self.label_column is not None:
            message = f"--label-column is a column of the predictions, and {labels.paths[0]} has the labels"
            raise UsageError(message, "pass --column for a column of the labels")


@dataclass(frozen=True)
class LossFlags:
    """What loss is wanted, at which ε, and in which form."""

    epsilons: tuple[float, ...] | None = None
    weights: Mapping[str, float] | Sequence[float] | str | os.PathLike[str] | None = None
    given_weighting: Weighting | None = None
    given_denominator: Denominator | None = None
    given_reduction: Reduction | None = None
    clip: float | None = None
    minus_entropy: bool = False
    report: bool = False
    json: bool = False
    like: Convention | None = None
    compare: bool = False
    match: str | None = None

    @property
    def reduction(self) -> Reduction:
        """The reduction: the flag's, else what the convention returns, else the mean."""
        return self.given_reduction or ("mean" if self.like is None else self.like.reduction)

    @property
    def weighting(self) -> Weighting:
        """What class weights multiply."""
        return (None if self.like is None else self.like.weights) or self.given_weighting or "class"

    @property
    def divisor(self) -> Divisor:
        """What a mean divides by."""
        return self.given_denominator or ("valid" if self.like is None else self.like.divisor)

    @property
    def sweep(self) -> bool:
        """Whether the loss is wanted at several ε."""
        return self.epsilons is not None

    @property
    def compares(self) -> bool:
        """Whether the loss is wanted under every convention."""
        return self.compare or self.match is not None

    @property
    def subtracts_entropy(self) -> bool:
        """Whether the entropy of the targets is taken off."""
        return self.minus_entropy or (self.like is not None and self.like.subtract == "entropy")

    @property
    def needs_floor(self) -> bool:
        """Whether the floor is to be taken, which can cost an entropy a row."""
        shown = self.report or self.json or self.sweep
        return self.subtracts_entropy or (shown and self.reduction != "none")

    def check(self, writing: WriteFlags) -> None:
        """Raise UsageError for what is wrong on its own."""
        if writing.output != STANDARD and self.reduction != "none":
            message = "--output is for --reduction none, one loss a row; the loss itself goes to stdout"
            raise UsageError(message, "pass --reduction none, or > FILE")
        for epsilon in self.epsilons or ():
            check_epsilon(epsilon)
        check_choice("--weighting", self.weighting, get_args(Weighting))
        check_choice("--denominator", self.given_denominator or "valid", get_args(Denominator))
        check_choice("--reduction", self.reduction, get_args(Reduction))
        if self.weights is None and self.given_weighting not in (None, "class"):
            message = f"--weighting {self.given_weighting} needs --weights"
            raise UsageError(message, "pass --weights with class weights")
        if self.given_denominator is not None and self.reduction != "mean":
            message = f"--denominator is of a mean, and --reduction is {self.reduction}"
            raise UsageError(message, "drop one of them")
        if self.clip is not None and not 0 < self.clip < 0.5:
            raise UsageError(f"--clip is {self.clip:g}, wanted a number between 0 and 0.5", "pass 1e-7")
        if not writing.is_text and (self.sweep or self.compares):
            other = "--epsilon is a sweep" if self.sweep else "conventions have names"
            raise UsageError(f"--to {writing.format} holds one loss a row, and {other}", "pass --to csv")
        if not writing.is_text and self.reduction != "none":
            message = f"--to {writing.format} holds one loss a row, and the loss is one number"
            raise UsageError(message, "pass --reduction none, or drop --to")
        self._check_forms()

    def _check_forms(self) -> None:
        """Raise UsageError for two forms of a result that exclude each other."""
        given = {
            "--reduction none": self.reduction == "none",
            "--report": self.report,
            "--compare": self.compare,
            "--match": self.match is not None,
            "--epsilon with a sweep": self.sweep,
            "--json": self.json,
            "--like": self.like is not None,
            "--reduction": self.given_reduction is not None,
            "--denominator": self.given_denominator is not None,
            "--weighting": self.given_weighting is not None,
            "--minus-entropy": self.minus_entropy,
            "--clip": self.clip is not None,
        }
        for one, others in _EXCLUDES.items():
            other = next((flag for flag in others if given[one] and given[flag]), None)
            if other is not None:
                raise UsageError(f"{one} does not go with {other}", "drop one of them")


def check_loss_usage(
    predictions: PredictionFlags,
    labels: LabelFlags,
    recipe: RecipeFlags,
    wanted: LossFlags,
    writing: WriteFlags,
    workers: Workers = None,
    *,
    apart: bool,
) -> None:
    """Raise UsageError for what is wrong before any file is opened."""
    predictions.check(labels if apart else None)
    if not apart:
        _check_together(labels)
    check_like(recipe, wanted)
    labels.check()
    recipe.check(labels.kind, labels.count, sweep=wanted.sweep)
    wanted.check(writing)
    writing.check(labels)
    if isinstance(workers, Scheduler):
        workers.check_loss(predictions, labels if apart else None, recipe)


def _check_together(labels: LabelFlags) -> None:
    """Raise UsageError for what is said of a file of labels, where they are a column of the predictions."""
    given = {"--column": labels.column, "--label-columns": labels.label_columns, "--item": labels.item}
    flag = next((flag for flag, value in given.items() if value is not None), None)
    if flag is not None:
        message = f"{flag} is of a file of labels, and here they are a column of the predictions"
        hint = "pass --label-column" if flag == "--column" else "name a file of labels too"
        raise UsageError(message, hint)
