"""ε and spread come back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kits.detection import reading, rows

import lsmooth
from lsmooth.compare.detection import detect, detect_file
from lsmooth.smoothing import Rule

RULES: list[Rule] = ["all", "others", "half", "flip"]

#: (1-ε)·y + ε/K and so on, written out: the target of the true class and of each other class.
TARGETS: dict[Rule, Callable[[float, int], tuple[float, float]]] = {
    "all": lambda e, k: (1 - e + e / k, e / k),
    "others": lambda e, k: (1 - e, e / (k - 1)),
    "half": lambda e, _: (1 - e / 2, e / 2),
    "flip": lambda e, _: (1 - e, e),
}

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
