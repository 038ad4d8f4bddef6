"""The same bytes for any number of threads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import Work
from hypothesis import given, settings
from hypothesis import strategies as st
from kits.workers import CLASSES, PER_ROW, ROWS, WORKERS, Array, cut, lines, random

import lsmooth


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
