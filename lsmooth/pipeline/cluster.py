"""Work on the machines of a Dask cluster: a job travels once to each worker, then items of it."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from lsmooth.errors import LsmoothError, shown
from lsmooth.files.extras import load_distributed
from lsmooth.pipeline.engine import DEPTH, on_executor, with_failure

#: Seconds in which a scheduler has to answer, then to take us on, then to have a worker.
PATIENCE = 4.0
_HINT = "pass the address that `dask scheduler` prints, as tcp://host:8786"
#: What must be the same everywhere, for the results to be.
_SAME = ("lsmooth", "numpy")

Job = TypeVar("Job")
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Cluster:
    """The workers of a Dask cluster.

    Attributes:
        address: of its scheduler.
        packages: what must be the same everywhere for a job, beside what it must be for all.
    """

    address: str
    packages: tuple[str, ...] = ()

    def run(
        self, task: Callable[[tuple[Job, Item]], Result], job: Job, items: Iterable[Item]
    ) -> Generator[Result]:
        """Yield the results of a task on a job and each of some items, in their order.

        The job travels once to each worker. An item that is lost with its worker is done again, as often as
        the scheduler allows.

        Raises:
            LsmoothError: what a task raises, the first in the order of the items; for a scheduler that does
                not answer, and for whatever else goes wrong on the way.
        """
        with self._client() as client:
            workers = sum(client.nthreads().values())
            with warnings.catch_warnings(action="ignore"):  # that it is large, where it holds a matrix
                # the result of a task, which is made again where it is lost with a worker
                shared = client.submit(_itself, job, pure=False)
            parts = with_failure((shared, item) for item in items)
            try:
                yield from on_executor(task, parts, _Submitting(client), DEPTH * workers)
            except LsmoothError:
                raise
            except Exception as error:  # noqa: BLE001 - workers, and what is between, fail in any way
                raise self._failed(error) from None

    @contextmanager
    def _client(self) -> Iterator[Any]:
        """Connect; raise LsmoothError within ten seconds where there is no scheduler, or no worker."""
        distributed = load_distributed()
        with ThreadPoolExecutor(1) as thread:  # a notebook has a loop running in this one
            kind = thread.submit(asyncio.run, self._asked()).result()
        if kind != "Scheduler":
            raise LsmoothError(f"{shown(self.address)} is a {kind}, not a scheduler of Dask", _HINT)
        try:
            with warnings.catch_warnings(action="ignore"):  # of versions, which are looked at below
                client: Any = distributed.Client(self.address, timeout=PATIENCE, set_as_default=False)
        except Exception as error:  # noqa: BLE001 - as above
            raise self._absent(error) from None
        with client:
            try:
                client.wait_for_workers(1, timeout=PATIENCE)
            except TimeoutError:
                message = f"the scheduler at {shown(self.address)} has no workers"
                raise LsmoothError(message, f"dask worker {self.address}") from None
            packages = (*_SAME, *self.packages)
            _check_versions(client.get_versions(packages=packages), packages)
            yield client

    async def _asked(self) -> str:
        """Return what listens at the address; a client would not notice that it is no scheduler at all."""
        distributed = load_distributed()
        try:
            arguments = distributed.Security().get_connection_args("client")
            async with distributed.rpc(self.address, connection_args=arguments) as there:
                told = await asyncio.wait_for(there.identity(), PATIENCE)
            return str(told["type"])
        except Exception as error:  # noqa: BLE001 - whatever else may listen there
            raise self._absent(error) from None

    def _absent(self, error: Exception) -> LsmoothError:
        if isinstance(error, ValueError):
            return LsmoothError(f"{shown(self.address)} is no address: {_first_line(error)}", _HINT)
        return LsmoothError(f"no scheduler of Dask answers at {shown(self.address)}", _HINT)

    def _failed(self, error: Exception) -> LsmoothError:
        if isinstance(error, load_distributed().KilledWorker):
            times, last = error.allowed_failures + 1, error.last_worker.address
            message = f"some rows were lost {times}× with the worker that had them, the last {last}"
            return LsmoothError(message, "look into the logs of the workers: is their memory enough?")
        if isinstance(error, CancelledError | OSError):
            hint = "look into the log of the scheduler, and run again"
            return LsmoothError(f"the scheduler at {shown(self.address)} has gone", hint)
        message = f"a worker failed with {type(error).__name__}: {_first_line(error)}"
        return LsmoothError(message, "look into the logs of the workers")


class _Submitting(Executor):
    """Submits to a client.

    Its own `get_executor` looks at the state of a future after its result has come, and takes that for an
    error where the worker has died in between.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Return a future of Dask, whose result is fetched where it is asked for."""
        return self._client.submit(fn, *args, pure=False, **kwargs)


def _itself(job: Job) -> Job:
    return job


def _check_versions(versions: Mapping[str, Any], packages: Sequence[str]) -> None:
    """Raise LsmoothError where the scheduler or a worker would not do what is done here."""
    here = versions["client"]["packages"]
    everywhere = {"the scheduler": versions["scheduler"]}
    everywhere |= {f"the worker {address}": told for address, told in versions["workers"].items()}
    for who, told in everywhere.items():
        for package in packages:
            found, wanted = told["packages"].get(package), here[package]
            if found != wanted:
                message = f"{who} has {f'{package} {found}' if found else f'no {package}'}, wanted {wanted}"
                raise LsmoothError(message, f"install {package} {wanted} on the scheduler and all workers")


def _first_line(error: Exception) -> str:
    return str(error).split("\n", maxsplit=1)[0][:200]
