"""What the user asks for, checked before any file is opened. Loads no numpy."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from lsmooth.errors import UsageError, check_choice, shown
from lsmooth.files import STANDARD, Format, format_of
from lsmooth.labels import LABEL_KINDS, LabelChoice, LabelKind, check_given_names
from lsmooth.smoothing import PER_LABEL, RULES, Rule
from lsmooth.smoothing.epsilon import check_epsilon

PredictionChoice = Literal["auto", "logits", "probs", "logprobs"]
Weighting = Literal["class", "target", "row"]
Denominator = Literal["valid", "all", "weights"]
Reduction = Literal["mean", "sum", "none"]
IgnoredRows = Literal["zero", "nan", "drop"]
Dtype = Literal["float16", "float32", "float64"]


def is_name(reference: str) -> bool:
    """Whether a reference to columns, `A:B` or `A,B`, cannot be by number, so that there must be a header."""
    return not all(part.strip().isdigit() for piece in reference.split(",") for part in piece.split(":"))


@dataclass(frozen=True)
class LabelFlags:
    """What the user says about the labels; everything else is told from the data."""

    paths: tuple[str, ...] = (STANDARD,)
    format: str | None = None
    kind: LabelChoice = "auto"
    classes: int | None = None
    names: tuple[str, ...] | str | None = None
    ignore: tuple[str, ...] = ()
    header: bool | None = None
    column: str | None = None
    label_columns: str | None = None
    keep: tuple[str, ...] = ()

    def references(self) -> list[str]:
        """The columns that flags refer to."""
        given = [self.column, self.label_columns, *self.keep]
        return [reference for reference in given if reference is not None]

    @property
    def count(self) -> int | None:
        """K where a flag says it."""
        return len(self.names) if isinstance(self.names, tuple) else self.classes

    @property
    def name_list(self) -> tuple[str, ...] | None:
        """The names, once a file of them has been read."""
        assert not isinstance(self.names, str)
        return self.names

    def check(self) -> None:
        """Raise UsageError for what is wrong on its own."""
        if not self.paths:
            raise UsageError("no input is named", "name a file, or - for standard input")
        for path in self.paths:
            if path != STANDARD:
                format_of(path, "--from", self.format)
        if self.paths.count(STANDARD) > 1:
            raise UsageError("standard input is named twice", "pass `-` once")
        check_choice("--labels", self.kind, ("auto", *LABEL_KINDS))
        if isinstance(self.names, tuple):
            check_given_names(self.names)
            if self.classes not in (None, len(self.names)):
                message = f"--classes is {self.classes}, --names holds {len(self.names)}"
                raise UsageError(message, "pass one of them")
        if self.count is not None and self.count < 1:
            raise UsageError(f"--classes is {self.count}, wanted at least 1", "pass the number of classes")
        check_given_names(self.keep, "--keep")
        check_given_names((self.label_columns or "all").split(","), "--label-columns")
        named = [reference for reference in self.references() if is_name(reference)]
        if self.header is False and named:
            message = f"--no-header says that no column has a name, and {shown(named[0])} is one"
            raise UsageError(message, "pass --header, or give columns by number, from 1")
        if self.column is not None and self.label_columns is not None:
            raise UsageError("--column and --label-columns exclude each other", "pass one of them")


@dataclass(frozen=True)
class RecipeFlags:
    """How labels are to be smoothed, before the classes are known."""

    epsilon: float
    rule: Rule | None = None
    prior: Mapping[str, float] | Sequence[float] | str | os.PathLike[str] | None = None
    exclude: tuple[str, ...] = ()

    @property
    def counts_labels(self) -> bool:
        """Whether the prior is to be counted in the labels."""
        return isinstance(self.prior, str) and self.prior == "labels"

    def rule_for(self, kind: LabelKind) -> Rule:
        """Return the rule that labels of a kind get."""
        if self.rule is None:
            if kind == "multilabel" and self.prior is not None:
                message = "--prior spreads one unit of mass, and multilabel rows have none"
                raise UsageError(message, "pass --spread all if that is meant")
            return "half" if kind == "multilabel" else "all"
        if self.rule == "others" and kind == "multilabel":
            raise UsageError(
                "--spread others does not go with --labels multilabel: no single class is the true one",
                "pass --spread half, flip or all",
            )
        return self.rule

    def check(self, labels: LabelFlags) -> None:
        """Raise UsageError for what is wrong before the labels are read."""
        check_epsilon(self.epsilon)
        check_given_names(self.exclude, "--exclude")
        if self.rule is not None:
            check_choice("--spread", self.rule, RULES)
        if self.rule == "others" and labels.count == 1:
            raise UsageError(
                "--spread others needs at least 2 classes, --classes says 1",
                "pass --spread all, or --classes 2",
            )
        if self.prior is not None and self.rule in PER_LABEL:
            message = f"--prior does not go with --spread {self.rule}, which spreads to each label on its own"
            raise UsageError(message, "pass --spread all or --spread others")
        if labels.kind == "multilabel":
            self.rule_for("multilabel")


@dataclass(frozen=True)
class WriteFlags:
    """Where targets go, and in which form."""

    output: str = STANDARD
    given_format: str | None = None
    given_dtype: str | None = None
    precision: int | None = None
    ignored: IgnoredRows = "zero"
    names_out: str | None = None
    force: bool = False
    dry: bool = False

    @property
    def format(self) -> Format:
        """The format, by the flag or the suffix; standard output is CSV."""
        given = self.given_format or ("csv" if self.output == STANDARD else None)
        return format_of(self.output, "--to", given)

    @property
    def dtype(self) -> str:
        """The precision of the values."""
        return self.given_dtype or ("float32" if self.format == "npy" else "float64")

    def check(self, labels: LabelFlags) -> None:
        """Raise UsageError for what is wrong on its own."""
        if self.names_out is not None and Path(self.names_out).resolve() == Path(self.output).resolve():
            raise UsageError("--output and --names-out are the same file", "name two files")
        check_choice("--dtype", self.dtype, get_args(Dtype))
        check_choice("--ignored", self.ignored, get_args(IgnoredRows))
        if self.precision is not None and not 1 <= self.precision <= 17:
            raise UsageError(f"--precision is {self.precision}, wanted 1-17 significant digits", "pass 6")
        if self.format == "npy" and self.precision is not None:
            raise UsageError("--precision is for text, NPY holds whole values", "pass --dtype, or --to csv")
        if self.format == "npy" and labels.keep:
            raise UsageError("--keep copies columns to text, NPY has none", "pass --to csv, or drop --keep")


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
    sweep: bool = False
    weights: Mapping[str, float] | Sequence[float] | str | os.PathLike[str] | None = None
    weighting: Weighting = "class"
    denominator: Denominator = "valid"
    reduction: Reduction = "mean"
    clip: float | None = None
    minus_entropy: bool = False
    report: bool = False

    @property
    def needs_floor(self) -> bool:
        """Whether the floor is to be taken, which can cost an entropy a row."""
        return (self.report or self.sweep or self.minus_entropy) and self.reduction != "none"

    def check(self, writing: WriteFlags) -> None:
        """Raise UsageError for what is wrong on its own."""
        if writing.output != STANDARD and self.reduction != "none":
            message = "--output is for --reduction none, one loss a row; the loss itself goes to stdout"
            raise UsageError(message, "pass --reduction none, or > FILE")
        for epsilon in self.epsilons or ():
            check_epsilon(epsilon)
        check_choice("--weighting", self.weighting, get_args(Weighting))
        check_choice("--denominator", self.denominator, get_args(Denominator))
        check_choice("--reduction", self.reduction, get_args(Reduction))
        if self.weights is None and self.weighting != "class":
            raise UsageError(
                f"--weighting {self.weighting} needs --weights", "pass --weights with class weights"
            )
        if self.denominator != "valid" and self.reduction != "mean":
            message = f"--denominator is of a mean, and --reduction is {self.reduction}"
            raise UsageError(message, "drop one of them")
        if self.clip is not None and not 0 < self.clip < 0.5:
            raise UsageError(f"--clip is {self.clip:g}, wanted a number between 0 and 0.5", "pass 1e-7")
        if self.sweep and self.reduction == "none":
            raise UsageError(
                "--reduction none writes one loss a row, and --epsilon is a sweep", "pass one epsilon"
            )
        if self.report and (self.sweep or self.reduction == "none"):
            other = "--epsilon with a sweep" if self.sweep else "--reduction none"
            raise UsageError(f"--report does not go with {other}", "drop one of them")


def check_usage(labels: LabelFlags, recipe: RecipeFlags, writing: WriteFlags) -> None:
    """Raise UsageError for what is wrong before any file is opened."""
    labels.check()
    recipe.check(labels)
    writing.check(labels)


def check_loss_usage(
    predictions: PredictionFlags,
    labels: LabelFlags,
    recipe: RecipeFlags,
    wanted: LossFlags,
    writing: WriteFlags,
    *,
    apart: bool,
) -> None:
    """Raise UsageError for what is wrong before any file is opened."""
    predictions.check(labels if apart else None)
    labels.check()
    recipe.check(labels)
    wanted.check(writing)
    writing.check(labels)
