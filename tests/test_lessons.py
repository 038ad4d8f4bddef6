"""The worked examples: every number against arithmetic done here, and against what the documents print."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Work

from lsmooth.errors import LsmoothError, UsageError
from lsmooth.lessons import CATALOGUE, EXAMPLES, find
from lsmooth.lessons.model import Flow, Numbers, Printed, Step, Table, Worked

TOPICS = [lesson.topic for lesson in CATALOGUE if lesson.group == EXAMPLES]
TARGETS = ["cat-dog", "three-classes", "five-classes", "numpy"]
LOSSES = ["loss", "kl-div", "softmax", "diagram"]
topics = pytest.mark.parametrize("topic", TOPICS)
Values = tuple[float, ...]


def worked(topic: str, numbers: Numbers | None = None) -> Worked:
    lesson = find(topic)
    assert lesson is not None
    return lesson.work(numbers or Numbers())


def steps(lesson: Worked) -> dict[str, Step]:
    found = [part for part in lesson.parts if isinstance(part, Step)]
    assert len({step.title for step in found}) == len(found)
    return {step.title: step for step in found}


def table(lesson: Worked, number: int = 0) -> Table:
    return [part for part in lesson.parts if isinstance(part, Table)][number]


def column(of: Table, name: str) -> list[float]:
    return [float(row[of.columns.index(name)]) for row in of.rows]


def target(label: int, classes: int, on: float, off: float) -> Values:
    return tuple(on if k == label else off for k in range(classes))


def others(epsilon: float, classes: int, label: int) -> Values:
    return target(label, classes, 1 - epsilon, epsilon / (classes - 1))


def every(epsilon: float, classes: int, label: int) -> Values:
    return target(label, classes, 1 - epsilon + epsilon / classes, epsilon / classes)


def softmax(z: Values) -> Values:
    total = sum(map(math.exp, z))
    return tuple(math.exp(value) / total for value in z)


def cost(q: Values, p: Values) -> float:
    return -sum(a * math.log(b) for a, b in zip(q, p, strict=True))


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
    root = str(Path(__file__).parent.parent)
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


# The user's numbers


@pytest.mark.parametrize("topic", TARGETS)
@pytest.mark.parametrize("spread", ["all", "others", "half", "flip"])
def test_the_users_numbers_rework_a_target(topic: str, spread: str) -> None:
    e, k, label = 0.3, 7, 4
    pairs = {
        "all": (1 - e + e / k, e / k),
        "others": (1 - e, e / (k - 1)),
        "half": (1 - e + e / 2, e / 2),
        "flip": (1 - 2 * e + e, e),
    }
    lesson = worked(topic, Numbers(e, k, label, spread))  # type: ignore[arg-type]
    assert steps(lesson)["The target"].values == pytest.approx(target(label, k, *pairs[spread]))
    assert table(lesson).marked == label
    assert len(table(lesson).rows) == k


@topics
def test_given_numbers_hide_what_the_documents_print(topic: str) -> None:
    lesson = find(topic)
    assert lesson is not None
    numbers = Numbers(epsilon=0.3) if "epsilon" in lesson.takes else Numbers(classes=5)
    reworked = lesson.work(numbers)
    assert not any(step.printed for step in steps(reworked).values())
    if topic not in {"softmax", "alpha"}:
        assert not any("ocument" in sentence for sentence in reworked.notice)
    assert reworked.parts != worked(topic).parts


def test_predictions_set_the_number_of_classes() -> None:
    p = (0.4, 0.3, 0.2, 0.1)
    lesson = worked("loss", Numbers(probs=p, label=2, epsilon=0.2, spread="all"))
    assert steps(lesson)["The loss, exact"].values == pytest.approx((cost(every(0.2, 4, 2), p),))
    z = (1.0, 2.0)
    lesson = worked("kl-div", Numbers(logits=z))
    q = others(0.1, 2, 1)
    assert steps(lesson)["The batch mean"].values == pytest.approx((cost(q, softmax(z)) - cost(q, q),))
    assert "favour" not in " ".join(lesson.notice)
    lesson = worked("diagram", Numbers(logits=z))
    assert steps(lesson)["The loss"].values == pytest.approx((cost(every(0.1, 2, 1), softmax(z)),))


def test_a_probability_of_0_costs_infinity() -> None:
    lesson = worked("loss", Numbers(probs=(1.0, 0.0)))
    assert steps(lesson)["The loss, exact"].values == (math.inf,)
    assert steps(lesson)["The loss, exact"].result == "∞"
    assert "The terms rounded first" not in steps(lesson)
    lesson = worked("loss", Numbers(probs=(1.0, 0.0), epsilon=0.0))
    assert steps(lesson)["The loss, exact"].values == (0.0,)


@pytest.mark.parametrize("topic", ["three-classes", "softmax", "diagram"])
@pytest.mark.parametrize("epsilon", [0.0, 1e-9, 1.0])
def test_the_ends_of_epsilon(topic: str, epsilon: float) -> None:
    lesson = worked(topic, Numbers(epsilon=epsilon))
    shown = steps(lesson)["Every other class"]
    assert float(shown.result) == pytest.approx(shown.values[0], rel=0.1)
    assert ("true class is no longer the largest" in " ".join(lesson.notice)) == (epsilon == 1)


def test_alpha_says_where_the_label_is_lost() -> None:
    lesson = worked("alpha", Numbers(spread="flip"))
    assert "From α = 0.5 in this table" in " ".join(lesson.notice)


# Numbers that are refused


@pytest.mark.parametrize("topic", [*TARGETS, "diagram"])
@pytest.mark.parametrize(
    "numbers",
    [
        Numbers(epsilon=1.5),
        Numbers(epsilon=math.nan),
        Numbers(label=99),
        Numbers(label=-1),
        Numbers(classes=1),
        Numbers(classes=10**9),
    ],
)
def test_bad_numbers_are_refused(topic: str, numbers: Numbers) -> None:
    with pytest.raises(UsageError) as caught:
        worked(topic, numbers)
    assert caught.value.hint


@pytest.mark.parametrize("probs", [(0.7, 0.2), (0.7, 0.2, 0.2), (1.2, -0.2), (math.nan, 1.0), (1.0,), ()])
def test_probabilities_that_are_none_are_refused(probs: Values) -> None:
    with pytest.raises(LsmoothError) as caught:
        worked("loss", Numbers(probs=probs))
    assert caught.value.hint == "pass --probs 0.7,0.2,0.1"


@pytest.mark.parametrize("logits", [(math.nan, 1.0), (math.inf, 1.0), (1e308, -1e308), (1.0,)])
@pytest.mark.parametrize("topic", ["kl-div", "diagram"])
def test_logits_that_are_none_are_refused(topic: str, logits: Values) -> None:
    with pytest.raises(UsageError, match="--logits"):
        worked(topic, Numbers(logits=logits))


def test_classes_and_logits_have_to_agree() -> None:
    with pytest.raises(UsageError, match="classes is 4, and the prediction has 3 values"):
        worked("diagram", Numbers(classes=4, logits=(1.0, 2.0, 3.0)))


def test_the_hint_for_a_label_outside_a_prediction_does_not_ask_for_classes() -> None:
    with pytest.raises(UsageError) as caught:
        worked("loss", Numbers(probs=(0.5, 0.5), label=2))
    assert caught.value.hint == "pass a --label from 0 to 1"


@pytest.mark.parametrize("topic", LOSSES)
def test_rules_for_labels_on_their_own_are_no_softmax(topic: str) -> None:
    with pytest.raises(UsageError, match="spread `half`"):
        worked(topic, Numbers(spread="half"))
