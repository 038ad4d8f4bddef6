"""What is shown, and one loss a row."""

from __future__ import annotations

import gzip
import json
import math
import re

import numpy as np
import pytest
from conftest import Work
from kits.losses import LABELS, LOSS, NAMES, ZERO, P, Y, facts, lines, loss, plain, refused, table
from kits.processes import on_screen, peak

KEYS = [
    *("loss", "hard", "smooth", "floor", "excess", "perplexity", "accuracy", "confidence", "ece", "mce"),
    *("brier", "per_class", "rows", "classes", "epsilon", "spread", "kind"),
]


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


def test_precision_is_that_of_a_sweep_too(data: Work) -> None:
    lines = data.ok("loss", "z.npy", "y.npy", "-e", "0,0.1", "--precision", "3").splitlines()[1:]
    exact = data.ok("loss", "z.npy", "y.npy", "-e", "0,0.1").splitlines()[1:]
    for line, whole in zip(lines, exact, strict=True):
        assert line.split(",") == [f"{float(cell):.3g}" for cell in whole.split(",")]
