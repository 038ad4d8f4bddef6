"""smooth_file: label files in, one file of soft targets out."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import compress

import numpy as np

from lsmooth.errors import LsmoothError
from lsmooth.files import DELIMITERS, STANDARD, StrPath
from lsmooth.files.delimited import TextEncoder, TextWriter
from lsmooth.files.npy import NpyWriter
from lsmooth.files.sink import Sink, commit_all, identity
from lsmooth.files.streams import Bytes
from lsmooth.labels import LabelChoice, LabelKind
from lsmooth.pipeline.blocks import ArrayEncoder, Encoder, LineEncoder
from lsmooth.pipeline.engine import InlineExecutor, block_rows, in_order
from lsmooth.pipeline.flags import IgnoredRows, LabelFlags, RecipeFlags, WriteFlags, check_usage
from lsmooth.pipeline.inputs import Inputs, Progress
from lsmooth.pipeline.learn import Learnt, learn_labels
from lsmooth.pipeline.reading import Chunk, kept_cells, read_labels
from lsmooth.pipeline.recipes import spread_of, with_names
from lsmooth.smoothing import Rule
from lsmooth.smoothing.epsilon import DEFAULT_EPSILON, check_epsilon
from lsmooth.smoothing.targets import Recipe
from lsmooth.tiles import tile_rows


@dataclass(frozen=True)
class Summary:
    """What `smooth_file` read and wrote.

    Attributes:
        output: the path, or `-` for standard output.
        size: bytes written (or, for a dry run, that would be).
        rows: rows written.
        ignored: rows that were ignored.
        classes: K.
        names: the class names in order, or None.
        epsilon: ε.
        spread: the rule.
        kind: what the labels were read as.
        column: the label column where it was picked by name, or None.
        header: whether the input has a header.
        found: whether the classes were found in the data and not given.
        rounded: soft rows that sum to 1 only within the decimals that they are written with.
        warnings: what is legal but seldom meant.
        dry: whether nothing was written.
        free: for a dry run, the bytes free where the output would be; else None.
    """

    output: str
    size: int
    rows: int
    ignored: int
    classes: int
    names: tuple[str, ...] | None
    epsilon: float
    spread: str
    kind: LabelKind
    column: str | None
    header: bool
    found: bool
    rounded: int
    warnings: tuple[str, ...]
    dry: bool
    free: int | None


def smooth_file(
    inputs: StrPath | Sequence[StrPath],
    output: StrPath = STANDARD,
    *,
    epsilon: float = DEFAULT_EPSILON,
    spread: Rule | None = None,
    prior: Mapping[str, float] | Sequence[float] | StrPath | None = None,
    exclude: Sequence[str | int] = (),
    labels: LabelChoice = "auto",
    classes: int | None = None,
    names: Sequence[str] | StrPath | None = None,
    ignore: Sequence[str | int] = (),
    ignored: IgnoredRows = "zero",
    column: str | int | None = None,
    label_columns: str | None = None,
    keep: Sequence[str | int] = (),
    header: bool | None = None,
    input_format: str | None = None,
    output_format: str | None = None,
    dtype: str | None = None,
    precision: int | None = None,
    names_out: StrPath | None = None,
    force: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Turn label files into one file of soft targets, in blocks, in constant memory.

    The output is written whole or not at all. For N labels of K classes it has N rows of K values in
    [0, 1]; rows sum to 1 but for ignored rows, multilabel rows, and the rules `half` and `flip`.

    Args:
        inputs: one path or several (read as one, in order); `-` is standard input.
        output: a path, or `-` for standard output; its suffix says the format.
        epsilon: ε in [0, 1], the share of the mass that is spread.
        spread: `all`, `others`, `half` or `flip`; None is `half` for multilabel rows, else `all`.
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
        keep: columns copied through to text output.
        header: whether row 1 holds column names; None tells from the data.
        input_format: `csv`, `tsv` or `npy` for inputs, whatever their suffix.
        output_format: the same for the output.
        dtype: `float16`, `float32` or `float64`; None is float32 for NPY and float64 for text.
        precision: significant digits of text; None writes the shortest text that reads back the same.
        names_out: where the class order is written, one name a line.
        force: replace files that exist.
        dry_run: read and check all, write nothing.
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
        names=None if names is None else _names_or_path(names),
        ignore=tuple(map(str, ignore)),
        header=header,
        column=None if column is None else str(column),
        label_columns=label_columns,
        keep=tuple(map(str, keep)),
    )
    recipe = RecipeFlags(epsilon, spread, prior, tuple(map(str, exclude)))
    names_path = None if names_out is None else os.fspath(names_out)
    output = os.fspath(output)
    writing = WriteFlags(output, output_format, dtype, precision, ignored, names_path, force, dry_run)
    return write_targets(label_flags, recipe, writing, progress)


def _names_or_path(names: Sequence[str] | StrPath) -> tuple[str, ...] | str:
    return os.fspath(names) if isinstance(names, str | os.PathLike) else tuple(names)


def write_targets(
    labels: LabelFlags, recipe: RecipeFlags, writing: WriteFlags, progress: Progress | None = None
) -> Summary:
    """Do what `smooth_file` does, by its flags."""
    check_usage(labels, recipe, writing)
    given_names, labels = labels.names, with_names(labels)
    with ExitStack() as stack:
        source = Inputs.open(labels, stack)
        rule = recipe.rule_for(source.layout.kind)
        sinks = _sinks(source, writing, [given_names, recipe.prior])
        learnt = _learn_if_needed(source, recipe, writing, sinks[0], progress)
        chosen = Recipe(check_epsilon(recipe.epsilon), spread_of(recipe, rule, learnt))
        return _apply(source, learnt, chosen, writing, [stack.enter_context(s) for s in sinks], progress)


def _sinks(inputs: Inputs, writing: WriteFlags, flag_files: Sequence[object]) -> list[Sink]:
    """Return the outputs, checked and not yet opened: the targets, then the names where asked for."""
    paths = [writing.output] if writing.names_out is None else [writing.output, writing.names_out]
    identities = [source.identity for source in inputs.sources if source.identity is not None]
    identities += [found for path in flag_files if (found := identity(path)) is not None]
    sinks = [Sink(path, force=writing.force, dry=writing.dry, inputs=identities) for path in paths]
    sinks[0].refuse_terminal(writing.format)
    return sinks


def _learn_if_needed(
    inputs: Inputs, flags: RecipeFlags, writing: WriteFlags, sink: Sink, progress: Progress | None
) -> Learnt:
    classes = inputs.layout.classes
    if classes is None:
        flag = "--names" if inputs.layout.kind == "name" else "--classes K"
        inputs.need_again("the classes", f"pass {flag}")
    elif flags.counts_labels:
        inputs.need_again("the prior", "pass --prior with values, or a file")
    elif writing.format == "npy" and not sink.seekable and (inputs.rows is None or writing.ignored == "drop"):
        inputs.need_again("the number of rows in the NPY header", "pass --to csv, or -o with an .npy file")
    else:
        return Learnt(classes, inputs.rows, 0, np.zeros(0))
    return learn_labels(inputs, progress)


def _apply(
    inputs: Inputs,
    learnt: Learnt,
    recipe: Recipe,
    writing: WriteFlags,
    sinks: list[Sink],
    progress: Progress | None,
) -> Summary:
    layout, dtype = inputs.layout, np.dtype(writing.dtype)
    tile, rows = tile_rows(recipe.classes), block_rows(recipe.classes, max(4, dtype.itemsize))
    encoder, writer = _writer(inputs, learnt, recipe, writing, sinks[0], rows)
    counts = {"ignored": 0, "rounded": 0, "rows": 0}

    def encode(chunk: Chunk) -> tuple[int, Bytes]:
        labels = read_labels(chunk, layout, learnt.classes, inputs.ignore, recipe.spread.excluded)
        counts["rounded"] += labels.rounded
        counts["ignored"] += labels.ignored
        keep = kept_cells(chunk, layout)
        if writing.ignored == "drop" and labels.hidden is not None:
            keep = keep and list(compress(keep, ~labels.hidden))
            labels = labels.without_ignored()
        return encoder.encode(labels, keep)

    for written, data in in_order(encode, inputs.chunks(tile, rows, "writing", progress), InlineExecutor()):
        writer.write(data, written)
        counts["rows"] += written
    writer.finish()
    if len(sinks) > 1:
        names = learnt.classes.names or tuple(map(str, range(learnt.classes.count)))
        lines = TextEncoder(",", dtype)
        sinks[1].write("".join(f"{lines.row([name])}\n" for name in names).encode())
    commit_all(sinks)
    column = layout.header[layout.columns[0]] if layout.header and len(layout.columns) == 1 else None
    return Summary(
        output=sinks[0].name,
        size=sinks[0].size,
        rows=counts["rows"],
        ignored=counts["ignored"],
        classes=recipe.classes,
        names=learnt.classes.names,
        epsilon=recipe.epsilon,
        spread=recipe.spread.rule,
        kind=layout.kind,
        column=column,
        header=layout.header is not None,
        found=layout.classes is None,
        rounded=counts["rounded"],
        warnings=tuple(learnt.warnings() if layout.classes is None else []) + tuple(recipe.warnings()),
        dry=writing.dry,
        free=sinks[0].free() if writing.dry else None,
    )


def _writer(
    inputs: Inputs, learnt: Learnt, recipe: Recipe, writing: WriteFlags, sink: Sink, rows: int
) -> tuple[Encoder, NpyWriter | TextWriter]:
    layout, dtype = inputs.layout, np.dtype(writing.dtype)
    fill = 0.0 if writing.ignored == "zero" else float("nan")
    inner = inputs.inner_shape
    if inner and (writing.format != "npy" or writing.ignored == "drop"):
        what = "--ignored drop" if writing.format == "npy" else writing.format
        raise LsmoothError(
            f"the targets have {len(inner) + 2} axes, and {what} cannot hold them", "pass --to npy"
        )
    if writing.format == "npy":
        count = learnt.written(writing.ignored)
        encoder = ArrayEncoder(recipe, dtype, rows, fill)
        return encoder, NpyWriter(sink, dtype, (*inner, recipe.classes), count, math.prod(inner))
    text = TextEncoder(DELIMITERS[writing.format], dtype, writing.precision)
    header = None
    if layout.header is not None or learnt.classes.names is not None:
        header = [*layout.keep_names, *learnt.classes.headings()]
    return LineEncoder(recipe, text, fill), TextWriter(sink, text, header)
