"""Properties of `loss`: what holds for any predictions, any labels, any ε, and any way to cut the files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from conftest import Work
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lsmooth.labels.block import Labels
from lsmooth.losses import Loss, Weights
from lsmooth.smoothing.spread import build_spread

Array = NDArray[Any]

QUICK = settings(max_examples=60, deadline=None)
#: Each example writes files into the one scratch folder, over those of the example before.
FILES = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

SPREADS = ["all", "others", "half", "flip"]

#: ε so small that a share of it is no normal double are a test of their own.
epsilons = st.floats(1e-12, 1) | st.sampled_from([0.0, 0.1, 0.5, 1.0])


@dataclass(frozen=True)
class Case:
    """Logits of N rows and K classes, and the index of each row's class."""

    logits: Array
    labels: Array

    @property
    def classes(self) -> int:
        return int(self.logits.shape[1])

    @property
    def rows(self) -> int:
        return len(self.labels)

    @property
    def hot(self) -> Array:
        return np.asarray(np.eye(self.classes)[self.labels])


@st.composite
def cases(draw: st.DrawFn, least: int = 2) -> Case:
    """Logits with ties, offsets and sure rows, and hard labels."""
    classes = draw(st.integers(least, 7))
    rows = draw(st.integers(1, 6))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = draw(st.sampled_from([0.5, 4.0, 40.0]))
    logits = generator.normal(0, scale, (rows, classes)) + draw(st.sampled_from([0.0, -1e4, 1e4]))
    logits[0] = np.round(logits[0])
    return Case(logits, generator.integers(0, classes, rows))


@st.composite
def class_values(draw: st.DrawFn, classes: int, low: float = 0.01) -> Array:
    """A number above 0 for each of K classes."""
    value = st.floats(low, 100)
    return np.array(draw(st.lists(value, min_size=classes, max_size=classes)))


def commas(values: Sequence[float] | Array) -> str:
    return ",".join(map(repr, np.asarray(values).tolist()))


def save(case: Case, labels: Array | None = None) -> None:
    np.save("z.npy", case.logits)
    np.save("y.npy", case.labels if labels is None else labels)


def facts(work: Work, *flags: object) -> dict[str, Any]:
    """What `loss --json` says of the saved case."""
    found = json.loads(work.ok("loss", "z.npy", "y.npy", "--as", "logits", "--json", *flags))
    assert isinstance(found, dict)
    return found


def loss(work: Work, *flags: object) -> float:
    return float(work.ok("loss", "z.npy", "y.npy", "--as", "logits", *flags))


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-11, abs=1e-11)


# The formulas, in plain numpy, with N×K targets


def log_softmax(logits: Array) -> Array:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def targets_of(case: Case, epsilon: float, spread: str, prior: Array | None = None) -> tuple[Array, Array]:
    """The label's and the spread's share of the target, (N, K) each."""
    hot = case.hot
    share = np.tile(np.ones(case.classes) if prior is None else prior, (case.rows, 1))
    if spread == "others":
        share = share * (1 - hot)
    if spread in ("all", "others"):
        share = share / share.sum(axis=1, keepdims=True)
    elif spread == "half":
        share = np.full_like(hot, 0.5)
    else:
        share = 1 - hot
    return hot * (1 - epsilon), share * epsilon


def plain_losses(
    case: Case, epsilon: float, spread: str, weights: Array | None = None, weighting: str = "class"
) -> Array:
    """The loss of each row by its target."""
    hard, smooth = targets_of(case, epsilon, spread)
    by_class = np.ones(case.classes) if weights is None or weighting == "row" else weights
    on_smooth = by_class if weighting == "class" else np.ones(case.classes)
    if spread in ("half", "flip"):
        no_hard, no_smooth = (1 - case.hot) * (1 - epsilon), epsilon - smooth
        yes, no = np.logaddexp(0, -case.logits), np.logaddexp(0, case.logits)
        parts = by_class * (hard * yes + no_hard * no) + on_smooth * (smooth * yes + no_smooth * no)
        losses = parts.mean(axis=1)
    else:
        losses = -((by_class * hard + on_smooth * smooth) * log_softmax(case.logits)).sum(axis=1)
    if weights is not None and weighting == "row":
        losses = losses * weights[case.labels]
    return np.asarray(losses)


# ε


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


# Order, form, place


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


# Reductions, denominators, weights


@FILES
@given(cases(), epsilons, st.sampled_from(SPREADS), st.data())
def test_sum_mean_and_rows_agree_under_every_denominator(
    work: Work, case: Case, epsilon: float, spread: str, data: st.DataObject
) -> None:
    ignored = np.array(data.draw(st.lists(st.booleans(), min_size=case.rows, max_size=case.rows)))
    ignored[0] = False
    weights = data.draw(class_values(case.classes))
    save(case, np.where(ignored, -100, case.labels))
    flags: list[object] = [
        "-e",
        repr(epsilon),
        "--spread",
        spread,
        "--ignore",
        -100,
        "--weights",
        commas(weights),
    ]
    each = np.where(ignored, 0, plain_losses(case, epsilon, spread, weights))
    lines = work.ok("loss", "z.npy", "y.npy", "--as", "logits", *flags, "--reduction", "none").splitlines()
    assert [float(line) for line in lines] == [near(value) for value in each]
    assert [line for line, hidden in zip(lines, ignored, strict=True) if hidden] == ["0.0"] * ignored.sum()
    terms = case.classes if spread in ("half", "flip") else 1
    assert loss(work, *flags, "--reduction", "sum") == near(each.sum() * terms)
    assert loss(work, *flags) == near(each.sum() / (~ignored).sum())
    assert loss(work, *flags, "--denominator", "valid") == near(each.sum() / (~ignored).sum())
    assert loss(work, *flags, "--denominator", "all") == near(each.sum() / case.rows)
    if terms == 1:
        total = weights[case.labels][~ignored].sum()
        assert loss(work, *flags, "--denominator", "weights") == near(each.sum() / total)


@FILES
@given(cases(), epsilons, st.sampled_from(SPREADS), st.data())
def test_weights_in_three_meanings_are_what_plain_numpy_gives(
    work: Work, case: Case, epsilon: float, spread: str, data: st.DataObject
) -> None:
    weights = data.draw(class_values(case.classes))
    save(case)
    for weighting in ("class", "target", "row"):
        wanted = plain_losses(case, epsilon, spread, weights, weighting).mean()
        flags = ["--weights", commas(weights), "--weighting", weighting]
        assert loss(work, "-e", repr(epsilon), "--spread", spread, *flags) == near(wanted), weighting


@FILES
@given(cases(), epsilons, st.data())
def test_weights_of_soft_rows_are_those_of_their_classes_or_of_the_largest(
    work: Work, case: Case, epsilon: float, data: st.DataObject
) -> None:
    weights = data.draw(class_values(case.classes))
    generator = np.random.default_rng(7)
    x = generator.dirichlet(np.ones(case.classes), case.rows)
    save(case, x)
    logs = -log_softmax(case.logits)
    hard, smooth = x * (1 - epsilon), epsilon / case.classes
    by_weighting = {
        "class": (weights * (hard + smooth) * logs).sum(axis=1),
        "target": ((weights * hard + smooth) * logs).sum(axis=1),
        "row": weights[x.argmax(axis=1)] * ((hard + smooth) * logs).sum(axis=1),
    }
    for weighting, wanted in by_weighting.items():
        flags = ["-e", repr(epsilon), "--weights", commas(weights), "--weighting", weighting]
        assert loss(work, *flags) == near(wanted.mean()), weighting
        divided = loss(work, *flags, "--denominator", "weights")
        assert divided == near(wanted.sum() / (weights * x).sum()), weighting


@FILES
@given(cases(), epsilons, st.sampled_from(["all", "others"]), st.sampled_from(["class", "target", "row"]))
def test_weights_of_1_change_nothing(
    work: Work, case: Case, epsilon: float, spread: str, weighting: str
) -> None:
    save(case)
    flags = ["-e", repr(epsilon), "--spread", spread]
    ones = ["--weights", "*=1", "--weighting", weighting, "--denominator", "weights"]
    assert loss(work, *flags, *ones) == near(loss(work, *flags))


# The floors of classes


@QUICK
@given(
    st.integers(2, 9),
    epsilons,
    st.sampled_from(["all", "others"]),
    st.sampled_from(["class", "target", "row"]),
    st.data(),
)
def test_the_floor_of_a_class_is_the_floor_of_a_row_with_its_label(
    classes: int, epsilon: float, spread: Any, weighting: Any, data: st.DataObject
) -> None:
    prior = data.draw(st.none() | class_values(classes, 1e-6))
    weights = data.draw(st.none() | class_values(classes, 1e-6))
    excluded = data.draw(st.lists(st.integers(0, classes - 1), max_size=classes - 2, unique=True))
    if weights is not None and data.draw(st.booleans()):
        weights[data.draw(st.integers(0, classes - 1))] = 0.0
    where = build_spread(spread, classes, prior, excluded)
    loss = Loss("softmax", where, "logits", Weights(weights, weighting))
    legal = [label for label in range(classes) if label not in excluded]
    rows = loss.floors(Labels.hard(np.array(legal)), epsilon)
    np.testing.assert_allclose(loss.class_floors(epsilon)[legal], rows, rtol=1e-9, atol=1e-12)
    # and of what the definition gives: Σ a·log(S/a)
    ones = np.ones(classes)
    hard = ones if weights is None or weighting == "row" else weights
    smooth = weights if weights is not None and weighting == "class" else ones
    share = ones.copy() if prior is None else prior.copy()
    share[excluded] = 0
    for label, floor in zip(legal, rows, strict=True):
        mass = share.copy()
        if spread == "others":
            mass[label] = 0
        a = smooth * epsilon * mass / mass.sum()
        a[label] += (1 - epsilon) * hard[label]
        a = a[a > 0]
        wanted = float((a * np.log(a.sum() / a)).sum())
        if weights is not None and weighting == "row":
            wanted *= weights[label]
        assert floor == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("spread", ["all", "others"])
@pytest.mark.parametrize("smallest", [1e-17, 1e-9])
def test_the_floors_of_classes_keep_their_digits_beside_a_tiny_share(spread: Any, smallest: float) -> None:
    prior = np.array([1.0, smallest, 1.0, 1e9])
    loss = Loss("softmax", build_spread(spread, 4, prior), "logits")
    rows = loss.floors(Labels.hard(np.arange(4)), 0.1)
    np.testing.assert_allclose(loss.class_floors(0.1), rows, rtol=1e-12, atol=1e-18)


def test_a_target_that_is_all_but_0_has_a_finite_floor(work: Work) -> None:
    # the softmax of a sure teacher in float64 holds such numbers
    np.save("z.npy", np.zeros((1, 2)))
    np.save("y.npy", np.array([[1.0, 5e-324]]))
    found = facts(work)
    assert found["floor"] == pytest.approx(0, abs=1e-300)
    assert found["excess"] == near(np.log(2))


# Blocks


@contextmanager
def cut(block: int, read: int) -> Iterator[None]:
    """Blocks of so many bytes, and text read in pieces of so many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lsmooth.pipeline.engine.BLOCK_BYTES", block)
        patch.setattr("lsmooth.pipeline.engine.SHARED_BYTES", block)
        patch.setattr("lsmooth.files.delimited.READ_BYTES", read)
        yield


CUTS = [(1, 1 << 18), (1 << 12, 1 << 10), (1 << 14, 7), (1 << 17, 100), (1 << 26, 1 << 24)]
NAMES = ["a,b", 'say "c"', "d\ne", "f", "g"]


def many(rows: int = 1500) -> tuple[Array, Array]:
    generator = np.random.default_rng(rows)
    logits = generator.normal(0, 5, (rows, 5))
    labels = generator.integers(0, 5, rows)
    labels[generator.random(rows) < 0.2] = -100
    return logits, labels


def quoted(logits: Array, labels: Array) -> str:
    """Logits under names that need quotes, the label among them, an empty cell where there is none."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([NAMES[0], NAMES[1], "label", *NAMES[2:]])
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        writer.writerow([*row[:2], NAMES[label] if label >= 0 else "", *row[2:]])
    return text.getvalue()


def write_form(form: str, logits: Array, labels: Array, work: Work) -> list[object]:
    """Write a form of the same data, and return the command line that reads it."""
    if form == "npy":
        np.save("z.npy", logits)
        np.save("y.npy", labels)
        return ["z.npy", "y.npy", "--ignore", -100]
    if form == "float32":
        np.save("z.npy", logits.astype(np.float32))
        np.save("y.npy", labels)
        return ["z.npy", "y.npy", "--ignore", -100]
    if form == "soft":
        np.save("z.npy", logits)
        np.save("y.npy", np.where(labels[:, None] >= 0, np.eye(5)[labels.clip(0)] * 0.8 + 0.04, 0))
        return ["z.npy", "y.npy", "--ignore", "zero"]
    if form == "csv":
        work.write("z.csv", "".join(commas(row) + "\n" for row in logits))
        work.write("y.csv", "".join(f"{label}\n" for label in labels))
        return ["z.csv", "y.csv", "--ignore", -100]
    if form == "mixed":
        np.save("z.npy", logits)
        work.write("y.tsv", "name\tclass\n" + "".join(f"r\t{label}\n" for label in labels))
        return ["z.npy", "y.tsv", "--ignore", -100]
    work.write("q.csv", quoted(logits, labels))
    return ["q.csv", "--ignore", ""]


FORMS = ["npy", "float32", "soft", "csv", "mixed", "quoted"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("flags", ["", "--json", "--report", "-e 0:0.3:0.1", "--reduction none"])
def test_any_cut_into_blocks_gives_the_same_bytes(form: str, flags: str, work: Work) -> None:
    files = write_form(form, *many(), work)
    outs = []
    for block, read in CUTS:
        with cut(block, read):
            outs.append(work.ok("loss", *files, *flags.split()))
    assert outs == [outs[0]] * len(CUTS)


@pytest.mark.parametrize("flags", ["--spread half", "--weights 1,2,3,4,5 --denominator weights"])
@pytest.mark.parametrize("form", ["npy", "soft", "csv"])
def test_any_cut_into_blocks_gives_the_same_float_of_any_loss(form: str, flags: str, work: Work) -> None:
    files = write_form(form, *many(), work)
    extra = ["--labels", "rows"] if form == "soft" else []
    outs = []
    for block, read in CUTS:
        with cut(block, read):
            outs.append(work.ok("loss", *files, *flags.split(), *extra, "-e", 0.1, "--json"))
    assert outs == [outs[0]] * len(CUTS)


@pytest.mark.parametrize("form", ["csv", "mixed", "quoted"])
def test_all_forms_of_the_same_data_give_the_same_float(form: str, work: Work) -> None:
    logits, labels = many()
    wanted = work.ok("loss", *write_form("npy", logits, labels, work))
    assert work.ok("loss", *write_form(form, logits, labels, work)) == wanted


def test_a_wide_row_is_longer_than_a_block_and_gives_the_same_float(work: Work) -> None:
    generator = np.random.default_rng(0)
    np.save("z.npy", generator.normal(size=(4, 300_000)))
    np.save("y.npy", np.array([0, 299_999, 7, 1]))
    outs = []
    for block in (1, 1 << 20, 1 << 26):
        with cut(block, 1 << 18):
            outs.append(work.ok("loss", "z.npy", "y.npy", "-e", 0.1))
    assert outs == [outs[0]] * 3
    p = log_softmax(np.load("z.npy"))
    wanted = 0.9 * -p[np.arange(4), np.load("y.npy")] + 0.1 * -p.mean(axis=1)
    assert float(outs[0]) == near(wanted.mean())
