"""What targets are, from their values alone: readings, faults, mixtures, files and the screen."""

from __future__ import annotations

import gzip
import json
import math
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Spawn, Work
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from test_explain import drawn, numbers_of

import lsmooth
from lsmooth.compare.detected import Detection, Reading
from lsmooth.compare.detection import Detector, detect, detect_file
from lsmooth.compare.laws import Guess, rounded
from lsmooth.errors import LsmoothError
from lsmooth.lessons import CATALOGUE
from lsmooth.lessons.detected import detected_lesson, detected_title
from lsmooth.smoothing import Rule

Floats = NDArray[np.float64]

RULES: list[Rule] = ["all", "others", "half", "flip"]
#: (1-ε)·y + ε/K and so on, written out: the target of the true class and of each other class.
TARGETS: dict[Rule, Callable[[float, int], tuple[float, float]]] = {
    "all": lambda e, k: (1 - e + e / k, e / k),
    "others": lambda e, k: (1 - e, e / (k - 1)),
    "half": lambda e, _: (1 - e / 2, e / 2),
    "flip": lambda e, _: (1 - e, e),
}


def rows(labels: list[int], classes: int, on: float, off: float) -> Floats:
    targets = np.full((len(labels), classes), off)
    targets[np.arange(len(labels)), labels] = on
    return targets


def reading(found: Detection, spread: str) -> Reading:
    (one,) = [each for each in found.readings if each.spread == spread]
    return one


def names(found: Detection) -> list[str]:
    return [each.spread for each in found.readings]


# ε and spread come back


@given(
    hundredths=st.integers(1, 45),
    classes=st.integers(2, 40),
    rule=st.sampled_from(RULES),
    dtype=st.sampled_from(["float64", "float32"]),
    seed=st.integers(0, 99),
)
def test_what_smooth_wrote_is_read_back(
    hundredths: int, classes: int, rule: Rule, dtype: str, seed: int
) -> None:
    epsilon = hundredths / 100
    labels = np.random.default_rng(seed).integers(classes, size=20).tolist()
    found = detect(lsmooth.smooth(labels, epsilon, classes, spread=rule, dtype=dtype))
    one = reading(found, rule)
    assert one.epsilon == epsilon
    assert one.rows == 20
    on, off = TARGETS[rule](epsilon, classes)
    assert one.true_class == pytest.approx(on)
    assert one.other_classes == pytest.approx(off)
    assert not found.faults
    assert not found.single


@given(
    hundredths=st.integers(1, 45),
    classes=st.integers(2, 12),
    rule=st.sampled_from(RULES),
    digits=st.integers(3, 17),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_text_of_few_digits_is_read_back(
    tmp_path: Path, hundredths: int, classes: int, rule: Rule, digits: int
) -> None:
    on, off = TARGETS[rule](hundredths / 100, classes)
    path = tmp_path / "targets.csv"
    targets = rows([k % classes for k in range(7)], classes, on, off)
    path.write_text("".join(",".join(f"{v:.{digits}g}" for v in row) + "\n" for row in targets))
    found = detect_file(path)
    assert reading(found, rule).epsilon == pytest.approx(hundredths / 100, rel=10 ** (1 - digits))
    assert not found.faults


@pytest.mark.parametrize(
    ("values", "spread", "epsilon"),
    [
        ([0.9, 0.05, 0.05], "others", 0.1),
        ([0.05, 0.05, 0.8, 0.05, 0.05], "others", 0.2),
        ([2.8 / 3, 0.1 / 3, 0.1 / 3], "all", 0.1),
        ([0.925, 0.025, 0.025, 0.025], "all", 0.1),
        ([0.91, *[0.01] * 9], "all", 0.1),
        ([0.95, 0.05], "all", 0.1),
        ([(1 + 0.1 / 4) / 1.1, *[0.1 / 4 / 1.1] * 3], "relative", 0.1),
        ([0.95, 0.05, 0.95, 0.05], "half", 0.1),
    ],
)
def test_the_roundest_epsilon_comes_first(values: list[float], spread: str, epsilon: float) -> None:
    first = detect([values, values]).readings[0]
    assert (first.spread, first.epsilon) == (spread, epsilon)


def test_the_other_spreads_with_the_same_values_are_told_with_their_epsilon() -> None:
    found = detect(lsmooth.smooth([0, 1, 2], 0.1, 3, spread="others"))
    assert [(one.spread, one.epsilon) for one in found.readings] == [
        ("others", 0.1),
        ("all", pytest.approx(0.15)),
        ("relative", pytest.approx(0.15 / 0.85)),
    ]


def test_at_two_classes_the_four_spreads_are_one_family() -> None:
    found = detect([[0.95, 0.05], [0.05, 0.95]])
    told = {one.spread: one.epsilon for one in found.readings}
    assert told == {
        "all": 0.1,
        "others": 0.05,
        "half": 0.1,
        "flip": 0.05,
        "relative": pytest.approx(0.1 / 0.9),
    }


def test_conventions_are_those_of_the_spread_the_kind_and_the_padding() -> None:
    found = detect(lsmooth.smooth([0, 1, 2], 0.1, 3, spread="others"))
    wanted = {
        entry.name
        for entry in lsmooth.list_conventions()
        if entry.spread == "others" and entry.kind == "softmax" and not entry.reserved
    }
    assert "fairseq" in wanted
    assert set(found.readings[0].conventions) == wanted
    assert "torch" in reading(found, "all").conventions
    assert "sklearn" not in reading(found, "all").conventions
    assert "mlx" not in detect([[0.5, 0.5]]).readings[0].conventions


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_rounding_is_no_fault(dtype: str) -> None:
    for classes in (3, 10, 100):
        for rule in ("all", "others"):
            targets = lsmooth.smooth(list(range(classes)), 0.1, classes, spread=rule, dtype=dtype)
            found = detect(targets)
            assert not found.faults
            assert found.sums.off == 0
            assert found.readings[0].epsilon == 0.1


def test_float32_values_in_float64_are_told() -> None:
    targets = lsmooth.smooth([0, 1, 2], 0.1, 3, dtype="float32").astype(np.float64)
    found = detect(targets)
    assert (found.readings[0].spread, found.readings[0].epsilon, found.single) == ("all", 0.1, True)


def test_a_class_that_is_always_zero_is_reserved() -> None:
    found = detect(lsmooth.smooth([0, 1, 2, 0], 0.1, 4, spread="others", exclude=[3]))
    assert found.reserved == (3,)
    assert found.readings[0].epsilon == 0.1
    assert found.readings[0].conventions == ("opennmt", "annotated", "joeynmt")
    assert found.readings[0].other_classes == 0.05


def test_rows_of_several_labels_are_on_their_own() -> None:
    labels = [[1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 0, 0]]
    half = detect(lsmooth.smooth(labels, 0.1, kind="multilabel"))
    assert [(one.spread, one.epsilon, one.rows) for one in half.readings] == [
        ("half", 0.1, 4),
        ("flip", 0.05, 4),
    ]
    assert half.sums.low == pytest.approx(0.2)
    assert half.sums.high == pytest.approx(3.8)
    assert not half.faults
    everywhere = detect(lsmooth.smooth(labels, 0.1, kind="multilabel", spread="all"))
    assert [(one.spread, one.kind, one.epsilon, one.rows) for one in everywhere.readings] == [
        ("all", "sigmoid", 0.1, 4)
    ]
    assert "timm-bce" in everywhere.readings[0].conventions


def test_a_single_label_is_half_or_flip() -> None:
    found = detect([0.95, 0.05, 0.05])
    assert {one.spread: one.epsilon for one in found.readings} == {"half": 0.1, "flip": 0.05}


def test_others_that_outgrow_the_true_class_are_read() -> None:
    found = detect(rows([0, 1, 2, 2], 3, 0.2, 0.4))
    assert (found.readings[0].spread, found.readings[0].epsilon) == ("others", 0.8)
    assert found.outgrown


# Ignored, hard and soft rows


def test_rows_of_zero_or_nan_are_ignored() -> None:
    targets = lsmooth.smooth([0, 1, 2, 0], 0.1, 3)
    targets[1], targets[2] = 0, np.nan
    found = detect(targets)
    assert (found.zero, found.nan, found.ignored, found.readings[0].rows) == (1, 1, 2, 2)
    assert found.readings[0].epsilon == 0.1
    assert not found.faults
    nothing = detect(np.zeros((3, 2)))
    assert (nothing.ignored, nothing.readings, nothing.epsilon) == (3, (), None)
    assert math.isnan(nothing.sums.low)


def test_hard_labels_have_epsilon_zero() -> None:
    found = detect(np.eye(3, dtype=int)[[0, 2, 1]])
    assert (found.hard, found.epsilon, found.readings, found.faults) == (3, 0, (), ())
    several = detect([[1, 0, 1], [0, 1, 0]])
    assert (several.hard, several.multi_hot, several.epsilon, several.sums.off) == (1, 1, 0, 1)


def test_soft_rows_bound_epsilon() -> None:
    found = detect([[0.7, 0.2, 0.1], [0.5, 0.3, 0.2]])
    assert (found.soft, found.readings) == (2, ())
    assert found.bound == pytest.approx(0.3)
    votes = detect([[0.5, 0.5, 0, 0], [0, 0.25, 0.25, 0.5], [0.6, 0.4, 0, 0]])
    assert (votes.soft, votes.bound, votes.readings) == (3, 0, ())


def test_smoothed_soft_rows_show_their_epsilon() -> None:
    found = detect(lsmooth.smooth([[0.7, 0.3, 0, 0], [0.2, 0, 0.8, 0]], 0.1))
    (one,) = found.readings
    assert (one.spread, one.weights, one.epsilon, one.rows) == ("all", "soft", 0.1, 2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_prior_is_found(dtype: str) -> None:
    prior = [0.5, 0.3, 0.15, 0.05]
    found = detect(lsmooth.smooth([0, 1, 2, 0], 0.2, 4, prior=prior, dtype=dtype))
    (one,) = found.readings
    assert (one.spread, one.weights, one.epsilon) == ("all", "prior", 0.2)
    assert found.prior == pytest.approx(prior, abs=1e-6)


def test_unequal_shares_by_class_are_told() -> None:
    found = detect(lsmooth.smooth([0, 1, 2, 0], 0.2, 3, prior=[0.5, 0.3, 0.2], spread="others"))
    (one,) = found.readings
    assert (one.spread, one.weights, one.epsilon) == ("others", "class", 0.2)


def test_an_order_is_told_to_go_by_class(work: Work) -> None:
    work.write("labels.csv", "0\n1\n2\n3\n" * 3)
    work.ok("smooth", "labels.csv", "--ordinal", "-e", 0.1, "-o", "soft.csv")
    found = detect_file("soft.csv")
    assert (found.soft, found.readings, found.by_class) == (12, (), True)
    assert "A class has the same largest value in all its rows" in work.ok("explain", "soft.csv")


# Mixed ε


def test_mixed_epsilons_are_counted() -> None:
    targets = np.concatenate([lsmooth.smooth([0, 1, 2, 3], e, 4) for e in (0.1, 0.2, 0.05, 0.1)])
    one = detect(targets).readings[0]
    assert (one.spread, one.low, one.high, one.distinct, one.epsilon) == ("all", 0.05, 0.2, 3, None)
    assert one.counts == ((0.05, 4), (0.1, 8), (0.2, 4))


def test_an_epsilon_a_class_is_told_from_one_a_row() -> None:
    by_class = np.concatenate([lsmooth.smooth([c], 0.1 * (c + 1), 4) for c in (0, 1, 2, 3, 0)])
    assert detect(by_class).by_class
    assert not detect(np.concatenate([by_class, lsmooth.smooth([0], 0.3, 4)])).by_class


def test_beyond_a_thousand_epsilons_the_range_is_still_exact() -> None:
    epsilons = np.linspace(0.0001, 0.3, 3000)
    order = np.random.default_rng(0).permutation(3000)
    labels = np.arange(3000) % 5
    targets = np.eye(5)[labels] * (1 - epsilons[order, None]) + epsilons[order, None] / 5
    one = reading(detect(targets), "all")
    assert (one.distinct, one.rows) == (None, 3000)
    assert one.low == pytest.approx(0.0001, abs=1e-12)
    assert one.high == pytest.approx(0.3, abs=1e-12)


def test_two_files_in_one_are_two_readings() -> None:
    one_class = lsmooth.smooth([0, 1, 2], 0.1, 4)
    per_label = lsmooth.smooth([[1, 1, 0, 0]], 0.2, kind="multilabel")
    found = detect(np.concatenate([one_class, per_label]))
    assert [(one.spread, one.epsilon, one.rows) for one in found.readings[:1]] == [("all", 0.1, 3)]
    assert ("half", 0.2, 1) in [(one.spread, one.epsilon, one.rows) for one in found.readings]


# Faults


@pytest.mark.parametrize(
    ("name", "on", "off", "mass"),
    [
        ("1/K added", 0.9 + 1 / 5, 1 / 5, "2-ε = 1.9"),
        ("ε/(K-1) added to the true class", 0.9 + 0.1 / 4, 0.1 / 4, "1+ε/(K-1) = 1.025"),
        ("ε/K lost", 0.9, 0.1 / 5, "1-ε/K = 0.98"),
        ("ε/(K-2) with the padding class", 0.9, 0.1 / 3, "1+ε/(K-2) = 1.03333"),
        ("ε not divided", 1.0, 0.1, "1+(K-1)·ε = 1.4"),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_known_faults_are_named_with_their_mass(
    name: str, on: float, off: float, mass: str, dtype: str
) -> None:
    found = detect(rows([0, 1, 2, 3], 5, on, off).astype(dtype))
    (known,) = found.known
    assert (known.name, known.low, known.high, known.rows) == (name, 0.1, 0.1, 4)
    (sentence,) = found.faults
    assert f"With ε = 0.1 a row of one class sums to {mass}, not to 1." in sentence
    assert sentence.startswith("All rows: ")
    assert found.sums.off == 4
    assert found.sums.worst == pytest.approx(on + 4 * off, rel=1e-6)
    assert found.readings == ()


def test_a_fault_in_some_rows_leaves_the_others_readable() -> None:
    good = lsmooth.smooth([0, 1, 2], 0.1, 5)
    found = detect(np.concatenate([good, rows([1], 5, 0.9 + 1 / 5, 1 / 5)]))
    assert (found.readings[0].spread, found.readings[0].epsilon, found.readings[0].rows) == ("all", 0.1, 3)
    assert found.faults[0].startswith("1 row (first: row 3): (1-ε)·y + 1/K in place of")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([0.5, math.nan, 0.5], "1 row holds NaN beside numbers (first: row 2)"),
        ([math.inf, 0, 0], "1 row holds infinite values (first: row 2)"),
        ([1.2, -0.1, -0.1], "1 row holds negative values, down to -0.1 (first: row 2)"),
        ([1.2, 0.1, 0.3], "1 row holds values above 1, up to 1.2 (first: row 2)"),
        ([0.5, 0.1, 0.2], "1 row does not sum to 1; the farthest sums to 0.8 (row 2)"),
    ],
)
def test_impossible_values_are_named_with_their_first_row(row: list[float], words: str) -> None:
    found = detect([[0.9, 0.05, 0.05], [0.05, 0.9, 0.05], row, [0.05, 0.05, 0.9]])
    assert any(words in sentence for sentence in found.faults), found.faults
    assert found.readings[0].rows == 3


def test_values_just_above_one_by_rounding_are_no_fault() -> None:
    assert not detect(np.array([[1.0000001, 0.0]], dtype=np.float32)).faults


@pytest.mark.parametrize("values", [[0, 1, 2], [[3, 0, 1], [0, 2, 1]], [0, 1, 1]])
def test_labels_are_no_targets(values: Any) -> None:
    with pytest.raises(LsmoothError, match="class indices or counts, not targets"):
        detect(values)


@pytest.mark.parametrize("values", [["cat"], [], 0.5, [[0.5, 0.5], [1.0]]])
def test_what_is_no_array_of_numbers_is_refused(values: Any) -> None:
    with pytest.raises(LsmoothError, match="targets"):
        detect(values)


# Blocks


def assorted(seed: int, classes: int) -> Floats:
    """Rows of every sort in a random order."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=8).tolist()
    parts = [
        lsmooth.smooth(labels, 0.1, classes),
        lsmooth.smooth(labels, 0.2, classes, spread="others"),
        lsmooth.smooth(labels, 0.1, classes, spread="half"),
        np.eye(classes)[labels],
        (np.arange(4 * classes).reshape(4, classes) % 2).astype(float),
        np.zeros((2, classes)),
        np.full((2, classes), np.nan),
        rng.dirichlet(np.ones(classes), 4),
        rng.normal(size=(3, classes)),
        rows(labels, classes, 0.9 + 1 / classes, 1 / classes),
        np.where(rng.random((2, classes)) < 0.3, np.inf, 0.1),
    ]
    chosen = [part for part in parts if rng.random() < 0.6] or parts
    mixed = np.concatenate(chosen)
    return mixed[rng.permutation(len(mixed))]


@given(seed=st.integers(0, 10**6), classes=st.integers(2, 12), size=st.integers(1, 70))
def test_any_blocks_give_the_same_result(seed: int, classes: int, size: int) -> None:
    targets = assorted(seed, classes)
    whole, cut = Detector(classes), Detector(classes)
    whole.add(targets)
    for start in range(0, len(targets), size):
        cut.add(targets[start : start + size])
    assert repr(cut.result()) == repr(whole.result())


@given(seed=st.integers(0, 10**6))
def test_the_order_of_the_classes_does_not_matter(seed: int) -> None:
    targets = assorted(seed, 6)
    first = detect(targets)
    again = detect(targets[:, np.random.default_rng(seed).permutation(6)])
    assert [(one.spread, one.low, one.high, one.rows) for one in first.readings] == [
        (one.spread, one.low, one.high, one.rows) for one in again.readings
    ]


def test_many_rows_of_many_epsilons_take_no_more_memory() -> None:
    rng = np.random.default_rng(0)
    peaks = []
    for count in (4, 40):
        detector = Detector(10)
        tracemalloc.start()
        for _ in range(count):
            epsilon = rng.random((2000, 1)) / 4
            detector.add(np.eye(10)[rng.integers(10, size=2000)] * (1 - epsilon) + epsilon / 10)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


@pytest.mark.parametrize(
    ("low", "high", "simplest"), [(0.0999, 0.1001, 0.1), (0.1236, 0.1244, 0.124), (0.0, 1e-9, 0.0)]
)
def test_the_simplest_decimal_is_taken(low: float, high: float, simplest: float) -> None:
    assert Guess.within((low, high)).value == simplest
    assert list(rounded(0.5, 2.0**-52, 2)) == pytest.approx([0.495, 0.505])


# Files


def npy(array: NDArray[Any]) -> bytes:
    buffer = BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def test_a_file_is_what_its_array_is(work: Work) -> None:
    targets = lsmooth.smooth([0, 1, 2], 0.1, 3, dtype="float32")
    path = work.write("targets.npy", npy(targets))
    assert repr(detect_file(path)) == repr(detect(targets))
    maps = np.broadcast_to(targets, (4, 3, 3))
    assert detect_file(work.write("maps.npy", npy(maps))).rows == 12


def test_columns_that_cannot_be_targets_are_left_out(work: Work) -> None:
    path = work.write(
        "kept.csv", "id,file,label,cat,dog\n7,a.png,1,0.95,0.05\n8,b.png,0,0.05,0.95\n9,c.png,0,0.05,0.95\n"
    )
    found = detect_file(path)
    assert (found.names, found.left_out, found.classes) == (("cat", "dog"), ("id", "file", "label"), 2)
    assert found.readings[0].epsilon == 0.1
    assert detect_file(path, label_columns="cat:dog").left_out == ()


def test_a_header_of_numbers_as_pandas_writes_it(work: Work) -> None:
    path = work.write("targets.csv", ",0,1,2\n0,0.9,0.05,0.05\n1,0.05,0.9,0.05\n2,0.05,0.9,0.05\n")
    found = detect_file(path)
    assert (found.rows, found.classes, found.readings[0].spread) == (3, 3, "others")
    plain = work.write("plain.csv", "0,1,2\n0.9,0.05,0.05\n0.05,0.9,0.05\n")
    assert detect_file(plain).rows == 2


def test_places_in_a_file_are_lines(work: Work) -> None:
    path = work.write("targets.csv", "a,b,c\n0.9,0.05,0.05\n0.05,0.9,0.5\n")
    found = detect_file(path)
    assert found.sums.where == "line 3"
    assert "sums to 1.45 (line 3)" in found.faults[0]


def test_short_text_is_taken_as_it_stands(work: Work) -> None:
    """0.9 and ten times 0.01 are exactly others at 0.1; rounded, they could be all at 0.1."""
    text = "\n".join(",".join("0.9" if k == label else "0.01" for k in range(11)) for label in range(11))
    found = detect_file(work.write("targets.csv", text))
    assert [(one.spread, one.epsilon) for one in found.readings[:2]] == [("others", 0.1), ("all", 0.11)]


def test_rounded_text_is_no_fault(work: Work) -> None:
    path = work.write("targets.csv", "0.93,0.03,0.03\n0.03,0.93,0.03\n0.33,0.33,0.33\n")
    found = detect_file(path)
    assert not found.faults
    assert (found.readings[0].spread, found.readings[0].low) == ("all", 0.1)


# The screen


def explained(work: Work, *arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(work.ok("explain", *arguments, "--json"))
    return found


def test_smooth_and_explain_agree_on_files(work: Work) -> None:
    work.write("labels.csv", "label\ncat\ndog\nbird\ncat\n")
    for rule in ("all", "others"):
        for out in ("soft.csv", "soft.npy", "soft.tsv.gz"):
            work.ok("smooth", "labels.csv", "-e", 0.1, "--spread", rule, "-o", out, "--force")
            found = explained(work, out)
            best = found["detection"]["readings"][0]
            assert (best["spread"], best["low"], best["rows"]) == (rule, 0.1, 4)
            assert f"lsmooth smooth labels.csv -k 3 -e 0.1 --spread {rule}" in found["commands"]
        assert found["detection"]["names"] == ["bird", "cat", "dog"]


def test_the_commands_of_the_screen_write_the_same_values(work: Work) -> None:
    work.write("labels.csv", "0\n1\n2\n1\n")
    work.ok("smooth", "labels.csv", "-e", 0.15, "--exclude", 3, "-k", 4, "--spread", "others", "-o", "a.csv")
    command = explained(work, "a.csv")["commands"][0].split()
    assert command[0] == "lsmooth"
    work.ok(*command[1:], "-o", "b.csv")
    assert work.read("a.csv") == work.read("b.csv")


def test_standard_input_is_a_file_too(work: Work) -> None:
    screen = run(work, "explain", "-", stdin="0.9,0.05,0.05\n0.05,0.9,0.05\n")
    assert screen.startswith("Targets with ε = 0.1, spread others\n")
    assert "file = stdin\n" in screen


def run(work: Work, *arguments: object, stdin: str = "") -> str:
    command = [sys.executable, "-m", "lsmooth", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=work.folder, input=stdin, capture_output=True, check=True, text=True, encoding="utf-8"
    )
    return done.stdout


def test_a_missing_file_is_an_error_and_an_unknown_topic_a_usage_error(work: Work, spawn: Spawn) -> None:
    for argument, code, words in (
        ("no.npy", 1, b"error: cannot read no.npy: no such file or directory\n"),
        ("./no.csv", 1, b"error: cannot read ./no.csv: no such file or directory\n"),
        ("there", 2, b"error: there is no topic `there`"),
        ("./targets.xlsx", 2, b"error: the suffix of `./targets.xlsx` names no format"),
    ):
        process = spawn("explain", argument)
        out, error = process.communicate()
        assert (process.returncode, out) == (code, b"")
        assert error.startswith(words)
    assert work.files() == []


def test_a_compressed_file_with_a_header(work: Work, spawn: Spawn) -> None:
    text = b"cat,dog,bird\n" + b"0.9333,0.0333,0.0333\n0.0333,0.9333,0.0333\n" * 10
    work.write("targets.csv.gz", gzip.compress(text))
    out, _ = spawn("explain", "targets.csv.gz").communicate()
    screen = out.decode()
    assert "Targets with ε = 0.1, spread all\n" in screen
    assert "rows = 20\n" in screen
    assert "K = 3 (cat, dog, bird)\n" in screen
    assert "sum of a row = 0.9999\n" in screen


def test_faults_come_first(work: Work) -> None:
    work.write("targets.npy", npy(rows([0, 1, 2], 10, 0.9 + 0.1, 0.1)))
    screen = work.ok("explain", "targets.npy")
    assert screen.startswith("Targets with a fault: 1/K added\n")
    assert "What is wrong\nAll rows: (1-ε)·y + 1/K in place of" in screen
    assert "lsmooth smooth labels.csv -k 10 -e 0.1 --spread all" in screen
    assert "**What is wrong**" in work.ok("explain", "targets.npy", "--markdown")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["targets.npy", "-e", "0.1"], "--epsilon changes nothing in a file"),
        (["loss", "--label-columns", "1:3"], "--label-columns is for a file of targets"),
        (["--all", "targets.npy"], "--all shows every topic"),
    ],
)
def test_flags_that_change_nothing_are_refused(work: Work, arguments: list[str], words: str) -> None:
    assert words in work.refused("explain", *arguments, code=2)


def test_labels_are_told_to_be_labels(work: Work) -> None:
    work.write("labels.csv", "label\n0\n1\n2\n")
    error = work.refused("explain", "labels.csv")
    assert error == (
        "error: labels.csv has no column of targets, which are numbers in [0, 1]\n\n"
        "hint: lsmooth smooth labels.csv\n"
    )
    work.write("labels.npy", npy(np.array([0, 1, 2])))
    assert "class indices or counts, not targets\n\nhint: lsmooth smooth labels.npy" in work.refused(
        "explain", "labels.npy"
    )
    work.write("names.npy", npy(np.array(["cat", "dog"])))
    assert "names.npy holds strings, wanted numbers" in work.refused("explain", "names.npy")


def test_lines_of_weights_are_not_taken_for_targets(work: Work) -> None:
    work.write("y.csv", "0\n1\n2\n")
    for flags in (["-o", "long.csv"], ["-o", "long.tsv", "--min-weight", "0.5"]):
        work.ok("smooth", "y.csv", "--layout", "long", *flags)
        error = work.refused("explain", flags[1])
        assert error.startswith(f"error: {flags[1]} has a line for each weight, wanted a row a label\n")


def test_names_from_the_data_never_reach_the_terminal_raw(work: Work) -> None:
    name = "a\x1b[2J[red].csv"
    work.write(name, "x\x1b[31m,[bold]y\n0.95,0.05\n0.05,0.95\n")
    for form in ([], ["--markdown"]):
        screen = work.ok("explain", f"./{name}", *form)
        assert "\x1b" not in screen
        assert "[red]" in screen
    work.ok("explain", f"./{name}", "--svg", "a.svg")
    assert "\x1b" not in work.read("a.svg")


@pytest.mark.parametrize(
    "targets",
    [
        lsmooth.smooth([0, 1, 2], 0.1, 3),
        lsmooth.smooth([0, 1, 2, 0], 0.2, 3, prior=[0.5, 0.3, 0.2]),
        rows([0, 1, 2, 3], 5, 0.9 + 1 / 5, 1 / 5),
        np.array([[0.5, math.nan, 0.5], [1.5, -0.25, 0.25], [0.7, 0.2, 0.1]]),
        np.concatenate([lsmooth.smooth([0, 1], e, 3) for e in (0.1, 0.2)]),
    ],
    ids=["all", "prior", "fault", "odd", "mixed"],
)
def test_a_screen_is_whole_at_every_width(targets: Floats) -> None:
    found = detect(targets)
    lesson = replace(CATALOGUE[0], title=detected_title(found), sources=("the values alone",))
    worked = detected_lesson(found, "targets.npy")
    screens = {width: drawn(lesson, worked, width) for width in (40, 60, 80, 120, 200)}
    for width, screen in screens.items():
        assert max(map(len, screen.split("\n"))) <= width
        assert numbers_of(screen) == numbers_of(screens[200]), width


def test_json_has_no_nan(work: Work) -> None:
    work.write("zero.npy", npy(np.zeros((2, 3))))
    found = explained(work, "zero.npy")
    assert found["detection"]["sums"]["low"] is None
    assert found["infinite"] > 0
