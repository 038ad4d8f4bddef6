"""What contradicts a convention, and labels that it does not take."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Work
from kits.likeness import ENTRIES, LABELS, LOGS, ROWS, SPREADS, column, number, padded, ulps

import lsmooth

NOT_1 = ["mlx", "timm", "timm-bce", "mmpretrain", "mmpretrain-multilabel", "megatron", "tensor2tensor", "t5x"]

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
