"""What is said of a choice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Work
from kits.every_type import ACCURACY, CLASS_ACCURACY, CLASS_CONFIDENCE, K, N, targets, took

import lsmooth


def chose(work: Work, *arguments: object) -> str:
    result = work.run("smooth", "y.csv", "--column", "y", "-k", K, *arguments)
    assert result.code == 0, result.err
    (line,) = [line for line in result.err.splitlines() if "chose" in line]
    return line


def test_the_adaptive_choice_is_said(files: Work) -> None:
    line = chose(files, "-e", "0:0.2", "--adaptive", "q.npy")
    assert "accuracy" in line
    assert f"{ACCURACY:.4g}" in line
    assert f"{0.2 * (1 - ACCURACY):.4g}" in line
    line = chose(files, "-e", "0:0.2", "--adaptive", "q.npy", "--metric", "confidence", "--by", "class")
    assert "confidence" in line
    assert f"{(0.2 * (1 - CLASS_CONFIDENCE)).max():.4g}" in line


def test_the_epoch_is_said(files: Work) -> None:
    line = chose(files, "-e", "0:0.2", "--epoch", "3/5")
    assert "3/5" in line
    assert "0.1" in line


def test_the_conditional_choice_is_said(files: Work) -> None:
    line = chose(files, "-e", "0:0.2", "--conditional", "q.npy")
    assert "conditional" in line
    assert "entropy" in line


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (["-e", "0:0.2", "--adaptive", "q.npy"], "accuracy"),
        (["-e", "0:0.2", "--epoch", "3/5"], "3/5"),
        (["--hierarchy", "roots.csv"], "2 roots"),
    ],
)
def test_loss_says_it_too_and_quiet_says_nothing(files: Work, flags: list[str], word: str) -> None:
    files.write("roots.csv", "a,0\na,1\nb,2\nb,3\n")
    common = ["loss", "z.npy", "y.csv", "--column", "y", *flags]
    assert word in files.run(*common).err
    assert any(word in note for note in took(files, *common[1:])["notes"])
    assert files.run(*common, "-q").err == ""


def test_the_summary_in_json_has_what_a_loop_needs(files: Work) -> None:
    def summary(*arguments: object) -> dict[str, Any]:
        result = files.run(
            "smooth", "y.csv", "--column", "y", "-k", K, "-o", "t.npy", "-f", "--json", *arguments
        )
        assert result.code == 0, result.err
        found: dict[str, Any] = json.loads(result.err)
        return found

    found = summary("-e", "0:0.2", "--adaptive", "q.npy")
    assert found["epsilon"] == pytest.approx(0.2 * (1 - ACCURACY), rel=1e-14)
    assert (found["rows"], found["classes"], found["output"], found["spread"]) == (N, K, "t.npy", "all")
    assert "accuracy" in found["notes"][0]
    found = summary("-e", "0:0.2", "--adaptive", "q.npy", "--by", "class")
    assert found["epsilon"] is None
    assert found["epsilons"] == pytest.approx((0.2 * (1 - CLASS_ACCURACY)).tolist(), abs=1e-15)
    found = summary("--per-class", "0,.1,.2,.3")
    assert found["epsilons"] == [0, 0.1, 0.2, 0.3]
    found = summary("-e", "0:0.2", "--conditional", "q.npy")
    assert (found["epsilon"], found["epsilons"]) == (None, None)
    result = files.run("smooth", "-k", K, "--matrix-out", "s.npy", "--json", "-e", 0.3)
    assert json.loads(result.err)["epsilon"] == 0.3
    files.run("smooth", "y.npy", "-k", K, "-e", "0:0.5", "--epoch", "all/3", "-o", "e{epoch}.npy", "--json")
    result = files.run(
        "smooth", "y.npy", "-k", K, "-e", "0:0.5", "--epoch", "all/3", "-o", "e{epoch}.npy", "-f", "--json"
    )
    assert [json.loads(line)["epsilon"] for line in result.err.splitlines()] == [0, 0.25, 0.5]


def test_the_library_does_what_the_command_does(files: Work, tmp_path: Path) -> None:
    rule = lsmooth.EpsilonRule(span=(0.0, 0.3), adaptive="q.npy", by="class")
    weights = lsmooth.SpreadWeights(hierarchy="tree.csv", beta=2.0)
    out = tmp_path / "t.npy"
    summary = lsmooth.smooth_file("y.npy", out, epsilon=rule, spread_by=weights, classes=K, dtype="float64")
    flags = ["-e", "0:0.3", "--adaptive", "q.npy", "--by", "class", "--hierarchy", "tree.csv", "--beta", 2]
    np.testing.assert_array_equal(np.load(out), targets(files, "y.npy", "-k", K, *flags))
    assert summary.epsilons is not None
    result = lsmooth.loss_file("z.npy", "y.npy", epsilon=rule, spread_by=weights)
    assert repr(result.loss) == files.ok("loss", "z.npy", "y.npy", *flags).strip()
