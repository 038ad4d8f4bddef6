"""An output an input."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import Work
from hypothesis import given, settings
from hypothesis import strategies as st
from kits.parts import EACH, PARTS, refuse, soft, told

import lsmooth
from lsmooth.files import stem_of
from lsmooth.pipeline import learn
from lsmooth.pipeline.amounts import RecipeFlags
from lsmooth.pipeline.flags import LabelFlags, WriteFlags
from lsmooth.pipeline.many import write_many

#: `.` and `..` are folders.
file_names = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1).filter(
    lambda name: name not in {".", ".."}
)


@given(file_names)
def test_a_stem_has_no_known_suffix_and_no_folder(name: str) -> None:
    stem = stem_of(f"folder/{name}")
    assert name.startswith(stem)
    assert stem_of(stem) == stem
    assert stem_of(f"{name}.csv.gz") == stem_of(f"{name}.NPY") == stem


# What is written


def files_of(kind: str, labels: Sequence[Sequence[int]], folder: Path) -> list[str]:
    """Write labels to a file each."""
    found = []
    for number, values in enumerate(labels):
        path = folder / f"p{number}.{'npy' if kind == 'npy' else 'csv' + '.gz' * (number % 2)}"
        cells = "".join(f"{value if kind == 'index' else f'name {value}'}\n" for value in values)
        if kind == "npy":
            np.save(path, np.array(values, np.uint8))
        elif number % 2:
            path.write_bytes(gzip.compress(("label\n" + cells).encode()))
        else:
            path.write_text("label\n" + cells)
        found.append(str(path))
    return found


@given(
    st.sampled_from(["npy", "index", "name"]),
    st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=40), min_size=1, max_size=5),
    st.sampled_from(["npy", "csv", "csv.gz", "npy.gz"]),
    st.sampled_from([1, 2, 5]),
    st.sampled_from(["uniform", "labels"]),
    st.integers(1, 7),
)
@settings(max_examples=60, deadline=None)
def test_each_output_is_what_its_file_alone_gives_with_the_classes_and_the_prior_of_all(
    kind: str, labels: list[list[int]], to: str, workers: int, prior: str, cut: int
) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        inputs = files_of(kind, labels, folder)
        seen = sorted({f"name {label}" for values in labels for label in values})
        counts = np.bincount(np.concatenate(labels))
        known: dict[str, object] = {"names": seen} if kind == "name" else {"classes": len(counts)}
        by = {"prior": counts[counts > 0] if kind == "name" else counts} if prior == "labels" else {}
        alone = []
        for path in inputs:
            output = folder / f"alone.{to}"
            weights = {key: value.tolist() for key, value in by.items()}
            lsmooth.smooth_file(path, output, force=True, **weights, **known)  # type: ignore[arg-type]
            alone.append(output.read_bytes())
        patch.setattr(learn, "LEARN_ROWS", cut)
        flags = RecipeFlags(weights=lsmooth.SpreadWeights(prior="labels" if by else None))
        writing = WriteFlags(str(folder / f"soft-{{stem}}.{to}"))
        found = write_many(LabelFlags(tuple(inputs)), flags, writing, refuse, workers=workers)
        assert (found.done, found.skipped, found.failed) == (len(inputs), 0, ())
        assert found.together is not None
        assert found.together.rows == sum(map(len, labels))
        assert alone == [folder.joinpath(f"soft-p{n}.{to}").read_bytes() for n in range(len(inputs))]


def test_outputs_in_order_are_the_output_of_all_files_as_one(parts: Work) -> None:
    together = parts.ok("smooth", *PARTS)
    parts.ok("smooth", *PARTS, *EACH)
    assert soft(parts) == list(PARTS)
    header, *rows = together.splitlines()
    assert header == "bird,cat,dog"
    texts = [parts.read(f"soft/{path}").splitlines() for path in PARTS]
    assert [text[0] for text in texts] == [header] * 3
    assert [row for text in texts for row in text[1:]] == rows


def test_the_summary_counts_files_and_rows(parts: Work) -> None:
    found = parts.run("smooth", *PARTS, *EACH)
    assert found.err.startswith("wrote: 3 done, 0 skipped, 0 failed; soft/{stem}.csv (")
    assert "; 5 rows; 3 classes found (bird, cat, dog); " in found.err
    assert parts.run("smooth", *PARTS, *EACH, "-f", "-q").err == ""
    line = json.loads(parts.run("smooth", *PARTS, *EACH, "-f", "--json").err)
    assert (line["done"], line["skipped"], line["failed"], line["rows"]) == (3, 0, [], 5)
    assert line["names"] == ["bird", "cat", "dog"]


def test_names_and_matrix_are_those_of_all_files(parts: Work) -> None:
    flags = ["--names-out", "n.txt", "--matrix-out", "s.csv"]
    parts.ok("smooth", *PARTS, *EACH, *flags)
    parts.ok("smooth", *PARTS, "-o", "one.csv", "--names-out", "n1.txt", "--matrix-out", "s1.csv")
    assert parts.read("n.txt") == parts.read("n1.txt") == "bird\ncat\ndog\n"
    assert parts.read("s.csv") == parts.read("s1.csv")


def test_a_dry_run_reads_all_and_writes_nothing(parts: Work) -> None:
    parts.write("part-3.csv", "label\n\xff\n".encode("latin-1"))
    found = parts.run("smooth", *PARTS, *EACH, "-n", "--names-out", "n.txt")
    assert found.code == 1
    assert told(found.err) == ["part-3.csv:2: byte 0xFF is not UTF-8"]
    assert "would write: 2 done, 0 skipped, 1 failed" in found.err
    assert "fits on the disk" in found.err
    assert soft(parts) == []
    assert "n.txt" not in parts.files()


@pytest.mark.parametrize(
    "flags",
    [
        ["--epsilon-column", "eps", "--column", "label"],
        ["--per-class", "a=.3,*=.1", "--epsilon-by", "who", "--column", "label"],
        ["--column", "label", "--keep", "who"],
        ["--column", "label", "--item", "who"],
        ["--column", "label", "--ordinal"],
        ["--column", "label", "--epoch", "2/3", "-e", "0:.3"],
        ["--column", "label", "--ignore", "1", "--ignored", "drop"],
    ],
)
def test_a_recipe_does_to_each_file_what_it_does_to_it_alone(parts: Work, flags: list[str]) -> None:
    parts.write("a.csv", "label,eps,who\n0,0.2,a\n1,0.4,b\n")
    parts.write("b.csv", "label,eps,who\n2,0.1,c\n2,0.3,a\n")
    parts.ok("smooth", "a.csv", "b.csv", *flags, *EACH)
    for name in ("a.csv", "b.csv"):
        assert parts.read(f"soft/{name}") == parts.ok("smooth", name, *flags, "-k", 3)


def test_a_prior_of_votes_is_that_of_all_files(parts: Work) -> None:
    parts.write("a.csv", "item,label\nx,0\nx,1\ny,1\n")
    parts.write("b.csv", "item,label\nz,2\n")
    flags = ["--item", "item", "--prior", "labels"]
    together = parts.ok("smooth", "a.csv", "b.csv", *flags).splitlines()
    parts.ok("smooth", "a.csv", "b.csv", *flags, *EACH)
    assert parts.read("soft/a.csv").splitlines() == together[:3]
    assert parts.read("soft/b.csv").splitlines() == [together[0], together[3]]


def test_predictions_are_compared_with_all_files_as_one(parts: Work) -> None:
    parts.write("seen.csv", "bird,cat,dog\n" + ".1,.8,.1\n" * 5)
    for rule in (["-e", "0:.5", "--adaptive", "seen.csv"], ["--confusion", "seen.csv"]):
        together = parts.ok("smooth", *PARTS, *rule).splitlines()
        parts.ok("smooth", *PARTS, *rule, *EACH, "-f")
        texts = [parts.read(f"soft/{path}").splitlines() for path in PARTS]
        assert [row for text in texts for row in text[1:]] == together[1:]


def test_maps_of_labels_and_soft_rows_have_an_output_each(parts: Work) -> None:
    for number in range(2):
        np.save(f"map-{number}.npy", np.full((2, 3, 4), number, np.uint8))
        np.save(f"soft-{number}.npy", np.eye(3)[[number]])
    parts.ok("smooth", "map-0.npy", "map-1.npy", "--labels", "index", "-o", "soft/{stem}.npy")
    assert np.load("soft/map-0.npy").shape == (2, 3, 4, 2)
    parts.ok("smooth", "soft-0.npy", "soft-1.npy", "-o", "soft/{stem}.csv")
    assert parts.read("soft/soft-1.csv") == parts.ok("smooth", "soft-1.npy")
