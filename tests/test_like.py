"""`--like NAME`: what a convention fills in and fixes, from files to targets and to numbers.

What the frameworks themselves compute is in test_conventions_golden; here numbers are numpy's, or those of
`lsmooth.cross_entropy(like=)`, which is held to the golden ones there.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from conftest import Work
from numpy.typing import NDArray

import lsmooth

Array = NDArray[Any]

K = 5
ROWS = 30
RANDOM = np.random.default_rng(20_210_203)
LOGITS = 2 * RANDOM.normal(size=(ROWS, K))
LABELS = RANDOM.integers(0, K, ROWS)
MULTILABEL = RANDOM.integers(0, 2, (ROWS, K)).astype(np.float64)
WEIGHTS = [1.0, 2.0, 0.5, 0.25, 1.5]
LOGS = LOGITS - np.log(np.exp(LOGITS).sum(axis=1, keepdims=True))
PROBS = np.exp(LOGS)

#: The true class and each other at ε = 0.2 of 5 classes, worked out by hand; `padding` stands for 0.
TARGETS = {
    "all": (0.84, 0.04),
    "others": (0.8, 0.05),
    "reserved": (0.8, 0.2 / 3),
    "half": (0.9, 0.1),
    "flip": (0.8, 0.2),
    "relative": (1.04 / 1.2, 0.04 / 1.2),
}
SPREADS = {
    "others": "fairseq tensor2tensor t5x espnet speechbrain-kl nemo megatron",
    "reserved": "opennmt annotated joeynmt",
    "half": "torch-bce keras-bce yolo",
    "flip": "smp-bce mmpretrain-multilabel",
    "relative": "classy",
}
SUMS = [
    *("fairseq", "fairseq-old", "opennmt", "opennmt3", "annotated", "joeynmt", "t5x", "marian"),
    "speechbrain-kl",
]
NOT_1 = ["mlx", "timm", "timm-bce", "mmpretrain", "mmpretrain-multilabel", "megatron", "tensor2tensor", "t5x"]
KL = ["torch-kl", "opennmt", "annotated", "joeynmt", "espnet", "speechbrain-kl"]

ENTRIES: list[Any] = list(lsmooth.list_conventions())
every = pytest.mark.parametrize("entry", ENTRIES, ids=[entry.name for entry in ENTRIES])


def spread_of(entry: Any) -> str:
    return next((spread for spread, names in SPREADS.items() if entry.name in names.split()), "all")


def ulps(value: float, wanted: float) -> float:
    return abs(value - wanted) / math.ulp(max(1.0, abs(wanted)))


def column(values: Any) -> str:
    return "".join(f"{value}\n" for value in values)


@pytest.fixture
def data(work: Work) -> Work:
    """Logits in z.npy, probabilities in p.npy, labels in y.csv, multilabel rows in m.npy."""
    np.save("z.npy", LOGITS)
    np.save("p.npy", PROBS)
    np.save("m.npy", MULTILABEL)
    np.save("soft.npy", np.eye(K)[LABELS] * 0.7 + 0.3 / K)
    work.write("y.csv", column(LABELS))
    return work


def files_of(entry: Any) -> tuple[str, str]:
    """The predictions that a convention takes, and an ε."""
    return ("p.npy", "0") if entry.name == "sklearn" else ("z.npy", "0.1")


def padded(entry: Any) -> list[str]:
    return ["--pad", "4"] if entry.reserved else []


def number(work: Work, *arguments: object) -> float:
    return float(work.ok("loss", *arguments, "-q"))


# loss, beside the library


@every
def test_loss_gives_the_number_of_the_library(data: Work, entry: Any) -> None:
    predictions, epsilon = files_of(entry)
    labels = LABELS.copy()
    flags: dict[str, Any] = {}
    command: list[str] = []
    if entry.ignore is not None:
        labels[[3, 8]] = int(entry.ignore)
    if entry.reserved or entry.name in ("burn", "fairseq"):
        flags["pad"], command = 4, ["--pad", "4"]
    if entry.weights is not None:
        flags["weights"] = WEIGHTS
        command += ["--weights", ",".join(map(str, WEIGHTS))]
    data.write("labels.csv", column(labels))
    values = PROBS if predictions == "p.npy" else LOGITS
    wanted = lsmooth.cross_entropy(values, labels, float(epsilon), like=entry, **flags)
    found = number(data, predictions, "labels.csv", "--like", entry.name, "-e", epsilon, *command)
    assert math.isfinite(wanted)
    assert ulps(found, wanted) <= 4
    if entry.weights is not None:
        assert found != number(data, predictions, "labels.csv", "--like", entry.name, "-e", epsilon)


@pytest.mark.parametrize("name", [entry.name for entry in ENTRIES if entry.kind == "sigmoid"])
def test_loss_of_multilabel_rows_gives_the_number_of_the_library(data: Work, name: str) -> None:
    command = ["z.npy", "m.npy", "--labels", "multilabel", "--like", name, "-e", "0.1"]
    if name == "timm-bce":  # takes the class of a row
        assert "takes class indices" in data.refused("loss", *command, code=2)
        return
    wanted = lsmooth.cross_entropy(LOGITS, MULTILABEL, 0.1, like=name, kind="multilabel")
    assert ulps(number(data, *command), wanted) <= 4


def entropy(targets: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        total: Array = -np.where(targets > 0, targets * np.log(targets), 0).sum(axis=1)
    return total


@pytest.mark.parametrize(
    "name",
    [
        entry.name
        for entry in ENTRIES
        if entry.kind == "softmax" and entry.name not in ("keras-focal", "sklearn")
    ],
)
def test_loss_is_the_cross_entropy_with_the_targets_of_smooth(data: Work, name: str) -> None:
    pad = ["--pad", "4"] if name in SPREADS["reserved"].split() else []
    flags = ["--like", name, "-e", "0.3", *pad]
    data.ok("smooth", "y.csv", "-k", K, *flags, "-o", "t.npy", "--dtype", "float64")
    targets = np.load("t.npy")
    wanted = -(targets * LOGS).sum(axis=1)
    if name in KL:
        wanted -= entropy(targets)
    elif name in ("tensor2tensor", "t5x"):
        wanted += 0.7 * math.log(0.7) + 0.3 * math.log(0.3 / 4 + 1e-20)
    elif name == "t5":
        wanted += 1e-4 * np.log(np.exp(LOGITS).sum(axis=1)) ** 2
    found = [float(line) for line in data.ok("loss", "z.npy", "y.csv", *flags, "--reduction", "none").split()]
    assert found == pytest.approx(wanted.tolist(), rel=1e-13, abs=1e-14)


@pytest.mark.parametrize("name", ["torch-bce", "smp-bce", "timm-bce", "mmpretrain-multilabel"])
def test_a_sigmoid_loss_is_the_cross_entropy_with_the_targets_of_smooth(data: Work, name: str) -> None:
    flags = ["--like", name, "-e", "0.3"]
    data.ok("smooth", "y.csv", "-k", K, *flags, "-o", "t.npy", "--dtype", "float64")
    targets = np.load("t.npy")
    wanted = (targets * np.log1p(np.exp(-LOGITS)) + (1 - targets) * np.log1p(np.exp(LOGITS))).mean(axis=1)
    found = [float(line) for line in data.ok("loss", "z.npy", "y.csv", *flags, "--reduction", "none").split()]
    assert found == pytest.approx(wanted.tolist(), rel=1e-13)


# smooth


def formula(text: str, epsilon: float, classes: int) -> float:
    """What a formula of the table comes to."""
    return float(eval(text.partition(",")[0], {}, {"ε": epsilon, "K": classes}))


@every
def test_smooth_gives_the_targets_that_the_table_tells(data: Work, entry: Any) -> None:
    epsilon = 0.0 if entry.name == "sklearn" else 0.2
    on, off = (1.0, 0.0) if entry.name == "sklearn" else TARGETS[spread_of(entry)]
    assert formula(entry.true_class, epsilon, K) == pytest.approx(on, rel=1e-15)
    assert formula(entry.other_classes, epsilon, K) == pytest.approx(off, rel=1e-15)
    out = data.ok("smooth", "y.csv", "-k", K, "--like", entry.name, "-e", epsilon, *padded(entry))
    found = np.array([line.split(",") for line in out.splitlines()], dtype=float)
    wanted = np.full((ROWS, K), off)
    wanted[np.arange(ROWS), LABELS] = on
    if entry.reserved:
        wanted[:, 4] = 0
        wanted[LABELS == 4] = 0
    assert found.ravel().tolist() == pytest.approx(wanted.ravel().tolist(), rel=1e-15)


@pytest.mark.parametrize(("name", "on", "off"), [("torch-bce", 0.9, 0.1), ("smp-bce", 0.8, 0.2)])
def test_smooth_of_multilabel_rows(data: Work, name: str, on: float, off: float) -> None:
    data.write("m.csv", "1,0,1\n0,0,1\n")
    out = data.ok("smooth", "m.csv", "--labels", "multilabel", "--like", name, "-e", "0.2", "-q")
    rows = [[float(cell) for cell in line.split(",")] for line in out.splitlines()]
    assert rows == [pytest.approx([on, off, on]), pytest.approx([off, off, on])]


def test_smooth_of_probabilities_mixes_them_with_the_uniform(data: Work) -> None:
    data.write("r.csv", "0.5,0.3,0.2\n0,1,0\n")
    out = data.ok("smooth", "r.csv", "--labels", "rows", "--like", "keras", "-e", "0.3", "--no-header")
    first = [float(cell) for cell in out.splitlines()[0].split(",")]
    assert first == pytest.approx([0.45, 0.31, 0.24])


def test_the_matrix_of_a_convention(data: Work) -> None:
    data.ok("smooth", "--like", "classy", "-e", "0.2", "-k", K, "--matrix-out", "S.npy", "--dtype", "float64")
    wanted = np.full((K, K), 0.04 / 1.2)
    np.fill_diagonal(wanted, 1.04 / 1.2)
    np.testing.assert_allclose(np.load("S.npy"), wanted, rtol=1e-15)


# ε stays what it is


@pytest.mark.parametrize("name", ["torch", "timm", "fairseq", "classy", "huggingface", "yolo"])
def test_epsilon_is_the_one_given_and_01_without(data: Work, name: str) -> None:
    for flags, epsilon in ((["-e", "0.25"], 0.25), ([], 0.1)):
        result = data.run("smooth", "y.csv", "-k", K, "--like", name, "--json", *flags)
        assert json.loads(result.err)["epsilon"] == epsilon
        line = data.ok("loss", "z.npy", "y.csv", "--like", name, "--json", *flags)
        assert json.loads(line)["epsilon"] == epsilon
        result = data.run("loss", "z.npy", "y.csv", "--like", name, *flags)
        assert f"epsilon {epsilon}, " in result.err


def test_epsilon_of_soft_rows_is_0_without_one(data: Work) -> None:
    found = json.loads(data.ok("loss", "z.npy", "soft.npy", "--like", "torch-soft", "--json"))
    soft = np.eye(K)[LABELS] * 0.7 + 0.3 / K
    assert found["epsilon"] == 0
    assert found["loss"] == pytest.approx(-(soft * LOGS).sum(axis=1).mean(), rel=1e-13)


# What is filled in


@every
def test_the_reduction_is_that_of_the_framework_and_a_flag_overrides_it(data: Work, entry: Any) -> None:
    predictions, epsilon = files_of(entry)
    command = ["loss", predictions, "y.csv", "--like", entry.name, "-e", epsilon, *padded(entry), "-q"]
    own, mean, total = (
        float(data.ok(*command, *flags)) for flags in ([], ["--reduction", "mean"], ["--reduction", "sum"])
    )
    assert own == (total if entry.name in SUMS else mean)
    counted = int((LABELS != 4).sum()) if entry.reserved else ROWS
    terms = counted * (K if entry.kind == "sigmoid" else 1)
    assert total == pytest.approx(mean * terms, rel=1e-13 if entry.plus == 0 else 1e-7)
    assert mean != total


@every
def test_the_rows_add_up_to_the_sum(data: Work, entry: Any) -> None:
    predictions, epsilon = files_of(entry)
    labels = LABELS.copy()
    if entry.ignore is not None:
        labels[[3, 8]] = int(entry.ignore)
    data.write("y.csv", column(labels))
    command = ["loss", predictions, "y.csv", "--like", entry.name, "-e", epsilon, *padded(entry), "-q"]
    if entry.weights is not None:
        command += ["--weights", "1,2,.5,.25,1.5"]
    rows = [float(line) for line in data.ok(*command, "--reduction", "none").split()]
    assert len(rows) == ROWS
    if entry.ignore is not None:
        assert rows[3] == rows[8] == 0
    total = float(data.ok(*command, "--reduction", "sum"))
    assert math.fsum(rows) * (K if entry.kind == "sigmoid" else 1) == pytest.approx(total, rel=1e-13)


IGNORES = [
    *((name, -100) for name in ["torch", "huggingface", "smp", "flash-attn", "liger"]),
    *((name, -100) for name in ["mindspore", "mindspore-old"]),
    ("espnet", -1),
]


@pytest.mark.parametrize(("name", "label"), IGNORES)
def test_the_label_that_a_framework_ignores_is_ignored(data: Work, name: str, label: int) -> None:
    labels = LABELS.copy()
    labels[[0, 7]] = label
    data.write("y.csv", column(labels))
    found = json.loads(data.ok("loss", "z.npy", "y.csv", "--like", name, "--json"))
    assert (found["rows"], found["ignored"]) == (ROWS - 2, 2)
    out = data.ok("smooth", "y.csv", "-k", K, "--like", name).splitlines()
    zeros = [k for k, line in enumerate(out) if set(line.split(",")) == {"0.0"}]
    assert zeros == [0, 7]


def test_ignore_replaces_the_label_that_a_framework_ignores(data: Work) -> None:
    labels = LABELS.copy()
    labels[0] = 255
    data.write("y.csv", column(labels))
    found = number(data, "z.npy", "y.csv", "--like", "torch", "--ignore", "255")
    wanted = (-0.9 * LOGS[np.arange(1, ROWS), LABELS[1:]] - 0.1 * LOGS[1:].mean(axis=1)).mean()
    assert ulps(found, wanted) <= 8
    labels[1] = -100
    data.write("y.csv", column(labels))
    for command in (["loss", "z.npy", "y.csv"], ["smooth", "y.csv", "-k", "5"]):
        assert "`-100`" in data.refused(*command, "--like", "torch", "--ignore", "255")
    both = ["--ignore", "255", "--ignore", "-100"]
    assert json.loads(data.ok("loss", "z.npy", "y.csv", "--like", "torch", *both, "--json"))["ignored"] == 2


def test_padding_does_not_count_and_keeps_its_mass_where_it_is_not_reserved(data: Work) -> None:
    flags = ["--pad", "4", "-e", "0.2", "-q"]
    out = data.ok("smooth", "y.csv", "-k", K, "--like", "fairseq", *flags)
    rows = [line.split(",") for line in out.split()]
    counted = LABELS != 4
    assert {row[4] for row, counts in zip(rows, counted, strict=True) if counts} == {"0.05"}
    assert {cell for row, counts in zip(rows, counted, strict=True) if not counts for cell in row} == {"0.0"}
    hard = -LOGS[np.arange(ROWS), LABELS]
    others = (-LOGS.sum(axis=1) - hard) / (K - 1)
    wanted = math.fsum((0.8 * hard + 0.2 * others)[counted])
    assert ulps(number(data, "z.npy", "y.csv", "--like", "fairseq", *flags), wanted) <= 8


def test_padding_by_name(data: Work) -> None:
    np.savetxt("z.csv", LOGITS, delimiter=",", header="a,b,c,d,pad", comments="")
    data.write("n.csv", column(np.array(["a", "b", "c", "d", "pad"])[LABELS]))
    names = ["--names", "a,b,c,d,pad", "--no-header", "-q"]
    for name in ("fairseq", "opennmt"):
        wanted = number(data, "z.npy", "y.csv", "--like", name, "--pad", "4")
        for pad in ("pad", "4"):
            assert number(data, "z.npy", "n.csv", "--like", name, "--pad", pad, *names) == wanted
        by_header = ["z.csv", "n.csv", "--like", name, "--header", "--pad"]
        data.write("n.csv", "label\n" + column(np.array(["a", "b", "c", "d", "pad"])[LABELS]))
        assert number(data, *by_header, "pad") == pytest.approx(wanted, rel=1e-14)
        data.write("n.csv", column(np.array(["a", "b", "c", "d", "pad"])[LABELS]))


@pytest.mark.parametrize("name", ["fairseq", "opennmt"])
def test_padding_by_number_where_the_header_has_the_names(data: Work, name: str) -> None:
    np.savetxt("z.csv", LOGITS, delimiter=",", header="a,b,c,d,pad", comments="")
    data.write("n.csv", "label\n" + column(np.array(["a", "b", "c", "d", "pad"])[LABELS]))
    wanted = number(data, "z.csv", "n.csv", "--like", name, "--pad", "pad")
    assert number(data, "z.csv", "n.csv", "--like", name, "--pad", "4") == wanted


def test_an_alias_is_its_convention(data: Work) -> None:
    for entry in ENTRIES:
        predictions, epsilon = files_of(entry)
        command = ["loss", predictions, "y.csv", "-e", epsilon, *padded(entry), "--like"]
        for alias in entry.aliases:
            assert data.ok(*command, alias) == data.ok(*command, entry.name)
    assert {"hf", "t2t", "tensorflow", "flax", "wenet"} < {name for one in ENTRIES for name in one.aliases}


# What contradicts a convention

CLASHES = [
    ("torch --spread others", "1-ε+ε/K for the true class, ε/K for each other", "--spread others"),
    ("fairseq --spread all", "1-ε for the true class, ε/(K-1) for each other", "--spread all"),
    ("torch-bce --spread flip", "1-ε/2 for the true class, ε/2 for each other", "--spread flip"),
    ("torch --prior labels", "the same share for all classes", "--prior"),
    ("torch --prior .2,.3,.5", "the same share for all classes", "--prior"),
    ("keras --hierarchy tree.csv", "the same share for all classes", "--hierarchy"),
    ("keras --ordinal", "the same share for all classes", "--ordinal"),
    ("timm --similarity s.npy", "the same share for all classes", "--similarity"),
    ("timm --confusion p.npy", "the same share for all classes", "--confusion"),
    ("timm --online p.npy", "the same share for all classes", "--online"),
    ("torch --exclude 0", "which classes get mass", "--exclude"),
    ("opennmt --exclude 0 --pad 0", "which classes get mass", "--exclude"),
    ("opennmt", "needs the padding class", "pass --pad"),
    ("joeynmt -e 0", "needs the padding class", "pass --pad"),
    ("timm -e 1", "takes epsilon in [0, 1), and it is 1", "pass less than 1"),
    ("sklearn -e 0.1", "does not smooth labels, and epsilon is 0.1", "pass -e 0"),
]
LOSS_CLASHES = [
    ("torch --weights 1,2,3 --weighting row", "weights that multiply the class", "--weighting row"),
    ("speechbrain --weights 1,2,3 --weighting class", "weights that multiply the target", "--weighting"),
    ("torch --denominator valid", "a mean divided by the weights of the labels", "--denominator valid"),
    ("torch-soft --denominator weights", "a mean over the rows not ignored", "--denominator weights"),
    ("smp --denominator valid", "a mean over all rows, ignored ones too", "--denominator valid"),
    ("tf1 --denominator all", "a mean over the rows whose weight is not 0", "--denominator all"),
    ("torch --clip 1e-7", "how probabilities are clipped", "--clip"),
    ("keras --clip 1e-6", "how probabilities are clipped", "--clip"),
    ("torch --minus-entropy", "what is subtracted", "--minus-entropy"),
    ("t5x --minus-entropy", "what is subtracted", "--minus-entropy"),
    ("fairseq --weights 1,2,3", "takes no class weights", "drop --weights"),
    ("megatron -e 0,0.5,1", "takes epsilon in [0, 1), and it is 1", "pass less than 1"),
]


def refuse_usage(work: Work, what: tuple[str, str, str], *command: str) -> None:
    """A usage error, found before any file is opened: there is none."""
    flags, fixed, hint = what
    err = work.refused(*command, "--like", *flags.split(), code=2)
    assert f"error: {flags.split()[0]} " in err or "the convention " in err
    assert fixed in err
    assert hint in err.partition("hint:")[2]


@pytest.mark.parametrize("what", CLASHES, ids=[flags for flags, *_ in CLASHES])
def test_a_flag_that_contradicts_is_a_usage_error(work: Work, what: tuple[str, str, str]) -> None:
    refuse_usage(work, what, "smooth", "missing.csv")
    refuse_usage(work, what, "loss", "missing.npy", "missing.csv")


@pytest.mark.parametrize("what", LOSS_CLASHES, ids=[flags for flags, *_ in LOSS_CLASHES])
def test_a_flag_of_a_loss_that_contradicts_is_a_usage_error(work: Work, what: tuple[str, str, str]) -> None:
    refuse_usage(work, what, "loss", "missing.npy", "missing.csv")


def test_epsilon_1_is_a_usage_error_where_it_is_not_taken_and_nowhere_else(data: Work) -> None:
    for entry in ENTRIES:
        name = entry.name
        if name in NOT_1:
            refuse_usage(data, (f"{name} -e 1", "[0, 1)", "less than 1"), "smooth", "missing.csv")
        elif name != "sklearn":
            assert number(data, "z.npy", "y.csv", "--like", name, "-e", "1", *padded(entry)) > 0


@pytest.mark.parametrize("name", ["timm", "megatron"])
@pytest.mark.parametrize("command", ["smooth y.csv -k 5", "loss z.npy y.csv"])
@pytest.mark.parametrize("how", ["--per-class 0.1,0.1,1,0.1,0.1", "--epsilon-column e"])
def test_epsilon_1_of_a_class_or_a_row_is_refused_too(data: Work, name: str, command: str, how: str) -> None:
    data.write("y.csv", "label,e\n" + "".join(f"{k},{1 if k == 2 else 0.1}\n" for k in LABELS))
    result = data.run(*command.split(), "--column", "label", *how.split(), "--like", name)
    assert result.code in (1, 2)
    assert "[0, 1)" in result.err


@pytest.mark.parametrize("command", ["smooth y.csv -k 5", "loss p.npy y.csv"])
def test_sklearn_does_not_smooth_by_class_either(data: Work, command: str) -> None:
    result = data.run(*command.split(), "--per-class", "0,0.3,0,0,0", "--like", "sklearn")
    assert result.code in (1, 2)
    assert "does not smooth" in result.err


def test_sklearn_without_epsilon_is_refused(data: Work) -> None:
    # 0.1 is the default for hard labels, and a convention never changes ε
    for command in (["smooth", "y.csv"], ["loss", "p.npy", "y.csv"]):
        assert "does not smooth" in data.refused(*command, "--like", "sklearn", code=2)
    assert number(data, "p.npy", "y.csv", "--like", "sklearn", "-e", "0") == pytest.approx(
        -LOGS[np.arange(ROWS), LABELS].mean(), rel=1e-13
    )


SAME = [
    ("torch", "--spread all --denominator weights", "--weights 1,2,.5,.25,1.5"),
    ("torch", "--weighting class", "--weights 1,2,.5,.25,1.5"),
    ("fairseq", "--spread others --reduction sum", ""),
    ("torch-bce", "--spread half", ""),
    ("smp-bce", "--spread flip --denominator all", ""),
    ("smp", "--denominator all --ignore -100", ""),
    ("keras", "--weighting row", "--weights 1,2,.5,.25,1.5"),
    ("speechbrain", "--weighting target --denominator valid", "--weights 1,2,.5,.25,1.5"),
    ("torch-kl", "--minus-entropy", ""),
    ("nemo", "--denominator valid --reduction mean", ""),
]


@pytest.mark.parametrize(("name", "flags", "beside"), SAME)
def test_a_flag_that_says_the_same_changes_nothing(data: Work, name: str, flags: str, beside: str) -> None:
    command = ["loss", "z.npy", "y.csv", "--like", name, *beside.split()]
    assert data.ok(*command, *flags.split()) == data.ok(*command)


def test_a_convention_without_weights_says_so_of_the_weighting(work: Work) -> None:
    flags = ["--like", "fairseq", "--weighting", "row"]
    assert "None" not in work.refused("loss", "missing.npy", "missing.csv", *flags, code=2)


@pytest.mark.parametrize(
    ("name", "meant"), [("troch", "torch"), ("fairseqq", "fairseq"), ("Keras", "keras"), ("t2", "t2t")]
)
def test_an_unknown_name_has_a_suggestion(work: Work, name: str, meant: str) -> None:
    for command in (["smooth", "missing.csv"], ["loss", "missing.npy", "missing.csv"]):
        err = work.refused(*command, "--like", name, code=2)
        assert f"there is no convention `{name}`; did you mean `{meant}`?" in err
        assert "lsmooth explain conventions" in err


def test_an_unknown_name_far_from_all_has_none(work: Work) -> None:
    assert "did you mean" not in work.refused("smooth", "missing.csv", "--like", "qqqq", code=2)


def test_pad_without_a_convention_is_a_usage_error(work: Work) -> None:
    assert "--pad needs --like" in work.refused("smooth", "missing.csv", "--pad", "0", code=2)
    err = work.refused("loss", "missing.npy", "missing.csv", "--pad", "0", code=2)
    assert "--pad needs --like, --compare or --match" in err


# Labels that are not taken


@pytest.mark.parametrize("name", ["torch", "timm", "huggingface", "fairseq", "espnet", "speechbrain", "t5x"])
def test_rows_found_in_the_data_are_refused_where_indices_are_taken(data: Work, name: str) -> None:
    spread = "others" if name in SPREADS["others"].split() else "all"
    for command in (["loss", "z.npy", "soft.npy"], ["smooth", "soft.npy", "--to", "csv"]):
        err = data.refused(*command, "--like", name)
        assert f"{name} takes class indices, and the labels are rows" in err
        hint = err.partition("hint: ")[2].split()
        # none that takes rows spreads as these do
        assert hint[:2] == (["drop", "--like"] if spread == "others" else ["pass", "--like"])
        data.ok(*command, *hint[1:3] if spread != "others" else [])


BY_FLAG = [
    ("torch", "rows", "takes class indices"),
    ("timm-bce", "multilabel", "takes class indices"),
    ("torch-soft", "multilabel", "takes one class a row"),
]


@pytest.mark.parametrize(("name", "kind", "reason"), BY_FLAG)
def test_a_kind_of_labels_that_is_not_taken_is_refused(data: Work, name: str, kind: str, reason: str) -> None:
    for command in (["loss", "z.npy", "m.npy"], ["smooth", "m.npy"]):
        result = data.run(*command, "--labels", kind, "--like", name)
        assert result.code != 0
        assert reason in result.err


@pytest.mark.parametrize(("name", "kind", "reason"), BY_FLAG)
def test_a_kind_of_labels_that_is_not_taken_is_a_usage_error(
    work: Work, name: str, kind: str, reason: str
) -> None:
    for command in (["loss", "missing.npy", "missing.csv"], ["smooth", "missing.csv"]):
        assert reason in work.refused(*command, "--labels", kind, "--like", name, code=2)


def test_predictions_that_a_convention_does_not_take_are_refused(data: Work) -> None:
    assert "adds a term of the logits" in data.refused("loss", "p.npy", "y.csv", "--like", "t5")
    err = data.refused("loss", "z.npy", "y.csv", "--like", "sklearn", "-e", "0")
    assert "takes probabilities, and these are logits" in err


@pytest.mark.parametrize("name", ["torch", "keras", "fairseq-old"])
def test_a_softmax_of_a_single_column_is_refused(data: Work, name: str) -> None:
    data.write("b.csv", "2.5\n-1.5\n0.5\n")
    data.write("b01.csv", "0\n0\n1\n")
    data.refused("loss", "b.csv", "b01.csv", "--like", name)


def test_a_softmax_of_a_single_column_is_refused_by_the_library() -> None:
    with pytest.raises(lsmooth.LsmoothError):
        lsmooth.cross_entropy([2.5, -1.5, 0.5], [0, 0, 1], like="torch")


@pytest.mark.parametrize(("name", "off"), [("torch-bce", 0.05), ("keras-bce", 0.05), ("smp-bce", 0.1)])
def test_a_single_column_is_binary_under_a_sigmoid(data: Work, name: str, off: float) -> None:
    logits, ones = np.array([2.5, -1.5, 0.5, 3.0]), np.array([1, 0, 0, 1])
    data.write("b.csv", column(logits))
    data.write("b01.csv", column(ones))
    targets = np.where(ones == 1, 1 - off, off)
    wanted = (targets * np.log1p(np.exp(-logits)) + (1 - targets) * np.log1p(np.exp(logits))).mean()
    assert ulps(number(data, "b.csv", "b01.csv", "--like", name), wanted) <= 8


def test_the_note_of_a_single_column_tells_no_other_smoothing(data: Work) -> None:
    data.write("b.csv", "2.5\n-1.5\n")
    data.write("b01.csv", "1\n0\n")
    assert "half" not in data.run("loss", "b.csv", "b01.csv", "--like", "smp-bce").err


# Forms of a result


@pytest.mark.parametrize("name", ["torch", "fairseq", "espnet", "t5x", "classy", "smp-bce", "t5", "nemo"])
def test_json_and_a_sweep_give_the_same_numbers(data: Work, name: str) -> None:
    command = ["z.npy", "y.csv", "--like", name]
    sweep = data.ok("loss", *command, "-e", "0:0.3:0.15", "-q").splitlines()
    assert sweep[0] == "epsilon,loss,floor,excess"
    for line, epsilon in zip(sweep[1:], ("0.0", "0.15", "0.3"), strict=True):
        amount, loss, *_ = line.split(",")
        found = json.loads(data.ok("loss", *command, "-e", epsilon, "--json"))
        assert amount == epsilon
        assert float(loss) == found["loss"] == number(data, *command, "-e", epsilon)
        assert found["like"] == name
        assert found["reduction"] == ("sum" if name in SUMS else "mean")


@pytest.mark.parametrize("name", ["mindspore-old", "keras-focal"])
def test_a_sweep_without_a_floor_holds_numbers_or_nothing(data: Work, name: str) -> None:
    out = data.ok("loss", "z.npy", "y.csv", "--like", name, "-e", "0,0.1", "-q")
    assert "None" not in out


@pytest.mark.parametrize(
    "name",
    [
        "torch",
        "espnet",
        "tensor2tensor",
        "t5",
        "opennmt",
        "nemo",
        "classy",
        "keras-focal",
        "mindspore-old",
        "sklearn",
        "smp-bce",
    ],
)
def test_a_report_shows_the_loss(data: Work, name: str) -> None:
    entry = next(entry for entry in ENTRIES if entry.name == name)
    predictions, epsilon = files_of(entry)
    command = [predictions, "y.csv", "--like", name, "-e", epsilon, *padded(entry)]
    loss = number(data, *command)
    result = data.run("loss", *command, "--report")
    assert result.code == 0
    assert f"{loss:.6f}" in result.out
    assert f"as {name}, " in result.err


# ε of each row


EPSILONS = np.round(0.45 * RANDOM.random(ROWS), 2)
EPSILONS[0] = 0


@pytest.mark.parametrize(
    "name",
    [
        "torch",
        "keras",
        "fairseq",
        "espnet",
        "torch-kl",
        "classy",
        "opennmt",
        "nemo",
        "t5",
        "smp-bce",
        "torch-bce",
    ],
)
def test_epsilon_of_each_row(data: Work, name: str) -> None:
    rows = zip(LABELS, EPSILONS, strict=True)
    data.write("e.csv", "label,e\n" + "".join(f"{label},{epsilon}\n" for label, epsilon in rows))
    pad: dict[str, Any] = {"pad": 4} if name == "opennmt" else {}
    flags: list[object] = ["--like", name, "--epsilon-column", "e", *(["--pad", 4] if pad else []), "-q"]
    wanted = [
        lsmooth.cross_entropy(LOGITS, LABELS, epsilon, like=name, reduction="none", **pad)[row]
        for row, epsilon in enumerate(EPSILONS.tolist())
    ]
    found = data.ok("loss", "z.npy", "e.csv", "--column", "label", *flags, "--reduction", "none").split()
    assert [float(line) for line in found] == pytest.approx(wanted, rel=1e-13, abs=1e-15)
    total = number(data, "z.npy", "e.csv", "--column", "label", *flags, "--reduction", "sum")
    assert total == pytest.approx(
        math.fsum(wanted) * (K if name in ("smp-bce", "torch-bce") else 1), rel=1e-13
    )
    out = data.ok("smooth", "e.csv", "--column", "label", "-k", K, *flags).splitlines()[1:]
    for row, line in enumerate(out):
        targets = lsmooth.smooth(LABELS[row : row + 1], float(EPSILONS[row]), K, like=name, **pad)
        assert [float(cell) for cell in line.split(",")] == pytest.approx(targets[0].tolist(), rel=1e-14)


@pytest.mark.parametrize("name", ["tensor2tensor", "t5x"])
def test_a_constant_of_one_epsilon_is_not_taken_off_rows_of_several(data: Work, name: str) -> None:
    data.write("e.csv", "label,e\n" + "".join(f"{label},0.1\n" for label in LABELS))
    flags = ["--column", "label", "--epsilon-column", "e", "--like", name]
    assert "subtracts a constant of one epsilon" in data.refused("loss", "z.npy", "e.csv", *flags)


@pytest.mark.parametrize("name", ["torch", "espnet", "classy"])
def test_epsilon_of_each_class(data: Work, name: str) -> None:
    amounts = np.array([0.0, 0.1, 0.2, 0.3, 0.4])
    wanted = [
        lsmooth.cross_entropy(LOGITS[[row]], [label], amounts[label], like=name)
        for row, label in enumerate(LABELS)
    ]
    flags = ["--like", name, "--per-class", ",".join(map(str, amounts)), "--reduction", "none"]
    found = [float(line) for line in data.ok("loss", "z.npy", "y.csv", *flags).split()]
    assert found == pytest.approx(wanted, rel=1e-13)


@pytest.mark.parametrize("name", ["torch", "classy"])
def test_epsilon_of_each_row_is_told_as_given(data: Work, name: str) -> None:
    rows = zip(LABELS, EPSILONS, strict=True)
    data.write("e.csv", "label,e\n" + "".join(f"{label},{epsilon}\n" for label, epsilon in rows))
    command = ["loss", "z.npy", "e.csv", "--column", "label", "--epsilon-column", "e", "--like", name]
    found = json.loads(data.ok(*command, "--json"))
    assert found["epsilon"] == pytest.approx(EPSILONS.mean(), rel=1e-13)


# Clipping


def test_keras_clips_probabilities_of_0_after_dividing_by_their_sum(data: Work) -> None:
    data.write("p.csv", "0,0.5,0.5\n0.2,0.8,0\n")
    data.write("y3.csv", "0\n1\n")
    low, high = -math.log(1e-7), -math.log1p(-1e-7)
    assert high < 1e-6
    half, tiny = math.log(2), -math.log(0.2)
    target = np.array([0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3])
    rows = [target @ [low, half, half], target @ [-math.log(0.8), tiny, low]]
    found = number(data, "p.csv", "y3.csv", "--like", "keras", "-e", "0.1", "--as", "probs")
    assert found == pytest.approx(np.mean(rows), rel=1e-13)
    assert data.ok("loss", "p.csv", "y3.csv", "--like", "torch", "--as", "probs") == "inf\n"
    data.write("p.csv", "0,5,5\n2,8,0\n")
    assert number(data, "p.csv", "y3.csv", "--like", "keras", "--as", "probs") == pytest.approx(found)
    data.refused("loss", "p.csv", "y3.csv", "--like", "torch", "--as", "probs")


def test_torch_bce_costs_no_more_than_100(data: Work) -> None:
    data.write("p.csv", "0,1\n1,0.5\n")
    data.write("m.csv", "1,0\n1,1\n")
    flags = ["--labels", "multilabel", "--as", "probs", "--like", "torch-bce", "-e", "0", "--no-header"]
    assert number(data, "p.csv", "m.csv", *flags) == pytest.approx((100 + 100 + math.log(2)) / 4, rel=1e-14)


# The library


def test_files_in_the_library(data: Work) -> None:
    for like in ("fairseq", next(entry for entry in ENTRIES if entry.name == "fairseq")):
        result = lsmooth.loss_file("z.npy", "y.csv", epsilon=0.2, like=like)
        assert (result.like, result.reduction, result.spread) == ("fairseq", "sum", "others")
        wanted = lsmooth.cross_entropy(LOGITS, LABELS, 0.2, like="fairseq")
        assert ulps(result.loss, wanted) <= 4
        data.folder.joinpath("t.npy").unlink(missing_ok=True)
        summary = lsmooth.smooth_file("y.csv", "t.npy", epsilon=0.2, classes=K, like=like, dtype="float64")
        assert (summary.epsilon, summary.spread) == (0.2, "others")
        np.testing.assert_allclose(np.load("t.npy")[0, LABELS[0]], 0.8, rtol=1e-15)


def test_files_in_the_library_with_padding_and_an_alias(data: Work) -> None:
    assert lsmooth.loss_file("z.npy", "y.csv", like="hf").like == "huggingface"
    result = lsmooth.loss_file("z.npy", "y.csv", epsilon=0.1, like="joeynmt", pad=4)
    assert result.ignored == int((LABELS == 4).sum())
    assert ulps(result.loss, lsmooth.cross_entropy(LOGITS, LABELS, 0.1, like="joeynmt", pad=4)) <= 4
    summary = lsmooth.smooth_file("y.csv", "t.npy", classes=K, like="joeynmt", pad=4)
    assert summary.ignored == result.ignored
    mean = lsmooth.loss_file("z.npy", "y.csv", like="joeynmt", pad=4, reduction="mean")
    assert mean.loss * mean.rows == pytest.approx(result.loss, rel=1e-13)
    assert data.files().count("t.npy") == 1


@pytest.mark.parametrize(
    "flags",
    [
        {"like": "torch", "spread": "others"},
        {"like": "torch", "prior": "labels"},
        {"like": "torch", "exclude": [0]},
        {"like": "opennmt"},
        {"like": "timm", "epsilon": 1.0},
        {"like": "nothing"},
        {"pad": 0},
    ],
    ids=str,
)
@pytest.mark.usefixtures("work")
def test_usage_errors_of_the_library(flags: dict[str, Any]) -> None:
    with pytest.raises(lsmooth.UsageError):
        lsmooth.smooth_file("missing.csv", "t.npy", classes=K, **flags)
    with pytest.raises(lsmooth.UsageError):
        lsmooth.loss_file("missing.npy", "missing.csv", **flags)
