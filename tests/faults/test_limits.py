"""Limits on memory, threads and descriptors."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from conftest import Work
from kits import faults
from kits.faults import (
    MEGABYTE,
    hidden,
    late,
    limit,
    mostly_late,
    refused,
    run,
)
from kits.streams import LABELS

NARROW = [
    ("smooth", "labels.csv", "-o", "{}/soft.npy"),
    ("smooth", "labels.npy", "-o", "{}/soft.csv"),
    ("smooth", "rows.npy", "--labels", "rows", "-o", "{}/soft.npy"),
    ("loss", "logits.npy", "labels.csv"),
    ("loss", "logits.npy", "labels.npy", "--reduction", "none", "-o", "{}/loss.csv"),
    ("loss", "logits.npy", "labels.npy", "--compare"),
]


@pytest.mark.parametrize("arguments", mostly_late(NARROW, 0, 4))
def test_700_megabytes_of_addresses_are_enough(
    many: Path, tmp_path: Path, arguments: tuple[object, ...]
) -> None:
    prelude = limit("RLIMIT_AS", 700 * MEGABYTE)
    filled = [str(each).format(tmp_path) for each in arguments]
    result = run(many, *filled, "--workers", 1, "-q", prelude=prelude)
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("command", ["smooth", "loss"])
def test_too_little_memory_is_an_error_that_leaves_nothing(many: Path, tmp_path: Path, command: str) -> None:
    """What is left when everything is loaded is too little for a block."""
    files: tuple[object, ...] = ("labels.csv", "-k", 10)
    if command == "loss":
        files = ("logits.npy", "labels.npy", "--reduction", "none")
    room = (
        "import numpy, lsmooth.cli.app, lsmooth.cli.smooth, lsmooth.cli.loss\n"
        "import lsmooth.pipeline.targets, lsmooth.pipeline.loss, lsmooth.cli.console\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 2**20,) * 2)\n"
    )
    flags = ("-o", tmp_path / "out.csv", "--workers", 1)
    result = run(many, command, *files, *flags, prelude=room)
    refused(result, "memory")
    assert os.listdir(tmp_path) == []  # noqa: PTH208


@pytest.mark.parametrize("most", [0, 1])
def test_a_thread_that_cannot_start_is_done_without(
    work: Work, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """The limit on processes of a container, or RLIMIT_AS; without any thread the caller does all."""
    import threading

    faults.save_predictions(work.folder / "logits.npy", 300_000)
    faults.save_labels(work.folder / "labels.npy", 300_000)
    flags = ("loss", "logits.npy", "labels.npy", "--reduction", "none", "-o", "l.csv", "--workers", 16)
    before, begin = threading.active_count(), threading.Thread.start

    def few(self: threading.Thread) -> None:
        if threading.active_count() >= before + most:
            raise RuntimeError("can't start new thread")
        begin(self)

    monkeypatch.setattr(threading.Thread, "start", few)
    work.ok(*flags)
    assert len(work.read("l.csv").splitlines()) == 300_000


@pytest.mark.parametrize("suffix", ["npy", late("csv.gz")])
def test_1024_inputs_with_64_descriptors(tmp_path: Path, suffix: str) -> None:
    import gzip

    buffer = io.BytesIO()
    np.save(buffer, np.arange(3))
    content = {"npy": buffer.getvalue(), "csv.gz": gzip.compress(LABELS.encode())}
    names = [f"{number:04}.{suffix}" for number in range(1024)]
    for name in names:
        tmp_path.joinpath(name).write_bytes(content[suffix])
    few = limit("RLIMIT_NOFILE", 64)
    flags = ("--names-out", "n.txt", "--workers", 4)
    result = run(tmp_path, "smooth", *names, "-o", "soft.npy", *flags, prelude=few)
    assert result.code == 0, result.err
    soft = np.load(tmp_path / "soft.npy")
    assert np.array_equal(soft.argmax(axis=1), np.tile([0, 1, 2], 1024))
    assert hidden(tmp_path) == []
