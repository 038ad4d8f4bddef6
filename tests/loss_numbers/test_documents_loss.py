"""The numbers of the documents."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from conftest import Work
from kits.numbers import CLASS_WEIGHTS, loss, ulps


def test_the_worked_example_of_probabilities(work: Work) -> None:
    work.write("p.csv", "0.7,0.2,0.1\n")
    work.write("t.csv", "0.9,0.05,0.05\n")
    # they print 0.516, having rounded each term
    assert ulps(loss(work, "p.csv", "t.csv"), 0.5166085998162665) <= 1


def test_the_worked_example_of_logits(work: Work) -> None:
    work.write("z.csv", "2.0,0.5,0.3\n")
    work.write("t.csv", "0.05,0.90,0.05\n")
    found = json.loads(work.ok("loss", "z.csv", "t.csv", "--json"))
    assert ulps(found["loss"], 1.7756162698146993) <= 2
    assert ulps(found["floor"], 0.39439769144744274) <= 2
    assert ulps(found["excess"], 1.3812185783672564) <= 2
    assert ulps(loss(work, "z.csv", "t.csv", "--minus-entropy"), 1.3812185783672564) <= 2


FLOORS = [
    # pytorch issue 130342 asks for these; the formula quoted there is that of `others`
    ("all", 3, 0.1, 0.29113983883196504),
    ("all", 3, 0.3, 0.63903185965017706),
    ("all", 10, 0.1, 0.5002880350577578),
    ("all", 1000, 0.1, 1.0148479977486802),
    ("others", 3, 0.1, 0.39439769144744274),
    ("others", 3, 0.3, 0.81880845622287701),
    ("others", 1000, 0.1, 1.0157584512563036),
    ("all", 4, 0.0, 0.0),
    ("others", 4, 0.0, 0.0),
    ("all", 8, 1.0, math.log(8)),
    ("others", 8, 1.0, math.log(7)),
    ("half", 3, 0.1, -(0.95 * math.log(0.95) + 0.05 * math.log(0.05))),
    ("flip", 3, 0.1, -(0.9 * math.log(0.9) + 0.1 * math.log(0.1))),
]


@pytest.mark.parametrize(("spread", "classes", "epsilon", "floor"), FLOORS)
@pytest.mark.parametrize("labels", ["hard", "soft"])
def test_the_floor_is_the_entropy_of_the_target(
    spread: str, classes: int, epsilon: float, floor: float, labels: str, work: Work
) -> None:
    generator = np.random.default_rng(classes)
    truth = generator.integers(0, classes, 7)
    np.save("z.npy", generator.normal(size=(7, classes)))
    np.save("y.npy", truth if labels == "hard" else np.eye(classes)[truth])
    kind = ["--labels", "rows"] if labels == "soft" else []
    found = json.loads(work.ok("loss", "z.npy", "y.npy", "-e", epsilon, "--spread", spread, "--json", *kind))
    assert ulps(found["floor"], floor) <= 4
    assert ulps(found["excess"], found["loss"] - floor) <= 8


def test_weights_give_the_floor_of_the_weighted_target(work: Work) -> None:
    weights, target = [1.0, 2.0, 0.5], [0.05, 0.9, 0.05]
    work.write("z.csv", "2.0,0.5,0.3\n")
    work.write("t.csv", "0.05,0.90,0.05\n")
    found = json.loads(work.ok("loss", "z.csv", "t.csv", "--weights", CLASS_WEIGHTS, "--json"))
    parts = [w * t for w, t in zip(weights, target, strict=True)]
    assert ulps(found["floor"], sum(a * math.log(sum(parts) / a) for a in parts)) <= 4
