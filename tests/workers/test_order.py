"""The order of work."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from conftest import Work
from kits.workers import WORKERS, random, threads_here

from lsmooth.pipeline import engine
from lsmooth.pipeline.engine import DEPTH, in_order


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("count", [0, 1, 2, 3, 50])
def test_results_come_in_order(workers: int, count: int) -> None:
    def task(item: int) -> int:
        time.sleep(random(item).uniform(0, 0.004))
        return item * item

    assert list(in_order(task, range(count), workers)) == [item * item for item in range(count)]
    assert threads_here() == 1


def test_without_a_number_it_is_that_of_the_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "processors", lambda: 3)
    threads = set()

    def task(item: int) -> int:
        threads.add(threading.get_ident())
        time.sleep(0.01)
        return item

    assert list(in_order(task, range(30))) == list(range(30))
    assert len(threads) == 3
    monkeypatch.undo()
    assert engine.processors() >= 1


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_the_processors_are_those_given_to_the_process() -> None:
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
    code += "from lsmooth.pipeline.engine import processors; print(processors())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"1\n"


@pytest.mark.parametrize("workers", [2, 3, 8])
def test_few_are_in_flight(workers: int) -> None:
    taken, begun, lock = [0], [0], threading.Lock()

    def items() -> Iterator[int]:
        for item in range(100):
            taken[0] += 1
            yield item

    def task(item: int) -> int:
        with lock:
            begun[0] += 1
        return item

    for done, item in enumerate(in_order(task, items(), workers)):
        assert item == done
        assert taken[0] <= done + DEPTH * workers + 1
        assert begun[0] <= done + DEPTH * workers + 1
        time.sleep(0.001)  # a consumer that is slow does not let them pile up
    assert taken[0] == begun[0] == 100


@pytest.mark.parametrize("workers", [2, 3, 8])
def test_they_do_work_beside_each_other(workers: int) -> None:
    gate = threading.Barrier(workers, timeout=10)

    def task(item: int) -> int:
        gate.wait()
        return item

    assert list(in_order(task, range(workers * 3), workers)) == list(range(workers * 3))


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_an_error_comes_after_the_results_before_it(workers: int) -> None:
    calls = []

    def task(item: int) -> int:
        calls.append(item)
        if item in (7, 8):
            time.sleep(0.02 if item == 7 else 0)
            raise ValueError(str(item))
        return item

    results = in_order(task, range(1000), workers)
    assert [next(results) for _ in range(7)] == list(range(7))
    with pytest.raises(ValueError, match="7"):
        next(results)
    assert max(calls) <= 7 + DEPTH * workers
    assert threads_here() == 1


def test_an_error_cancels_what_has_not_begun() -> None:
    calls, begun, go = [], threading.Event(), threading.Event()

    def task(item: int) -> int:
        calls.append(item)
        if item == 0:
            begun.wait(10)
            raise ValueError
        begun.set()
        go.wait(10)  # the other worker is busy, so that the rest of the window waits
        return item

    results = in_order(task, range(1000), 2)
    threading.Timer(0.1, go.set).start()
    with pytest.raises(ValueError):  # noqa: PT011 - it is the one above
        next(results)
    assert go.is_set()  # what had begun was waited for
    assert max(calls) < DEPTH * 2
    assert not list(results)


@pytest.mark.parametrize("workers", [2, 8])
def test_a_consumer_that_stops_ends_the_work(workers: int) -> None:
    calls, go, here = [], threading.Event(), threading.get_ident()

    def task(item: int) -> int:
        calls.append(item)
        if item > 1 and threading.get_ident() != here:
            go.wait(10)  # every thread is busy, so that the rest of the window waits
        return item

    results = in_order(task, range(1000), workers)
    assert [next(results), next(results)] == [0, 1]
    timer = threading.Timer(0.1, go.set)
    timer.start()
    results.close()
    assert go.is_set() or len(calls) == 2  # what had begun was waited for
    assert len(calls) <= 2 + DEPTH * workers
    timer.join()
    assert threads_here() == 1


def test_the_caller_works_while_it_waits() -> None:
    here, free = threading.get_ident(), threading.Event()

    def task(_item: int) -> int:
        if threading.get_ident() == here:
            free.set()
        else:
            free.wait(10)  # the one thread is busy until the caller has taken an item
        return threading.get_ident()

    found = list(in_order(task, range(8), 2))
    assert set(found) >= {here}
    assert len(set(found)) == 2


def test_an_error_of_an_item_that_the_caller_took_comes_in_its_place() -> None:
    here, free = threading.get_ident(), threading.Event()

    def task(item: int) -> int:
        if threading.get_ident() == here:
            free.set()
            raise ValueError(str(item))
        free.wait(10)
        return item

    results = in_order(task, range(8), 2)
    assert next(results) == 0
    with pytest.raises(ValueError, match="1"):
        next(results)
    assert threads_here() == 1


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_an_error_of_the_items_ends_the_work(workers: int) -> None:
    def items() -> Iterator[int]:
        yield from range(20)
        raise KeyError

    with pytest.raises(KeyError):
        list(in_order(lambda item: item, items(), workers))
    assert threads_here() == 1


@pytest.mark.parametrize("workers", [None, 1, 8])
def test_one_item_is_worked_on_here(workers: int | None) -> None:
    found = list(in_order(lambda _item: threading.get_ident(), [0], workers))
    assert found == [threading.get_ident()]


def test_one_worker_takes_an_item_at_a_time_here() -> None:
    threads = set(in_order(lambda _item: threading.get_ident(), range(5), 1))
    assert threads == {threading.get_ident()}


@pytest.mark.parametrize("rows", [10, 100_000])
def test_a_small_file_starts_no_threads(work: Work, rows: int) -> None:
    np.save("z.npy", random(8).normal(0, 1, (rows, 8)).astype(np.float32))
    np.save("y.npy", np.arange(rows) % 8)
    code = "import sys\nfrom lsmooth.cli import main\ncode = main()\n"
    code += "print(int('concurrent.futures.thread' in sys.modules), 'concurrent.futures' in sys.modules)\n"
    arguments = ["loss", "z.npy", "y.npy", "--workers", "8", "--report", "-q"]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, check=True)
    last = done.stdout.decode().splitlines()[-1]
    assert last == ("0 False" if rows == 10 else "1 True")
    assert work.files() == ["y.npy", "z.npy"]
