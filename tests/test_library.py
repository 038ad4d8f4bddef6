"""The library: smooth on arrays, smooth_file on files, their errors, and what an import loads."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import DATA

import lsmooth
from lsmooth import LsmoothError, LsmoothWarning, Summary, UsageError


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scratch folder that is the current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def save(name: str, labels: Any) -> str:
    """Save an array and return its name."""
    np.save(name, np.asarray(labels))
    return name


def write(name: str, text: str) -> str:
    """Write a text file and return its name."""
    Path(name).write_text(text, encoding="utf-8", newline="")
    return name


# What it is


def run(code: str) -> str:
    """What a Python of its own prints."""
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_importing_lsmooth_loads_no_numpy() -> None:
    heavy = "('numpy', 'typer', 'rich', 'csv', 'lsmooth.pipeline')"
    assert run(f"import lsmooth, sys; print([m for m in {heavy} if m in sys.modules])") == "[]\n"


def test_its_errors_load_no_numpy() -> None:
    code = "import lsmooth, sys; lsmooth.LsmoothError; lsmooth.UsageError; print('numpy' in sys.modules)"
    assert run(code) == "False\n"


def test_using_it_loads_no_terminal() -> None:
    show = "print([m for m in ('typer', 'rich') if m in sys.modules])"
    assert run(f"import lsmooth, sys; lsmooth.smooth([0, 1]); {show}") == "[]\n"
    assert run(f"import lsmooth, sys; lsmooth.smooth_file; {show}") == "[]\n"


def test_every_public_name_is_there_and_listed() -> None:
    assert dir(lsmooth) == sorted(lsmooth.__all__)
    for name in lsmooth.__all__:
        assert getattr(lsmooth, name) is not None
    for name in ("smooth", "smooth_file", "LsmoothError", "UsageError"):
        assert name in lsmooth.__all__


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'lsmooth' has no attribute 'smoothe'"):
        lsmooth.smoothe  # noqa: B018 # what reading it does is what is tested


def test_no_public_function_has_the_name_of_a_module() -> None:
    modules = {path.stem for path in Path(lsmooth.__file__).parent.iterdir()}
    assert not modules & set(lsmooth.__all__)


def test_public_functions_and_classes_are_documented() -> None:
    for name in lsmooth.__all__:
        if name != "__version__":
            assert (getattr(lsmooth, name).__doc__ or "").strip()
    for word in ("Args:", "Returns:", "Raises:", "Reference:", ">>>"):
        assert word in (lsmooth.smooth.__doc__ or "")


def test_it_is_typed_and_says_its_version() -> None:
    assert (Path(lsmooth.__file__).parent / "py.typed").is_file()
    assert lsmooth.__version__ == version("lsmooth")


def test_errors_are_value_errors_and_a_usage_error_is_one_of_them() -> None:
    assert issubclass(LsmoothError, ValueError)
    assert issubclass(UsageError, LsmoothError)
    assert (LsmoothError.exit_code, UsageError.exit_code) == (1, 2)
    assert issubclass(LsmoothWarning, UserWarning)


# smooth: shapes and dtypes


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


# smooth_file


def test_a_file_becomes_an_array_that_numpy_maps() -> None:
    lsmooth.smooth_file(save("labels.npy", [0, 2, 1]), "soft.npy", epsilon=0.2, spread="others")
    targets = np.load("soft.npy", mmap_mode="r")
    assert targets.shape == (3, 3)
    assert targets.dtype == np.float32
    expected = [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.1, 0.8, 0.1]]
    np.testing.assert_array_equal(targets, np.array(expected, dtype=np.float64).astype(np.float32))


def test_the_summary_says_what_was_read_and_written() -> None:
    source = write("in.csv", "id,label\n1,cat\n2,\n3,dog\n4,cat\n")
    summary = lsmooth.smooth_file(source, "out.csv", keep=["id"], ignore=[""], epsilon=0.2)
    on, off = repr(1 - 0.2 + 0.2 / 2), repr(0.2 / 2)
    text = f"id,cat,dog\n1,{on},{off}\n2,0.0,0.0\n3,{off},{on}\n4,{on},{off}\n"
    assert Path("out.csv").read_text() == text
    assert summary == Summary(
        output="out.csv",
        size=len(text),
        rows=4,
        ignored=1,
        classes=2,
        names=("cat", "dog"),
        epsilon=0.2,
        epsilons=None,
        spread="all",
        kind="name",
        column="label",
        header=True,
        found=True,
        rounded=0,
        warnings=(),
        dry=False,
        free=None,
        notes=(),
    )


def test_the_summary_counts_the_rows_that_were_written() -> None:
    source = write("in.csv", "0\n-1\n1\n")
    summary = lsmooth.smooth_file(source, "out.csv", ignore=[-1], ignored="drop", header=False)
    assert (summary.rows, summary.ignored, summary.classes) == (2, 1, 2)
    assert (summary.column, summary.header, summary.names, summary.kind) == (None, False, None, "index")


def test_the_summary_says_that_classes_were_given() -> None:
    source = write("in.csv", "0\n1\n")
    assert lsmooth.smooth_file(source, "a.csv", classes=5).found is False
    assert lsmooth.smooth_file(source, "b.csv").found is True


def test_the_summary_counts_the_rows_that_are_rounded() -> None:
    source = write("in.csv", "0.33,0.33,0.33\n0.5,0.25,0.25\n0.33,0.33,0.34\n")
    summary = lsmooth.smooth_file(source, "out.csv")
    assert (summary.kind, summary.classes, summary.rounded) == ("rows", 3, 1)


def test_the_summary_holds_the_warnings() -> None:
    summary = lsmooth.smooth_file(write("in.csv", "1\n2\n"), "out.csv", epsilon=0.9, spread="others")
    assert len(summary.warnings) == 2
    assert any("labels from 1?" in warning for warning in summary.warnings)
    assert any("not always the largest" in warning for warning in summary.warnings)


def test_the_summary_cannot_be_changed_and_explains_each_field() -> None:
    summary = lsmooth.smooth_file(write("in.csv", "0\n1\n"), "out.csv")
    with pytest.raises(FrozenInstanceError):
        summary.rows = 0  # type: ignore[misc]
    for field in fields(Summary):
        assert f"{field.name}:" in (Summary.__doc__ or "")


def test_a_dry_run_writes_nothing_and_tells_the_size() -> None:
    source = save("in.npy", [0, 1, 2, 1])
    dry = lsmooth.smooth_file(source, "out.npy", dry_run=True)
    assert not Path("out.npy").exists()
    assert dry.dry
    assert dry.free is not None
    assert dry.free > 0
    real = lsmooth.smooth_file(source, "out.npy")
    assert dry.size == real.size == Path("out.npy").stat().st_size
    assert not real.dry


def test_several_files_are_read_as_one() -> None:
    parts: list[str | Path] = [write("a.csv", "0\n1\n"), Path(write("b.csv", "2\n"))]
    summary = lsmooth.smooth_file(parts, "out.csv", epsilon=0)
    assert summary.rows == 3
    assert Path("out.csv").read_text() == "1.0,0.0,0.0\n0.0,1.0,0.0\n0.0,0.0,1.0\n"


def test_paths_may_be_path_objects_everywhere(scratch: Path) -> None:
    write("in.csv", "b\na\n")
    write("names.txt", "b\na\n")
    write("prior.csv", "a,1\nb,3\n")
    lsmooth.smooth_file(
        scratch / "in.csv",
        scratch / "out.csv",
        names=scratch / "names.txt",
        prior=scratch / "prior.csv",
        names_out=scratch / "order.txt",
        epsilon=0.5,
        header=False,
    )
    assert Path("out.csv").read_text() == "b,a\n0.875,0.125\n0.375,0.625\n"
    assert Path("order.txt").read_text() == "b\na\n"


@pytest.mark.parametrize("prior", [[3, 1], {"a": 3, "b": 1}, {"a": 3, "*": 1}, (3, 1)])
def test_a_prior_may_be_a_list_a_tuple_or_a_mapping(prior: Any) -> None:
    source = write("in.csv", "a\nb\n")
    lsmooth.smooth_file(source, "out.csv", names=["a", "b"], prior=prior, epsilon=0.5)
    assert Path("out.csv").read_text() == "a,b\n0.875,0.125\n0.375,0.625\n"


def test_a_prior_of_a_file_may_be_an_array_as_that_of_labels() -> None:
    weights: Any = np.array([3.0, 1.0])
    lsmooth.smooth_file(write("in.csv", "0\n1\n"), "out.csv", prior=weights, epsilon=0.5)
    assert Path("out.csv").read_text() == "0.875,0.125\n0.375,0.625\n"


def test_names_out_is_read_back_by_names() -> None:
    source = write("in.csv", 'label\n"b,c"\na\n')
    first = lsmooth.smooth_file(source, "one.csv", names_out="names.txt")
    second = lsmooth.smooth_file(source, "two.csv", names="names.txt")
    assert first.names == second.names == ("a", "b,c")
    assert Path("two.csv").read_text() == Path("one.csv").read_text()


def test_unnamed_classes_are_written_as_their_indices() -> None:
    lsmooth.smooth_file(write("in.csv", "0\n2\n"), "out.csv", names_out="names.txt")
    assert Path("names.txt").read_text() == "0\n1\n2\n"


def test_a_map_of_indices_gets_the_class_axis_at_the_end() -> None:
    labels = np.arange(24).reshape(2, 3, 4) % 3
    summary = lsmooth.smooth_file(save("in.npy", labels), "out.npy", labels="index", dtype="float64")
    expected = lsmooth.smooth(labels, 0.1, 3, kind="index")
    targets = np.load("out.npy")
    assert targets.shape == (2, 3, 4, 3)
    assert targets.tobytes() == expected.tobytes()
    assert summary.classes == 3


def test_targets_of_one_run_are_labels_of_the_next() -> None:
    source = write("in.csv", "label\ncat\ndog\nowl\n")
    lsmooth.smooth_file(source, "once.csv", epsilon=0.1)
    summary = lsmooth.smooth_file("once.csv", "twice.csv", epsilon=0.2)
    assert (summary.kind, summary.names) == ("rows", ("cat", "dog", "owl"))
    values = np.loadtxt("twice.csv", delimiter=",", skiprows=1)
    # 1 - (1-0.1)(1-0.2) = 0.28
    np.testing.assert_allclose(values, np.eye(3) * 0.72 + 0.28 / 3, rtol=0, atol=1e-15)


def told_of(source: str) -> list[tuple[str, int, int, int | None]]:
    """What progress is told while a file is smoothed."""
    seen: list[tuple[str, int, int, int | None]] = []
    lsmooth.smooth_file(source, "out.npy", classes=2, progress=lambda *told: seen.append(told))
    return seen


def test_progress_is_told_the_rows_to_the_end() -> None:
    rows = [done for _, done, _, _ in told_of(save("in.npy", np.zeros(300_000, dtype=np.uint8)))]
    assert rows == sorted(rows)
    assert rows[-1] == 300_000
    assert len(rows) > 1


@pytest.mark.parametrize(
    "suffix",
    [
        "csv",
        pytest.param("npy"),
    ],
)
def test_progress_is_told_the_bytes_to_the_end(suffix: str) -> None:
    write("in.csv", "0\n" * 300_000)
    save("in.npy", np.zeros(300_000, dtype=np.uint8))
    size = Path(f"in.{suffix}").stat().st_size
    told = told_of(f"in.{suffix}")
    assert told[-1][2:] == (size, size)


def test_iris_as_the_readme_would_do_it() -> None:
    summary = lsmooth.smooth_file(DATA / "iris.csv", "soft.npy", column="species", epsilon=0.1)
    assert summary.names == ("setosa", "versicolor", "virginica")
    targets = np.load("soft.npy", mmap_mode="r")
    assert targets.shape == (150, 3)
    assert (targets.argmax(axis=1) == np.repeat([0, 1, 2], 50)).all()
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=0, atol=1e-6)


FILE_USAGE: dict[str, dict[str, Any]] = {
    "an unknown suffix of the input": {"inputs": "in.xlsx"},
    "an unknown suffix of the output": {"output": "out.txt"},
    "an unknown spread": {"spread": "most"},
    "an unknown kind": {"labels": "words"},
    "an unknown dtype": {"dtype": "int8"},
    "an unknown format": {"output_format": "json"},
    "an unknown way with ignored rows": {"ignored": "keep"},
    "a name twice": {"names": ["a", "a"]},
    "names and another number of classes": {"names": ["a", "b"], "classes": 3},
    "no classes": {"classes": 0},
    "one class and others": {"classes": 1, "spread": "others"},
    "a prior and half": {"prior": [1, 2], "spread": "half"},
    "many labels and others": {"labels": "multilabel", "spread": "others"},
    "a precision of NPY": {"output": "out.npy", "precision": 3},
    "a precision of 0": {"precision": 0},
    "two ways to the label": {"column": "a", "label_columns": "a:b"},
    "ε outside": {"epsilon": 1.01},
    "ε NaN": {"epsilon": float("nan")},
    "kept columns in NPY": {"output": "out.npy", "keep": ["id"]},
    "the same output twice": {"names_out": "out.csv"},
}


@pytest.mark.parametrize("case", FILE_USAGE)
def test_smooth_file_refuses_before_it_writes_anything(case: str, scratch: Path) -> None:
    options: dict[str, Any] = {"inputs": write("in.csv", "0\n1\n"), "output": "out.csv"} | FILE_USAGE[case]
    before = sorted(scratch.iterdir())
    with pytest.raises(UsageError):
        lsmooth.smooth_file(**options)
    assert sorted(scratch.iterdir()) == before


def test_smooth_file_needs_an_input() -> None:
    with pytest.raises(LsmoothError):
        lsmooth.smooth_file([], "out.csv")


def test_an_error_in_a_file_says_file_and_line_and_leaves_nothing(scratch: Path) -> None:
    source = write("in.csv", "0\n1\n7\n")
    with pytest.raises(LsmoothError) as refusal:
        lsmooth.smooth_file(source, "out.csv", classes=5)
    assert not isinstance(refusal.value, UsageError)
    assert str(refusal.value) == "in.csv:3: label `7` is out of range for 5 classes (0-4)"
    assert refusal.value.hint == "pass --classes 8, or drop the row"
    assert [path.name for path in scratch.iterdir()] == ["in.csv"]


def test_an_error_in_an_array_says_the_row_from_0() -> None:
    with pytest.raises(LsmoothError, match=r"^in\.npy: row 2: label `7` is out of range"):
        lsmooth.smooth_file(save("in.npy", [0, 1, 7]), "out.npy", classes=5)


def test_an_output_that_exists_is_kept_unless_forced() -> None:
    source = write("in.csv", "0\n1\n")
    write("out.csv", "mine")
    with pytest.raises(LsmoothError, match=r"out\.csv"):
        lsmooth.smooth_file(source, "out.csv")
    assert Path("out.csv").read_text() == "mine"
    lsmooth.smooth_file(source, "out.csv", force=True, epsilon=0)
    assert Path("out.csv").read_text() == "1.0,0.0\n0.0,1.0\n"


def test_a_missing_file_is_an_error_of_lsmooth() -> None:
    with pytest.raises(LsmoothError, match=r"cannot read none\.csv: no such file"):
        lsmooth.smooth_file("none.csv", "out.csv")
