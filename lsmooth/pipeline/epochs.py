"""Gradual smoothing, a file an epoch."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import replace

from lsmooth.errors import LsmoothError
from lsmooth.files import STANDARD
from lsmooth.files.sink import Sink, identity
from lsmooth.files.streams import standard_input
from lsmooth.pipeline.amounts import RecipeFlags
from lsmooth.pipeline.flags import LabelFlags, WriteFlags
from lsmooth.pipeline.inputs import Progress
from lsmooth.pipeline.results import Summary
from lsmooth.pipeline.scheduler import Workers
from lsmooth.pipeline.targets import write_targets


def write_epochs(
    labels: LabelFlags,
    recipe: RecipeFlags,
    writing: WriteFlags,
    progress: Progress | None = None,
    workers: Workers = None,
) -> Iterator[Summary]:
    """Write the targets of every epoch, `{epoch}` in the output replaced, once no output is in the way."""
    assert recipe.epsilon.epoch is not None
    if STANDARD in labels.paths and not stat.S_ISREG(os.fstat(standard_input()).st_mode):
        raise LsmoothError(
            "standard input can be read only once, and there are several epochs", "name a file"
        )
    total = recipe.epsilon.epoch[1]
    outputs = [writing.output.replace("{epoch}", str(t).zfill(len(str(total)))) for t in range(1, total + 1)]
    for output in outputs:
        replace(writing, output=output).check(labels)
    named = [*labels.paths, labels.names, *recipe.files()]
    inputs = [found for path in named if (found := identity(path)) is not None]
    for path in (*outputs, writing.names_out, writing.matrix_out):
        if path is not None:
            Sink(path, force=writing.force, dry=writing.dry, inputs=inputs)
    for number, output in enumerate(outputs, 1):
        amount = replace(recipe.epsilon, epoch=(number, total))
        here = replace(writing, output=output)
        if number < total:  # names and matrix are those of the last epoch
            here = replace(here, names_out=None, matrix_out=None)
        yield write_targets(labels, replace(recipe, epsilon=amount), here, progress, workers)
