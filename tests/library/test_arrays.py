"""lsmooth.smooth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kits.saved import write

import lsmooth
from lsmooth import LsmoothError, LsmoothWarning, UsageError


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64, np.float32, np.float64, ">i4"])
def test_indices_of_any_dtype_are_the_same_labels(dtype: Any) -> None:
    result = lsmooth.smooth(np.array([0, 2, 1], dtype=dtype), 0.1, 3, "others")
    assert result.tolist() == [[0.9, 0.05, 0.05], [0.05, 0.05, 0.9], [0.05, 0.9, 0.05]]


def test_booleans_are_0_and_1() -> None:
    assert lsmooth.smooth([True, False], spread="others").tolist() == [[0.1, 0.9], [0.9, 0.1]]


def test_the_defaults_are_a_tenth_spread_over_all_classes_in_float64() -> None:
    result = lsmooth.smooth([0, 1])
    assert result.dtype == np.float64
    assert result.tolist() == [[0.9 + 0.1 / 2, 0.1 / 2], [0.1 / 2, 0.9 + 0.1 / 2]]


def test_arguments_go_by_position_as_documented() -> None:
    assert lsmooth.smooth([1], 0.3, 3, "others").tolist() == [[0.15, 0.7, 0.15]]


@pytest.mark.parametrize(
    ("shape", "result"),
    [
        ((4,), (4, 5)),
        ((4, 1), (4, 5)),
        ((2, 3), (2, 3, 5)),
        ((2, 3, 4), (2, 3, 4, 5)),
        ((1, 1, 1), (1, 1, 1, 5)),
    ],
)
def test_indices_get_the_class_axis_at_the_end(shape: tuple[int, ...], result: tuple[int, ...]) -> None:
    labels = np.arange(np.prod(shape)).reshape(shape) % 5
    targets = lsmooth.smooth(labels, 0.1, 5, kind="index")
    assert targets.shape == result
    assert (targets.argmax(axis=-1).reshape(shape) == labels).all()


@pytest.mark.parametrize("shape", [(4, 3), (2, 4, 3), (2, 2, 2, 3)])
def test_rows_keep_their_shape(shape: tuple[int, ...]) -> None:
    rows = np.full(shape, [0.5, 0.25, 0.25])
    targets = lsmooth.smooth(rows, 0.2)
    assert targets.shape == shape
    np.testing.assert_array_equal(targets, rows * (1 - 0.2) + 0.2 / 3)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, "float32"])
def test_the_result_has_the_dtype_that_is_asked_for(dtype: Any) -> None:
    for labels in ([0, 1], [[1.0, 0.0]], ["a", "b"]):
        assert lsmooth.smooth(labels, dtype=dtype).dtype == np.dtype(dtype)


def test_labels_are_not_changed() -> None:
    rows = np.array([[1.0, 0.0], [0.0, 1.0]])
    labels = np.array([0, -1, 1])
    lsmooth.smooth(rows, 0.5)
    targets = lsmooth.smooth(labels, 0.5, 2, ignore=[-1])
    targets[:] = 7
    prior = np.array([1.0, 2.0, 3.0])
    lsmooth.smooth([0], classes=3, prior=prior, exclude=[1])
    assert rows.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert labels.tolist() == [0, -1, 1]
    assert prior.tolist() == [1.0, 2.0, 3.0]


def test_a_result_with_epsilon_0_is_not_the_memory_of_the_labels() -> None:
    rows = np.array([[1.0, 0.0]])
    assert not np.shares_memory(lsmooth.smooth(rows, 0), rows)


@pytest.mark.parametrize("spread", ["all", "half", "flip"])
def test_one_class_is_legal_but_for_others(spread: Any) -> None:
    on = {"all": 1.0, "half": 0.9500000000000001, "flip": 0.9}[spread]
    assert lsmooth.smooth([0, 0], 0.1, 1, spread).tolist() == [[on], [on]]
    with pytest.raises(LsmoothError, match="`others` needs at least 2 classes, there is 1"):
        lsmooth.smooth([0, 0], 0.1, 1, "others")


@pytest.mark.parametrize(
    "labels",
    [
        [[0.25], [0.75]],
        pytest.param([0.25, 0.75]),
    ],
)
def test_one_column_of_multilabel_is_one_label_a_row(labels: Any) -> None:
    targets = lsmooth.smooth(labels, 0.5, kind="multilabel")
    assert targets.tolist() == [[0.375], [0.625]]


def test_nothing_is_carried_over_from_one_call_to_the_next() -> None:
    first = lsmooth.smooth([0, -1, 1], 0.1, 2, ignore=[-1], ignored="nan")
    assert np.isnan(first[1]).all()
    assert not np.isnan(lsmooth.smooth([0, 0, 1], 0.1, 2)).any()


# smooth: names


def test_names_are_sorted_where_no_order_is_given() -> None:
    assert lsmooth.smooth(["b", "a", "c"], 0).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]


def test_names_go_in_the_order_given() -> None:
    assert lsmooth.smooth(["b", "a"], 0, names=["b", "c", "a"]).tolist() == [[1, 0, 0], [0, 0, 1]]


def test_indices_are_positions_in_the_names() -> None:
    assert lsmooth.smooth([1, 0], 0, names=["b", "c", "a"]).tolist() == [[0, 1, 0], [1, 0, 0]]


def test_integers_are_names_where_a_name_is_a_number() -> None:
    assert lsmooth.smooth([10, 5], 0, names=["5", "10"]).tolist() == [[0, 1], [1, 0]]
    with pytest.raises(LsmoothError, match="unknown class `0`"):
        lsmooth.smooth([0], 0, names=["5", "10"])


@pytest.mark.parametrize("labels", [np.array(["a", "b"]), ["a", "b"], ("a", "b"), [["a"], ["b"]]])
def test_strings_of_any_container_are_names(labels: Any) -> None:
    assert lsmooth.smooth(labels, 0).tolist() == [[1, 0], [0, 1]]


def test_byte_strings_are_the_names_that_they_spell() -> None:
    assert lsmooth.smooth(np.array([b"cat", b"dog"]), 0, names=["cat", "dog"]).tolist() == [[1, 0], [0, 1]]


def test_classes_are_excluded_and_ignored_by_name() -> None:
    names = ["pad", "a", "b"]
    targets = lsmooth.smooth(
        ["a", "?", "b"], 0.25, spread="others", names=names, exclude=["pad"], ignore=["?"]
    )
    assert targets.tolist() == [[0, 0.75, 0.25], [0, 0, 0], [0, 0.25, 0.75]]


# smooth: ignored rows


def test_ignored_labels_become_zeros_nans_or_nothing() -> None:
    labels = [0, -100, 1]
    zero = lsmooth.smooth(labels, 0, ignore=[-100])
    assert zero.tolist() == [[1, 0], [0, 0], [0, 1]]
    nan = lsmooth.smooth(labels, 0, ignore=[-100], ignored="nan")
    assert np.isnan(nan[1]).all()
    assert nan[[0, 2]].tolist() == [[1, 0], [0, 1]]
    assert lsmooth.smooth(labels, 0, ignore=[-100], ignored="drop").tolist() == [[1, 0], [0, 1]]


def test_dropping_every_row_leaves_an_empty_array_of_k_columns() -> None:
    targets = lsmooth.smooth([-1, -1], classes=3, ignore=[-1], ignored="drop")
    assert targets.shape == (0, 3)


def test_ignored_cells_of_a_map_keep_their_place() -> None:
    targets = lsmooth.smooth([[0, 255], [255, 1]], 0, 2, kind="index", ignore=[255])
    assert targets.tolist() == [[[1, 0], [0, 0]], [[0, 0], [0, 1]]]


def test_rows_of_zeros_and_of_nan_are_ignored_where_asked_for() -> None:
    rows = [[1.0, 0.0], [0.0, 0.0], [np.nan, np.nan]]
    assert lsmooth.smooth(rows, 0, ignore=["zero", "nan"]).tolist() == [[1, 0], [0, 0], [0, 0]]
    for refused, ignore in (("sums to 0", "nan"), ("is NaN", "zero")):
        with pytest.raises(LsmoothError, match=refused):
            lsmooth.smooth(rows, 0, ignore=[ignore])


def test_a_nan_among_float_indices_is_ignored_where_asked_for() -> None:
    assert lsmooth.smooth([0.0, np.nan, 1.0], 0, ignore=["nan"]).tolist() == [[1, 0], [0, 0], [0, 1]]


# smooth: what is refused


def arguments(*labels: Any, **options: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments of smooth."""
    return labels, options


REFUSED: dict[str, tuple[tuple[tuple[Any, ...], dict[str, Any]], str]] = {
    "a label outside": (arguments([0, 3], classes=3), "label `3` is out of range for 3 classes (0-2)"),
    "a negative label": (arguments([0, -1], classes=3), "label `-1` is negative"),
    "a fraction": (arguments([0.0, 0.5]), "label `0.5` is not a whole number"),
    "NaN": (arguments([0.0, np.nan], classes=2), "label is NaN"),
    "infinity": (arguments([0.0, np.inf], classes=2), "label `inf` is not a class index"),
    "a name": (arguments(["a", "x"], names=["a", "b"]), "unknown class `x`"),
    "an empty name": (arguments(["a", ""]), "the label is empty"),
    "a wrong sum": (arguments([[0.5, 0.4]]), "the row sums to 0.9, not to 1"),
    "a negative probability": (arguments([[1.5, -0.5]]), "the label has a negative value `-0.5`"),
    "a NaN in a row": (arguments([[np.nan, 1.0]]), "column 1 of the label is NaN"),
    "more than 1": (arguments([[1.5, 0.5]], kind="multilabel"), "the label has `1.5`, which is above 1"),
    "several ones": (arguments([[1, 1, 0]]), "several labels a row, or counts of votes?"),
    "whole numbers": (arguments([[1, 2], [3, 4]]), "whole numbers that are no probabilities"),
    "a map": (arguments(np.zeros((2, 2, 2), int)), "can be a map of class indices"),
    "no rows": (arguments([]), "labels have shape (0,), wanted at least one row"),
    "one value": (arguments(3), "labels have shape (), wanted at least one row"),
    "objects": (arguments([None, 1]), "labels are of dtype `object`, wanted numbers or strings"),
    "complex numbers": (arguments([1j]), "labels are of dtype `complex128`"),
    "ε above 1": (arguments([0], 1.5), "epsilon is 1.5, which is not in [0, 1]"),
    "ε below 0": (arguments([0], -0.1), "epsilon is -0.1, which is not in [0, 1]"),
    "ε NaN": (arguments([0], float("nan")), "epsilon is nan, which is not in [0, 1]"),
    "other classes": (arguments([[1.0, 0.0]], classes=3), "found 2 classes, wanted 3"),
    "other names": (arguments([[1.0, 0.0]], names=["a", "b", "c"]), "found 2 classes, wanted 3"),
    "too few classes for the names": (arguments(["a", "b"], classes=3), "found 2 classes, wanted 3"),
    "an unknown spread": (arguments([0], spread="most"), "unknown spread `most`"),
    "others of many labels": (
        arguments([[1, 0, 1]], kind="multilabel", spread="others"),
        "spread `others` does not go with multilabel rows",
    ),
    "a prior with half": (arguments([0, 1], spread="half", prior=[1, 1]), "--prior does not go with"),
    "a long prior": (arguments([0, 1], prior=[1, 1, 1]), "the prior has 3 values for 2 classes"),
    "a negative prior": (arguments([0, 1], prior=[2, -1]), "the prior has a negative or infinite value"),
    "a prior of NaN": (arguments([0, 1], prior=[2, np.nan]), "the prior has a negative or infinite value"),
    "a prior of zeros": (arguments([0, 1], prior=[0, 0]), "no class is left to spread to"),
    "others with one weight": (
        arguments([0, 1], spread="others", prior=[1, 0]),
        "spread `others` leaves class 0 nowhere to send its mass",
    ),
    "an excluded label": (arguments([0, 1], exclude=[0]), "the row is labelled with the excluded class `0`"),
    "an excluded column": (
        arguments([[0.5, 0.5]], exclude=[0]),
        "the row is labelled with the excluded class `0`",
    ),
    "an unknown class excluded": (arguments([0, 1], exclude=[2]), "there is no class `2`"),
    "nothing but ignored": (arguments([-1, -1], ignore=[-1]), "every label is ignored"),
    "too many classes": (arguments([10**9]), "label `1000000000` would make 1,000,000,001 classes"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_smooth_refuses(case: str) -> None:
    (positional, options), message = REFUSED[case]
    with pytest.raises(LsmoothError) as refusal:
        lsmooth.smooth(*positional, **options)
    assert message in str(refusal.value)
    assert not str(refusal.value).endswith(".")


MISREAD: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "an unknown kind": arguments([0, 1], kind="indexes"),
    "an unknown way with ignored rows": arguments([0, -1], ignore=[-1], ignored="zeros", classes=1),
    "a prior that is another word": arguments([0, 1, 1], prior="label"),
    "a name twice": arguments(["a"], names=["a", "b", "a"]),
    "an empty name": arguments(["a"], names=["a", ""]),
    "a dtype without fractions": arguments([0, 1], dtype=np.int64),
}


@pytest.mark.parametrize("case", MISREAD)
def test_smooth_never_misreads_an_argument_in_silence(case: str) -> None:
    positional, options = MISREAD[case]
    with pytest.raises(LsmoothError):
        lsmooth.smooth(*positional, **options)


def test_an_error_says_the_row_and_gives_a_hint() -> None:
    with pytest.raises(LsmoothError) as refusal:
        lsmooth.smooth([0, 1, 7], classes=5)
    assert refusal.value.row == 2
    assert refusal.value.hint == "pass --classes 8, or drop the row"


def test_an_epsilon_outside_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        lsmooth.smooth([0], 2)
    with pytest.raises(UsageError):
        lsmooth.smooth_file(write("in.csv", "0\n"), epsilon=2)


def test_the_warning_points_at_the_line_of_the_caller() -> None:
    with pytest.warns(LsmoothWarning) as caught:
        lsmooth.smooth([0, 1], 0.5, spread="others")
    assert caught[0].filename == __file__
