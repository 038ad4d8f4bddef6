"""`{stem}` in the name of the output: one output an input. Loads no numpy."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lsmooth.errors import UsageError, shown
from lsmooth.files import STANDARD, STEM, stem_of

if TYPE_CHECKING:
    from lsmooth.pipeline.amounts import RecipeFlags
    from lsmooth.pipeline.flags import LabelFlags, WriteFlags


def real_path(path: str) -> str:
    """Return where a path leads; itself where the current folder is gone."""
    try:
        return os.path.realpath(path)
    except FileNotFoundError:
        return path


def outputs_by_stem(paths: Sequence[str], output: str) -> list[str]:
    """Return the output of each input.

    >>> outputs_by_stem(["a/part-1.csv.gz", "a/part-2.csv.gz"], "soft/{stem}.npy")
    ['soft/part-1.npy', 'soft/part-2.npy']
    """
    return [output.replace(STEM, stem_of(path)) for path in paths]


def check_stems(labels: LabelFlags, recipe: RecipeFlags, writing: WriteFlags) -> None:
    """Raise UsageError for what does not go with one output an input, and for two inputs with one output."""
    if STANDARD in labels.paths:
        message = f"{STEM} in --output is the name of an input, and standard input has none"
        raise UsageError(message, "name the files, or an output without {stem}")
    for flag, path in writing.beside.items():
        if STEM in path:
            raise UsageError(f"{flag} is one file for all inputs, and has {STEM} in it", "give it one name")
    if "{epoch}" in writing.output:
        message = f"{STEM} in --output is for one output an input, {{epoch}} for one an epoch"
        raise UsageError(message, "run it once an epoch: --epoch 1/10 -o 'soft-1/{stem}.npy'")
    if recipe.epsilon.conditional is not None:
        message = f"--conditional has a prediction for each row of one input, {STEM} is for several"
        raise UsageError(message, "run it once an input, with an output without {stem}")
    if writing.skip and writing.layout == "long" and labels.names is None and labels.classes is None:
        message = "--skip-existing leaves lines of weights, which do not show the classes they were made for"
        raise UsageError(message, "pass --names or --classes")
    if writing.skip and writing.force:
        raise UsageError("--force replaces every output, --skip-existing does not", "drop one of them")
    _check_apart(labels, writing)


def _check_apart(labels: LabelFlags, writing: WriteFlags) -> None:
    taken = {real_path(path): flag for flag, path in writing.beside.items() if path != STANDARD}
    for path, output in zip(labels.paths, outputs_by_stem(labels.paths, writing.output), strict=True):
        real = real_path(output)
        if real in taken:
            message = f"{taken[real]} and the targets of {shown(path)} would both be {shown(output)}"
            raise UsageError(message, "give the inputs different names, or run once for each folder")
        taken[real] = f"the targets of {shown(path)}"
