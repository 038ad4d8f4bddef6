"""The numbers of the documents."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Work
from kits.worked import TOPICS, Values, cost, every, softmax, steps, table, topics, worked

from lsmooth.lessons import find
from lsmooth.lessons.model import Flow, Numbers, Printed, Table, Worked


def column(of: Table, name: str) -> list[float]:
    return [float(row[of.columns.index(name)]) for row in of.rows]


def expect(lesson: Worked, wanted: dict[str, Values]) -> None:
    """Every step, and nothing else, has these values."""
    found = {title: step.values for title, step in steps(lesson).items() if step.values}
    assert found.keys() == wanted.keys()
    for title, values in wanted.items():
        assert found[title] == pytest.approx(values, rel=1e-12, abs=1e-15), title


def three_steps(q: Values, label: int) -> dict[str, Values]:
    return {"The true class": (q[label],), "Every other class": (q[1 - min(label, 1)],), "The target": q}


# The documents' numbers


def test_cat_dog() -> None:
    lesson = worked("cat-dog")
    expect(lesson, {"The label": (0, 1), **three_steps((0.1, 0.9), 1)})
    assert [row[0] for row in table(lesson).rows] == ["cat", "dog"]
    assert column(table(lesson, 1), "true") == pytest.approx([0.9, 0.95])


def test_three_classes() -> None:
    lesson = worked("three-classes")
    expect(lesson, three_steps((0.9, 0.05, 0.05), 0))
    assert column(table(lesson, 1), "true") == pytest.approx([0.9, 0.9 + 0.1 / 3, 0.925])
    said = " ".join(lesson.notice)
    for number in ("0.9;", "0.9333", "0.925", '"to all classes"', '"class 1"'):
        assert number in said


def test_five_classes() -> None:
    lesson = worked("five-classes")
    expect(lesson, three_steps((0.05, 0.05, 0.8, 0.05, 0.05), 2))
    assert column(table(lesson, 1), "true") == pytest.approx([0.8, 0.84])


def test_numpy_code() -> None:
    lesson = worked("numpy")
    wanted = three_steps(every(0.1, 3, 1), 1)
    same = (0.05, 0.9, 0.05)
    expect(lesson, {**wanted, "The same with others": same, "The ε that makes them agree": same})
    assert steps(lesson)["The target"].result == "[0.0333, 0.9333, 0.0333]"


def test_alpha() -> None:
    lesson = worked("alpha")
    expect(lesson, {"α = 0": (1, 0, 0, 0), "α = 0.1": every(0.1, 4, 0), "α = 1": (0.25,) * 4})
    alphas = [tenth / 10 for tenth in range(11)]
    assert column(table(lesson), "true class") == pytest.approx([1 - a + a / 4 for a in alphas])
    assert column(table(lesson), "every other") == pytest.approx([a / 4 for a in alphas])


def test_yolo() -> None:
    lesson = worked("yolo")
    wanted = [(0.95,), (0.05,), (0.91,), (0.01,)]
    expect(lesson, dict(zip(steps(lesson), wanted, strict=True)))
    assert column(table(lesson), "row sum") == pytest.approx([0.95 + 9 * 0.05, 1, 1])


def test_loss() -> None:
    lesson = worked("loss")
    p, q = (0.7, 0.2, 0.1), (0.9, 0.05, 0.05)
    exact = cost(q, p)
    assert exact == 0.5166085998162665
    wanted: dict[str, Values] = {
        "The target": q,
        "The logarithms": tuple(map(math.log, p)),
        "The loss, exact": (exact,),
        "The terms rounded first": (0.321 + 0.080 + 0.115,),
        "The same loss in two terms": (exact,),
        "The floor: the lowest loss reachable": (cost(q, q),),
        "What training can still win": (exact - cost(q, q),),
    }
    expect(lesson, wanted)
    assert steps(lesson)["The loss, exact"].result == "0.5166085998162665"
    assert steps(lesson)["The terms rounded first"].result == "0.516"
    terms = [-a * math.log(b) for a, b in zip(q, p, strict=True)]
    assert column(table(lesson), "-q·log p") == pytest.approx(terms)
    assert [row[-1] for row in table(lesson).rows] == ["0.321", "0.080", "0.115"]


def test_kl_div() -> None:
    lesson = worked("kl-div")
    q, p = (0.05, 0.9, 0.05), softmax((2.0, 0.5, 0.3))
    kl = cost(q, p) - cost(q, q)
    assert kl == pytest.approx(1.3812185783672564, rel=1e-15)
    wanted: dict[str, Values] = {
        "Log-softmax": tuple(map(math.log, p)),
        "The target": q,
        "Cross-entropy": (cost(q, p),),
        "The floor: the lowest loss reachable": (cost(q, q),),
        "What training can still win": (kl,),
        "The batch mean": (kl,),
    }
    expect(lesson, wanted)
    assert column(table(lesson), "p") == pytest.approx(p)
    assert sum(column(table(lesson), "q·log(q/p)")) == pytest.approx(kl)
    agreed = (0.9, 0.05, 0.05)
    assert f"KL would be {cost(agreed, p) - cost(q, q):.4f}" in " ".join(lesson.notice)
    uniform = every(0.1, 3, 1)
    assert column(table(lesson, 1), "cross-entropy") == pytest.approx([cost(q, p), cost(uniform, p)])
    assert column(table(lesson, 1), "floor") == pytest.approx([cost(q, q), cost(uniform, uniform)])


def test_softmax() -> None:
    lesson = worked("softmax")
    q = every(0.1, 3, 0)
    gap = math.log(q[0] / q[1])
    ask = "The gap that a hard target asks for", "The gap that the smoothed target asks for"
    wanted = {ask[0]: (math.inf,), **three_steps(q, 0), ask[1]: (gap,), "Put back into the softmax": q}
    expect(lesson, wanted)
    gaps = [0, 1, 2, gap, 4, 8, 16]
    rows = [softmax((g, 0.0, 0.0)) for g in gaps]
    assert column(table(lesson), "p of the true class") == pytest.approx([p[0] for p in rows])
    assert column(table(lesson), "hard loss") == pytest.approx([-math.log(p[0]) for p in rows], rel=1e-8)
    smoothed = column(table(lesson), "smoothed loss")
    assert smoothed == pytest.approx([cost(q, p) for p in rows])
    assert min(smoothed) == smoothed[3]
    excess = [cost(q, p) - cost(q, q) for p in rows]
    assert column(table(lesson), "above its floor") == pytest.approx(excess, abs=1e-14)


def test_diagram() -> None:
    lesson = worked("diagram")
    q, p = (0.025, 0.925, 0.025, 0.025), (0.25,) * 4
    gradient = tuple(a - b for a, b in zip(p, q, strict=True))
    after = softmax(tuple(-g for g in gradient))
    wanted = {
        **three_steps(q, 1),
        "The loss": (math.log(4),),
        "The gradient": gradient,
        "The loss after a step of size 1": (cost(q, after),),
        "The diagram's three entries": (0.025, 0.925, 0.025),
        "Do they sum to 1?": (0.975,),
    }
    expect(lesson, wanted)
    (flow,) = (part for part in lesson.parts if isinstance(part, Flow))
    lines = [line for _, line in flow.boxes]
    assert lines[0] == "[0, 1, 0, 0]"
    assert lines[2] == "[0.025, 0.925, 0.025, 0.025]"
    assert lines[3].endswith(f"{math.log(4):.4f} nats")
    assert lines[4].endswith(f"falls to {cost(q, after):.4f}")


# What holds for all


@topics
def test_what_a_document_prints_is_what_comes_out(topic: str) -> None:
    found = [(step, step.printed) for step in steps(worked(topic)).values()]
    texts = [printed for _, printed in found if printed is not None]
    for step, printed in found:
        if isinstance(printed, Printed):
            assert tuple(round(value, printed.digits) for value in step.values) == printed.values
    assert bool(texts) == (topic not in {"alpha", "softmax"})


@topics
def test_tables_mark_the_true_class_and_their_rows_fit(topic: str) -> None:
    for part in worked(topic).parts:
        if isinstance(part, Table):
            assert all(len(row) == len(part.columns) for row in part.rows)
            if part.marked is not None:
                targets = [name for name in part.columns if name in ("target", "target q")]
                values = column(part, targets[0])
                assert values.index(max(values)) == part.marked
            if part.bar is not None:
                assert all(0 <= value <= 1 for value in column(part, part.columns[part.bar]))


SETTINGS = [
    Numbers(),
    Numbers(epsilon=0.25, spread="all"),
    Numbers(classes=6, label=5, spread="others"),
    Numbers(epsilon=0.0),
    Numbers(epsilon=1.0),
    Numbers(probs=(0.5, 0.25, 0.0, 0.25), label=3, epsilon=0.3),
    Numbers(logits=(-1.0, 4.0, 1000.0, 0.5), label=0),
]


def taken(topic: str, numbers: Numbers) -> bool:
    lesson = find(topic)
    assert lesson is not None
    return set(numbers.given()) <= set(lesson.takes)


@pytest.mark.parametrize(
    ("topic", "numbers"),
    [(topic, numbers) for topic in TOPICS for numbers in SETTINGS if taken(topic, numbers)],
)
def test_every_command_runs(work: Work, topic: str, numbers: Numbers) -> None:
    folder = work.folder / ".bin"
    folder.mkdir()
    program = folder / "lsmooth"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lsmooth "$@"\n')
    program.chmod(0o755)
    root = str(Path(__file__).parents[2])
    environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": root}
    lesson = worked(topic, numbers)
    assert lesson.commands
    printed = []
    for command in lesson.commands:
        assert "\n" not in command
        done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        printed.append(done.stdout.decode())
    assert work.files() == [".bin"]
    by_title = steps(lesson)
    wanted = {"loss": "The loss, exact", "kl-div": "The batch mean"}.get(topic, "The target")
    if wanted in by_title:
        shown = tuple(map(float, printed[0].strip().split(",")))
        assert shown == pytest.approx(by_title[wanted].values, rel=1e-12)
