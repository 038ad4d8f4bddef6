"""What `loss` reads as what, what it refuses, and what it shows."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import math
import re
import subprocess
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import Spawn, Work
from kits.processes import on_screen, peak

P = [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.25, 0.25, 0.5]]
Y = [0, 1, 1]
NAMES = ["cat", "dog", "emu"]


def plain(rows: list[list[float]], labels: list[int], epsilon: float = 0.1) -> float:
    """The mean loss of probabilities, by the definition."""
    each = [
        -(1 - epsilon) * math.log(row[label]) - epsilon * math.fsum(map(math.log, row)) / len(row)
        for row, label in zip(rows, labels, strict=True)
    ]
    return math.fsum(each) / len(each)


def lines(*rows: object, end: str = "\n") -> str:
    return "".join(f"{row}{end}" for row in rows)


def table(rows: list[list[float]], mark: str = ",", header: list[str] | None = None) -> str:
    head = [mark.join(header)] if header else []
    return lines(*head, *(mark.join(map(repr, row)) for row in rows))


LOSS = plain(P, Y)
near_the_loss = pytest.approx(LOSS, rel=1e-14)


def loss(work: Work, *arguments: object, stdin: str | bytes = b"") -> float:
    out = work.ok("loss", *arguments, stdin=stdin)
    assert out == f"{float(out)!r}\n"
    return float(out)


def refused(work: Work, *arguments: object, code: int = 1, stdin: str | bytes = b"") -> str:
    """Run, expect a refusal with no number on standard output, and return what is said."""
    before = work.files()
    result = work.run("loss", *arguments, stdin=stdin)
    assert (result.code, result.out) == (code, ""), result.err
    assert re.match(r"error: [^\n]+\n\nhint: [^\n]+\n", result.err), result.err
    assert work.files() == before
    return result.err


def facts(work: Work, *arguments: object) -> dict[str, Any]:
    found = json.loads(work.ok("loss", *arguments, "--json"))
    assert isinstance(found, dict)
    return found


# Formats

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


@pytest.mark.parametrize("packed", PACKERS)
@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_text_predictions_and_labels_compressed_or_not(form: str, packed: str, work: Work) -> None:
    mark = "," if form == "csv" else "\t"
    work.write(f"p.{form}{packed}", PACKERS[packed](table(P, mark).encode()))
    work.write(f"y.{form}{packed}", PACKERS[packed](lines(*Y).encode()))
    assert loss(work, f"p.{form}{packed}", f"y.{form}{packed}") == near_the_loss


@pytest.mark.parametrize("packed", PACKERS)
@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", "<f2", ">f4"])
def test_npy_predictions_of_any_precision(dtype: str, packed: str, work: Work) -> None:
    p = np.array(P).astype(dtype)
    np.save("p.npy", p)
    data = (work.folder / "p.npy").read_bytes()
    work.write(f"q.npy{packed}", PACKERS[packed](data))
    np.save("y.npy", np.array(Y, np.uint8))
    wanted = plain(p.astype(float).tolist(), Y)
    assert loss(work, f"q.npy{packed}", "y.npy") == pytest.approx(wanted, rel=1e-6)


def test_npy_in_fortran_order_is_the_same_array(work: Work) -> None:
    np.save("p.npy", np.asfortranarray(P))
    np.save("y.npy", np.array(Y))
    assert loss(work, "p.npy", "y.npy") == near_the_loss


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint16, np.float64])
def test_labels_of_any_whole_dtype_and_shape(dtype: type, work: Work) -> None:
    np.save("p.npy", P)
    for shape in ((3,), (3, 1)):
        np.save("y.npy", np.array(Y, dtype).reshape(shape))
        assert loss(work, "p.npy", "y.npy") == near_the_loss


def test_whole_number_logits_in_npy_are_numbers_too(work: Work) -> None:
    np.save("z.npy", np.array([[3, 0], [0, 3]]))
    work.write("y.csv", "0\n1\n")
    wanted = math.log1p(math.exp(-3)) + 0.1 * 3 / 2
    assert loss(work, "z.npy", "y.csv") == pytest.approx(wanted, rel=1e-14)


@pytest.mark.parametrize("which", ["predictions", "labels"])
@pytest.mark.parametrize("form", ["csv", "csv.gz", "npy", "tsv"])
def test_standard_input_serves_for_either(which: str, form: str, work: Work) -> None:
    array = np.array(P) if which == "predictions" else np.array(Y)
    text = table(P, "\t" if form == "tsv" else ",") if which == "predictions" else lines(*Y)
    data = text.encode()
    if form == "csv.gz":
        data = gzip.compress(data)
    if form == "npy":
        np.save("in.npy", array)
        data = (work.folder / "in.npy").read_bytes()
    np.save("p.npy", P)
    np.save("y.npy", Y)
    files = ["-", "y.npy"] if which == "predictions" else ["p.npy", "-"]
    flags = ["--from", "tsv"] if form == "tsv" else []
    assert loss(work, *files, *flags, stdin=data) == near_the_loss


def test_standard_input_may_be_a_pipe(spawn: Spawn) -> None:
    np.save("p.npy", P)
    process = spawn("loss", "p.npy", "-", stdin=subprocess.PIPE)
    out, err = process.communicate(lines(*Y).encode())
    assert process.returncode == 0, err
    assert float(out) == near_the_loss


def test_the_labels_may_stand_in_a_file_on_standard_input(work: Work) -> None:
    data = lines("cat,dog,emu,species", "0.7,0.2,0.1,cat", "0.1,0.8,0.1,dog", "0.25,0.25,0.5,dog")
    assert loss(work, "-", "--label-column", "species", stdin=data) == near_the_loss


# Columns

WIDE = lines(
    "id,species,cat,dog,emu,note",
    "7,cat,0.7,0.2,0.1,x",
    "8,dog,0.1,0.8,0.1,",
    '9,dog,0.25,0.25,0.5,"a,b"',
)


@pytest.mark.parametrize("columns", ["cat:emu", "cat,dog,emu", "3:5", "3,4,5"])
@pytest.mark.parametrize("label", ["species", "2"])
def test_columns_pick_the_predictions_out_of_a_wide_file(columns: str, label: str, work: Work) -> None:
    work.write("w.csv", WIDE)
    assert loss(work, "w.csv", "--columns", columns, "--label-column", label) == near_the_loss


def test_a_wide_file_goes_with_labels_apart(work: Work) -> None:
    work.write("w.csv", WIDE)
    work.write("y.csv", lines("id,kind", "7,cat", "8,dog", "9,dog"))
    assert loss(work, "w.csv", "y.csv", "--columns", "cat:emu", "--column", "kind") == near_the_loss


@pytest.mark.parametrize("name", ["label", "labels", "target", "class", "y", "Label", "Y"])
def test_a_column_with_a_label_name_is_the_label(name: str, work: Work) -> None:
    work.write(
        "p.csv", lines(f"cat,{name},dog,emu", "0.7,cat,0.2,0.1", "0.1,dog,0.8,0.1", "0.25,dog,0.25,0.5")
    )
    assert loss(work, "p.csv") == near_the_loss


def test_the_label_column_may_hold_indices_beside_unnamed_classes(work: Work) -> None:
    work.write(
        "p.csv", lines("class_0,class_1,class_2,y", "0.7,0.2,0.1,0", "0.1,0.8,0.1,1", "0.25,0.25,0.5,1")
    )
    assert loss(work, "p.csv") == near_the_loss


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_names_in_the_header_give_the_order_and_never_their_position(order: list[int], work: Work) -> None:
    moved = [[row[k] for k in order] for row in P]
    work.write("p.csv", table(moved, header=[NAMES[k] for k in order]))
    np.save("y.npy", np.array([NAMES[y] for y in Y]))
    assert loss(work, "p.csv", "y.npy") == near_the_loss
    # and in --columns, whatever its order is
    listed = ",".join(NAMES)
    assert loss(work, "p.csv", "y.npy", "--columns", listed) == near_the_loss


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_two_headers_are_matched_by_name(order: list[int], work: Work) -> None:
    targets = [[0.9, 0.05, 0.05], [0.1, 0.7, 0.2], [0.0, 1.0, 0.0]]
    work.write("p.csv", table(P, header=NAMES))
    work.write("t.csv", table([[row[k] for k in order] for row in targets], header=[NAMES[k] for k in order]))
    wanted = -sum(
        t * math.log(p)
        for row, target in zip(P, targets, strict=True)
        for p, t in zip(row, target, strict=True)
    )
    assert loss(work, "p.csv", "t.csv") == pytest.approx(wanted / 3, rel=1e-14)


def test_names_on_the_command_line_order_both(work: Work) -> None:
    work.write("p.csv", table(P, header=NAMES))
    work.write("y.csv", lines("cat", "dog", "dog"))
    for names in ("cat,dog,emu", "emu,dog,cat"):
        found = facts(work, "p.csv", "y.csv", "--names", names)
        assert found["loss"] == near_the_loss
        assert found["names"] == names.split(",")


def test_the_names_of_a_target_file_order_nameless_predictions(work: Work) -> None:
    work.write("t.csv", table([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], header=["dog", "cat", "emu"]))
    np.save("p.npy", [[0.2, 0.7, 0.1], [0.8, 0.1, 0.1]])
    found = facts(work, "p.npy", "t.csv")
    assert found["loss"] == pytest.approx(-(math.log(0.7) + math.log(0.8)) / 2, rel=1e-14)
    assert found["names"] == ["dog", "cat", "emu"]


def test_headers_with_different_names_are_refused(work: Work) -> None:
    work.write("p.csv", table(P, header=NAMES))
    work.write("t.csv", table(P, header=["cat", "dog", "yak"]))
    said = refused(work, "p.csv", "t.csv")
    for word in ("t.csv", "`yak`", "`emu`"):
        assert word in said


def test_a_name_that_the_header_does_not_have_is_refused(work: Work) -> None:
    work.write("p.csv", table(P, header=NAMES))
    work.write("y.csv", lines("kind", "cat", "yak", "dog"))
    assert "y.csv:3" in (said := refused(work, "p.csv", "y.csv", "--column", "kind"))
    assert "`yak`" in said


def test_nameless_predictions_take_the_label_names_sorted_and_say_so(work: Work) -> None:
    np.save("p.npy", P)
    work.write("y.csv", lines("emu", "dog", "cat"))
    result = work.run("loss", "p.npy", "y.csv", "--no-header")
    assert result.code == 0, result.err
    assert float(result.out) == pytest.approx(plain(P, [2, 1, 0]), rel=1e-14)
    assert re.search(r"sorted.*`?cat`?.*`?dog`?.*`?emu`?", result.err)


@pytest.mark.parametrize("labels", [["cat", "dog", "dog"], ["a", "b", "c"], ["a", "b", "c", "d"]])
def test_nameless_predictions_ask_for_names_unless_all_are_seen(labels: list[str], work: Work) -> None:
    np.save("p.npy", [P[k % 3][:2] if labels[-1] == "c" else P[k % 3] for k in range(len(labels))])
    np.save("y.npy", np.array(labels))
    kind = ["--as", "logits"]
    assert "--names" in refused(work, "p.npy", "y.npy", *kind)


@pytest.mark.parametrize("flags", [["--names", "cat,dog,emu"], ["--names", "names.txt"]])
def test_names_order_nameless_predictions(flags: list[str], work: Work) -> None:
    np.save("p.npy", P)
    work.write("names.txt", lines(*NAMES))
    work.write("y.csv", lines("cat", "dog", "dog"))
    assert loss(work, "p.npy", "y.csv", *flags) == near_the_loss


# Kinds of labels and predictions


def test_a_single_column_of_probabilities_is_binary_and_said(work: Work) -> None:
    work.write("p.csv", lines(0.9, 0.2, 0.6))
    work.write("y.csv", lines(1, 0, 0))
    wanted = 0.0
    for p, y in ((0.9, 1), (0.2, 0), (0.6, 0)):
        t = y * 0.9 + 0.05
        wanted -= t * math.log(p) + (1 - t) * math.log(1 - p)
    result = work.run("loss", "p.csv", "y.csv", "--as", "probs")
    assert float(result.out) == pytest.approx(wanted / 3, rel=1e-14)
    assert "class 1" in result.err
    assert "half" in result.err


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_a_single_column_of_logits_is_binary(shape: tuple[int, ...], work: Work) -> None:
    z = [2.0, -3.0, 0.5]
    np.save("z.npy", np.reshape(z, shape))
    np.save("y.npy", np.array([True, False, False]))
    wanted = sum(
        t * math.log1p(math.exp(-v)) + (1 - t) * math.log1p(math.exp(v))
        for v, t in zip(z, (0.95, 0.05, 0.05), strict=True)
    )
    assert loss(work, "z.npy", "y.npy") == pytest.approx(wanted / 3, rel=1e-14)


def test_a_single_column_with_other_labels_is_refused(work: Work) -> None:
    work.write("z.csv", lines(2.5, -3.5, 0.5))
    work.write("y.csv", lines(0, 1, 2))
    assert "y.csv:3" in refused(work, "z.csv", "y.csv")


def test_multilabel_rows_take_the_sigmoid_loss(work: Work) -> None:
    z = np.array([[2.0, -1.0, 3.0], [0.5, 0.5, -4.0]])
    y = np.array([[1, 0, 1], [0, 0, 0]])
    np.save("z.npy", z)
    np.save("y.npy", y)
    t = y * 0.9 + 0.05
    wanted = (t * np.logaddexp(0, -z) + (1 - t) * np.logaddexp(0, z)).mean()
    found = facts(work, "z.npy", "y.npy", "--labels", "multilabel", "-e", 0.1)
    assert found["loss"] == pytest.approx(float(wanted), rel=1e-14)
    assert (found["kind"], found["spread"]) == ("sigmoid", "half")
    for key in ("ece", "mce", "confidence"):
        assert found[key] is None


def test_soft_rows_are_not_smoothed_again_unless_asked_and_the_summary_tells(work: Work) -> None:
    work.write("p.csv", table(P))
    work.write("t.csv", table([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]))
    result = work.run("loss", "p.csv", "t.csv")
    assert float(result.out) == pytest.approx(plain(P, Y, 0.0), rel=1e-14)
    assert "epsilon 0," in result.err
    result = work.run("loss", "p.csv", "t.csv", "-e", 0.1)
    assert float(result.out) == near_the_loss
    assert "epsilon 0.1" in result.err
    work.write("y.csv", LABELS)
    assert "epsilon 0.1" in work.run("loss", "p.csv", "y.csv").err


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array(P), "probs"),
        (np.log(P), "logprobs"),
        (np.log(P) + 1.0, "logits"),
        (np.array([[0.0, -1.0], [-2.0, -0.1]]), "logits"),
        (np.array([[3.0, 0.2, 0.1], [0.1, 0.2, 0.3]]), "logits"),
        (np.array([[1.0, 0.0], [0.0, 1.0]]), "probs"),
        (np.array([[0.0, -np.inf], [-np.inf, 0.0]]), "logprobs"),
    ],
)
def test_what_predictions_are_is_told_from_their_values(values: Any, kind: str, work: Work) -> None:
    np.save("p.npy", values)
    np.save("y.npy", np.arange(len(values)) % values.shape[1])
    assert facts(work, "p.npy", "y.npy", "-e", 0)["predictions"] == kind


def test_rounded_probabilities_in_text_are_probabilities(work: Work) -> None:
    work.write("p.csv", "0.333,0.333,0.333\n0.67,0.17,0.17\n")
    work.write("y.csv", "0\n1\n")
    found = facts(work, "p.csv", "y.csv", "-e", 0)
    assert found["predictions"] == "probs"
    # used as read, never renormalised
    assert found["loss"] == pytest.approx(-(math.log(0.333) + math.log(0.17)) / 2, rel=1e-14)


def test_sigmoid_predictions_in_0_to_1_are_asked_about(work: Work) -> None:
    work.write("p.csv", "0.5,0.25,1.0\n")
    work.write("y.csv", "1,0,1\n")
    said = refused(work, "p.csv", "y.csv", "--labels", "multilabel")
    assert "--as" in said


def test_labels_of_an_image_are_read_with_the_classes_on_the_last_axis(work: Work) -> None:
    generator = np.random.default_rng(0)
    z, y = generator.normal(size=(2, 4, 5, 3)), generator.integers(0, 3, (2, 4, 5))
    np.save("z.npy", z)
    np.save("y.npy", y)
    np.save("flat_z.npy", z.reshape(-1, 3))
    np.save("flat_y.npy", y.ravel())
    wanted = loss(work, "flat_z.npy", "flat_y.npy")
    assert loss(work, "z.npy", "y.npy", "--labels", "index") == wanted


def test_the_classes_on_axis_1_are_refused_naming_moveaxis(work: Work) -> None:
    np.save("z.npy", np.zeros((2, 3, 4, 5)))
    np.save("y.npy", np.zeros((2, 4, 5), int))
    said = refused(work, "z.npy", "y.npy", "--as", "logits", "--labels", "index")
    assert "numpy.moveaxis" in said


# Bad input

LABELS = "0\n1\n1\n"
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


# Infinite losses

ZERO = "0.7,0.3,0.0\n0.1,0.8,0.1\n0.5,0.5,0.0\n"


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_an_infinite_loss_is_printed_and_explained(reduction: str, work: Work) -> None:
    work.write("p.csv", ZERO)
    work.write("y.csv", LABELS)
    result = work.run("loss", "p.csv", "y.csv", "--reduction", reduction)
    assert (result.code, result.out) == (0, "inf\n")
    for words in ("warning: ", "p.csv:1", "2 rows", "--exclude", "--clip"):
        assert words in result.err


def test_the_row_of_an_infinite_loss_in_npy_counts_from_0(work: Work) -> None:
    np.save("z.npy", [[1.0, 2.0], [3.0, 0.0], [-np.inf, 0.0]])
    work.write("y.csv", "0\n1\n1\n")
    result = work.run("loss", "z.npy", "y.csv")
    assert (result.code, result.out) == (0, "inf\n")
    assert "row 2" in result.err
    assert "1 row " in result.err


def test_the_named_flags_make_the_loss_finite(work: Work) -> None:
    work.write("p.csv", ZERO)
    work.write("y.csv", LABELS)
    rows = [[0.7, 0.3], [0.1, 0.8], [0.5, 0.5]]
    # over the two classes that are left; the third stays in the softmax
    assert loss(work, "p.csv", "y.csv", "--exclude", 2) == pytest.approx(plain(rows, Y), rel=1e-14)
    clipped = [[0.7, 0.3, 1e-7], [0.1, 0.8, 0.1], [0.5, 0.5, 1e-7]]
    assert loss(work, "p.csv", "y.csv", "--clip", "1e-7") == pytest.approx(plain(clipped, Y), rel=1e-14)


def test_an_excluded_class_stays_in_the_softmax(work: Work) -> None:
    work.write("z.csv", "1.0,0.0,2.0\n")
    work.write("y.csv", "0\n")
    lse = math.log(math.exp(1) + 1 + math.exp(2))
    wanted = 0.9 * (lse - 1) + 0.1 * (2 * lse - 1) / 2
    assert loss(work, "z.csv", "y.csv", "--exclude", 2) == pytest.approx(wanted, rel=1e-14)


def test_zero_times_log_zero_counts_as_0(work: Work) -> None:
    work.write("p.csv", "1.0,0.0\n0.5,0.5\n")
    work.write("y.csv", "0\n1\n")
    work.write("t.csv", "1.0,0.0\n0.5,0.5\n")
    assert loss(work, "p.csv", "y.csv", "-e", 0) == pytest.approx(math.log(2) / 2, rel=1e-14)
    assert loss(work, "p.csv", "t.csv") == pytest.approx(math.log(2) / 2, rel=1e-14)


def test_a_weight_of_0_takes_the_infinite_term_away(work: Work) -> None:
    work.write("p.csv", ZERO)
    work.write("y.csv", LABELS)
    assert math.isfinite(loss(work, "p.csv", "y.csv", "--weights", "1,1,0"))


def test_an_ignored_row_is_not_infinite(work: Work) -> None:
    work.write("p.csv", "0.0,1.0\n0.5,0.5\n")
    work.write("y.csv", "-1\n1\n")
    assert loss(work, "p.csv", "y.csv", "--ignore", -1) == pytest.approx(math.log(2), rel=1e-14)


def test_json_has_null_and_a_count_for_an_infinite_loss(work: Work) -> None:
    work.write("p.csv", ZERO)
    work.write("y.csv", LABELS)
    out = work.ok("loss", "p.csv", "y.csv", "--json")
    assert not re.search("NaN|Infinity", out)
    found = json.loads(out)
    assert (found["loss"], found["excess"], found["infinite"]) == (None, None, 2)


@pytest.mark.parametrize("flags", ["--report", "-e 0,0.1,1", "--reduction none"])
def test_infinite_losses_spoil_no_other_output(flags: str, work: Work) -> None:
    work.write("p.csv", ZERO)
    work.write("y.csv", LABELS)
    result = work.run("loss", "p.csv", "y.csv", *flags.split())
    assert result.code == 0
    assert "inf" in result.out
    assert "nan" not in result.out
    assert "RuntimeWarning" not in result.err


# What is shown

KEYS = [
    *("loss", "hard", "smooth", "floor", "excess", "perplexity", "accuracy", "confidence", "ece", "mce"),
    *("brier", "per_class", "rows", "classes", "epsilon", "spread", "kind"),
]


@pytest.fixture
def data(work: Work) -> Work:
    """Thirty classes, a hundred rows."""
    generator = np.random.default_rng(3)
    labels = generator.integers(0, 30, 100)
    np.save("z.npy", generator.normal(0, 2, (100, 30)) + 3 * np.eye(30)[labels])
    np.save("y.npy", labels)
    return work


@pytest.mark.parametrize("spread", ["all", "half"])
def test_json_has_the_documented_keys(spread: str, data: Work) -> None:
    out = data.ok("loss", "z.npy", "y.npy", "--json", "--spread", spread)
    assert out.count("\n") == 1
    found = json.loads(out)
    assert found.keys() >= set(KEYS)
    assert (found["rows"], found["classes"], found["epsilon"], found["spread"]) == (100, 30, 0.1, spread)
    assert found["kind"] == ("softmax" if spread == "all" else "sigmoid")
    assert found["loss"] == loss(data, "z.npy", "y.npy", "--spread", spread)


@pytest.mark.parametrize("epsilons", ["0:0.3:0.05", "0,0.05,0.1,0.15,0.2,0.25,0.3"])
def test_a_sweep_is_csv_when_piped(epsilons: str, data: Work) -> None:
    out = data.ok("loss", "z.npy", "y.npy", "-e", epsilons)
    head, *rows = out.splitlines()
    assert head == "epsilon,loss,floor,excess"
    # decimal steps: 0.15 is 0.15 and not 0.15000000000000002, and the end is included
    assert [row.split(",")[0] for row in rows] == ["0.0", "0.05", "0.1", "0.15", "0.2", "0.25", "0.3"]
    for row in rows:
        epsilon, value, floor, excess = map(float, row.split(","))
        assert value == loss(data, "z.npy", "y.npy", "-e", repr(epsilon))
        assert excess == pytest.approx(value - floor, abs=1e-12)


def test_a_sweep_may_be_tsv_or_json(data: Work) -> None:
    out = data.ok("loss", "z.npy", "y.npy", "-e", "0,0.1", "--to", "tsv")
    assert out.startswith("epsilon\tloss\tfloor\texcess\n0.0\t")
    found = json.loads(data.ok("loss", "z.npy", "y.npy", "-e", "0,0.1", "--json"))
    assert found["epsilon"] == [0.0, 0.1]


def test_a_report_has_its_numbers_and_bars_and_the_worst_classes_first(data: Work) -> None:
    out = data.ok("loss", "z.npy", "y.npy", "--report")
    found = facts(data, "z.npy", "y.npy")
    for key in ("loss", "hard", "smooth", "floor", "excess"):
        assert re.search(rf"\b{key}\b.*{found[key]:.4f}"[:-2], out, re.IGNORECASE), key
    for key in ("perplexity", "accuracy", "confidence", "ece", "mce", "brier"):
        assert re.search(rf"\b{key}\b\s+{found[key]:.3f}"[:-1], out, re.IGNORECASE), key
    gap = found["confidence"] - found["accuracy"]
    assert f"{gap:+.3f}"[:-1] in out
    assert "█" in out
    assert re.search(r"… \d+ more", out)
    worst = max(found["per_class"], key=lambda entry: entry["loss"] or 0)
    block = out[out.index("worst first") :].splitlines()[2]
    assert block.split()[:2] == [worst["class"], str(worst["rows"])]
    assert "\x1b" not in out


def test_a_report_of_a_sigmoid_kind_shows_no_calibration(data: Work) -> None:
    out = data.ok("loss", "z.npy", "y.npy", "--report", "--spread", "half")
    assert "floor" in out
    assert not re.search(r"\bECE\b|\bMCE\b|reliability", out, re.IGNORECASE)


def test_names_of_classes_cannot_move_the_cursor(work: Work) -> None:
    work.write("p.csv", '"\x1b[2Ja","[red]b"\n0.7,0.3\n0.2,0.8\n')
    work.write("y.csv", "0\n1\n")
    np.save("y.npy", np.array(["\x1b[2Ja", "[red]b"]))
    out = work.ok("loss", "p.csv", "y.npy", "--report")
    assert "\x1b" not in out
    assert "[red]b" in out


@pytest.mark.usefixtures("data")
def test_a_sweep_on_a_terminal_is_a_table_with_bars() -> None:
    shown = on_screen("loss", "z.npy", "y.npy", "-e", "0:0.3:0.1")
    assert "█" in shown
    assert "epsilon,loss" not in shown
    assert shown.count("\n") >= 5
    csv = on_screen("loss", "z.npy", "y.npy", "-e", "0:0.3:0.1", "--to", "csv")
    assert csv.startswith("epsilon,loss,floor,excess\r\n0.0,")


@pytest.mark.usefixtures("data")
def test_one_number_on_a_terminal_is_one_number() -> None:
    shown = on_screen("loss", "z.npy", "y.npy")
    assert re.fullmatch(r"\d+\.\d+\r\n", shown)


def test_quiet_hides_the_summary_and_not_the_warning(work: Work) -> None:
    work.write("p.csv", ZERO)
    work.write("y.csv", LABELS)
    assert work.run("loss", "p.csv", "y.csv", "-q", "-e", 0).err == ""
    assert work.run("loss", "p.csv", "y.csv", "-q").err.startswith("warning: ")


def test_precision_is_significant_digits(work: Work) -> None:
    work.write("p.csv", table(P))
    work.write("y.csv", LABELS)
    assert work.ok("loss", "p.csv", "y.csv", "--precision", 3) == f"{LOSS:.3g}\n"


# One loss a row


def by_row() -> list[float]:
    return [plain([row], [label]) for row, label in zip(P, Y, strict=True)]


def test_reduction_none_writes_one_number_a_line(work: Work) -> None:
    work.write("p.csv", table(P))
    work.write("y.csv", LABELS)
    found = work.ok("loss", "p.csv", "y.csv", "--reduction", "none").splitlines()
    assert list(map(float, found)) == pytest.approx(by_row(), rel=1e-14)
    assert found == [repr(float(line)) for line in found]
    told = work.run("loss", "p.csv", "y.csv", "--reduction", "none", "-o", "out.csv").err
    assert told.startswith("wrote: out.csv; one loss a row; ")
    assert work.read("out.csv") == lines(*found)
    assert "out.csv" in refused(work, "p.csv", "y.csv", "--reduction", "none", "-o", "out.csv")
    work.ok("loss", "p.csv", "y.csv", "--reduction", "none", "-o", "out.csv", "-f", "-e", 0)
    assert work.read("out.csv") != lines(*found)


@pytest.mark.parametrize("suffix", [".npy", ".npy.gz"])
def test_reduction_none_writes_npy(suffix: str, work: Work) -> None:
    np.save("p.npy", P)
    np.save("y.npy", Y)
    work.ok("loss", "p.npy", "y.npy", "--reduction", "none", "-o", f"out{suffix}")
    data = (work.folder / f"out{suffix}").read_bytes()
    work.write("plain.npy", gzip.decompress(data) if suffix.endswith("gz") else data)
    found = np.load("plain.npy")
    assert found.shape == (3,)
    assert found.tolist() == pytest.approx(by_row(), rel=1e-6)


def test_ignored_rows_have_0_in_their_place(work: Work) -> None:
    work.write("p.csv", table(P))
    work.write("y.csv", "0\n-100\n1\n")
    out = work.ok("loss", "p.csv", "y.csv", "--reduction", "none", "--ignore", -100)
    assert out.splitlines()[1] == "0.0"
    assert len(out.splitlines()) == 3


def test_keep_copies_columns_of_the_labels_beside_the_loss(work: Work) -> None:
    work.write("p.csv", table(P))
    work.write("y.csv", 'id,label\n"a,1",0\nb,1\nc,1\n')
    work.ok("loss", "p.csv", "y.csv", "--keep", "id", "--reduction", "none", "-o", "out.csv")
    head, *rest = work.read("out.csv").splitlines()
    assert head == "id,loss"
    assert [line.rpartition(",")[0] for line in rest] == ['"a,1"', "b", "c"]
    found = [float(line.rpartition(",")[2]) for line in rest]
    assert found == pytest.approx(by_row(), rel=1e-14)


def test_an_input_is_never_overwritten(work: Work) -> None:
    work.write("p.csv", table(P))
    work.write("y.csv", LABELS)
    for name in ("p.csv", "y.csv"):
        before = work.read(name)
        refused(work, "p.csv", "y.csv", "--reduction", "none", "-o", name, "-f")
        assert work.read(name) == before


# Weights


def test_a_warning_says_that_weights_move_the_optimum_away_from_the_label(work: Work) -> None:
    work.write("p.csv", table(P))
    work.write("y.csv", LABELS)
    # of label 0 the target is [.933, .033, .033]: 1·.933 is less than 100·.033
    result = work.run("loss", "p.csv", "y.csv", "--weights", "1,100,1")
    assert result.code == 0
    assert "warning: " in result.err
    assert "weight" in result.err
    assert "`0`" in result.err


@pytest.mark.parametrize(
    "flags", ["--weights 1,20,1", "--weights 1,100,1 --weighting row", "--weights 1,100,1 -e 0"]
)
def test_no_warning_where_the_optimum_stays_at_the_label(flags: str, work: Work) -> None:
    work.write("p.csv", table(P))
    work.write("y.csv", LABELS)
    assert "warning" not in work.run("loss", "p.csv", "y.csv", *flags.split()).err


@pytest.mark.parametrize("form", ["1,2,0.5", "cat=1,emu=0.5,*=2", "w.csv", "map.csv", "w.npy"])
def test_weights_are_a_list_a_map_or_a_file(form: str, work: Work) -> None:
    work.write("p.csv", table(P, header=NAMES))
    work.write("y.csv", lines("kind", "cat", "dog", "dog"))
    work.write("w.csv", "1\n2\n0.5\n")
    work.write("map.csv", "emu,0.5\n*,2\ncat,1\n")
    np.save("w.npy", [1, 2, 0.5])
    weights = [1, 2, 0.5]
    wanted = sum(
        -sum(
            w * (0.9 * (k == y) + 0.1 / 3) * math.log(p)
            for k, (w, p) in enumerate(zip(weights, row, strict=True))
        )
        for row, y in zip(P, Y, strict=True)
    )
    found = loss(work, "p.csv", "y.csv", "--column", "kind", "--weights", form)
    assert found == pytest.approx(wanted / 3, rel=1e-13)


# Memory


@pytest.mark.parametrize("flags", ["", "--report"])
def test_memory_does_not_grow_with_the_rows(flags: str, work: Work) -> None:
    tile = np.random.default_rng(0).normal(size=(1000, 1000)).astype(np.float32)
    for name, times in (("few", 5), ("many", 20)):
        array = np.lib.format.open_memmap(f"{name}.npy", "w+", np.float32, (times * 1000, 1000))
        for part in range(times):
            array[part * 1000 : (part + 1) * 1000] = tile
        del array
        np.save(f"y_{name}.npy", np.tile(np.arange(1000), times))
    few = peak("loss", "few.npy", "y_few.npy", *flags.split())
    many = peak("loss", "many.npy", "y_many.npy", *flags.split())
    assert many < 150
    assert many < few + 8
    for path in work.folder.glob("*.npy"):
        path.unlink()
