"""A scheduler that is not there, signals, and what is refused before one is asked."""

from __future__ import annotations

import re
import signal
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from conftest import Work
from kits.clusters import give_workers, save_all
from kits.faults import start, temporaries, wait_for

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("default")  # those of Dask are not ours


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


@pytest.mark.parametrize("flag", ["--names-out", "--matrix-out"])
def test_what_is_written_beside_is_no_shard(work: Work, flag: str) -> None:
    flags = ["labels.npy", "-o", "a-{shard}.npy", "--scheduler", "tcp://127.0.0.1:1", flag]
    assert "may be one of the files of --output" in work.refused("smooth", *flags, "./a-00012.npy", code=2)
    assert "is one file, and has {shard} in it" in work.refused("smooth", *flags, "b-{shard}.npy", code=2)


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
