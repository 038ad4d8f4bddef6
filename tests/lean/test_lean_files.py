"""Files of float32."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import Work
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kits.lean import (
    NEAR,
    QUICK,
    RULES,
    Array,
    Case,
    cases,
    chances,
    exact,
    far,
    noise,
    random,
    single,
    softmax,
)

from lsmooth.conventions import CONVENTIONS
from lsmooth.pipeline import engine
from lsmooth.predictions import PredictionKind
from lsmooth.smoothing import Rule

FILES = settings(QUICK, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])

# Files


def losses_of(work: Work, *flags: object) -> Array:
    """What `--reduction none` writes for the saved files."""
    work.ok("loss", "z.npy", "y.npy", *flags, "--reduction", "none", "-o", "rows.npy", "-f", "-q")
    return np.asarray(np.load("rows.npy"))


def check_files(work: Work, case: Case, saved: Array, *, name: str = "z.npy") -> None:
    """Row by row and in total, from a file."""
    np.save("z.npy", saved)
    np.save("y.npy", case.labels)
    if name.endswith(".gz"):
        Path(name).write_bytes(gzip.compress(Path("z.npy").read_bytes(), 1))
    costs = case.costs()
    for rule in RULES:
        flags = ["--as", case.kind, "--spread", rule]
        work.ok("loss", name, "y.npy", *flags, "-e", 0.1, "--reduction", "none", "-o", "rows.npy", "-f", "-q")
        assert (far(np.load("rows.npy"), exact(case, rule, 0.1, costs)) <= NEAR).all()
        for reduction in ("sum", "mean"):
            lines = work.ok("loss", name, "y.npy", *flags, "-e", "0,0.1,1", "--reduction", reduction)
            for line in lines.splitlines()[1:]:
                epsilon, found = map(float, line.split(",")[:2])
                wanted = exact(case, rule, epsilon, costs)
                assert far(found, wanted.sum() if reduction == "sum" else wanted.mean()) <= NEAR


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f2", ">f2"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["logits", "probs"])
def test_files_of_any_byte_order_and_layout(work: Work, dtype: str, order: str, kind: PredictionKind) -> None:
    classes = 16
    values = random(3).normal(0, 2, (700, classes))
    if kind == "probs":
        values = np.full((700, classes), 1 / 16)
        values[::2, :2] = [2**-20, 1 / 8]  # each row sums to 1 in half precision too
        values[5] = np.eye(classes)[3]
    else:
        values[::5] += 1000
        values[7, 3] = -np.inf
    saved = np.asarray(values.astype(dtype), order="C" if order == "C" else "F")
    labels = random(4).integers(0, classes, 700)
    labels[5] = 3
    labels[7] = 5
    case = Case(saved.astype(saved.dtype.newbyteorder("=")), labels, kind)
    if kind == "logits":  # the infinite row is for the rows alone
        np.save("z.npy", saved)
        np.save("y.npy", labels)
        assert (far(losses_of(work, "--as", kind, "-e", 0.1), exact(case, "all", 0.1)) <= NEAR).all()
        saved[7, 3] = 0
        case.values[7, 3] = 0
        check_files(work, case, saved)
    else:
        found = losses_of_saved(work, saved, labels, kind)
        assert (far(found, exact(case, "all", 0.1)) <= NEAR).all()


def losses_of_saved(work: Work, saved: Array, labels: Array, kind: PredictionKind) -> Array:
    np.save("z.npy", saved)
    np.save("y.npy", labels)
    return losses_of(work, "--as", kind, "-e", 0.1)


@pytest.mark.parametrize("classes", [2, 10, 1000, 1025])
def test_what_is_read_as_a_stream(work: Work, classes: int) -> None:
    case = noise(classes, 3, rows=300)
    values = case.values.copy()
    values[::9] += np.float32(500)
    check_files(work, Case(values, case.labels), values, name="z.npy.gz")


@pytest.mark.parametrize("rows", [900, 1000, 1001])
def test_what_comes_through_a_pipe(work: Work, rows: int) -> None:
    case = noise(6, 3, rows=rows)
    values = case.values.copy()
    values[::50] += np.float32(70)
    np.save("z.npy", values)
    np.save("y.npy", case.labels)
    command = [sys.executable, "-m", "lsmooth", "loss", "-", "y.npy", "--reduction", "none", "-k", "6"]
    with subprocess.Popen(["cat", "z.npy"], stdout=subprocess.PIPE) as cat:
        done = subprocess.run(command, stdin=cat.stdout, capture_output=True, check=False, cwd=work.folder)
    assert done.returncode == 0, done.stderr
    found = np.array(list(map(float, done.stdout.split())))
    assert (far(found, exact(Case(values, case.labels), "all", 0.1)) <= NEAR).all()


def test_a_sum_over_many_rows(work: Work) -> None:
    case = noise(10, 3, rows=150_000)
    check_files(work, case, case.values)
    p = softmax(case.values.astype(np.float64)).astype(np.float32)
    check_files(work, Case(p, case.labels, "probs"), p)


@pytest.mark.parametrize("classes", [50_257, 100_000])
def test_files_of_many_classes(work: Work, classes: int) -> None:
    case = noise(classes, 2, rows=20)
    check_files(work, case, case.values)


def test_labels_that_are_ignored(work: Work) -> None:
    case = noise(10, 3, rows=2000)
    labels = np.where(random(5).random(2000) < 0.3, -100, case.labels)
    np.save("z.npy", case.values)
    np.save("y.npy", labels)
    wanted = exact(Case(case.values, labels), "others", 0.1)
    flags = ["--as", "logits", "-e", 0.1, "--spread", "others", "--ignore", -100]
    assert (far(losses_of(work, *flags), wanted) <= NEAR).all()
    mean = wanted.sum() / (labels >= 0).sum()
    assert far(float(work.ok("loss", "z.npy", "y.npy", *flags)), mean) <= NEAR


@pytest.mark.parametrize("size", [1, 1 << 14, 1 << 18, 1 << 26])
def test_the_same_float_for_any_block(work: Work, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    case = noise(33, 5, rows=5000)
    values = case.values.copy()
    values[::17] += np.float32(700)
    np.save("z.npy", values)
    np.save("y.npy", case.labels)
    flags = ["loss", "z.npy", "y.npy", "--as", "logits", "-e", "0,0.1,1"]
    wanted = work.ok(*flags), losses_of(work, "-e", 0.1).tobytes()
    monkeypatch.setattr(engine, "SHARED_BYTES", size)
    assert (work.ok(*flags), losses_of(work, "-e", 0.1).tobytes()) == wanted


def test_memory_is_used_again_for_a_shorter_block(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SHARED_BYTES", 256 * 10 * 4)
    case = noise(10, 3, rows=256 * 5 + 17)
    for dtype in (np.float32, np.float16):
        saved = case.values.astype(dtype)
        check_files(work, Case(saved, case.labels), saved)


def test_a_report_and_the_plain_loss_agree(work: Work) -> None:
    case = noise(40, 4, rows=3000)
    np.save("y.npy", case.labels)
    p = softmax(case.values.astype(np.float64)).astype(np.float32)
    for values, kind in ((case.values, "logits"), (p, "probs")):
        np.save("z.npy", values)
        for rule in RULES:
            flags = ["loss", "z.npy", "y.npy", "--as", kind, "-e", 0.1, "--spread", rule]
            plain = float(work.ok(*flags))
            assert far(json.loads(work.ok(*flags, "--json"))["loss"], plain) <= NEAR


@pytest.mark.parametrize("name", [one.name for one in CONVENTIONS if one.kind == "softmax" and not one.focal])
@pytest.mark.parametrize("kind", ["logits", "probs"])
def test_every_convention_beside_float64(work: Work, name: str, kind: PredictionKind) -> None:
    case = noise(12, 3, rows=900)
    values = case.values if kind == "logits" else softmax(case.values.astype(np.float64)).astype(np.float32)
    np.save("y.npy", np.where(random(6).random(900) < 0.1, 0, np.maximum(case.labels, 1)))
    convention = next(one for one in CONVENTIONS if one.name == name)
    found = []
    for dtype in (np.float32, np.float64):
        np.save("z.npy", values.astype(dtype))
        epsilon = 0 if convention.epsilons == "0" else 0.1
        flags = ["--as", kind, "--like", name, "-e", epsilon, "--pad", 0]
        result = work.run("loss", "z.npy", "y.npy", *flags, "--reduction", "mean")
        if result.code:
            pytest.skip(result.err)
        found.append([float(result.out), *losses_of(work, *flags)])
    assert (far(found[0], np.array(found[1])) <= NEAR).all()


@pytest.mark.parametrize("weighting", ["target", "row"])
def test_class_weights_that_leave_the_sum_alone(work: Work, weighting: str) -> None:
    case = noise(6, 3, rows=500)
    np.save("y.npy", case.labels)
    found = []
    for dtype in (np.float32, np.float64):
        np.save("z.npy", case.values.astype(dtype))
        flags = ["-e", 0.1, "--weights", ".1,2,3,0,5,60", "--weighting", weighting]
        found.append([float(work.ok("loss", "z.npy", "y.npy", *flags)), *losses_of(work, *flags)])
    assert (far(found[0], np.array(found[1])) <= NEAR).all()


@pytest.mark.parametrize("kind", ["logits", "probs"])
def test_less_the_entropy(work: Work, kind: PredictionKind) -> None:
    case = noise(10, 1, rows=500) if kind == "logits" else chances(10, 1)
    np.save("y.npy", case.labels)
    found = []
    for dtype in (np.float32, np.float64):
        np.save("z.npy", case.values.astype(dtype))
        flags = ["--as", kind, "-e", 0.1, "--minus-entropy"]
        found.append([float(work.ok("loss", "z.npy", "y.npy", *flags)), *losses_of(work, *flags)])
    assert (far(found[0], np.array(found[1])) <= NEAR).all()


@pytest.mark.parametrize("kind", ["logits", "probs"])
def test_less_the_entropy_nothing_is_left(work: Work, kind: PredictionKind) -> None:
    level = 6.3 if kind == "logits" else 1 / 1003
    np.save("z.npy", single(np.full((300, 1003), level)))
    np.save("y.npy", np.arange(300))
    flags = ["--as", kind, "-e", 1, "--minus-entropy"]
    assert abs(float(work.ok("loss", "z.npy", "y.npy", *flags))) <= NEAR


@FILES
@given(cases(), st.sampled_from([0.0, 0.1, 1.0]), st.sampled_from(RULES))
def test_files_of_rows_of_any_sort(work: Work, case: Case, epsilon: float, rule: Rule) -> None:
    np.save("z.npy", case.values)
    np.save("y.npy", case.labels)
    wanted = exact(case, rule, epsilon)
    flags = ["--as", "logits", "-e", epsilon, "--spread", rule, "--classes", case.classes]
    assert (far(losses_of(work, *flags), wanted) <= NEAR).all()
    total = float(work.ok("loss", "z.npy", "y.npy", *flags, "--reduction", "sum"))
    assert far(total, wanted.sum()) <= NEAR
