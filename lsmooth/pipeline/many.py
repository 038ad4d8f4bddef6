"""One output an input: what must be known is learnt over all files together, then each is written alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from lsmooth.errors import LsmoothError
from lsmooth.files.sink import Sink, commit_all, identity
from lsmooth.files.source import Source
from lsmooth.labels.classes import Classes
from lsmooth.pipeline.amounts import RecipeFlags
from lsmooth.pipeline.engine import in_order
from lsmooth.pipeline.flags import LabelFlags, WriteFlags, check_usage
from lsmooth.pipeline.forms import Form
from lsmooth.pipeline.inputs import Inputs, Progress
from lsmooth.pipeline.items import Items
from lsmooth.pipeline.jobs import Alike, Job, find_jobs
from lsmooth.pipeline.learn import Learnt, Tally, count_labels
from lsmooth.pipeline.like import settled
from lsmooth.pipeline.matrix import names_text, write_matrix
from lsmooth.pipeline.reading import Layout, decide, open_table
from lsmooth.pipeline.recipes import Choice, Chosen, with_names
from lsmooth.pipeline.results import ManySummary, Summary
from lsmooth.pipeline.scheduler import Scheduler, Workers
from lsmooth.pipeline.targets import fitting_rule, learn_if_needed, write_outputs
from lsmooth.pipeline.together import Together
from lsmooth.smoothing.epsilon import DEFAULT_EPSILON

Result = TypeVar("Result")


def write_many(
    labels: LabelFlags,
    recipe: RecipeFlags,
    writing: WriteFlags,
    tell: Callable[[LsmoothError], None],
    progress: Progress | None = None,
    workers: Workers = None,
) -> ManySummary:
    """Write the targets of each input to an output of its own, once no output is in the way.

    Args:
        labels: the inputs, and what is said about them.
        recipe: how labels are smoothed.
        writing: where targets go; `{stem}` in the output is the name of the input.
        tell: called with the error of each input that fails, which does not stop the others.
        progress: called with how far all files are together.
        workers: threads, each of which works on a file; None for the processors given to it.
    """
    labels = replace(labels, beside=tuple(recipe.epsilon.references()))
    check_usage(labels, recipe, writing, workers, many=True)
    assert not isinstance(workers, Scheduler)  # which is refused
    given_names = labels.names
    labels, recipe = settled(with_names(labels), recipe)
    named = [*labels.paths, given_names, *recipe.files()]
    identities = frozenset(found for path in named if (found := identity(path)) is not None)
    return _Many(labels, recipe, writing, identities, tell, progress, workers).write()


@dataclass
class Totals:
    """What was done so far, added up, and what was skipped."""

    done: int = 0
    skipped: int = 0
    summary: Summary | None = None

    def add(self, summary: Summary | None) -> None:
        """Add a file; None for one that was skipped."""
        if summary is None:
            self.skipped += 1
            return
        self.done += 1
        added = ("size", "rows", "ignored", "rounded")
        before = self.summary
        self.summary = (
            summary
            if before is None
            else replace(before, **{key: getattr(before, key) + getattr(summary, key) for key in added})
        )


class _Many:
    """One call of `write_many`: its flags, and the inputs that have failed so far."""

    def __init__(
        self,
        labels: LabelFlags,
        recipe: RecipeFlags,
        writing: WriteFlags,
        identities: frozenset[tuple[int, int]],
        tell: Callable[[LsmoothError], None],
        progress: Progress | None,
        workers: int | None,
    ) -> None:
        self._labels = labels
        self._recipe = recipe
        self._writing = writing
        self._identities = identities
        self._tell = tell
        self._progress = progress
        self._workers = workers
        self._failed: dict[str, str] = {}

    def write(self) -> ManySummary:
        """Do all of it."""
        jobs = find_jobs(self._labels, self._writing, self._identities)
        beside = [self._sink(path) for path in (self._writing.names_out, self._writing.matrix_out) if path]
        alike = self._first_of(jobs)
        if alike is None:
            return self._summary(Totals())
        rule = fitting_rule(alike.layout, self._labels, self._recipe, self._writing)
        found = alike.layout.classes is None
        learnt = self._learn(jobs, alike)
        alike = replace(alike, layout=replace(alike.layout, classes=learnt.classes))
        with ExitStack() as stack:
            whole = self._whole(alike, stack)
            choice = Choice(self._recipe, learnt, whole, stack, self._progress)
            chosen = choice.choose(rule, DEFAULT_EPSILON)
        self._write_beside(beside, chosen, learnt.classes)
        warnings = (*self._warnings(learnt, found=found), *chosen.recipe.warnings())
        totals = self._write_each(jobs, alike, chosen)
        return self._summary(totals, notes=chosen.notes, warnings=warnings, found=found)

    def _sink(self, path: str, *, force: bool | None = None) -> Sink:
        replaces = self._writing.force or self._writing.skip if force is None else force
        return Sink(path, force=replaces, dry=self._writing.dry, inputs=self._identities)

    def _fail(self, job: Job, error: LsmoothError) -> None:
        if job.source.path not in str(error):
            error.at(job.source.path)
        self._failed[job.source.path] = str(error)
        self._tell(error)

    def _left(self, jobs: Iterable[Job]) -> list[Job]:
        return [job for job in jobs if job.source.path not in self._failed]

    def _first_of(self, jobs: Sequence[Job]) -> Alike | None:
        """Return how files are read, by the first of those that can be read."""
        for job in jobs:
            try:
                with job.source as source:
                    table = open_table(source)
                    return Alike(table, decide([table], self._labels), self._labels)
            except LsmoothError as error:
                self._fail(job, error)
        return None

    def _learn(self, jobs: Sequence[Job], alike: Alike) -> Learnt:
        """Return what is known of the labels of all files, by a pass over them where one is needed."""
        learnt = None
        if alike.layout.classes is None:
            learnt = self._count(jobs, alike)
            alike = replace(alike, layout=replace(alike.layout, classes=learnt.classes))
        if self._recipe.weights.counts_labels and (learnt is None or self._labels.item is not None):
            learnt = self._count(jobs, alike)
        if learnt is not None:
            return learnt
        assert alike.layout.classes is not None
        return Learnt(alike.layout.classes, None, 0, np.zeros(0))

    def _count(self, jobs: Sequence[Job], alike: Alike) -> Learnt:
        left, tally = self._left(jobs), Tally()
        together = Together(self._progress, "counting", sum(job.size for job in left))

        def count(job: Job) -> Tally:
            with ExitStack() as stack:
                return count_labels(alike.open(job, stack), together.of_one())

        for counted in self._each(left, count, together):
            tally.add(counted)
        return tally.learnt(alike.layout, self._labels)

    def _whole(self, alike: Alike, stack: ExitStack) -> Inputs:
        """Return all files as one where predictions are compared with them, else the first of them."""
        weights = self._recipe.weights
        if self._recipe.epsilon.adaptive is weights.confusion is weights.online is None:
            return Inputs([alike.first], self._labels, alike.layout)
        inputs = Inputs.open(self._labels, stack)
        assert alike.layout.classes is not None
        return inputs if self._labels.item is None else Items(inputs, alike.layout.classes)

    def _write_beside(self, sinks: Sequence[Sink], chosen: Chosen, classes: Classes) -> None:
        """Write the class order and the matrix of all files."""
        with ExitStack() as stack:
            opened = [stack.enter_context(sink) for sink in sinks]
            if self._writing.names_out is not None:
                opened[0].write(names_text(classes).encode())
            if self._writing.matrix_out is not None:
                write_matrix(opened[-1], chosen.recipe, classes, self._writing)
            commit_all(opened)

    def _warnings(self, learnt: Learnt, *, found: bool) -> list[str]:
        """Say what is odd about what was found, and that it is not that of files that have failed by then."""
        told = learnt.warnings() if found else []
        if self._failed and found:
            told.append("the classes are those of the files that could be read; pass --names or --classes")
        if self._failed and self._recipe.weights.counts_labels:
            told.append("the prior is that of the files that could be read; pass --prior with values")
        return told

    def _write_each(self, jobs: Sequence[Job], alike: Alike, chosen: Chosen) -> Totals:
        """Write what is not there yet; failures are told as they come."""
        left, totals = self._left(jobs), Totals()
        together = Together(self._progress, "writing", sum(job.size for job in left if not job.newer))
        inside = self._workers if len(left) == 1 else 1

        def write(job: Job) -> Summary | None:
            if job.newer and self._is_current(job.output, alike.layout):
                return None
            return self._write_one(job, alike, chosen, together.of_one(), inside)

        for summary in self._each(left, write, together):
            totals.add(summary)
        return totals

    def _each(
        self, jobs: Sequence[Job], work: Callable[[Job], Result], together: Together
    ) -> Iterator[Result]:
        """Yield what comes of each input, in their order; those that fail are told and left out."""

        def attempt(job: Job) -> Result | LsmoothError:
            try:
                return work(job)
            except LsmoothError as error:
                return error

        with closing(in_order(attempt, jobs, self._workers, together.stop)) as results:
            for job, result in zip(jobs, results, strict=True):
                if isinstance(result, LsmoothError):
                    self._fail(job, result)
                else:
                    yield result

    def _write_one(
        self, job: Job, alike: Alike, chosen: Chosen, progress: Progress, workers: int | None
    ) -> Summary:
        writing = replace(self._writing, output=job.output, names_out=None, matrix_out=None)
        with ExitStack() as stack:
            sink = self._sink(job.output, force=self._writing.force or job.exists)
            inputs = alike.open(job, stack)
            # a prior is that of all files: of this one only the rows may have to be counted
            learnt = learn_if_needed(inputs, RecipeFlags(), writing, sink, progress)
            stack.enter_context(sink)
            return write_outputs(inputs, learnt, chosen, writing, [sink], progress, workers, found=False)

    def _is_current(self, output: str, layout: Layout) -> bool:
        """Whether targets that are there have the columns that would be written now."""
        assert layout.classes is not None
        try:
            with Source(output, self._writing.format) as source:
                return Form(self._writing, layout, layout.classes).fits(open_table(source))
        except LsmoothError:
            return False

    def _summary(self, totals: Totals, **known: Any) -> ManySummary:
        total = totals.summary
        if total is not None:
            total = replace(total, output=self._writing.output, mean_epsilon=None, **known)
        return ManySummary(totals.done, totals.skipped, tuple(self._failed.items()), total)
