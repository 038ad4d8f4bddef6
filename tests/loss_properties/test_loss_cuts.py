"""The way to cut rows into blocks is not seen."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from conftest import Work
from kits.plain_losses import Array, commas, log_softmax, near


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
