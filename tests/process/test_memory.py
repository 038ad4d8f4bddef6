"""Memory and descriptors."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest
from conftest import Result, Work
from kits.processes import MEASURE, RUN, peak, python
from kits.shells import LABELS, MANY, SOFT

#: With few descriptors.
FRUGAL = f"import resource, sys\nresource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n{RUN}"


def run(code: str, *arguments: object) -> Result:
    done = subprocess.run(
        python(code, *arguments), stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


# Memory and descriptors


@pytest.mark.parametrize(
    ("source", "target"),
    [("npy", "npy"), ("csv", "csv"), ("csv", "npy"), ("csv.xz", "npy.gz"), ("npy", "tsv")],
)
def test_memory_is_small_and_does_not_grow_with_rows(work: Work, source: str, target: str) -> None:
    import lzma

    peaks = []
    for rows in (400_000, 2_000_000):
        labels = (np.arange(rows) * 7919 % 10).astype(np.uint8)
        name = f"labels.{source}"
        if source == "npy":
            np.save(name, labels)
        else:
            text = (labels + ord("0")).tobytes().decode().replace("", "\n")[1:-1] + "\n"
            work.write(name, lzma.compress(text.encode(), preset=0) if source == "csv.xz" else text)
        peaks.append(peak("smooth", name, "-o", f"soft.{target}", "--force"))
        work.folder.joinpath(f"soft.{target}").unlink()
        del labels
    assert max(peaks) < 100
    assert peaks[1] - peaks[0] < 10, peaks


@pytest.mark.usefixtures("work")
def test_memory_does_not_grow_with_rows_of_probabilities() -> None:
    peaks = []
    for rows in (300_000, 3_000_000):
        np.save("rows.npy", np.tile(np.array([0.25, 0.5, 0.25, 0], np.float32), (rows, 1)))
        peaks.append(peak("smooth", "rows.npy", "-o", "soft.npy", "--force"))
    assert max(peaks) < 100
    assert peaks[1] - peaks[0] < 10, peaks


def test_memory_does_not_grow_with_a_pipe(work: Work) -> None:
    peaks = []
    for times in (1, 8):
        work.write("labels.csv", MANY * times)
        command = python(MEASURE, "-m", "lsmooth", "smooth", "-k", 3, "-o", "soft.csv", "--force")
        with subprocess.Popen(["cat", "labels.csv"], stdout=subprocess.PIPE) as cat:
            done = subprocess.run(command, stdin=cat.stdout, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        peaks.append(float(done.stderr.split()[-1]))
    assert max(peaks) < 100
    assert peaks[1] - peaks[0] < 10, peaks


@pytest.mark.parametrize("suffix", ["csv", "npy", "csv.xz"])
def test_hundreds_of_inputs_need_few_descriptors(work: Work, suffix: str) -> None:
    import lzma

    names = [f"part-{number:03}.{suffix}" for number in range(300)]
    for name in names:
        if suffix == "npy":
            np.save(name, np.arange(3))
        else:
            work.write(name, lzma.compress(LABELS.encode()) if suffix == "csv.xz" else LABELS)
    result = run(FRUGAL, "smooth", *names)
    assert result.code == 0, result.err
    assert result.out == SOFT * 300
