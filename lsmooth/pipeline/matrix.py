"""The matrix S of a class-level recipe, so that a training loop can say `targets = S[y]`."""

from __future__ import annotations

from contextlib import ExitStack

import numpy as np

from lsmooth.errors import UsageError
from lsmooth.files import COLUMNAR, DELIMITERS, format_of
from lsmooth.files.delimited import TextEncoder, TextWriter
from lsmooth.files.npy import as_bytes
from lsmooth.files.sink import Sink, commit_all, identity
from lsmooth.files.writers import ArrayWriter, array_writer
from lsmooth.labels.classes import Classes
from lsmooth.pipeline.amounts import RecipeFlags
from lsmooth.pipeline.engine import block_rows
from lsmooth.pipeline.flags import LabelFlags, WriteFlags
from lsmooth.pipeline.learn import Learnt
from lsmooth.pipeline.like import settled
from lsmooth.pipeline.recipes import Choice, with_names
from lsmooth.pipeline.results import Summary
from lsmooth.smoothing.epsilon import DEFAULT_EPSILON
from lsmooth.smoothing.targets import Recipe


def write_matrix(sink: Sink, recipe: Recipe, classes: Classes, writing: WriteFlags) -> None:
    """Write S, (K, K): row c is the target of class c; the rows of excluded classes are 0."""
    assert writing.matrix_out is not None
    kind = format_of(writing.matrix_out, "--matrix-out")
    dtype = np.dtype(writing.given_dtype or ("float64" if kind in DELIMITERS else "float32"))
    text = None
    if kind not in DELIMITERS:
        names = classes.headings() if kind in COLUMNAR else []
        writer: ArrayWriter | TextWriter = array_writer(
            kind, sink, dtype, names, (classes.count,), classes.count
        )
    else:
        text = TextEncoder(DELIMITERS[kind], dtype, writing.precision)
        writer = TextWriter(sink, text, None if classes.names is None else classes.headings())
    rows = block_rows(classes.count, 8)
    for start in range(0, classes.count, rows):
        labels = np.arange(start, min(start + rows, classes.count))
        targets = np.zeros((len(labels), classes.count))
        shown = ~np.isin(labels, recipe.spread.excluded)
        targets[shown] = recipe.smooth_labels(labels[shown])
        if text is None:
            writer.write(as_bytes(targets.astype(dtype)), len(labels))
        else:
            writer.write(text.block(targets), len(labels))
    writer.finish()


def names_text(classes: Classes) -> str:
    """Return the class order, one name a line, as `--names` reads it."""
    lines = TextEncoder(",", np.dtype(np.float64))
    names = classes.names or tuple(map(str, range(classes.count)))
    return "".join(f"{lines.row([name])}\n" for name in names)


def write_matrix_alone(labels: LabelFlags, recipe: RecipeFlags, writing: WriteFlags) -> Summary:
    """Write S without reading any labels."""
    given = labels.names
    labels, recipe = settled(with_names(labels), recipe)
    if labels.count is None:
        message = "--matrix-out without a file of labels needs the classes"
        raise UsageError(message, "pass --classes K or --names, or name a file")
    needs = ["--layout long"] if writing.layout == "long" else []
    needs += ["--item"] if labels.item is not None else []
    needs += [flag for flag in ("--adaptive",) if flag in recipe.epsilon.rules()]
    needs += [flag for flag in recipe.weights.sources() if flag in ("--confusion", "--online")]
    needs += ["--prior labels"] if recipe.weights.counts_labels else []
    if needs:
        message = f"{needs[0]} looks at labels, and --matrix-out alone reads none"
        raise UsageError(message, "name a file of labels")
    classes = Classes(labels.count, labels.name_list)
    learnt = Learnt(classes, None, 0, np.zeros(0))
    rule = recipe.rule_for("index")
    chosen = Choice(recipe, learnt, None, ExitStack(), None).choose(rule, DEFAULT_EPSILON)
    assert writing.matrix_out is not None
    named = [given, *recipe.files()]
    inputs = [found for path in named if (found := identity(path)) is not None]
    paths = [path for path in (writing.matrix_out, writing.names_out) if path is not None]
    with ExitStack() as stack:
        sinks = [Sink(path, force=writing.force, dry=writing.dry, inputs=inputs) for path in paths]
        sink, *others = [stack.enter_context(each) for each in sinks]
        write_matrix(sink, chosen.recipe, classes, writing)
        for other in others:
            other.write(names_text(classes).encode())
        commit_all([sink, *others])
        epsilons = np.asarray(chosen.recipe.epsilon)
        return Summary(
            output=sink.name,
            size=sink.size,
            rows=classes.count,
            ignored=0,
            classes=classes.count,
            names=classes.names,
            epsilon=chosen.recipe.constant,
            epsilons=None if chosen.recipe.constant is not None else tuple(epsilons.tolist()),
            spread=rule,
            kind="index",
            column=None,
            header=False,
            found=False,
            rounded=0,
            warnings=tuple(chosen.recipe.warnings()),
            dry=writing.dry,
            free=sink.free() if writing.dry else None,
            notes=chosen.notes,
        )
