"""What is refused."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Work
from kits.losses import LABELS, NAMES, P, lines, refused, table

BAD: dict[str, tuple[str, str, list[str], list[str]]] = {
    # name: (predictions, labels, flags, what must be said)
    "fewer labels": (table(P), "0\n", [], ["p.csv has 3 rows", "y.csv has 1"]),
    "more labels": (table(P), "0\n1\n1\n0\n1\n", [], ["p.csv has 3 rows", "y.csv has 5"]),
    "one label fewer": (table(P), "0\n1\n", [], ["p.csv has 3 rows", "y.csv has 2", "--header"]),
    "one label more": (table(P), "0\n1\n1\n0\n", [], ["p.csv has 3 rows", "y.csv has 4", "--header"]),
    "a label out of range": (table(P), "0\n3\n1\n", [], ["y.csv:2", "`3`", "3 classes"]),
    "a negative label": (table(P), "0\n-1\n1\n", [], ["y.csv:2", "`-1`"]),
    "-100 is not ignored unasked": (table(P), "0\n-100\n1\n", [], ["y.csv:2", "`-100`"]),
    "soft rows of another K": (table(P), "0.5,0.5\n1,0\n0,1\n", [], ["3", "2"]),
    "names of another K": (table(P), LABELS, ["--names", "a,b"], ["--names", "3", "2"]),
    "classes of another K": (table(P), LABELS, ["--classes", "4"], ["3", "4"]),
    "a NaN": ("0.1,nan\n1,2\n2,1\n", LABELS, ["--as", "logits"], ["p.csv:1", "NaN"]),
    "a NaN later": ("0.1,3\n1,2\nnan,1\n", LABELS, [], ["p.csv:3", "NaN"]),
    "an infinite logit": ("0.1,inf\n1,2\n2,1\n", LABELS, ["--as", "logits"], ["p.csv:1", "infinite"]),
    "every logit -inf": ("3,0\n-inf,-inf\n2,1\n", LABELS, ["--as", "logits"], ["p.csv:2", "-inf"]),
    "a sum that is not 1": (
        "0.5,0.5\n0.5,0.4\n1,0\n",
        LABELS,
        ["--as", "probs"],
        ["p.csv:2", "0.9"],
    ),
    "in [0, 1] with other sums": ("0.5,0.5\n0.5,0.4\n1,0\n", LABELS, [], ["p.csv:2", "0.9", "--as"]),
    "a negative probability": (
        "0.5,0.5,0\n0.7,0.5,-0.2\n1,0,0\n",
        LABELS,
        ["--as", "probs"],
        ["p.csv:2", "`-0.2`", "negative"],
    ),
    "a probability above 1": ("0.5,0.5\n0,2\n1,0\n", LABELS, ["--as", "probs"], ["p.csv:2", "2"]),
    "a positive log-probability": (
        "-0.6931471805599453,-0.6931471805599453\n0.5,-1\n0,-50\n",
        LABELS,
        ["--as", "logprobs"],
        ["p.csv:2", "0.5"],
    ),
    "weights of another length": (table(P), LABELS, ["--weights", "1,2"], ["--weights", "2", "3"]),
    "weights without a class": (table(P), LABELS, ["--weights", "0=1,1=2"], ["--weights"]),
    "all rows ignored": (table(P), LABELS, ["--ignore", "0", "--ignore", "1"], ["ignored"]),
    "text among the predictions": ("0.5,0.5\n0.5,x\n1,0\n", LABELS, ["--no-header"], ["p.csv:2", "`x`"]),
    "an excluded class as a label": (table(P), LABELS, ["--exclude", "1"], ["y.csv:2", "1"]),
    "a missing prediction column": (table(P, header=NAMES), LABELS, ["--columns", "cat,yak"], ["yak"]),
    "weights that are all 0": (
        table(P),
        LABELS,
        ["--weights", "*=0", "--denominator", "weights"],
        ["weights"],
    ),
    "an empty file of predictions": ("", LABELS, [], ["p.csv"]),
    "an empty file of labels": (table(P), "", [], ["y.csv"]),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_no_number(name: str, work: Work) -> None:
    predictions, labels, flags, said = BAD[name]
    work.write("p.csv", predictions)
    work.write("y.csv", labels)
    for reduction in ([], ["--json"]):
        err = refused(work, "p.csv", "y.csv", *flags, *reduction)
        for words in said:
            assert words in err


@pytest.mark.parametrize("form", ["csv", "npy"])
def test_a_contradiction_after_the_first_thousand_rows_names_the_row(form: str, work: Work) -> None:
    p = np.tile([[0.5, 0.5]], (3000, 1))
    p[2500] = [0.5, 0.4]
    np.save("p.npy", p)
    work.write("p.csv", table(p.tolist()))
    work.write("y.csv", lines(*[0] * 3000))
    err = refused(work, f"p.{form}", "y.csv")
    assert ("p.csv:2501" if form == "csv" else "row 2500") in err
    assert "--as" in err


def test_weights_of_a_file_may_not_be_negative(work: Work) -> None:
    work.write("p.csv", table(P))
    work.write("y.csv", LABELS)
    work.write("w.csv", "1\n-1\n2\n")
    assert "w.csv:2: found `-1`" in refused(work, "p.csv", "y.csv", "--weights", "w.csv")


def test_a_negative_weight_of_a_file_is_told_with_its_file(work: Work) -> None:
    work.write("p.csv", table(P))
    work.write("y.csv", LABELS)
    work.write("w.csv", "1\n-1\n2\n")
    assert "w.csv" in refused(work, "p.csv", "y.csv", "--weights", "w.csv")


def test_missing_files_are_refused(work: Work) -> None:
    work.write("p.csv", table(P))
    assert "y.csv" in refused(work, "p.csv", "y.csv")
    assert "q.npy" in refused(work, "q.npy", "p.csv")


def test_predictions_without_labels_are_refused(work: Work) -> None:
    work.write("p.csv", table(P, header=NAMES))
    assert "--label-column" in refused(work, "p.csv")
    np.save("p.npy", P)
    refused(work, "p.npy")


def test_an_error_in_the_last_row_leaves_no_output_file(work: Work) -> None:
    np.save("p.npy", np.vstack([np.tile([[0.5, 0.5]], (5000, 1)), [[0.1, np.nan]]]))
    np.save("y.npy", np.zeros(5001, int))
    refused(work, "p.npy", "y.npy", "--reduction", "none", "-o", "out.csv")


USAGE = [
    "- -",
    "p.csv y.csv -e 1.5",
    "p.csv y.csv -e -0.1",
    "p.csv y.csv -e nan",
    "p.csv y.csv -e 0,2",
    "p.csv y.csv -e 0:1",
    "p.csv y.csv -e 0.3:0:0.1",
    "p.csv y.csv -e 0:0.3:0",
    "p.csv y.csv -e 0:0.3:x",
    "p.csv y.csv --reduction median",
    "p.csv y.csv --weighting target",
    "p.csv y.csv --weights 1,-1,1",
    "p.csv y.csv --weights 1,x,1",
    "p.csv y.csv --weights a=1,a=2",
    "p.csv y.csv --weights 1,1,1 --weighting hard",
    "p.csv y.csv --denominator rows",
    "p.csv y.csv --denominator all --reduction sum",
    "p.csv y.csv --clip 0",
    "p.csv y.csv --clip 0.5",
    "p.csv y.csv --clip nan",
    "p.csv y.csv --as odds",
    "p.csv y.csv --labels odd",
    "p.csv y.csv --spread some",
    "p.csv y.csv --labels multilabel --spread others",
    "p.csv y.csv --prior 1,2,3 --spread half",
    "p.csv y.csv --label-column y",
    "p.csv y.csv --exclude 0,0",
    "p.csv y.csv -e 0,0.1 --reduction none",
    "p.csv y.csv --report --reduction none",
    "p.csv y.csv --names a,a",
    "p.csv y.csv --names a,b,c --classes 4",
    "p.csv y.csv -o out.csv",
    "p.txt y.csv",
    "p.csv y.txt",
    "p.csv y.csv --nonsense",
    "",
    pytest.param("p.csv y.csv --no-header --columns cat:emu"),
    pytest.param("p.csv --no-header --label-column kind"),
]


@pytest.mark.parametrize("line", USAGE)
def test_a_wrong_command_line_is_told_before_any_file_is_opened(line: str, work: Work) -> None:
    # no file exists, and that is not what is said
    err = refused(work, *line.split(), code=2)
    assert "no such file" not in err


def test_json_of_one_loss_a_row_is_a_usage_error_that_names_both_flags(work: Work) -> None:
    err = refused(work, "p.csv", "y.csv", "--json", "--reduction", "none", code=2)
    assert "--json" in err
    assert "--reduction none" in err
