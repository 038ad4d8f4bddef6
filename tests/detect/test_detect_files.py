"""Blocks, files and the screen."""

from __future__ import annotations

import gzip
import json
import math
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from conftest import Spawn, Work
from hypothesis import given
from hypothesis import strategies as st
from kits.detection import Floats, rows
from kits.screens import drawn, numbers_of
from numpy.typing import NDArray

import lsmooth
from lsmooth.compare.detection import Detector, detect, detect_file
from lsmooth.compare.laws import Guess, rounded
from lsmooth.lessons import CATALOGUE
from lsmooth.lessons.detected import detected_lesson, detected_title


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
