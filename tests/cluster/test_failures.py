"""Whatever happens to workers, the result is the same, or an error that says what happened."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Work
from kits.clusters import CLASSES, save_all
from kits.faults import wait_for

import lsmooth
from lsmooth.errors import LsmoothError
from lsmooth.files.shared import SharedSink
from lsmooth.files.source import Source
from lsmooth.pipeline.cluster import Cluster

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("default")  # those of Dask are not ours


def kill(local: Any, address: str) -> None:
    """Kill a worker, whose nanny then starts another one."""
    (nanny,) = (each for each in local.workers.values() if each.worker_address == address)
    os.kill(nanny.process.pid, signal.SIGKILL)


def wait_for_workers(local: Any) -> None:
    """Wait for those that were killed: the scheduler knows a new one some time before its nanny does."""
    wait_for(
        lambda: {nanny.worker_address for nanny in local.workers.values()} == set(local.scheduler.workers)
    )


def test_a_worker_that_is_killed_changes_nothing(work: Work, local: Any) -> None:
    del work
    save_all(100_000)
    lsmooth.smooth_file("hard.npy", "home.npy")
    calls: list[int] = []

    def progress(_step: str, rows: int, _taken: int, _total: int | None) -> None:
        calls.append(rows)
        if len(calls) == 3:
            kill(local, next(iter(local.scheduler.workers)))

    wait_for_workers(local)
    lsmooth.smooth_file("hard.npy", "there.npy", scheduler=local.scheduler_address, progress=progress)
    assert len(calls) > 20, "it was killed in mid-run"
    assert Path("there.npy").read_bytes() == Path("home.npy").read_bytes()
    calls.clear()
    wait_for_workers(local)
    there = lsmooth.loss_file("logits.npy", "hard.npy", scheduler=local.scheduler_address, progress=progress)
    assert len(calls) > 20
    assert there.as_dict() == lsmooth.loss_file("logits.npy", "hard.npy").as_dict()


def test_a_worker_may_be_killed_as_its_result_arrives(local: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The executor that Dask has for a client would take the result for an error."""
    real, asked = distributed.Client._gather, []

    async def gather(self: Any, futures: list[Any], *given: Any, **named: Any) -> Any:
        found = await real(self, futures, *given, **named)
        asked.append(futures)
        if len(asked) == 3:
            (holder,) = local.scheduler.tasks[futures[0].key].who_has
            kill(local, holder.address)
            while futures[0].status == "finished":
                await asyncio.sleep(0.01)
        return found

    monkeypatch.setattr(distributed.Client, "_gather", gather)
    wait_for_workers(local)
    found = Cluster(local.scheduler_address).run(sum, 5, range(100))
    assert list(found) == list(range(5, 105))
    assert len(asked) >= 100


def test_rows_that_kill_every_worker_are_an_error(local: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local.scheduler, "allowed_failures", 0)

    def die(_part: object) -> None:
        os._exit(1)

    with pytest.raises(LsmoothError, match="rows were lost 1× with the worker that had them"):
        list(Cluster(local.scheduler_address).run(die, None, range(3)))
    wait_for_workers(local)


def test_a_disk_that_fails_is_an_error_of_the_file(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    save_all()

    def fail(*_: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("lsmooth.files.npy.os.preadv", fail)
    assert "cannot read hard.npy: input/output error" in work.refused("smooth", "hard.npy", "-o", "a.npy")


def test_whatever_else_a_worker_raises_is_an_error(address: str) -> None:
    def fail(_part: object) -> None:
        raise ModuleNotFoundError("No module named 'lsmooth'")

    with pytest.raises(
        LsmoothError, match="failed with ModuleNotFoundError: No module named 'lsmooth'"
    ) as told:
        list(Cluster(address).run(fail, None, range(3)))
    assert "logs of the workers" in str(told.value.hint)


@pytest.mark.parametrize("bad", [(15_000, 4_000), (19_000, 18_999), (20_010,)])
def test_the_first_bad_row_is_told_as_at_home(work: Work, address: str, bad: Sequence[int]) -> None:
    save_all()
    labels = np.load("hard.npy")
    labels[list(bad)] = 7
    np.save("hard.npy", labels)
    home = work.refused("smooth", "hard.npy", "-k", 7, "-o", "a.npy")
    assert f"row {min(bad)}" in home
    assert work.refused("smooth", "hard.npy", "-k", 7, "-o", "a.npy", "--scheduler", address) == home
    home = work.refused("loss", "logits.npy", "hard.npy")
    assert work.refused("loss", "logits.npy", "hard.npy", "--scheduler", address) == home


@pytest.mark.parametrize("labels", [15_000, 15_001, 20_010, 20_012, 30_000])
def test_rows_that_differ_in_number_are_told_as_at_home(work: Work, address: str, labels: int) -> None:
    save_all()
    np.save("hard.npy", np.arange(labels) % CLASSES)
    home = work.refused("loss", "logits.npy", "hard.npy")
    assert work.refused("loss", "logits.npy", "hard.npy", "--scheduler", address) == home


def test_a_second_file_of_another_kind_is_told_as_at_home(work: Work, address: str) -> None:
    save_all()
    for files in (["soft.npy", "columns.npy", "wide.npy"], ["soft.npy", "bad.npy", "wide.npy"]):
        np.save("wide.npy", np.full((4, 2), 0.5))
        np.save("bad.npy", np.full((4, CLASSES), 0.5))
        home = work.refused("smooth", *files, "-o", "a.npy")
        assert work.refused("smooth", *files, "-o", "a.npy", "--scheduler", address) == home


def test_a_file_that_a_worker_does_not_see_is_named_with_the_worker(
    work: Work, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_all()
    real: Callable[[Source], dict[str, Any]] = Source.__getstate__
    monkeypatch.setattr(Source, "__getstate__", lambda self: real(self) | {"path": "/nowhere/hard.npy"})
    error = work.refused("smooth", "hard.npy", "-o", "a.npy", "--scheduler", address)
    assert re.search(r"cannot read hard.npy: no such file or directory, says the worker tcp://127", error)
    assert "of /nowhere/hard.npy" in error
    assert "disk" in error


def test_an_output_that_a_worker_does_not_see_is_named_with_the_worker(
    work: Work, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_all()
    monkeypatch.setattr(SharedSink, "make", lambda *_: "/nowhere/a.npy")
    error = work.refused("smooth", "hard.npy", "-o", "a.npy", "--scheduler", address)
    assert "cannot write: no such file or directory, says the worker tcp://127" in error
    assert "of /nowhere/a.npy" in error


def test_a_file_that_changes_is_an_error(work: Work, address: str) -> None:
    save_all(100_000)

    def progress(_step: str, rows: int, _taken: int, _total: int | None) -> None:
        if rows < 5000:
            os.utime("hard.npy", (1, 1))

    with pytest.raises(LsmoothError, match="has changed while it was being read"):
        lsmooth.smooth_file("hard.npy", "a.npy", classes=7, scheduler=address, progress=progress)
    assert not [name for name in work.files() if "a.npy" in name]


def test_many_inputs_need_no_open_file_each(work: Work, address: str) -> None:
    """A worker that held them all open would soon have none left."""
    for number in range(200):
        np.save(f"y{number}.npy", np.arange(7))
    work.ok("smooth", *(f"y{number}.npy" for number in range(200)), "-o", "a.npy", "--scheduler", address)
    with distributed.Client(address, set_as_default=False) as client:
        held = client.run(lambda: len(list(Path("/proc/self/fd").iterdir())))
    assert max(held.values()) < 120
