"""A loss is what plain numpy gives, and its floor."""

from __future__ import annotations

import json

import numpy as np
import pytest
from conftest import Work
from hypothesis import given
from hypothesis import strategies as st
from kits.plain_losses import (
    FILES,
    SPREADS,
    Case,
    cases,
    class_values,
    commas,
    epsilons,
    facts,
    log_softmax,
    loss,
    near,
    plain_losses,
    save,
    targets_of,
)


@FILES
@given(cases(), epsilons, st.sampled_from(SPREADS))
def test_the_loss_is_what_n_times_k_targets_give(work: Work, case: Case, epsilon: float, spread: str) -> None:
    save(case)
    wanted = plain_losses(case, epsilon, spread)
    assert loss(work, "-e", repr(epsilon), "--spread", spread) == near(wanted.mean())
    lines = work.ok(
        "loss",
        "z.npy",
        "y.npy",
        "--as",
        "logits",
        "-e",
        repr(epsilon),
        "--spread",
        spread,
        "--reduction",
        "none",
    )
    assert [float(line) for line in lines.splitlines()] == [near(value) for value in wanted]


@FILES
@given(cases(), epsilons, st.sampled_from(SPREADS), st.sampled_from(["class", "target", "row"]), st.data())
def test_the_loss_is_affine_in_epsilon(
    work: Work, case: Case, epsilon: float, spread: str, weighting: str, data: st.DataObject
) -> None:
    save(case)
    flags: list[object] = ["--spread", spread]
    if data.draw(st.booleans()):
        weights = data.draw(class_values(case.classes))
        flags += ["--weights", commas(weights), "--weighting", weighting]
    lines = work.ok(
        "loss", "z.npy", "y.npy", "--as", "logits", "-e", f"0,{epsilon!r},1", "--to", "csv", *flags
    )
    table = [list(map(float, line.split(","))) for line in lines.splitlines()[1:]]
    none, between, whole = (row[1] for row in table)
    assert [row[0] for row in table] == [0.0, epsilon, 1.0]
    assert between == near((1 - epsilon) * none + epsilon * whole)


@FILES
@given(cases(), epsilons, st.sampled_from(SPREADS))
def test_hard_and_smooth_terms_add_up_to_the_loss(
    work: Work, case: Case, epsilon: float, spread: str
) -> None:
    save(case)
    found = facts(work, "-e", repr(epsilon), "--spread", spread)
    assert found["hard"] + found["smooth"] == near(found["loss"])
    assert found["hard"] == near((1 - epsilon) * plain_losses(case, 0.0, spread).mean())
    assert found["smooth"] == near(epsilon * plain_losses(case, 1.0, spread).mean())


@FILES
@given(cases(), st.lists(epsilons, min_size=2, max_size=5), st.sampled_from(SPREADS))
def test_a_sweep_gives_the_float_of_each_epsilon_alone(
    work: Work, case: Case, several: list[float], spread: str
) -> None:
    save(case)
    text = ",".join(map(repr, several))
    lines = work.ok("loss", "z.npy", "y.npy", "--as", "logits", "-e", text, "--spread", spread).splitlines()
    assert lines[0] == "epsilon,loss,floor,excess"
    for epsilon, line in zip(several, lines[1:], strict=True):
        found = facts(work, "-e", repr(epsilon), "--spread", spread)
        assert line == ",".join(repr(found[key]) for key in ("epsilon", "loss", "floor", "excess"))


# The floor


@FILES
@given(cases(), epsilons, st.sampled_from(SPREADS), st.sampled_from(["class", "target", "row"]), st.data())
def test_no_loss_is_below_the_floor(
    work: Work, case: Case, epsilon: float, spread: str, weighting: str, data: st.DataObject
) -> None:
    save(case)
    weights = data.draw(class_values(case.classes))
    for flags in ([], ["--weights", commas(weights), "--weighting", weighting]):
        found = facts(work, "-e", repr(epsilon), "--spread", spread, *flags)
        assert found["excess"] >= -1e-11 * max(1, found["loss"])
        assert found["excess"] == near(found["loss"] - found["floor"])


@FILES
@given(cases(), epsilons, st.sampled_from(["all", "others"]))
def test_the_excess_is_the_divergence_of_the_prediction_from_the_target(
    work: Work, case: Case, epsilon: float, spread: str
) -> None:
    save(case)
    t = sum(targets_of(case, epsilon, spread))
    logs = np.log(np.where(t > 0, t, 1))
    divergence = float((t * (logs - log_softmax(case.logits))).sum(axis=1).mean())
    flags = ["-e", repr(epsilon), "--spread", spread]
    assert facts(work, *flags)["excess"] == near(divergence)
    assert loss(work, *flags, "--minus-entropy") == near(divergence)


@FILES
@given(cases(), epsilons, st.sampled_from(SPREADS))
def test_minus_entropy_is_the_excess_row_by_row_too(
    work: Work, case: Case, epsilon: float, spread: str
) -> None:
    save(case)
    flags = ["-e", repr(epsilon), "--spread", spread]
    excess = facts(work, *flags)["excess"]
    assert loss(work, *flags, "--minus-entropy") == near(excess)
    lines = work.ok(
        "loss", "z.npy", "y.npy", "--as", "logits", *flags, "--minus-entropy", "--reduction", "none"
    )
    each = [float(line) for line in lines.splitlines()]
    assert np.mean(each) == near(excess)
    assert min(each) >= -1e-11


@pytest.mark.parametrize("spread", ["all", "others"])
@pytest.mark.parametrize("epsilon", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("weights", [None, [2.0, 0.5, 1.0, 3.0]])
def test_the_floor_is_reached_by_predicting_the_weighted_target(
    spread: str, epsilon: float, weights: list[float] | None, work: Work
) -> None:
    case = Case(np.zeros((4, 4)), np.arange(4))
    targets = sum(targets_of(case, epsilon, spread)) * (np.ones(4) if weights is None else np.array(weights))
    np.save("p.npy", targets / targets.sum(axis=1, keepdims=True))
    np.save("y.npy", case.labels)
    flags = [] if weights is None else ["--weights", commas(weights)]
    found = json.loads(
        work.ok(
            "loss", "p.npy", "y.npy", "--json", "-e", epsilon, "--spread", spread, "--as", "probs", *flags
        )
    )
    assert found["loss"] == near(found["floor"])
    assert found["excess"] == pytest.approx(0, abs=1e-12)
