"""The scheduler that is asked for, and what its workers cannot do. Loads no numpy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsmooth.errors import UsageError, shown
from lsmooth.files import BINARY, SHARD, STANDARD, STEM, format_of, split_suffix

if TYPE_CHECKING:
    from lsmooth.pipeline.amounts import RecipeFlags
    from lsmooth.pipeline.flags import LabelFlags, WriteFlags
    from lsmooth.pipeline.loss_flags import PredictionFlags


@dataclass(frozen=True)
class Scheduler:
    """The scheduler of a Dask cluster whose workers are to do the work.

    Attributes:
        address: as `tcp://host:8786`.
    """

    address: str

    def check_targets(self, labels: LabelFlags, recipe: RecipeFlags, writing: WriteFlags) -> None:
        """Raise UsageError for targets that cannot be made by ranges of rows."""
        _check_inputs(labels.paths, labels.format, "labels")
        _check_recipe(recipe)
        if STEM in writing.output:
            message = f"--scheduler shares out the rows of one output, and {STEM} in --output is for several"
            raise UsageError(message, "drop one of them, or pass -o OUT.npy")
        known = BINARY if SHARD in writing.output else ("npy",)
        if writing.output == STANDARD or writing.format not in known or split_suffix(writing.output)[1]:
            found = "standard output" if writing.output == STANDARD else shown(writing.output)
            arrays = f"OUT.npy, or for several files -o 'OUT-{SHARD}.npy' or "
            hint = f"pass -o {arrays if writing.layout == 'wide' else ''}'OUT-{SHARD}.parquet'"
            raise UsageError(f"--scheduler writes ranges of rows, and {found} cannot be written so", hint)
        if writing.ignored == "drop":
            message = "--scheduler writes all rows at once, and --ignored drop moves those that follow"
            raise UsageError(message, "pass --ignored zero, or drop --scheduler")

    def check_loss(
        self, predictions: PredictionFlags, labels: LabelFlags | None, recipe: RecipeFlags
    ) -> None:
        """Raise UsageError for a loss that cannot be taken by ranges of rows."""
        _check_inputs((predictions.path,), predictions.format, "predictions")
        if labels is not None:
            _check_inputs(labels.paths, labels.format, "labels")
        _check_recipe(recipe)


#: Who does the work: so many threads (None: one for each processor), or a cluster.
Workers = int | Scheduler | None


def given_workers(workers: int | None, scheduler: str | None) -> Workers:
    """Return who does the work; raise UsageError where that is nobody, or two."""
    if workers is not None and workers < 1:
        raise UsageError(f"workers is {workers}, wanted at least 1")
    if scheduler is None:
        return workers
    if workers is not None:
        message = "--workers is of threads on this machine, and --scheduler has workers of its own"
        raise UsageError(message, "drop one of them")
    return Scheduler(scheduler)


def _check_inputs(paths: Iterable[str], given: str | None, what: str) -> None:
    for path in paths:
        found = "standard input" if path == STANDARD else shown(path)
        if path == STANDARD or format_of(path, "--from", given) != "npy" or split_suffix(path)[1]:
            raise UsageError(
                f"--scheduler reads ranges of rows, and {found} cannot be read so",
                f"name {what} saved with numpy.save as .npy, not compressed, or drop --scheduler",
            )


def _check_recipe(recipe: RecipeFlags) -> None:
    flag = recipe.epsilon.row_flag()
    if flag is not None:
        message = f"--scheduler shares the rows out, and {flag} looks at them one after another"
        raise UsageError(message, "drop one of them")
