"""What the user asks for, checked before any file is opened. Loads no numpy."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from lsmooth.errors import UsageError, shown
from lsmooth.files import STANDARD, Format, format_of
from lsmooth.labels import LABEL_KINDS, LabelChoice, LabelKind
from lsmooth.smoothing import PER_LABEL, RULES, Rule
from lsmooth.smoothing.epsilon import check_epsilon

IgnoredRows = Literal["zero", "nan", "drop"]
Dtype = Literal["float16", "float32", "float64"]


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
        for path in self.paths:
            if path != STANDARD:
                format_of(path, "--from", self.format)
        if self.paths.count(STANDARD) > 1:
            raise UsageError("standard input is named twice", "pass `-` once")
        _check_choice("--labels", self.kind, ("auto", *LABEL_KINDS))
        if isinstance(self.names, tuple):
            self._check_names(self.names)
        if self.count is not None and self.count < 1:
            raise UsageError(f"--classes is {self.count}, wanted at least 1", "pass the number of classes")
        if self.column is not None and self.label_columns is not None:
            raise UsageError("--column and --label-columns exclude each other", "pass one of them")

    def _check_names(self, names: tuple[str, ...]) -> None:
        doubles = [name for position, name in enumerate(names) if name in names[:position]]
        if doubles:
            raise UsageError(f"--names holds {shown(doubles[0])} twice", "give each class one name")
        if "" in names:
            raise UsageError("--names holds an empty name", "give each class a name")
        if self.classes not in (None, len(names)):
            raise UsageError(f"--classes is {self.classes}, --names holds {len(names)}", "pass one of them")


@dataclass(frozen=True)
class RecipeFlags:
    """How labels are to be smoothed, before the classes are known."""

    epsilon: float
    rule: Rule | None = None
    prior: Mapping[str, float] | Sequence[float] | str | os.PathLike[str] | None = None
    exclude: tuple[str, ...] = ()

    def rule_for(self, kind: LabelKind) -> Rule:
        """Return the rule that labels of a kind get."""
        if self.rule is None:
            return "half" if kind == "multilabel" and self.prior is None else "all"
        if self.rule == "others" and kind == "multilabel":
            raise UsageError(
                "--spread others does not go with --labels multilabel: no single class is the true one",
                "pass --spread half, flip or all",
            )
        return self.rule

    def check(self, labels: LabelFlags) -> None:
        """Raise UsageError for what is wrong before the labels are read."""
        check_epsilon(self.epsilon)
        if self.rule is not None:
            _check_choice("--spread", self.rule, RULES)
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
        _check_choice("--dtype", self.dtype, get_args(Dtype))
        _check_choice("--ignored", self.ignored, get_args(IgnoredRows))
        if self.precision is not None and not 1 <= self.precision <= 17:
            raise UsageError(f"--precision is {self.precision}, wanted 1-17 significant digits")
        if self.format == "npy" and self.precision is not None:
            raise UsageError("--precision is for text, NPY holds whole values", "pass --dtype, or --to csv")
        if self.format == "npy" and labels.keep:
            raise UsageError("--keep copies columns to text, NPY has none", "pass --to csv, or drop --keep")


def _check_choice(flag: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise UsageError(f"{flag} is {shown(value)}", f"pass one of {', '.join(choices)}")


def check_usage(labels: LabelFlags, recipe: RecipeFlags, writing: WriteFlags) -> None:
    """Raise UsageError for what is wrong before any file is opened."""
    labels.check()
    recipe.check(labels)
    writing.check(labels)
