"""What is wrong by the command line alone."""

from __future__ import annotations

import pytest
from conftest import Work
from kits.refusals import SPAN

RULES = {
    "--per-class": ["--per-class", "*=.1"],
    "--epsilon-column": ["--epsilon-column", "eps"],
    "--adaptive": ["--adaptive", "none.npy"],
    "--conditional": ["--conditional", "none.npy"],
    "--epoch": ["--epoch", "1/3"],
}

SOURCES = {
    "--prior": ["--prior", "labels"],
    "--hierarchy": ["--hierarchy", "none.csv"],
    "--ordinal": ["--ordinal"],
    "--similarity": ["--similarity", "none.npy"],
    "--confusion": ["--confusion", "none.npy"],
    "--online": ["--online", "none.npy"],
}


def both(work: Work, *flags: str, names: tuple[str, ...]) -> None:
    """Refused by both commands, files or not, and each flag named."""
    for command in (["smooth", "none.csv"], ["loss", "none.npy", "none.csv"]):
        error = work.refused(*command, *flags, code=2)
        for name in names:
            assert name in error, error
        assert "hint:" in error


@pytest.mark.parametrize(("one", "other"), [(a, b) for a in RULES for b in RULES if a < b])
def test_two_rules_for_epsilon(work: Work, one: str, other: str) -> None:
    both(work, *RULES[one], *RULES[other], names=(one, other))
    both(work, *RULES[other], *RULES[one], *SPAN, names=(one, other))


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_beside_a_constant(work: Work, rule: str) -> None:
    both(work, *RULES[rule], "-e", "0.1", names=("--epsilon", rule))


@pytest.mark.parametrize("rule", ["--adaptive", "--conditional", "--epoch"])
def test_a_rule_that_chooses_without_a_range(work: Work, rule: str) -> None:
    both(work, *RULES[rule], names=("--epsilon", rule))


@pytest.mark.parametrize("rule", ["--per-class", "--epsilon-column"])
def test_a_range_beside_a_rule_that_does_not_choose_in_it(work: Work, rule: str) -> None:
    both(work, *RULES[rule], *SPAN, names=("--epsilon", rule))


def test_a_range_without_a_rule(work: Work) -> None:
    both(work, *SPAN, names=("--epsilon", "--epoch", "--adaptive", "--conditional"))


@pytest.mark.parametrize(("one", "other"), [(a, b) for a in SOURCES for b in SOURCES if a < b])
def test_two_sources_of_weights(work: Work, one: str, other: str) -> None:
    both(work, *SOURCES[one], *SOURCES[other], names=(one, other))


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        (["--ramp", "cosine"], ("--ramp", "--epoch")),
        (["--ramp", "cosine", *SPAN, "--adaptive", "p.npy"], ("--ramp", "--epoch")),
        (["--metric", "accuracy"], ("--metric", "--adaptive")),
        (["--metric", "confidence", *SPAN, "--conditional", "p.npy"], ("--metric", "--adaptive")),
        (["--by", "class"], ("--by", "--adaptive")),
        (["--by", "all", *SPAN, "--epoch", "1/2"], ("--by", "--adaptive")),
        (["--uncertainty", "max"], ("--uncertainty", "--conditional")),
        (["--uncertainty", "max", *SPAN, "--adaptive", "p.npy"], ("--uncertainty", "--conditional")),
        (["--invert"], ("--invert", "--conditional")),
        (["--invert", *SPAN, "--adaptive", "p.npy"], ("--invert", "--conditional")),
        (["--gamma", "2"], ("--gamma", "--adaptive", "--conditional")),
        (["--gamma", "2", *SPAN, "--epoch", "1/2"], ("--gamma", "--adaptive", "--conditional")),
        (["--epsilon-by", "who"], ("--epsilon-by", "--per-class")),
        (["--epsilon-by", "who", "--epsilon-column", "eps"], ("--epsilon-by", "--per-class")),
        (["--beta", "2"], ("--beta", "--hierarchy")),
        (["--beta", "2", "--ordinal"], ("--beta", "--hierarchy")),
        (["--distance", "path"], ("--distance", "--hierarchy")),
        (["--decay", "0.5"], ("--decay", "--ordinal")),
        (["--decay", "0.5", "--hierarchy", "t.csv"], ("--decay", "--ordinal")),
        (["--pseudocount", "1"], ("--pseudocount", "--labels votes")),
        (["--pseudocount", "1", "--labels", "index"], ("--pseudocount", "--labels votes")),
        (["--item", "id", "--labels", "index"], ("--item", "--labels")),
        (["--item", "id", "--label-columns", "a:b"], ("--item", "--label-columns")),
        pytest.param(["--item", "id", "--epsilon-column", "eps"], ("--item", "--epsilon-column")),
        pytest.param(
            ["--item", "id", "--per-class", "*=.1", "--epsilon-by", "who"], ("--item", "--epsilon-by")
        ),
    ],
)
def test_a_modifier_without_its_rule(work: Work, flags: list[str], names: tuple[str, ...]) -> None:
    both(work, *flags, names=names)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("spread", ["half", "flip"])
def test_weights_beside_rules_for_each_label(work: Work, spread: str, source: str) -> None:
    both(
        work, *SOURCES[source], "--spread", spread, "--labels", "index", names=(source, f"--spread {spread}")
    )


@pytest.mark.parametrize(
    "source",
    [
        *(source for source in SOURCES if source != "--hierarchy"),
        pytest.param("--hierarchy"),
    ],
)
def test_flip_has_no_weights_whatever_the_labels(work: Work, source: str) -> None:
    both(work, *SOURCES[source], "--spread", "flip", names=(source, "--spread flip"))


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        (["-e", "1.5"], "1.5"),
        (["-e", "-0.1:0.2", "--epoch", "1/2"], "-0.1"),
        (["-e", "0:1.2", "--adaptive", "p.npy"], "1.2"),
        (["-e", "0:nan", "--adaptive", "p.npy"], "nan"),
        (["--epoch", "0/3", *SPAN], "--epoch"),
        (["--epoch", "4/3", *SPAN], "--epoch"),
        (["--epoch", "1/0", *SPAN], "--epoch"),
        (["--epoch", "-1/3", *SPAN], "--epoch"),
        (["--epoch", "3", *SPAN], "--epoch"),
        (["--epoch", "1.5/3", *SPAN], "--epoch"),
        (["--epoch", "some/3", *SPAN], "--epoch"),
        (["--epoch", "1/3", "--ramp", "exponential", *SPAN], "--ramp exponential"),
        (["--epoch", "1/3", "--ramp", "exponential", "-e", "0.1:0"], "--ramp exponential"),
        (["--gamma", "0", "--adaptive", "p.npy", *SPAN], "--gamma"),
        (["--gamma", "-1", "--adaptive", "p.npy", *SPAN], "--gamma"),
        (["--gamma", "nan", "--adaptive", "p.npy", *SPAN], "--gamma"),
        (["--gamma", "inf", "--conditional", "p.npy", *SPAN], "--gamma"),
        (["--hierarchy", "t.csv", "--beta", "-1"], "--beta"),
        (["--hierarchy", "t.csv", "--beta", "nan"], "--beta"),
        (["--hierarchy", "t.csv", "--beta", "inf"], "--beta"),
        (["--hierarchy", "t.csv", "--distance", "far"], "--distance"),
        (["--ordinal", "--decay", "0"], "--decay"),
        (["--ordinal", "--decay", "1.1"], "--decay"),
        (["--ordinal", "--decay", "nan"], "--decay"),
        (["--per-class", "a=.1,a=.2"], "--per-class"),
        (["--per-class", "a=b,c=.1"], "--per-class"),
        (["--labels", "votes", "--pseudocount", "-1"], "--pseudocount"),
        (["--labels", "votes", "--pseudocount", "inf"], "--pseudocount"),
    ],
)
def test_values_outside_what_they_may_be(work: Work, flags: list[str], name: str) -> None:
    both(work, *flags, names=(name,))


def test_a_sweep_beside_a_rule(work: Work) -> None:
    for name, flags in RULES.items():
        for sweep in ("0,0.1", "0:0.2:0.1"):
            error = work.refused("loss", "none.npy", "none.csv", "-e", sweep, *flags, code=2)
            assert "--epsilon" in error
            assert name in error


@pytest.mark.parametrize("kind", ["rows", "votes", "multilabel"])
@pytest.mark.parametrize(
    ("flags", "name"),
    [
        ([*SPAN, "--adaptive", "p.npy", "--by", "class"], "--by class"),
        ([*SPAN, "--adaptive", "p.npy", "--metric", "confidence"], "--metric confidence"),
        ([*SPAN, "--conditional", "p.npy", "--uncertainty", "true"], "--uncertainty true"),
        (["--online", "p.npy"], "--online"),
        (["--confusion", "p.npy"], "--confusion"),
    ],
)
def test_rules_that_need_one_class_a_row(files: Work, flags: list[str], name: str, kind: str) -> None:
    both(files, *flags, "--labels", kind, names=(name, kind))


@pytest.mark.parametrize("kind", ["rows", "votes"])
def test_per_class_on_soft_rows(files: Work, kind: str) -> None:
    both(files, "--per-class", "*=.1", "--labels", kind, names=("--per-class", kind))


ONE_CLASS: list[tuple[list[str], str]] = [
    (["--per-class", "*=.1"], "--per-class"),
    ([*SPAN, "--adaptive", "p.npy", "--by", "class"], "--by class"),
    ([*SPAN, "--adaptive", "p.npy", "--metric", "confidence"], "--metric confidence"),
    ([*SPAN, "--conditional", "p.npy", "--uncertainty", "true"], "--uncertainty true"),
    (["--online", "p.npy"], "--online"),
    (["--confusion", "p.npy"], "--confusion"),
]


@pytest.mark.parametrize(("flags", "name"), ONE_CLASS)
def test_soft_rows_that_the_file_shows_are_named(files: Work, flags: list[str], name: str) -> None:
    # the command line alone is right: the file is what is wrong for it
    for command in (["smooth", "x.npy"], ["loss", "z.npy", "x.npy"]):
        error = files.refused(*command, *flags)
        assert name in error
        assert "rows" in error


@pytest.mark.parametrize("rule", ["--adaptive", "--conditional"])
def test_multilabel_rows_have_no_rule_that_looks_at_predictions(files: Work, rule: str) -> None:
    both(files, *SPAN, rule, "p.npy", "--labels", "multilabel", names=(rule, "multilabel"))


def test_others_on_multilabel_rows(work: Work) -> None:
    both(work, "--labels", "multilabel", "--spread", "others", names=("--spread others", "multilabel"))
