"""Formats and columns of predictions and labels."""

from __future__ import annotations

import bz2
import gzip
import lzma
import math
import re
import subprocess
from collections.abc import Callable

import numpy as np
import pytest
from conftest import Spawn, Work
from kits.losses import NAMES, P, Y, facts, lines, loss, near_the_loss, plain, refused, table

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


HEADED = "0,1,2\n0,3,1\n5,1,1\n"


@pytest.mark.parametrize(("flag", "rows"), [("--header", 2), ("--no-header", 3)])
@pytest.mark.parametrize("suffix", ["npy", "parquet"])
def test_a_header_is_asked_of_the_file_that_may_have_one(
    flag: str, rows: int, suffix: str, work: Work
) -> None:
    """Headings of numbers, as pandas writes them, beside labels that have no first row to ask about."""
    logits = np.array([[0.0, 1, 2], [0, 3, 1], [5, 1, 1]])[-rows:]
    labels = [2, 1, 0][-rows:]
    work.write("z.csv", HEADED)
    if suffix == "npy":
        np.save("y.npy", labels)
    else:
        pytest.importorskip("polars").DataFrame({"label": labels}).write_parquet("y.parquet")
    assert "pass --header" in work.refused("loss", "z.csv", f"y.{suffix}", "-e", "0")
    wanted = (np.log(np.exp(logits).sum(axis=1)) - logits[range(rows), labels]).mean()
    found = work.ok("loss", "z.csv", f"y.{suffix}", "-e", "0", flag)
    assert float(found) == pytest.approx(wanted, rel=1e-15)
    np.save("z.npy", logits)
    error = work.refused("loss", "z.npy", f"y.{suffix}", "-e", "0", "--no-header")
    assert f"y.{suffix} has {'no ' if suffix == 'npy' else ''}named columns" in error
