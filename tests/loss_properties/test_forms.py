"""Order, form and place."""

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
    save,
    targets_of,
)


@FILES
@given(cases(), epsilons, st.sampled_from(SPREADS), st.data())
def test_permuted_classes_give_the_same_loss(
    work: Work, case: Case, epsilon: float, spread: str, data: st.DataObject
) -> None:
    order = np.array(data.draw(st.permutations(range(case.classes))))
    weights = data.draw(class_values(case.classes))
    flags = ["-e", repr(epsilon), "--spread", spread]
    save(case)
    first = facts(work, *flags, "--weights", commas(weights))
    moved = Case(case.logits[:, order], np.argsort(order)[case.labels])
    save(moved)
    second = facts(work, *flags, "--weights", commas(weights[order]))
    for key in ("loss", "hard", "smooth", "floor", "excess"):
        assert second[key] == near(first[key]), key
    if spread in ("all", "others"):
        assert second["brier"] == near(first["brier"])


@FILES
@given(cases(), epsilons, st.data())
def test_permuted_classes_with_a_prior_give_the_same_loss(
    work: Work, case: Case, epsilon: float, data: st.DataObject
) -> None:
    order = np.array(data.draw(st.permutations(range(case.classes))))
    prior = data.draw(class_values(case.classes))
    save(case)
    first = facts(work, "-e", repr(epsilon), "--prior", commas(prior))
    wanted = -(sum(targets_of(case, epsilon, "all", prior)) * log_softmax(case.logits)).sum(axis=1).mean()
    assert first["loss"] == near(wanted)
    save(Case(case.logits[:, order], np.argsort(order)[case.labels]))
    second = facts(work, "-e", repr(epsilon), "--prior", commas(prior[order]))
    for key in ("loss", "floor", "excess"):
        assert second[key] == near(first[key]), key


@FILES
@given(cases(), epsilons, st.sampled_from(["all", "others"]), st.floats(-1e3, 1e3))
def test_a_common_offset_of_the_logits_changes_nothing(
    work: Work, case: Case, epsilon: float, spread: str, offset: float
) -> None:
    flags = ["-e", repr(epsilon), "--spread", spread]
    save(case)
    first = loss(work, *flags)
    save(Case(case.logits + offset, case.labels))
    assert loss(work, *flags) == pytest.approx(first, rel=1e-9, abs=1e-9)


@FILES
@given(cases(), epsilons, st.sampled_from(["all", "others"]))
def test_logits_log_probabilities_and_probabilities_give_the_same_loss(
    work: Work, case: Case, epsilon: float, spread: str
) -> None:
    logs = np.maximum(log_softmax(case.logits), -600)
    np.save("y.npy", case.labels)
    found = {}
    for kind, values in {"logits": logs, "logprobs": logs, "probs": np.exp(logs)}.items():
        np.save("z.npy", values)
        flags = ["--as", kind, "-e", repr(epsilon), "--spread", spread]
        found[kind] = float(work.ok("loss", "z.npy", "y.npy", *flags))
    assert found["logprobs"] == near(found["logits"])
    assert found["probs"] == near(found["logits"])


@FILES
@given(cases(), epsilons, st.sampled_from(["half", "flip"]))
def test_sigmoid_logits_log_probabilities_and_probabilities_give_the_same_loss(
    work: Work, case: Case, epsilon: float, spread: str
) -> None:
    logits = np.clip(case.logits, -8, 8)
    p = 1 / (1 + np.exp(-logits))
    np.save("y.npy", case.labels)
    found = []
    for kind, values in {"logits": logits, "logprobs": np.log(p), "probs": p}.items():
        np.save("z.npy", values)
        flags = ["--as", kind, "-e", repr(epsilon), "--spread", spread]
        found.append(float(work.ok("loss", "z.npy", "y.npy", *flags)))
    assert found == [near(found[0])] * 3


@FILES
@given(cases(), epsilons)
def test_a_one_hot_row_gives_the_loss_of_its_index(work: Work, case: Case, epsilon: float) -> None:
    for spread in SPREADS:
        save(case)
        hard = loss(work, "-e", repr(epsilon), "--spread", spread)
        save(case, case.hot)
        soft = loss(work, "-e", repr(epsilon), "--spread", spread, "--labels", "rows")
        assert soft == near(hard), spread


@FILES
@given(cases(), epsilons, st.sampled_from(["all", "others"]), st.sampled_from(["csv", "npy"]))
def test_a_target_file_of_smooth_gives_the_loss_of_the_hard_labels(
    work: Work, case: Case, epsilon: float, spread: str, form: str
) -> None:
    save(case)
    recipe = ["-e", repr(epsilon), "--spread", spread]
    hard = facts(work, *recipe)
    target = ["-k", case.classes, "-o", f"t.{form}", "--dtype", "float64", "-f"]
    work.ok("smooth", "y.npy", *recipe, *target)
    soft = json.loads(work.ok("loss", "z.npy", f"t.{form}", "--as", "logits", "--json", "--labels", "rows"))
    assert soft["epsilon"] == 0
    for key in ("loss", "floor", "excess"):
        assert soft[key] == near(hard[key]), key


@FILES
@given(cases(least=4), epsilons, st.data())
def test_a_target_file_with_a_prior_and_an_excluded_class_gives_the_loss_of_the_hard_labels(
    work: Work, case: Case, epsilon: float, data: st.DataObject
) -> None:
    case = Case(case.logits, case.labels % (case.classes - 1))
    prior = data.draw(class_values(case.classes))
    save(case)
    recipe = ["-e", repr(epsilon), "--prior", commas(prior), "--exclude", case.classes - 1]
    hard = facts(work, *recipe)
    work.ok("smooth", "y.npy", *recipe, "-k", case.classes, "-o", "t.csv", "-f")
    soft = json.loads(work.ok("loss", "z.npy", "t.csv", "--as", "logits", "--json", "--labels", "rows"))
    for key in ("loss", "floor", "excess"):
        assert soft[key] == near(hard[key]), key


@pytest.mark.parametrize("spread", ["half", "flip"])
def test_a_target_file_of_labels_on_their_own_gives_the_loss_of_the_hard_labels(
    spread: str, work: Work
) -> None:
    generator = np.random.default_rng(2)
    case = Case(generator.normal(0, 3, (20, 4)), generator.integers(0, 4, 20))
    save(case)
    hard = facts(work, "-e", 0.1, "--spread", spread)
    work.ok("smooth", "y.npy", "-e", 0.1, "--spread", spread, "-k", 4, "-o", "t.csv")
    flags = ["--as", "logits", "--labels", "multilabel", "-e", 0, "--json"]
    soft = json.loads(work.ok("loss", "z.npy", "t.csv", *flags))
    for key in ("loss", "floor", "excess"):
        assert soft[key] == near(hard[key]), key
