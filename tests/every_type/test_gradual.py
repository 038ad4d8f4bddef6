"""Epochs, and classes and rows that are left out."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Work
from kits.every_type import AMOUNTS, WEIGHTS, K, N, Q, Y, Z, by_hand, log_softmax, targets


@pytest.mark.parametrize("total", [1, 3, 11])
def test_every_epoch_has_a_file(files: Work, total: int) -> None:
    before = set(files.files())
    files.ok("smooth", "y.npy", "-k", K, "-e", "0:0.3", "--epoch", f"all/{total}", "-o", "t-{epoch}.csv")
    width = len(str(total))
    assert set(files.files()) - before == {f"t-{t:0{width}}.csv" for t in range(1, total + 1)}
    for t, epsilon in enumerate(np.linspace(0, 0.3, total).tolist(), 1):
        wanted = files.ok("smooth", "y.npy", "-k", K, "-e", epsilon)
        assert files.read(f"t-{t:0{width}}.csv") == wanted
        assert files.ok("smooth", "y.npy", "-k", K, "-e", "0:0.3", "--epoch", f"{t}/{total}") == wanted


def test_all_epochs_from_a_regular_standard_input(work: Work) -> None:
    flags = ["-k", 2, "-e", "0:0.2", "--epoch", "all/2", "-o", "t-{epoch}.csv"]
    work.ok("smooth", *flags, stdin="0\n1\n")
    assert work.read("t-1.csv") == "1.0,0.0\n0.0,1.0\n"
    assert work.read("t-2.csv") == "0.9,0.1\n0.1,0.9\n"


@pytest.mark.parametrize("ramp", ["linear", "cosine", "exponential"])
def test_a_ramp_of_one_epoch_is_low(files: Work, ramp: str) -> None:
    flags = ["y.npy", "-k", K]
    found = files.ok("smooth", *flags, "-e", "0.1:0.5", "--epoch", "1/1", "--ramp", ramp)
    assert found == files.ok("smooth", *flags, "-e", "0.1")


# exclude, ignore


@pytest.mark.parametrize("rule", ["all", "others"])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_an_excluded_class_gets_no_mass(files: Work, weights: str, rule: str) -> None:
    where, matrix = WEIGHTS[weights]
    kept = np.flatnonzero(Y != 2)
    table = np.array(matrix(rule), dtype=np.float64)
    if weights == "prior-labels":
        table = np.tile(np.bincount(Y[kept], minlength=K).astype(np.float64), (K, 1))
    table[:, 2] = 0
    table[table.sum(axis=1) == 0] = [1, 1, 0, 1]
    wanted = by_hand(np.full(N, 0.3), table, rule)
    wanted[Y == 2] = 0
    flags = [*where, "-e", 0.3, "--spread", rule, "--exclude", 2, "--ignore", 2]
    found = targets(files, "y.npy", "-k", K, *flags)
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-15)
    loss = float(files.ok("loss", "z.npy", "y.npy", *flags))
    assert loss == pytest.approx(-(wanted * log_softmax(Z)).sum() / len(kept), rel=1e-12)
    lines = files.ok("smooth", "y.npy", "-k", K, *flags, "--ignored", "drop").splitlines()
    np.testing.assert_array_equal([[float(cell) for cell in line.split(",")] for line in lines], found[kept])


@pytest.mark.parametrize("amount", ["by", "column", "true", "accuracy-class", "confidence", "per-class"])
def test_ignored_rows_stay_in_step_and_do_not_count(files: Work, amount: str) -> None:
    much, _ = AMOUNTS[amount]
    flags = ["--column", "y", *much, "--ignore", 3]
    # the same with the rows taken out of all files
    kept = np.flatnonzero(Y != 3)
    lines = files.read("y.csv").splitlines(keepends=True)
    zeros = targets(files, "y.csv", "-k", K, *flags)
    dropped = files.ok("smooth", "y.csv", "-k", K, *flags, "--ignored", "drop")
    loss = float(files.ok("loss", "z.npy", "y.csv", *flags))
    files.write("y.csv", lines[0] + "".join(lines[1 + row] for row in kept))
    np.save("q.npy", Q[kept])
    np.save("z.npy", Z[kept])
    assert not zeros[Y == 3].any()
    fewer = targets(files, "y.csv", "-k", K, "--column", "y", *much)
    # a class that does not appear changes nothing but by class: its rows are ignored
    np.testing.assert_array_equal(zeros[kept], fewer)
    assert [[float(cell) for cell in line.split(",")] for line in dropped.splitlines()[1:]] == fewer.tolist()
    assert loss == pytest.approx(float(files.ok("loss", "z.npy", "y.csv", "--column", "y", *much)), rel=1e-12)
