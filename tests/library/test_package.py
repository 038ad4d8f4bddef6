"""What the library is."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

import lsmooth
from lsmooth import LsmoothError, LsmoothWarning, UsageError


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


def test_arguments_that_cannot_be_are_errors_of_lsmooth() -> None:
    with pytest.raises(lsmooth.UsageError, match="bins is 0"):
        lsmooth.calibration_errors([0.5], [1], bins=0)
    for label in (-1, 2):
        with pytest.raises(lsmooth.LsmoothError, match=r"outside the 2 classes \(0-1\)"):
            lsmooth.brier_scores(np.eye(2), np.array([0, label]))
    with pytest.raises(lsmooth.LsmoothError, match="the labels are strings, wanted class indices"):
        lsmooth.smooth(["cat"], kind="index", names=["cat", "dog"])
    with pytest.raises(lsmooth.LsmoothError, match="some labels are masked"):
        lsmooth.smooth(np.ma.array([0, 1, 2], mask=[False, True, False]), 0.1, 3)


@pytest.mark.parametrize("ignored", ["dog", 1, "1"])
def test_a_class_of_rows_cannot_be_ignored(ignored: str | int) -> None:
    """No row is of one class alone: nothing would be ignored, and nothing said."""
    with pytest.raises(lsmooth.LsmoothError, match="is to be ignored, and is a class: the labels are rows"):
        lsmooth.smooth(np.eye(2), names=["cat", "dog"], ignore=[ignored])
    with pytest.raises(lsmooth.LsmoothError, match="the labels are rows of values"):
        lsmooth.smooth(np.eye(3), like="keras", pad=1)
    assert lsmooth.smooth(np.eye(2), names=["cat", "dog"], ignore=["zero", -100]).shape == (2, 2)


def test_losses_of_rows_have_no_report(scratch: Path) -> None:
    np.save(scratch / "z.npy", np.eye(2))
    np.save(scratch / "y.npy", [0, 1])
    found = lsmooth.loss_file("z.npy", "y.npy", reduction="none", epsilon=0)
    assert found.report is None


def test_rows_of_zeros_may_be_ignored_where_a_class_is_called_zero() -> None:
    rows = lsmooth.smooth([[0.0, 0.0], [0.0, 1.0]], 0, names=["zero", "nan"], ignore=["zero"])
    assert rows.tolist() == [[0, 0], [0, 1]]
