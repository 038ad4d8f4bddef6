"""`loss --workers`: the same bytes for any number and any blocks, errors in order, little memory, Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Work
from hypothesis import given, settings
from hypothesis import strategies as st
from kits.processes import HEEDING, measured, python
from numpy.typing import NDArray

import lsmooth
from lsmooth.pipeline import engine, loss_pass
from lsmooth.pipeline.engine import DEPTH, in_order
from lsmooth.tiles import tile_rows

Array = NDArray[Any]

WORKERS = [1, 2, 3, 8]
ROWS, CLASSES = 3000, 6
#: Rows of a tile of so many classes: blocks are whole ones.
TILE = tile_rows(CLASSES)


def random(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def lines(values: Array, *, head: str = "") -> str:
    cells = values.tolist() if values.ndim > 1 else values[:, None].tolist()
    return head + "".join(",".join(map(repr, row)) + "\n" for row in cells)


def cut(patch: pytest.MonkeyPatch, tiles: int) -> None:
    """Make blocks of so many tiles."""

    def rows(classes: int, itemsize: int, *, shared: bool = False, parts: int = 1) -> int:
        del itemsize, shared, parts
        return tile_rows(classes) * tiles

    patch.setattr(loss_pass, "block_rows", rows)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of one tile, so that a small file has many."""
    cut(monkeypatch, 1)


@pytest.fixture
def files(work: Work, small: None) -> Work:
    """Predictions and labels of every kind, in files of every kind."""
    del small
    logits = random(0).normal(0, 3, (ROWS, CLASSES))
    logits[::50] += 400  # not safe without the maximum
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    labels = random(1).integers(0, CLASSES, ROWS)
    soft = random(2).dirichlet(np.full(CLASSES, 0.4), ROWS)
    several = (random(3).random((ROWS, CLASSES)) < 0.3).astype(np.uint8)
    holes = np.where(random(4).random(ROWS) < 0.2, -100, labels)
    arrays: dict[str, Array] = {
        "z": logits.astype(np.float32),
        "z64": logits,
        "z16": logits.astype(np.float16),
    }
    arrays |= {"p": p.astype(np.float32), "p64": p, "y": labels, "x": soft, "m": several, "h": holes}
    for name, array in arrays.items():
        np.save(f"{name}.npy", array)
    work.write("z.csv", lines(logits))
    work.write("p.csv", lines(p))
    work.write("y.csv", lines(labels))
    work.write("x.csv", lines(soft))
    work.write("m.csv", lines(several))
    amounts = np.round(random(5).uniform(0, 1, ROWS), 3)
    rows = [f"{label},{amount!r}" for label, amount in zip(labels, amounts.tolist(), strict=True)]
    work.write("e.csv", "label,amount\n" + "".join(f"{row}\n" for row in rows))
    both = np.column_stack([logits.round(4), labels])
    head = ",".join(f"c{k}" for k in range(CLASSES)) + ",label\n"
    work.write(
        "both.csv", head + "".join(f"{','.join(map(repr, r[:-1]))},{int(r[-1])}\n" for r in both.tolist())
    )
    return work


PER_ROW = ["--reduction", "none"]
SETS = [
    "z.npy y.npy",
    "z.npy y.csv",
    "z16.npy y.npy",
    "z64.npy y.npy",
    "z.csv y.csv",
    "both.csv",
    "p.npy y.npy",
    "p64.npy y.npy",
    "p.csv y.csv",
    "z.npy h.npy --ignore -100",
    "z.npy x.npy",
    "z.csv x.csv -e 0.2",
    "p.npy x.npy -e 0,0.3 --minus-entropy",
    "z.npy m.npy --labels multilabel",
    "z.csv m.csv --labels multilabel -e 0:0.4:0.1",
    "z.npy m.npy --labels multilabel --spread flip --weights 1,2,3,4,5,6",
    "z.npy y.npy -e 0:1:0.05",
    "z.csv y.npy -e 0,0.5,1 --spread others",
    "z.npy y.npy --report",
    "p.npy y.npy --report --spread others",
    "z.csv x.csv --report",
    "z.npy y.npy --json",
    "z.npy x.npy --json -e 0.1",
    "z.npy m.npy --labels multilabel --json",
    "z.npy y.npy --compare",
    "z.csv y.csv --compare --json",
    "p.npy y.npy --compare",
    "z.npy x.npy --compare -e 0.1",
    "z.npy m.npy --labels multilabel --compare",
    "z.npy y.npy --weights 1,2,3,4,5,6 --compare",
    "z.npy y.npy --match 3.9",
    "z.csv y.csv -e 0.1 --match 3.745 --json",
    "z.npy y.npy --weights 1,2,3,4,5,6 --denominator weights",
    "z.npy y.npy --weights 1,2,0,4,5,6 --weighting target",
    "z.npy y.npy --clip 1e-7",
    "z.npy y.npy --prior labels",
    "z.npy y.npy --exclude 5 --spread others --ignore 5",
    "z.npy y.npy --ordinal",
    "z.npy y.npy --like t5x",
    "z.npy y.npy --like fairseq",
    "z.npy y.npy --like keras",
    "z.npy e.csv --column label --epsilon-column amount",
    "z.csv e.csv --column label --epsilon-column amount --json",
    "z.npy y.npy --per-class .1,.2,.3,.4,.5,0",
    "z.npy y.npy --conditional p.npy -e 0:0.3",
    "z.npy y.npy --minus-entropy --reduction sum",
    "z.npy y.npy --reduction none",
    "z.csv y.csv --reduction none",
    "z.csv x.csv --reduction none --precision 5",
    "z.npy m.npy --labels multilabel --reduction none",
    "z.npy h.npy --ignore -100 --reduction none",
    "both.csv --columns c0:c5 --reduction none --keep c0",
    "z.npy e.csv --column label --epsilon-column amount --reduction none",
]


@pytest.mark.parametrize("line", SETS)
def test_the_same_bytes_for_any_number_of_workers(
    files: Work, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    arguments = ["loss", *line.split()]
    first = files.run(*arguments, "--workers", 1)
    assert first.code == 0, first.err
    assert first.out
    for count, tiles in ((2, 1), (8, 1), (3, 3), (2, 100)):
        cut(monkeypatch, tiles)
        assert files.run(*arguments, "--workers", count) == first


@pytest.mark.parametrize(
    ("predictions", "output"),
    [("z.npy", "rows.npy"), ("z.npy", "rows.csv"), ("z.npy", "rows.npy.gz"), ("z.csv", "rows.npy")],
)
def test_the_same_file_for_any_number_of_workers(files: Work, predictions: str, output: str) -> None:
    found = set()
    for count in WORKERS:
        files.ok("loss", predictions, "y.csv", *PER_ROW, "-o", output, "--force", "--workers", count)
        found.add(Path(output).read_bytes())
    assert len(found) == 1


@pytest.mark.parametrize(
    "name",
    [
        "z.npy",
        "z64.npy",
        "p.npy",
    ],
)
def test_the_same_float_for_what_is_read_once(files: Work, name: str) -> None:
    found = {files.ok("loss", name, "y.npy")}
    for count in (1, 3):
        command = [sys.executable, "-m", "lsmooth", "loss", "-", "y.npy", "--workers", str(count)]
        with subprocess.Popen(["cat", name], stdout=subprocess.PIPE) as cat:
            done = subprocess.run(command, stdin=cat.stdout, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        found.add(done.stdout.decode())
    assert len(found) == 1


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 700), st.integers(2, 40), st.integers(1, 5), st.integers(0, 99))
def test_any_shape_gives_the_same_float(
    tmp_path_factory: pytest.TempPathFactory, rows: int, classes: int, tiles: int, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("shape")
    values = random(seed).normal(0, 4, (rows, classes)).astype(np.float32)
    np.save(folder / "z.npy", values)
    np.save(folder / "y.npy", random(seed).integers(0, classes, rows))
    found = set()
    for count, width in ((1, 1), (1, 100), (2, tiles), (8, tiles), (3, 1)):
        with pytest.MonkeyPatch.context() as patch:
            cut(patch, width)
            result = lsmooth.loss_file(
                folder / "z.npy",
                folder / "y.npy",
                kind="logits",
                classes=classes,
                workers=count,
                report=False,
            )
        found.add(result.loss)
    assert len(found) == 1


@pytest.mark.parametrize("flag", ["0", "-1", "two", "1.5"])
def test_a_number_of_workers_that_is_none(work: Work, flag: str) -> None:
    np.save("z.npy", np.zeros((3, 3)))
    np.save("y.npy", np.arange(3))
    assert "--workers" in work.refused("loss", "z.npy", "y.npy", "--workers", flag, code=2)


# Errors


def threads_here() -> int:
    """How many threads there are, but for those that a client of Dask leaves behind."""
    return sum(not thread.name.startswith("Dask") for thread in threading.enumerate())


def save_with(rows: Sequence[int], value: float = np.nan, count: int = 12 * TILE) -> None:
    values = random(6).normal(0, 1, (count, CLASSES)).astype(np.float32)
    values[list(rows), 2] = value
    np.save("z.npy", values)
    np.save("y.npy", np.arange(count) % CLASSES)


def watch(patch: pytest.MonkeyPatch, before: Callable[[int], None]) -> list[int]:
    """Call something with the first row of each block before it is worked on; returns these rows."""
    seen: list[int] = []
    real: Callable[[Any, Any], Any] = loss_pass.LossPass.work

    def work(self: Any, pair: Any) -> Any:
        seen.append(pair.scores.start)
        before(pair.scores.start)
        return real(self, pair)

    patch.setattr(loss_pass.LossPass, "work", work)
    return seen


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("flags", [[], ["--report"], ["--compare"], [*PER_ROW, "-o", "rows.npy"]])
def test_the_earlier_of_two_errors_is_the_one(
    work: Work, monkeypatch: pytest.MonkeyPatch, workers: int, flags: list[str]
) -> None:
    early, late = 2 * TILE + 5, 3 * TILE + 1
    save_with([early, late, 9 * TILE])
    watch(monkeypatch, lambda start: time.sleep(0.05) if start == 2 * TILE else None)
    error = work.refused("loss", "z.npy", "y.npy", "--workers", workers, *flags)
    assert f"z.npy: row {early}: the prediction is NaN" in error


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("workers", WORKERS)
def test_the_earlier_of_two_errors_in_text(work: Work, workers: int) -> None:
    values = random(7).normal(0, 1, (8 * TILE, CLASSES)).astype(str).astype(object)
    values[5 * TILE, 1], values[6 * TILE, 3] = "many", "few"
    work.write("z.csv", "".join(",".join(row) + "\n" for row in values.tolist()))
    work.write("y.csv", lines(np.arange(8 * TILE) % CLASSES))
    error = work.refused("loss", "z.csv", "y.csv", *PER_ROW, "-o", "rows.csv", "--workers", workers)
    assert f"z.csv:{5 * TILE + 1}" in error
    assert "many" in error


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("block", "workers"),
    [
        *((8, workers) for workers in (1, 2, 3)),
        (3, 1),
        *((1, workers) for workers in WORKERS),
        *((3, workers) for workers in (2, 3, 8)),
        (8, 8),
    ],
)
def test_a_bad_prediction_before_a_bad_label(work: Work, workers: int, block: int) -> None:
    save_with([5])
    labels = np.arange(12 * TILE) % CLASSES
    labels[block * TILE] = 77
    np.save("y.npy", labels)
    error = work.refused("loss", "z.npy", "y.npy", "-k", CLASSES, "--workers", workers)
    assert "z.npy: row 5: the prediction is NaN" in error


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("workers", WORKERS)
def test_a_bad_label_before_a_bad_prediction(work: Work, workers: int) -> None:
    save_with([9 * TILE])
    labels = np.arange(12 * TILE) % CLASSES
    labels[4 * TILE] = 77
    np.save("y.npy", labels)
    error = work.refused("loss", "z.npy", "y.npy", "-k", CLASSES, "--workers", workers)
    assert f"y.npy: row {4 * TILE}" in error


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("workers", [2, 3, 8])
def test_after_an_error_few_blocks_are_begun(
    work: Work, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    count = 200 * TILE
    save_with([TILE], count=count)
    seen = watch(monkeypatch, lambda _start: time.sleep(0.002))
    work.refused("loss", "z.npy", "y.npy", "--workers", workers)
    assert len(seen) <= 2 + DEPTH * workers
    assert threads_here() == 1


@pytest.mark.usefixtures("small")
def test_one_worker_stops_at_the_error(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    save_with([TILE])
    seen = watch(monkeypatch, lambda _start: None)
    work.refused("loss", "z.npy", "y.npy", "--workers", 1)
    assert seen == [0, TILE]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("flags", [[], PER_ROW])
def test_a_file_that_becomes_shorter_is_an_error(
    work: Work, monkeypatch: pytest.MonkeyPatch, workers: int, flags: list[str]
) -> None:
    save_with([])

    def shorten(start: int) -> None:
        if start == 3 * TILE:
            os.truncate("z.npy", 2 * TILE * CLASSES * 4)

    watch(monkeypatch, shorten)
    output = ["-o", "rows.npy"] if flags else []
    error = work.refused("loss", "z.npy", "y.npy", "--workers", workers, *flags, *output)
    assert re.search("z.npy has (become shorter|changed) while it was being read", error)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("at", [0, 11 * TILE])
@pytest.mark.parametrize("text", [False, True])
def test_a_file_that_changes_is_an_error(
    work: Work, monkeypatch: pytest.MonkeyPatch, workers: int, at: int, text: bool
) -> None:
    save_with([])
    name = "z.npy"
    if text:
        name = "z.csv"
        work.write(name, lines(np.load("z.npy").astype(np.float64)))
    last = 11 * TILE

    def touch(start: int) -> None:
        if start == at or (text and at == last):  # blocks of text are not of one length
            os.utime(name, (1, 1))

    watch(monkeypatch, touch)
    error = work.refused("loss", name, "y.npy", "--as", "logits", "--workers", workers)
    assert f"{name} has changed while it was being read" in error


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("workers", [1, 2, 8])
def test_labels_that_run_out(work: Work, workers: int) -> None:
    save_with([])
    np.save("y.npy", np.arange(12 * TILE - 3) % CLASSES)
    error = work.refused("loss", "z.npy", "y.npy", *PER_ROW, "-o", "rows.npy", "--workers", workers)
    assert f"z.npy has {12 * TILE:,} rows, y.npy has {12 * TILE - 3:,}" in error


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("workers", WORKERS)
def test_progress_ends_at_the_last_row(work: Work, workers: int) -> None:
    del work
    save_with([])
    done: list[int] = []

    def progress(step: str, rows: int, taken: int, total: int | None) -> None:
        del taken, total
        if step == "computing":
            done.append(rows)

    lsmooth.loss_file("z.npy", "y.npy", workers=workers, report=False, progress=progress)
    assert done == sorted(done)
    assert done[-1] == 12 * TILE


# The order of work


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


# A large file


def sparse(name: str, shape: tuple[int, ...], dtype: str) -> None:
    """Make an array of zeros that takes no room on disk."""
    kind = np.dtype(dtype)
    with Path(name).open("wb") as file:
        head = {"descr": kind.str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, head)
        file.truncate(file.tell() + int(np.prod(shape)) * kind.itemsize)


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize(("kind", "rows"), [("<f4", 100_000), ("<f8", 20_000)])
def test_memory_of_a_large_file(kind: str, rows: int) -> None:
    sparse("z.npy", (rows, 1000), kind)
    sparse("y.npy", (rows,), "u2")
    found, peaks = set(), []
    for workers in (2, 8):
        shown, peak = measured("loss", "z.npy", "y.npy", "-k", 1000, "--as", "logits", "--workers", workers)
        found.add(shown)
        peaks.append(peak)
    assert len(found) == 1
    assert abs(float(found.pop()) - np.log(1000)) < 1e-6
    assert max(peaks) < 150, peaks


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("workers", [2, 8])
def test_a_signal_while_threads_work(work: Work, number: signal.Signals, code: int, workers: int) -> None:
    rows = 4_000_000
    sparse("z.npy", (rows, 1000), "<f4")  # 16 GB for whoever reads, none on disk
    sparse("y.npy", (rows,), "u2")
    arguments = ["loss", "z.npy", "y.npy", "-k", 1000, "--as", "logits", *PER_ROW, "-o", "rows.npy"]
    process = subprocess.Popen(
        python(HEEDING, *arguments, "--workers", workers),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while process.poll() is None and not any(path.stat().st_size > 1e4 for path in work.folder.glob(".*")):
        time.sleep(0.01)
    assert process.poll() is None
    began = time.monotonic()
    process.send_signal(number)
    out, error = process.communicate(timeout=20)
    assert time.monotonic() - began < 5
    assert (process.returncode, out, error.strip()) == (code, b"", b"")
    assert work.files() == ["y.npy", "z.npy"]


def test_a_reader_that_has_had_enough_ends_the_threads(work: Work) -> None:
    rows = 2_000_000
    sparse("z.npy", (rows, 100), "<f4")
    sparse("y.npy", (rows,), "u2")
    arguments = ["loss", "z.npy", "y.npy", "-k", 100, "--as", "logits", *PER_ROW, "--workers", 4]
    process = subprocess.Popen(
        python(HEEDING, *arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.read(20)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=20) == 0
    assert work.files() == ["y.npy", "z.npy"]
