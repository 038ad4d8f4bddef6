"""The lessons about the types and about what smoothing does, against arithmetic of their own."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import lsmooth
from lsmooth.errors import LsmoothError
from lsmooth.lessons import claims, effects, experiment, hierarchy, types
from lsmooth.lessons.model import Node, Numbers, Part, Series, Step, Table, Worked

Topic = Callable[[Numbers], Worked]
TOPICS: dict[str, Topic] = {
    "standard": types.standard,
    "adaptive": types.adaptive,
    "conditional": types.conditional,
    "hierarchical": hierarchy.hierarchical,
    "gradual": types.gradual,
    "tradeoffs": claims.tradeoffs,
    "calibration": effects.calibration,
    "effect": effects.effect,
}
every = pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS)


def steps(worked: Worked) -> list[tuple[float, ...]]:
    return [part.values for part in worked.parts if isinstance(part, Step)]


def table(worked: Worked, title: str) -> Table:
    (found,) = [part for part in worked.parts if isinstance(part, Table) and part.title.startswith(title)]
    return found


def series(worked: Worked) -> list[list[float]]:
    return [[value for _, value in part.points] for part in worked.parts if isinstance(part, Series)]


def row(worked: Worked, title: str, first: str) -> list[float]:
    (found,) = [cells[1:] for cells in table(worked, title).rows if str(cells[0]).strip() == first]
    return [float(cell) for cell in found]


def claim(worked: Worked, title: str, first: str) -> str:
    (found,) = [cells[-1] for cells in table(worked, title).rows if cells[0] == first]
    return str(found)


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


# The experiment


def test_the_experiment_is_deterministic() -> None:
    first = effects.effect(Numbers())
    experiment.run.cache_clear()
    assert effects.effect(Numbers()) == first
    assert effects.effect(Numbers(seed=1)) != first


def test_the_gradient_is_that_of_the_loss() -> None:
    data = experiment.make_data(0.2, 5, 0)
    weights = np.random.default_rng(1).normal(size=(data.rows.shape[1], 5)) / 10

    def loss(at: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
        return float(lsmooth.cross_entropy(data.rows @ at, data.labels, 0.1, predicted="logits"))

    nudge = np.zeros_like(weights)
    nudge[3, 2] = 1e-5
    z = data.rows @ weights
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    gradient = data.rows.T @ (p - lsmooth.smooth(data.labels, 0.1, 5)) / len(data.rows)
    slope = (loss(weights + nudge) - loss(weights - nudge)) / 2e-5
    assert slope == pytest.approx(gradient[3, 2], rel=1e-6)


def test_with_wrong_labels_smoothing_helps_and_lowers_confidence() -> None:
    worked = effects.effect(Numbers())
    for falling in ("wrong labels learnt", "test loss, hard labels", "mean confidence", "largest logit gap"):
        values = row(worked, "Side", falling)
        assert values == sorted(values, reverse=True), falling
    accuracy, ece = row(worked, "Side", "test accuracy"), row(worked, "Side", "ECE")
    assert accuracy == sorted(accuracy)
    assert min(ece) == ece[2]
    assert "best at ε = 0.1" in " ".join(worked.notice)
    floors = np.subtract(row(worked, "Side", "training loss"), row(worked, "Side", "above its floor"))
    q = [(1 - e + e / 5, e / 5) for e in effects.EPSILONS[1:]]
    assert floors[1:] == pytest.approx([-on * math.log(on) - 4 * off * math.log(off) for on, off in q])


def test_on_clean_data_smoothing_hurts_and_the_screen_says_so() -> None:
    worked = effects.effect(Numbers(noise=0.0))
    accuracy, ece = row(worked, "Side", "test accuracy"), row(worked, "Side", "ECE")
    assert accuracy[0] == max(accuracy)
    assert ece[3] > ece[0]
    said = " ".join(worked.notice)
    assert "Test accuracy falls" in said
    assert "The highest is at ε = 0." in said
    assert "under-confident" in said
    assert not [cells for cells in table(worked, "Side").rows if cells[0] == "wrong labels learnt"]


def test_one_more_epsilon_is_one_more_column() -> None:
    assert len(table(effects.effect(Numbers(epsilon=0.4, classes=3)), "Side").columns) == 6
    assert len(table(effects.effect(Numbers(epsilon=0.1)), "Side").columns) == 5


def test_the_reliability_diagram_adds_up_to_its_ece() -> None:
    worked = effects.calibration(Numbers())
    for title, index in (("Before", 0), ("After", 1)):
        bins = np.array([[float(cell) for cell in cells[1:]] for cells in table(worked, title).rows])
        rows, confidence, accuracy, gap = bins.T
        assert rows.sum() == experiment.TEST_ROWS
        assert confidence - accuracy == pytest.approx(gap)
        ece = float((rows * abs(gap)).sum() / rows.sum())
        assert table(worked, "In one").rows[index][3] == pytest.approx(ece)
    assert [part.title for part in worked.parts if isinstance(part, Series)] == [
        "Before: confidence in each bin",
        "After, ε = 0.1: confidence in each bin",
    ]


# The claims


def test_the_numbers_beside_the_claims() -> None:
    worked = claims.tradeoffs(Numbers())
    on, off = 0.92, 0.02
    floor = -on * math.log(on) - 4 * off * math.log(off)
    assert claim(worked, "Limitations", "outputs are harder to interpret") == f"{floor:.4f}"
    teacher = -sum(q * math.log(q) for q in (2 / 3, 1 / 3)) / math.log(2)
    assert claim(worked, "Limitations", "it conflicts with distillation") == f"{teacher:.4f} → 1"
    before, after = claim(worked, "Limitations", "inference is no faster").split(" → ")
    assert before == after
    p = (0.7, 0.2, 0.1)
    forward = sum(math.log(1 / 3 / q) for q in p) / 3
    backward = sum(q * math.log(3 * q) for q in p)
    assert claim(worked, "Compared", "confidence penalty") == f"{forward:.4f}, {backward:.4f}"
    built, combined = claim(worked, "Compared", "large data: hardly any overhead").split(", ")
    assert built == combined
    on, off = 1 - 0.1 + 0.1 / 32000, 0.1 / 32000
    words = -on * math.log(on) - 31999 * off * math.log(off)
    assert claim(worked, "Use cases", "translation, language models") == f"{words:.4f}"
    assert claim(worked, "Use cases", "ImageNet") == "0.9001, 0.0001"


def test_the_contradiction_about_calibration_is_measured() -> None:
    worked = claims.tradeoffs(Numbers())
    worse = claim(worked, "Limitations", "calibration suffers").split(" → ")
    better = claim(worked, "Limitations", "calibration improves").split(" → ")
    assert float(worse[1]) > float(worse[0])
    assert float(better[1]) < float(better[0])


# What is refused, and the ends of what is not


@pytest.mark.parametrize(
    ("topic", "numbers"),
    [
        (types.standard, Numbers(label=3)),
        (types.standard, Numbers(classes=0)),
        (types.standard, Numbers(classes=1, spread="others")),
        (types.gradual, Numbers(epsilon=1.5)),
        (hierarchy.hierarchical, Numbers(label=5)),
        (hierarchy.hierarchical, Numbers(spread="half")),
        (effects.effect, Numbers(noise=1.5)),
        (effects.effect, Numbers(classes=1)),
        (effects.effect, Numbers(classes=101)),
        (effects.calibration, Numbers(seed=-1)),
    ],
)
def test_numbers_that_are_wrong_are_refused(topic: Topic, numbers: Numbers) -> None:
    with pytest.raises(LsmoothError):
        topic(numbers)


@every
@pytest.mark.parametrize(
    "numbers", [Numbers(epsilon=0.0), Numbers(epsilon=1.0), Numbers(noise=1.0, classes=2)]
)
def test_the_ends_of_the_ranges_work(topic: Topic, numbers: Numbers) -> None:
    worked = topic(numbers)
    assert all(math.isfinite(cell) for part in worked.parts for cell in numeric(part))


def numeric(part: Part) -> list[float]:
    if isinstance(part, Table):
        return [cell for cells in part.rows for cell in cells if isinstance(cell, float)]
    return list(part.values) if isinstance(part, Step) else []
