"""What the library is."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

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
