"""smooth_file: label files in, one file of soft targets out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

import numpy as np

from lsmooth.errors import LsmoothError
from lsmooth.files.shared import SharedSink
from lsmooth.files.sink import Sink, commit_all, identity
from lsmooth.labels import HARD, LabelKind
from lsmooth.pipeline.amounts import RecipeFlags
from lsmooth.pipeline.engine import block_rows, text_workers
from lsmooth.pipeline.flags import (
    LabelFlags,
    WriteFlags,
    check_usage,
)
from lsmooth.pipeline.forms import Form
from lsmooth.pipeline.inputs import Inputs, Progress
from lsmooth.pipeline.items import Items
from lsmooth.pipeline.learn import Learnt, learn_classes, learn_labels
from lsmooth.pipeline.like import settled
from lsmooth.pipeline.matrix import names_text, write_matrix
from lsmooth.pipeline.reading import Layout
from lsmooth.pipeline.recipes import Choice, Chosen, with_names
from lsmooth.pipeline.results import Summary
from lsmooth.pipeline.scheduler import Scheduler, Workers
from lsmooth.pipeline.target_pass import TargetPass
from lsmooth.smoothing import Rule
from lsmooth.smoothing.epsilon import DEFAULT_EPSILON
from lsmooth.tiles import tile_rows


def write_targets(
    labels: LabelFlags,
    recipe: RecipeFlags,
    writing: WriteFlags,
    progress: Progress | None = None,
    workers: Workers = None,
) -> Summary:
    """Do what `smooth_file` does, by its flags."""
    labels = replace(labels, beside=tuple(recipe.epsilon.references()))
    check_usage(labels, recipe, writing, workers)
    given_names = labels.names
    labels, recipe = settled(with_names(labels), recipe)
    with ExitStack() as stack:
        source = Inputs.open(labels, stack)
        rule = fitting_rule(source.layout, labels, recipe, writing)
        kind_of_sink = SharedSink if isinstance(workers, Scheduler) else Sink
        sinks = _sinks(source, writing, [given_names, *recipe.files()], kind_of_sink)
        found = source.layout.classes is None
        if labels.item is not None:
            source = Items(source, learn_classes(source, progress))
        learnt = learn_if_needed(source, recipe, writing, sinks[0], progress)
        chosen = Choice(recipe, learnt, source, stack, progress).choose(rule, DEFAULT_EPSILON)
        opened = [stack.enter_context(sink) for sink in sinks]
        return write_outputs(source, learnt, chosen, writing, opened, progress, workers, found=found)


def fitting_rule(layout: Layout, labels: LabelFlags, recipe: RecipeFlags, writing: WriteFlags) -> Rule:
    """Return the rule that labels of a layout get; raise LsmoothError for what does not go with them."""
    kind: LabelKind = layout.kind if labels.item is None else "votes"
    rule = recipe.rule_for(kind)
    recipe.check_kind(kind, told=labels.kind == "auto")
    writing.check_tail(rule, kind, told=labels.kind == "auto")
    if writing.matrix_out is not None and kind not in HARD:
        message = f"--matrix-out is of a recipe by class, and the labels are {kind}"
        raise LsmoothError(message, "drop --matrix-out")
    if recipe.pad is not None and layout.classes is None:
        message = "rows of padding do not count, so K cannot be found with --pad"
        raise LsmoothError(message, "pass --classes K, or --names")
    return rule


def _sinks(
    inputs: Inputs, writing: WriteFlags, flag_files: Sequence[object], first: type[Sink]
) -> list[Sink]:
    """Return the outputs, checked and not yet opened: targets, and where asked for names and matrix."""
    given = (writing.output, writing.names_out, writing.matrix_out)
    paths = [path for path in given if path is not None]
    identities = [source.identity for source in inputs.sources if source.identity is not None]
    identities += [found for path in flag_files if (found := identity(path)) is not None]
    kinds = [first, Sink, Sink]
    sinks = [
        kind(path, force=writing.force, dry=writing.dry, inputs=identities)
        for kind, path in zip(kinds, paths, strict=False)
    ]
    sinks[0].refuse_terminal(writing.format)
    return sinks


def learn_if_needed(
    inputs: Inputs, flags: RecipeFlags, writing: WriteFlags, sink: Sink, progress: Progress | None
) -> Learnt:
    """Return what is known of labels, by a pass over them where that is not enough to write targets."""
    classes = inputs.layout.classes
    if classes is None:
        flag = "--names" if inputs.layout.kind == "name" else "--classes K"
        inputs.need_again("the classes", f"pass {flag}")
    elif flags.weights.counts_labels:
        inputs.need_again("the prior", "pass --prior with values, or a file")
    elif writing.format == "npy" and not sink.seekable and (inputs.rows is None or writing.ignored == "drop"):
        inputs.need_again("the number of rows in the NPY header", "pass --to csv, or -o with an .npy file")
    else:
        return Learnt(classes, inputs.rows, 0, np.zeros(0))
    return learn_labels(inputs, progress)


def write_outputs(
    inputs: Inputs,
    learnt: Learnt,
    chosen: Chosen,
    writing: WriteFlags,
    sinks: list[Sink],
    progress: Progress | None,
    workers: Workers,
    *,
    found: bool,
) -> Summary:
    """Write the targets, and what stands beside them, to outputs that are open; all appear together."""
    recipe, layout = chosen.recipe, inputs.layout
    tile = tile_rows(recipe.classes)
    itemsize = max(4, np.dtype(writing.dtype).itemsize)
    rows = block_rows(recipe.classes, itemsize, shared=not writing.is_text)
    form = Form(writing, layout, learnt.classes, inputs.inner_shape)
    form.check()
    if isinstance(workers, Scheduler):
        from lsmooth.pipeline.target_ranges import TargetJob, write_ranges  # noqa: PLC0415 - for clusters

        job = TargetJob(inputs, form, chosen, rows)
        assert isinstance(sinks[0], SharedSink)
        done = write_ranges(workers.address, job, sinks[0], progress)
    else:
        drop = writing.ignored == "drop" and writing.layout == "wide"  # lines count the rows of the input
        done = TargetPass(inputs, learnt.classes, chosen, form.encoder(chosen, rows), drop=drop)
        writer = form.writer(sinks[0], learnt.written(writing.ignored))
        threads = _threads(inputs, chosen, writing, workers)
        done.run(inputs.chunks(tile, rows, "writing", progress), writer.write, threads)
        writer.finish()
    if writing.names_out is not None:
        sinks[1].write(names_text(learnt.classes).encode())
    if writing.matrix_out is not None:
        write_matrix(sinks[-1], recipe, learnt.classes, writing)
    commit_all(sinks)
    return Summary(
        output=sinks[0].name,
        size=sinks[0].size,
        rows=done.rows,
        ignored=done.ignored,
        classes=recipe.classes,
        names=learnt.classes.names,
        epsilon=None if chosen.rows else recipe.constant,
        epsilons=None
        if recipe.constant is not None or chosen.rows
        else tuple(np.asarray(recipe.epsilon).tolist()),
        spread=recipe.spread.rule,
        kind=layout.kind,
        column=layout.column,
        header=layout.header is not None and inputs.tables[0].is_text,
        found=found,
        rounded=done.rounded,
        warnings=tuple(learnt.warnings() if found and len(learnt.counts) else []) + tuple(recipe.warnings()),
        dry=writing.dry,
        free=sinks[0].free() if writing.dry else None,
        notes=(*chosen.notes, *done.seen.notes(chosen.rows.name if chosen.rows else None)),
        mean_epsilon=done.seen.mean,
    )


def _threads(inputs: Inputs, chosen: Chosen, writing: WriteFlags, workers: int | None) -> int | None:
    """Return how many threads blocks are worth: `workers` where the values of all targets are computed.

    Hard labels with one ε are written as fast as memory takes them, text is made under one lock unless it is
    wide, and products of matrices have threads of their own.
    """
    if chosen.recipe.spread.by_class is not None or chosen.recipe.spread.tree:
        return 1
    hard = inputs.layout.kind in HARD and chosen.rows is None
    if writing.is_text:
        plain = writing.layout == "wide" and writing.precision is None and not hard
        return text_workers(chosen.recipe.classes, workers) if plain else 1
    if chosen.rows is not None:
        return workers
    computed = not hard or chosen.recipe.background is None
    return workers if computed and not inputs.tables[0].is_text else 1
