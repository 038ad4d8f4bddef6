"""A Dask cluster: the same bytes and the same numbers as at home, whatever happens to its workers."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Work
from kits.faults import start, temporaries, wait_for

import lsmooth
from lsmooth.errors import LsmoothError
from lsmooth.files.shared import SharedSink
from lsmooth.files.source import Source
from lsmooth.pipeline import ranges, target_ranges
from lsmooth.pipeline.cluster import Cluster

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("default")  # those of Dask are not ours

ROWS, CLASSES = 20_011, 7


@pytest.fixture(scope="module")
def local() -> Iterator[Any]:
    """A cluster of two processes, with two threads each."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=2, processes=True, dashboard_address=":0"
    ) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    """The program silences them."""
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def address(local: Any) -> str:
    """The address of its scheduler."""
    return str(local.scheduler_address)


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut small files into many ranges, each with several blocks' worth of rows."""
    monkeypatch.setattr(ranges, "RANGE_BYTES", 1 << 15)
    for module in ("target_pass", "targets", "loss_pass"):
        monkeypatch.setattr(f"lsmooth.pipeline.{module}.block_rows", lambda *_, **__: 512, raising=False)


def random() -> np.random.Generator:
    return np.random.default_rng(5)


def save_all(rows: int = ROWS) -> None:
    """Save labels of every kind, and predictions."""
    labels = random().integers(0, CLASSES, rows)
    np.save("hard.npy", labels.astype(np.uint8))
    np.save("odd.npy", np.where(labels == 3, -100, labels))
    np.save("map.npy", labels[:20_000].reshape(50, 20, 20).astype(np.int16))
    soft = random().random((rows, CLASSES))
    soft /= soft.sum(axis=1, keepdims=True)
    np.save("soft.npy", soft)
    np.save("columns.npy", np.asfortranarray(soft))
    np.save("tags.npy", random().integers(0, 2, (rows, CLASSES)).astype(np.uint8))
    np.save("logits.npy", random().normal(0, 2, (rows, CLASSES)).astype(np.float32))
    np.save("probs.npy", soft.astype(np.float32))


TARGETS = [
    "hard.npy -k 7",
    "hard.npy",
    "hard.npy hard.npy odd.npy -k 7 --ignore=-100",
    "odd.npy -k 7 --ignore=-100 --ignored nan --dtype float64",
    "map.npy --labels index -k 7 --dtype float16",
    "soft.npy",
    "columns.npy --spread others --prior 1,2,3,4,5,6,7",
    "soft.npy --ordinal --spread others",
    "hard.npy -k 7 --per-class 0=.5,*=.1",
    "hard.npy -k 7 --prior labels",
    "tags.npy --labels multilabel",
    "hard.npy -k 7 -e 0:0.3 --adaptive probs.npy",
    "hard.npy -k 7 --confusion logits.npy --as logits",
]


@pytest.mark.parametrize("given", TARGETS)
def test_targets_are_the_same_bytes_as_at_home(work: Work, address: str, given: str) -> None:
    save_all()
    home = work.run("smooth", *given.split(), "-o", "home.npy")
    there = work.run("smooth", *given.split(), "-o", "there.npy", "--scheduler", address)
    assert there.code == home.code == 0, there.err
    assert there.err.replace("there.npy", "home.npy") == home.err
    assert Path("there.npy").read_bytes() == Path("home.npy").read_bytes()


LOSSES = [
    "logits.npy hard.npy",
    "logits.npy hard.npy --report",
    "logits.npy hard.npy --json",
    "logits.npy soft.npy -e 0:0.3:0.1",
    "logits.npy odd.npy --ignore=-100 --reduction sum --weights 1,2,3,4,5,6,7",
    "logits.npy hard.npy --reduction none",
    "logits.npy hard.npy --like fairseq",
    "logits.npy hard.npy --compare",
    "logits.npy tags.npy --labels multilabel --per-class 0=.5,*=.1",
    "probs.npy hard.npy --ordinal --minus-entropy",
    "logits.npy hard.npy -e 0:0.3 --adaptive probs.npy",
]


@pytest.mark.parametrize("given", LOSSES)
def test_a_loss_is_the_same_number_as_at_home(work: Work, address: str, given: str) -> None:
    save_all()
    home = work.run("loss", *given.split())
    there = work.run("loss", *given.split(), "--scheduler", address)
    assert home.code == 0, home.err
    assert there == home


def test_a_file_of_losses_is_the_same(work: Work, address: str) -> None:
    save_all()
    for name, flags in (("home.npy", []), ("there.npy", ["--scheduler", address])):
        work.ok("loss", "logits.npy", "hard.npy", "--reduction", "none", "-o", name, *flags)
    assert Path("there.npy").read_bytes() == Path("home.npy").read_bytes()


def test_a_dry_run_and_every_epoch(work: Work, address: str) -> None:
    save_all()
    dry = work.run("smooth", "hard.npy", "-o", "a.npy", "-n", "--scheduler", address)
    assert dry.err == work.run("smooth", "hard.npy", "-o", "a.npy", "-n").err
    assert "a.npy" not in work.files()
    flags = ["smooth", "hard.npy", "-e", "0:0.2", "--epoch", "all/2", "-o"]
    work.ok(*flags, "home-{epoch}.npy")
    work.ok(*flags, "there-{epoch}.npy", "--scheduler", address)
    for epoch in "12":
        assert Path(f"there-{epoch}.npy").read_bytes() == Path(f"home-{epoch}.npy").read_bytes()


def test_names_and_matrix_are_written_beside(work: Work, address: str) -> None:
    save_all()
    flags = ["--names-out", "names.txt", "--matrix-out", "S.npy", "--scheduler", address]
    work.ok("smooth", "hard.npy", "-o", "a.npy", *flags)
    assert work.read("names.txt") == "".join(f"{name}\n" for name in range(CLASSES))
    assert np.load("S.npy").shape == (CLASSES, CLASSES)


def test_the_library_takes_a_scheduler(work: Work, address: str) -> None:
    del work
    save_all()
    lsmooth.smooth_file("hard.npy", "a.npy", scheduler=address)
    assert np.load("a.npy").shape == (ROWS, CLASSES)
    there = lsmooth.loss_file("logits.npy", "hard.npy", scheduler=address)
    assert there.as_dict() == lsmooth.loss_file("logits.npy", "hard.npy").as_dict()
    with pytest.raises(lsmooth.UsageError, match="--workers is of threads"):
        lsmooth.smooth_file("hard.npy", "a.npy", scheduler=address, workers=2)


# What travels


def test_what_travels_is_small(work: Work, local: Any) -> None:
    """Neither labels nor targets nor predictions: all that the scheduler is handed is a few kilobytes."""
    del work
    save_all()
    jobs: list[bytes] = []
    real = Cluster.run

    def run(self: Cluster, task: Any, job: Any, items: Any) -> Any:
        import pickle

        listed = list(items)
        jobs.append(pickle.dumps(job))
        assert len(pickle.dumps(listed)) < 400 * len(listed)
        return real(self, task, job, listed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cluster, "run", run)
        lsmooth.smooth_file("soft.npy", "a.npy", scheduler=local.scheduler_address)
        lsmooth.loss_file("logits.npy", "soft.npy", scheduler=local.scheduler_address)
    assert len(jobs) == 2
    assert max(map(len, jobs)) < 5000


def test_only_so_many_ranges_are_in_flight(work: Work, local: Any) -> None:
    del work
    save_all()
    scheduler, most = local.scheduler, 0

    def progress(*_: object) -> None:
        nonlocal most
        most = max(most, sum(task.state != "memory" for task in list(scheduler.tasks.values())))

    lsmooth.smooth_file("hard.npy", "a.npy", scheduler=local.scheduler_address, progress=progress)
    assert 1 <= most <= 2 * 4 + 1


# Files of their own


def test_shards_appear_together_and_hold_the_rows_in_order(
    work: Work, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target_ranges, "SHARD_BYTES", 1 << 16)
    save_all()
    work.ok("smooth", "hard.npy", "odd.npy", "-k", 7, "--ignore=-100", "-o", "home.npy")
    flags = ["smooth", "hard.npy", "odd.npy", "-k", 7, "--ignore=-100", "-o", "s-{shard}.npy"]
    told = work.run(*flags, "--scheduler", address)
    assert told.code == 0, told.err
    names = [name for name in work.files() if name.startswith("s-")]
    assert names[:2] == ["s-00000.npy", "s-00001.npy"]
    assert len(names) > 8
    assert np.array_equal(np.concatenate([np.load(name) for name in names]), np.load("home.npy"))
    assert "wrote: s-{shard}.npy (1.1 MB); 40,022 rows" in told.err
    assert {Path(name).stat().st_mode for name in names} == {Path("home.npy").stat().st_mode}
    for name in names[:-1]:
        Path(name).unlink()
    assert f"{names[-1]} exists" in work.refused(*flags, "--scheduler", address)
    work.ok(*flags, "--force", "--scheduler", address)
    assert [name for name in work.files() if name.startswith("s-")] == names


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_shards_of_columns_are_what_the_same_rows_give_at_home(
    work: Work, address: str, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    polars = pytest.importorskip("polars")
    monkeypatch.setattr(target_ranges, "SHARD_BYTES", 1 << 17)
    save_all()
    read = polars.read_parquet if suffix == "parquet" else polars.read_ipc
    work.write("names.txt", "".join(f"n{number}\n" for number in range(CLASSES)))
    flags = ["smooth", "soft.npy", "--names", "names.txt", "-o"]
    work.ok(*flags, f"home.{suffix}")
    dry = work.run(*flags, f"s-{{shard}}.{suffix}", "-n", "--scheduler", address)
    told = work.run(*flags, f"s-{{shard}}.{suffix}", "--scheduler", address)
    assert told.code == 0, told.err
    names = [name for name in work.files() if name.startswith("s-")]
    assert len(names) > 3
    assert polars.concat([read(name) for name in names]).equals(read(f"home.{suffix}"))
    assert read(names[0]).columns == [f"n{number}" for number in range(CLASSES)]
    size = re.search(r"\(.*?\)", told.err)
    assert size is not None
    assert size.group() in dry.err
    np.save("soft.npy", np.load("soft.npy")[: read(names[0]).height])
    work.ok(*flags, f"first.{suffix}")
    assert Path(names[0]).read_bytes() == Path(f"first.{suffix}").read_bytes()


def test_shards_of_weights_count_the_rows_of_the_input(
    work: Work, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    polars = pytest.importorskip("polars")
    monkeypatch.setattr(target_ranges, "SHARD_BYTES", 1 << 16)
    save_all()
    flags = ["smooth", "hard.npy", "odd.npy", "-k", 7, "--ignore=-100", "--layout", "long", "-o"]
    work.ok(*flags, "home.parquet")
    work.ok(*flags, "s-{shard}.parquet", "--scheduler", address)
    names = [name for name in work.files() if name.startswith("s-")]
    assert len(names) > 8
    home = polars.read_parquet("home.parquet")
    assert polars.concat([polars.read_parquet(name) for name in names]).equals(home)
    assert home["row"].max() > ROWS


@pytest.mark.parametrize("suffix", ["npy", "parquet"])
def test_a_shard_that_a_lost_worker_has_begun_is_written_anew(
    work: Work, address: str, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    pytest.importorskip("polars")
    save_all()
    work.ok("smooth", "hard.npy", "-o", f"home.{suffix}")
    real = SharedSink.make_shards

    def begun(self: SharedSink, count: int) -> list[str | None]:
        paths = real(self, count)
        for path in paths:
            Path(str(path)).write_bytes(b"begun" * 1_000_000)
        return paths

    monkeypatch.setattr(SharedSink, "make_shards", begun)
    work.ok("smooth", "hard.npy", "-o", f"s-{{shard}}.{suffix}", "--scheduler", address)
    assert Path(f"s-00000.{suffix}").read_bytes() == Path(f"home.{suffix}").read_bytes()


def give_workers(monkeypatch: pytest.MonkeyPatch, package: str, version: str | None) -> None:
    """Have the workers say that they have a package in some version, or not at all."""
    real = distributed.Client.get_versions

    def versions(self: Any, **given: Any) -> Any:
        told = real(self, **given)
        for each in told["workers"].values():
            each["packages"][package] = version
        return told

    monkeypatch.setattr(distributed.Client, "get_versions", versions)


def test_a_worker_that_cannot_write_columns_is_named(
    work: Work, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_all()
    give_workers(monkeypatch, "polars", None)
    flags = ["smooth", "hard.npy", "--scheduler", address, "-o"]
    error = work.refused(*flags, "s-{shard}.parquet")
    assert re.search(r"the worker tcp://127\.0\.0\.1:\d+ has no polars, wanted \d", error)
    assert "install polars" in error
    work.ok(*flags, "s-{shard}.npy")
    monkeypatch.setitem(sys.modules, "polars", None)
    assert "pip install 'lsmooth[polars]'" in work.refused(*flags, "t-{shard}.parquet")


def test_shards_need_no_open_file_each(work: Work, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    monkeypatch.setattr(target_ranges, "SHARD_BYTES", 1)
    np.save("hard.npy", random().integers(0, CLASSES, 512 * 300))
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, most))
    try:
        work.ok("smooth", "hard.npy", "-o", "s-{shard}.npy", "--scheduler", address)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))
    assert len(work.files()) == 301


# What goes wrong


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


# A scheduler that is not there


def refused_soon(work: Work, address: str) -> str:
    began = time.monotonic()
    error = work.refused("smooth", "hard.npy", "-o", "a.npy", "--scheduler", address)
    assert time.monotonic() - began < 10
    return error


def test_nobody_at_the_address(work: Work) -> None:
    save_all()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = refused_soon(work, f"tcp://127.0.0.1:{port}")
    assert f"no scheduler of Dask answers at `tcp://127.0.0.1:{port}`" in error


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" * 9])
def test_somebody_else_at_the_address(work: Work, answer: bytes) -> None:
    save_all()
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as thread:

        def serve() -> None:
            held, _ = server.accept()
            with held:
                held.sendall(answer)
                while held.recv(1000):
                    pass

        thread.submit(serve)
        error = refused_soon(work, f"tcp://127.0.0.1:{server.getsockname()[1]}")
    assert "no scheduler of Dask answers at" in error


@pytest.mark.parametrize("address", ["nonsense", "", "foo://x:1", "tcp://[", "\x1b[31m:1"])
def test_what_is_no_address(work: Work, address: str) -> None:
    save_all()
    error = refused_soon(work, address)
    assert "\x1b" not in error
    assert "pass the address that `dask scheduler` prints" in error


def test_a_worker_is_no_scheduler(work: Work, local: Any) -> None:
    save_all()
    worker = next(iter(local.scheduler.workers))
    assert f"`{worker}` is a Worker, not a scheduler" in refused_soon(work, worker)


def test_a_scheduler_without_workers(work: Work) -> None:
    save_all()
    with distributed.LocalCluster(n_workers=0, processes=True, dashboard_address=":0") as empty:
        error = refused_soon(work, empty.scheduler_address)
    assert "has no workers" in error
    assert "dask worker tcp://" in error


def test_without_the_package_the_hint_installs_it(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    save_all()
    monkeypatch.setitem(sys.modules, "distributed", None)
    error = work.refused("smooth", "hard.npy", "-o", "a.npy", "--scheduler", "tcp://127.0.0.1:1")
    assert "pip install 'lsmooth[dask]'" in error


def test_a_worker_with_another_numpy_is_named(
    work: Work, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_all()
    give_workers(monkeypatch, "numpy", "1.26.0")
    error = work.refused("smooth", "hard.npy", "-o", "a.npy", "--scheduler", address)
    assert re.search(r"the worker tcp://127\.0\.0\.1:\d+ has numpy 1.26.0, wanted", error)


# Signals


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_nothing(work: Work, local: Any, number: signal.Signals, code: int) -> None:
    np.lib.format.open_memmap("hard.npy", "w+", np.uint8, (4_000_000,))
    process = start(
        work.folder,
        *("smooth", "hard.npy", "-k", 1000, "-o", "a.npy", "--scheduler", local.scheduler_address),
        prelude="import lsmooth.pipeline.ranges as ranges\nranges.RANGE_BYTES = 1 << 22\n",
    )
    wait_for(lambda: temporaries(work.folder, filled=True) and local.scheduler.tasks, process)
    time.sleep(0.3)
    assert process.poll() is None, process.communicate()
    process.send_signal(number)
    out, error = process.communicate(timeout=60)
    assert (process.returncode, out, error) == (code, b"", b"")
    wait_for(lambda: not local.scheduler.tasks)
    assert work.files() == ["hard.npy"]


# The command line alone


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("labels.csv -o a.npy", "`labels.csv` cannot be read so"),
        ("labels.npy.gz -o a.npy", "`labels.npy.gz` cannot be read so"),
        ("- -o a.npy", "standard input cannot be read so"),
        ("labels.csv --from npy", "standard output cannot be written so"),
        ("labels.npy", "standard output cannot be written so"),
        ("labels.npy -o a.csv", "`a.csv` cannot be written so"),
        ("labels.npy -o a.parquet", "`a.parquet` cannot be written so"),
        ("labels.npy -o a-{shard}.csv", "cannot be written so"),
        ("labels.npy -o a.npy.gz", "`a.npy.gz` cannot be written so"),
        ("labels.npy -o a.npy --ignore 0 --ignored drop", "--ignored drop moves those that follow"),
        ("labels.npy -o a.npy -e 0:0.1 --conditional p.npy", "--conditional looks at them one after another"),
        ("labels.npy -o a.npy --workers 2", "--workers is of threads on this machine"),
    ],
)
def test_usage_of_smooth(work: Work, given: str, words: str) -> None:
    error = work.refused("smooth", *given.split(), "--scheduler", "tcp://127.0.0.1:1", code=2)
    assert words in error
    assert "hint: " in error


def test_weights_are_not_sent_to_a_file_that_cannot_hold_them(work: Work) -> None:
    flags = ["labels.npy", "-o", "a.csv", "--scheduler", "tcp://127.0.0.1:1"]
    assert "hint: pass -o OUT.npy, or" in work.refused("smooth", *flags, code=2)
    error = work.refused("smooth", *flags, "--layout", "long", code=2)
    assert error.endswith("hint: pass -o 'OUT-{shard}.parquet'\n")


@pytest.mark.parametrize("given", ["z.csv y.npy", "z.npy y.csv", "z.csv", "z.npy -", "z.npy.xz y.npy"])
def test_usage_of_loss(work: Work, given: str) -> None:
    error = work.refused("loss", *given.split(), "--scheduler", "tcp://127.0.0.1:1", code=2)
    assert "cannot be read so" in error


def test_shards_are_of_a_cluster(work: Work) -> None:
    assert "needs --scheduler" in work.refused("smooth", "y.npy", "-o", "a-{shard}.npy", code=2)
