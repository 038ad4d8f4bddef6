"""The bytes and the numbers of a cluster are those at home."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Work
from kits.clusters import CLASSES, ROWS, save_all

import lsmooth
from lsmooth.pipeline.cluster import Cluster

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("default")  # those of Dask are not ours

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
