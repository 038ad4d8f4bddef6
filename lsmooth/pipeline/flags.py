"""What the user asks for, checked before any file is opened. Loads no numpy."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from lsmooth.errors import LsmoothError, UsageError, check_choice, shown
from lsmooth.files import (
    BINARY,
    DELIMITERS,
    LAYOUTS,
    SHARD,
    STANDARD,
    STEM,
    Format,
    StrPath,
    format_of,
    is_position,
)
from lsmooth.labels import LABEL_KINDS, SOFT, LabelChoice, check_given_names
from lsmooth.pipeline.amounts import RecipeFlags
from lsmooth.pipeline.like import check_like
from lsmooth.pipeline.scheduler import Scheduler, Workers
from lsmooth.pipeline.stems import check_stems, real_path
from lsmooth.smoothing import PER_LABEL, Rule

IgnoredRows = Literal["zero", "nan", "drop"]
TargetLayout = Literal["wide", "long"]
Dtype = Literal["float16", "float32", "float64"]


def is_name(reference: str) -> bool:
    """Whether a reference to columns, `A:B` or `A,B`, cannot be by number, so that there must be a header."""
    return not all(is_position(part) for piece in reference.split(",") for part in piece.split(":"))


def given_names(names: Sequence[str] | StrPath | None) -> tuple[str, ...] | str | None:
    """Return class names, or the path of a file of them, as the flags have them."""
    if names is None:
        return None
    return os.fspath(names) if isinstance(names, str | os.PathLike) else tuple(names)


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
    beside: tuple[str, ...] = ()
    item: str | None = None
    pseudocount: float | None = None

    @property
    def are_text(self) -> bool:
        """Whether the files are text, as far as their names tell."""
        named = (path for path in self.paths if path != STANDARD)
        return all(format_of(path, "--from", self.format) in DELIMITERS for path in named)

    def references(self) -> list[str]:
        """The columns that flags refer to; those in `beside` hold ε or what it depends on."""
        given = [self.column, self.label_columns, *self.keep, *self.beside, self.item]
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
        self._check_votes()
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

    def _check_votes(self) -> None:
        if self.item is not None and self.kind not in ("auto", "votes"):
            raise UsageError(f"--item counts votes, and --labels is {self.kind}", "drop --labels")
        if self.item is not None and (self.label_columns is not None or self.beside):
            other = (
                "--label-columns" if self.label_columns is not None else "--epsilon-column or --epsilon-by"
            )
            raise UsageError(f"--item does not go with {other}", "drop one of them")
        if self.pseudocount is None:
            return
        if self.kind != "votes" and self.item is None:
            raise UsageError("--pseudocount needs --labels votes or --item", "pass --labels votes")
        if not 0 <= self.pseudocount < float("inf"):
            raise UsageError(
                f"--pseudocount is {self.pseudocount:g}, wanted a number of at least 0", "pass 1"
            )


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
    matrix_out: str | None = None
    layout: TargetLayout = "wide"
    min_weight: float | None = None
    skip: bool = False

    @property
    def format(self) -> Format:
        """The format, by the flag or the suffix; standard output is CSV."""
        given = self.given_format or ("csv" if self.output == STANDARD else None)
        return format_of(self.output, "--to", given)

    @property
    def is_text(self) -> bool:
        """Whether the format is text."""
        return self.format in DELIMITERS

    @property
    def dtype(self) -> str:
        """The precision of the values."""
        return self.given_dtype or ("float64" if self.is_text else "float32")

    @property
    def beside(self) -> dict[str, str]:
        """The files beside the targets, by their flags."""
        given = {"--names-out": self.names_out, "--matrix-out": self.matrix_out}
        return {flag: path for flag, path in given.items() if path is not None}

    def check(self, labels: LabelFlags) -> None:
        """Raise UsageError for what is wrong on its own."""
        seen: dict[str, str] = {}
        for flag, path in {"--output": self.output, **self.beside}.items():
            if path == STANDARD:
                continue
            real = real_path(path)
            if real in seen:
                raise UsageError(f"{seen[real]} and {flag} are the same file", "name two files")
            seen[real] = flag
        self._check_beside_shards()
        check_choice("--dtype", self.dtype, get_args(Dtype))
        check_choice("--ignored", self.ignored, get_args(IgnoredRows))
        if self.precision is not None and not 1 <= self.precision <= 17:
            raise UsageError(f"--precision is {self.precision}, wanted 1-17 significant digits", "pass 6")
        self._check_layout(labels)
        if self.is_text:
            return
        name = BINARY[self.format]
        if self.precision is not None:
            message = f"--precision is for text, {name} holds whole values"
            raise UsageError(message, "pass --dtype, or --to csv")
        if labels.keep:
            message = f"--keep copies columns to text, and the output is {name}"
            raise UsageError(message, "pass --to csv, or drop --keep")

    def _check_beside_shards(self) -> None:
        shards = re.escape(real_path(self.output)).replace(re.escape(SHARD), r"\d+")
        for flag, path in self.beside.items():
            if SHARD in path:
                raise UsageError(f"{flag} is one file, and has {SHARD} in it", "give it one name")
            if SHARD in self.output and re.fullmatch(shards, real_path(path)):
                raise UsageError(f"{flag} may be one of the files of --output", "give it another name")

    def _check_layout(self, labels: LabelFlags) -> None:
        check_choice("--layout", self.layout, LAYOUTS)
        if self.format not in LAYOUTS[self.layout]:
            message = f"--layout long has a line for each weight, and {BINARY[self.format]} has a row a label"
            raise UsageError(message, "pass --to csv, or -o with a .csv, .tsv or .parquet file")
        if self.layout == "long" and labels.keep:
            message = "--keep copies columns through, and --layout long has row, class and weight"
            raise UsageError(message, "drop --keep: `row` is the row of the input, from 0")
        if self.layout == "long" and self.ignored == "nan":
            message = "--ignored is nan, and --layout long has no lines of rows that are ignored"
            raise UsageError(message, "drop --ignored")
        if self.min_weight is None:
            return
        if self.layout != "long":
            raise UsageError("--min-weight needs --layout long", "pass --layout long")
        if not 0 <= self.min_weight < 1:
            message = f"--min-weight is {self.min_weight:g}, wanted a number of at least 0 and below 1"
            raise UsageError(message, "pass --min-weight 0.001")

    def check_tail(self, rule: Rule | None, kind: LabelChoice, *, told: bool = False) -> None:
        """Raise where a tail is dropped of rows whose weights share no mass; `told` by the data."""
        if self.min_weight is None or (rule not in PER_LABEL and kind != "multilabel"):
            return
        what = f"--spread {rule}" if rule in PER_LABEL else f"--labels {kind}"
        message = f"--min-weight gives mass back within a row, and with {what} each label is on its own"
        raise (LsmoothError if told else UsageError)(message, "drop --min-weight")


def check_usage(
    labels: LabelFlags,
    recipe: RecipeFlags,
    writing: WriteFlags,
    workers: Workers = None,
    *,
    epochs: bool = False,
    many: bool = False,
) -> None:
    """Raise UsageError for what is wrong before any file is opened.

    Args:
        labels: what is said about the labels.
        recipe: how they are smoothed.
        writing: where targets go.
        workers: who is to do the work.
        epochs: a file an epoch is wanted.
        many: a file an input is wanted, where the output has a `{stem}`.
    """
    if epochs != ("{epoch}" in writing.output):
        found = "--epoch all" if epochs else "{epoch} in --output"
        other = "{epoch} in --output" if epochs else "--epoch all/TOTAL"
        raise UsageError(f"{found} needs {other}", "pass -o soft-{epoch}.npy --epoch all/10")
    if STEM in writing.output and not many:
        message = f"{STEM} in the output is for one output an input, here is one for all"
        raise UsageError(message, "smooth each file by itself, with the classes given")
    if writing.skip and STEM not in writing.output:
        raise UsageError(f"--skip-existing needs {STEM} in --output", "pass -o 'soft/{stem}.npy'")
    if writing.matrix_out is not None and labels.item is not None:
        raise UsageError("--matrix-out is of a recipe by class, and --item has votes", "drop one of them")
    if writing.matrix_out is not None and (recipe.epsilon.by_row or labels.kind in SOFT):
        rule = recipe.epsilon.row_flag() or f"--labels {labels.kind}"
        raise UsageError(f"--matrix-out is of a recipe by class, and {rule} goes by row", "drop one of them")
    read = (
        recipe.epsilon.adaptive,
        recipe.epsilon.conditional,
        recipe.weights.confusion,
        recipe.weights.online,
    )
    if recipe.predictions != "auto" and not any(read):
        message = f"--as {recipe.predictions} is of predictions, and no flag names any"
        raise UsageError(message, "drop it, or pass --adaptive PRED")
    check_like(recipe)
    labels.check()
    recipe.check(labels.kind, labels.count)
    writing.check(labels)
    writing.check_tail(recipe.rule, labels.kind)
    if many:
        check_stems(labels, recipe, writing)
    if isinstance(workers, Scheduler):
        workers.check_targets(labels, recipe, writing)
    elif SHARD in writing.output:
        raise UsageError(f"{SHARD} in --output needs --scheduler", "pass -o soft.npy, or name a scheduler")
