"""The types, and the commands of each."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from kits.types_told import Topic, every, table

import lsmooth
from lsmooth.lessons import hierarchy, types
from lsmooth.lessons.model import Node, Numbers, Series, Step, Worked


def steps(worked: Worked) -> list[tuple[float, ...]]:
    return [part.values for part in worked.parts if isinstance(part, Step)]


def series(worked: Worked) -> list[list[float]]:
    return [[value for _, value in part.points] for part in worked.parts if isinstance(part, Series)]


# The types


def test_standard_is_what_the_document_prints() -> None:
    worked = types.standard(Numbers())
    (values,) = steps(worked)
    assert values == pytest.approx((0.9, 0.05, 0.05), abs=1e-15)
    step = worked.parts[0]
    assert isinstance(step, Step)
    assert step.printed is not None
    assert step.printed.values == pytest.approx(values)
    assert [cells[3] for cells in table(worked, "The same").rows] == pytest.approx(
        [2.8 / 3, 0.1 / 3, 0.1 / 3]
    )
    changed = types.standard(Numbers(epsilon=0.2, classes=5, label=2, spread="others"))
    assert steps(changed) == [pytest.approx((0.05, 0.05, 0.8, 0.05, 0.05))]
    assert all(part.printed is None for part in changed.parts if isinstance(part, Step))


@pytest.mark.parametrize("rule", ["all", "others", "half", "flip"])
def test_standard_is_what_smooth_gives(rule: lsmooth.Rule) -> None:
    worked = types.standard(Numbers(epsilon=0.3, classes=4, label=1, spread=rule))
    assert steps(worked) == [tuple(lsmooth.smooth([1], 0.3, 4, rule)[0])]


def test_adaptive_takes_epsilon_from_the_accuracy() -> None:
    worked = types.adaptive(Numbers())
    accuracy, confidence, target = steps(worked)
    assert accuracy == pytest.approx((3 / 6, 0.2 * 0.5))
    mean = (0.9 + 0.55 + 0.25 + 0.1 + 0.95 + 0.35) / 6
    assert confidence == pytest.approx((mean, 0.2 * (1 - mean)))
    assert target == pytest.approx((0.925, 0.025, 0.025, 0.025))
    rows = table(worked, "By class").rows
    assert [float(cells[4]) for cells in rows] == pytest.approx([0.2 / 3, 0.2, 0, 0.2])
    assert series(worked) == [pytest.approx([0.2, 0.15, 0.1, 0.05, 0])]


def test_conditional_takes_epsilon_from_the_entropy_of_each_row() -> None:
    worked = types.conditional(Numbers())
    p = [0.55, 0.3, 0.1, 0.05]
    amount = -sum(q * math.log(q) for q in p) / math.log(4)
    assert steps(worked)[:2] == [pytest.approx((amount,)), pytest.approx((0.2 * amount,))]
    expected = [0.0617543123, 0.1543751954, 0.2, 0.1319035274, 0.0334944487, 0.1739353872]
    cells = table(worked, "Each row").rows
    assert [float(row[3]) for row in cells] == pytest.approx(expected, abs=1e-10)
    assert [float(row[4]) for row in cells] == pytest.approx([1 - e * 0.75 for e in expected])
    more, less = series(worked)
    assert more == sorted(more)
    assert [a + b for a, b in zip(more, less, strict=True)] == pytest.approx([0.2] * 6)
    measures = np.array(table(worked, "Four ways").rows)[:, 2:].T * 0.2
    assert measures[0] == pytest.approx([0.1 * 0.8 / 3, 0.12, 0.2, 0.08, 0.05 * 0.8 / 3, 0.16])
    assert measures[1] == pytest.approx([0.03, 0.15, 0.2, 0.09, 0.016, 0.19])
    assert measures[2] == pytest.approx([0.02, 0.09, 0.15, 0.18, 0.01, 0.13])


def test_hierarchical_gives_more_to_relatives() -> None:
    worked = hierarchy.hierarchical(Numbers())
    far = math.exp(-4 * (1 - 0.5))
    total = 2 + 2 * far
    near, away = 0.1 / total, 0.1 * far / total
    assert steps(worked) == [
        pytest.approx((1, 0, 1, far, far)),
        pytest.approx((near, 0.9, near, away, away)),
    ]
    (tree,) = [part for part in worked.parts if isinstance(part, Node)]
    assert tree.value == pytest.approx(1)
    assert [child.value for child in tree.children] == pytest.approx([0.9 + 2 * near, 2 * away])
    assert [leaf.name for child in tree.children for leaf in child.children if leaf.marked] == ["dog"]
    labels = table(worked, "As multi-label").rows
    expected = [0.95, 0.05 * far, 0.05, 0.95, 0.05, 0.05 * far, 0.05 * far]
    assert [float(cells[3]) for cells in labels] == pytest.approx(expected)


def test_gradual_follows_numpy_and_ends_at_standard() -> None:
    worked = types.gradual(Numbers())
    linear, cosine, exponential = series(worked)
    assert linear == list(np.linspace(0, 0.1, 5))
    assert cosine == pytest.approx([0.05 * (1 - math.cos(math.pi * t / 4)) for t in range(5)])
    assert exponential == pytest.approx(list(np.geomspace(0.01, 0.1, 5)))
    last = table(worked, "The label").rows[-1]
    assert last[2] == steps(types.standard(Numbers(spread="all")))[0][0]
    assert len(series(types.gradual(Numbers(epsilon=0.0)))) == 2


@pytest.mark.parametrize("rule", ["all", "others"])
def test_with_nothing_to_spread_every_type_is_the_hard_label(rule: lsmooth.Rule) -> None:
    for topic in (types.standard, types.adaptive, types.conditional, hierarchy.hierarchical, types.gradual):
        target = steps(topic(Numbers(epsilon=0.0, spread=rule)))[-1 if topic is not types.standard else 0]
        assert sorted(target)[-2:] == [0, 1]


# The commands


def run_commands(worked: Worked, folder: Path) -> str:
    """Run the commands of a lesson in a folder, one after the other; return what the last one prints."""
    hidden = folder / ".bin"
    hidden.mkdir(exist_ok=True)
    (hidden / "lsmooth").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lsmooth "$@"\n')
    (hidden / "lsmooth").chmod(0o755)
    environment = os.environ | {"PATH": f"{hidden}:{os.environ['PATH']}", "NO_COLOR": "1"}
    out = ""
    for command in worked.commands:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (command, done.stderr)
        out = done.stdout
    assert out
    return out


@every
def test_the_commands_run(topic: Topic, tmp_path: Path) -> None:
    run_commands(topic(Numbers()), tmp_path)


@pytest.mark.parametrize(
    ("topic", "line"),
    [
        (types.standard, 0),
        (types.adaptive, 0),
        (types.conditional, 1),
        (hierarchy.hierarchical, 1),
        (types.gradual, 0),
    ],
)
@pytest.mark.parametrize("numbers", [Numbers(), Numbers(epsilon=0.3, spread="others")])
def test_the_command_prints_the_target_of_the_lesson(
    topic: Topic, line: int, numbers: Numbers, tmp_path: Path
) -> None:
    worked = topic(numbers)
    printed = run_commands(worked, tmp_path).splitlines()[line]
    assert [float(cell) for cell in printed.split(",")] == pytest.approx(steps(worked)[-1], rel=1e-3)


@pytest.mark.parametrize("topic", [types.adaptive, types.conditional])
def test_where_low_is_high_the_command_is_standard_smoothing(topic: Topic, tmp_path: Path) -> None:
    worked = topic(Numbers())
    same = [command.replace("-e 0:0.2", "-e 0.1:0.1") for command in worked.commands]
    plain = [*worked.commands[:-1], worked.commands[-1].split(" -e ")[0] + " -e 0.1"]
    changed = run_commands(Worked((), (), commands=tuple(same)), tmp_path)
    assert changed == run_commands(Worked((), (), commands=tuple(plain)), tmp_path)
