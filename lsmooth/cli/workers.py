"""The flags that say who does the work: threads here, or a cluster."""

from __future__ import annotations

from typing import Annotated

from lsmooth.cli.options import terminal
from lsmooth.pipeline.scheduler import Workers, given_workers

Threads = Annotated[
    int | None,
    terminal(
        "--workers",
        metavar="N",
        min=1,
        help="Threads; the result is the same for any N. [dim](default: the processors given to it)[/]",
    ),
]
SchedulerAddress = Annotated[
    str | None,
    terminal(
        "--scheduler",
        metavar="ADDRESS",
        help="Work on a Dask cluster: NPY files on a disk that all its workers see; -o OUT.npy,"
        " 'OUT-{shard}.npy' or 'OUT-{shard}.parquet'. Needs lsmooth\\[dask].",
    ),
]


def build_workers(threads: Threads = None, scheduler: SchedulerAddress = None) -> Workers:
    """Return who does the work."""
    if scheduler is not None:
        import logging  # noqa: PLC0415 - at start-up it costs more than it is used

        logging.disable()  # the logs of Dask are for those who look after it; what matters here is raised
    return given_workers(threads, scheduler)
