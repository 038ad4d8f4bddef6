"""The corpus of hostile inputs: each gives its result, or its error and no file."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import warnings
from collections.abc import Callable

import pytest
from conftest import Work
from kits.processes import METER
from kits.torture import corpus
from kits.torture.cases import Big, Case
from kits.torture.large import large

LONG = bool(os.environ.get("LSMOOTH_LONG"))
CASES = corpus()


def marked(case: Case | Big) -> object:
    marks = []
    if case.defect is not None:
        marks.append(pytest.mark.xfail(strict=True, reason=case.defect))
    if isinstance(case, Big) and case.long:
        marks.append(pytest.mark.skipif(not LONG, reason="LSMOOTH_LONG=1 runs it"))
    return pytest.param(case, marks=marks, id=case.name)


def test_the_corpus_is_large_deterministic_and_told_apart_by_name() -> None:
    assert len(CASES) >= 200
    assert corpus() == CASES
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", [marked(case) for case in CASES])
def test_a_hostile_input_has_its_verdict(work: Work, case: Case) -> None:
    work.write(case.file, case.data)
    for name, data in case.beside.items():
        work.write(name, data)
    before = work.files()
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        result = work.run(*case.line)
    assert [str(warning.message) for warning in raised] == []  # numpy's would land on standard error
    assert work.files() == before
    assert result.code == case.code, result.err
    if case.out is not None:
        assert result.out == case.out
        assert all(part in result.err for part in case.warns), result.err
        return
    assert result.err.startswith("error: ")
    assert "Traceback" not in result.err
    first = result.err.splitlines()[0]
    assert [part for part in case.error if part not in first] == [], first


REFUSED = [case for case in CASES if case.out is None and case.command == "smooth" and case.defect is None]


@pytest.mark.parametrize("case", REFUSED[::20], ids=lambda case: case.name)
def test_a_refused_input_leaves_no_output(work: Work, case: Case) -> None:
    work.write(case.file, case.data)
    for name, data in case.beside.items():
        work.write(name, data)
    before = work.files()
    result = work.run(*case.line, "-o", "out.npy", "--names-out", "names.txt")
    assert result.code == case.code, result.err
    assert work.files() == before


@pytest.mark.parametrize("case", [marked(case) for case in large()])
def test_a_large_input_has_its_verdict_in_bounded_memory(work: Work, case: Big) -> None:
    with (work.folder / case.file).open("wb") as file:
        for piece in case.pieces():
            file.write(piece)

    def bound() -> None:
        limit = 6 << 30
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    limited: Callable[[], None] = bound
    done = subprocess.run(
        [sys.executable, "-c", METER, str(case.seconds), "smooth", case.file, *case.arguments],
        capture_output=True,
        check=True,
        preexec_fn=limited,
    )
    code, size, error, megabytes = json.loads(done.stdout)
    assert megabytes < case.megabytes, error
    if case.size is not None:
        assert (code, size) == (0, case.size), error
        return
    assert (code, size) == (1, 0), error
    assert error.startswith("error: ")
    assert all(part in error.splitlines()[0] for part in case.error), error
