"""`{stem}` in the output: an output an input, the classes of all of them, a failure that stops no other."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import Work
from hypothesis import given, settings
from hypothesis import strategies as st
from kits import faults

import lsmooth
from lsmooth.errors import LsmoothError
from lsmooth.files import stem_of
from lsmooth.pipeline import learn, many
from lsmooth.pipeline.amounts import RecipeFlags
from lsmooth.pipeline.flags import LabelFlags, WriteFlags
from lsmooth.pipeline.inputs import Inputs, Progress
from lsmooth.pipeline.learn import Tally, count_labels
from lsmooth.pipeline.many import write_many
from lsmooth.pipeline.results import ManySummary

EACH = ("-o", "soft/{stem}.csv")
PARTS = ("part-1.csv", "part-2.csv", "part-3.csv")


@pytest.fixture
def parts(work: Work) -> Work:
    """Three files of names, which have three classes only together, and a folder for their targets."""
    work.folder.joinpath("soft").mkdir()
    work.write("part-1.csv", "label\ncat\ndog\n")
    work.write("part-2.csv", "label\nbird\n")
    work.write("part-3.csv", "label\ndog\ndog\n")
    return work


def soft(work: Work) -> list[str]:
    return sorted(os.listdir(work.folder / "soft"))  # noqa: PTH208


def age(path: Path, seconds: float) -> None:
    """Make a file so much older."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns - int(seconds * 1e9)))


def told(error: str) -> list[str]:
    """The errors that were told."""
    return re.findall(r"^error: (.*)$", error, re.MULTILINE)


# The name


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1))
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


def refuse(error: LsmoothError) -> None:
    raise AssertionError(error)


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


# Failures


def broken(work: Work, kind: str) -> str:
    """Put something in the place of part-2 that cannot be smoothed; return what is said of it."""
    path = work.folder / "part-2.csv"
    path.unlink()
    match kind:
        case "missing":
            return "cannot read part-2.csv"
        case "folder":
            path.mkdir()
            return "cannot read part-2.csv: is a directory"
        case "empty":
            path.write_bytes(b"")
            return "part-2.csv is empty"
        case "header":
            path.write_text("other\ncat\n")
            return "part-2.csv: the first row"
        case "ragged":
            path.write_text("label\ncat\ncat,dog\n")
            return "part-2.csv:3"
        case _:
            path.write_bytes(b"label\ncat\n\xff\n")
            return "part-2.csv:3"


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "header", "ragged", "latin"])
@pytest.mark.parametrize("names", [(), ("--names", "bird,cat,dog")])
@pytest.mark.parametrize("workers", [1, 3])
def test_a_file_that_fails_does_not_stop_the_others(
    parts: Work, kind: str, names: tuple[str, ...], workers: int
) -> None:
    wanted = broken(parts, kind)
    found = parts.run("smooth", *PARTS, *EACH, *names, "--workers", workers)
    assert found.code == 1
    (error,) = told(found.err)
    assert wanted in error
    assert "wrote: 2 done, 0 skipped, 1 failed" in found.err
    assert ("warning: the classes are those of the files that could be read" in found.err) == (not names)
    assert soft(parts) == ["part-1.csv", "part-3.csv"]
    assert parts.read("soft/part-3.csv").startswith("bird,cat,dog\n" if names else "cat,dog\n")


def test_the_first_file_may_be_the_one_that_fails(parts: Work) -> None:
    found = parts.run("smooth", "none.csv", *PARTS, *EACH)
    assert found.code == 1
    assert told(found.err) == ["cannot read none.csv: no such file or directory"]
    assert soft(parts) == list(PARTS)


def test_a_prior_of_the_files_that_could_be_read_is_told(parts: Work) -> None:
    broken(parts, "latin")
    flags = ["--names", "bird,cat,dog", "--prior", "labels"]
    found = parts.run("smooth", *PARTS, *EACH, *flags)
    assert found.err.count("warning: ") == 1
    assert "warning: the prior is that of the files that could be read" in found.err
    assert parts.read("soft/part-1.csv") == parts.ok("smooth", "part-1.csv", *flags[:2], "--prior", "0,1,3")


def test_each_error_is_told_once_in_the_order_of_the_files(parts: Work) -> None:
    parts.write("part-1.csv", "label\ncat\nowl\n")
    parts.write("part-3.csv", "label\nfox\n")
    found = parts.run("smooth", *PARTS, "--names", "bird,cat,dog", *EACH, "--json")
    first, second = told(found.err)
    assert first.startswith("part-1.csv:3: ")
    assert second.startswith("part-3.csv:2: ")
    assert [each["input"] for each in json.loads(found.err.splitlines()[-1])["failed"]] == [
        "part-1.csv",
        "part-3.csv",
    ]
    assert soft(parts) == ["part-2.csv"]


def test_where_all_fail_each_is_told(parts: Work) -> None:
    found = parts.run("smooth", "a.csv", "b.csv", *EACH)
    assert found.code == 1
    assert len(told(found.err)) == 2
    assert "wrote: 0 done, 0 skipped, 2 failed" in found.err


def test_text_and_npy_are_not_read_alike(parts: Work) -> None:
    np.save("array.npy", np.arange(3))
    found = parts.run("smooth", "part-1.csv", "array.npy", *EACH)
    assert found.code == 1
    assert "array.npy" in told(found.err)[0]
    assert soft(parts) == ["part-1.csv"]


def test_a_file_that_changes_between_the_passes_fails(parts: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def counting(inputs: Inputs, progress: Progress) -> Tally:
        found = count_labels(inputs, progress)
        parts.write("part-2.csv", "label\ncat\ncat\n")
        return found

    monkeypatch.setattr(many, "count_labels", counting)
    found = parts.run("smooth", *PARTS, *EACH, "--workers", 1)
    assert found.code == 1
    assert told(found.err) == ["part-2.csv has changed while it was being read"]
    assert "warning" not in found.err
    assert soft(parts) == ["part-1.csv", "part-3.csv"]


# Checked before anything is written


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["a/x.csv", "b/x.csv"], ["the targets of `a/x.csv` and the targets of `b/x.csv`", "soft/x.csv"]),
        (["x.csv", "x.npy"], ["x.csv", "x.npy"]),
        (["x.csv", "x.csv"], ["x.csv"]),
        (["-"], ["standard input", "{stem}"]),
        ([], ["standard input", "{stem}"]),
        (["x.csv", "-e", "0:.1", "--epoch", "all/2", "-o", "{stem}-{epoch}.csv"], ["{stem}", "{epoch}"]),
        (["x.csv", "-e", "0:.1", "--epoch", "all/2"], ["{epoch}"]),
        (["x.csv", "-e", "0:.1", "--conditional", "p.npy"], ["--conditional", "{stem}"]),
        (["x.csv", "--skip-existing", "--force"], ["--skip-existing", "--force"]),
        (["x.csv", "--skip-existing", "-o", "one.csv"], ["--skip-existing", "{stem}"]),
        (["x.csv", "--names-out", "{stem}.txt"], ["--names-out", "{stem}"]),
        (["x.csv", "--matrix-out", "{stem}.npy"], ["--matrix-out", "{stem}"]),
        (["x.csv", "--names-out", "soft/x.csv"], ["--names-out", "x.csv"]),
        (["x.csv", "--matrix-out", "soft/../soft/x.csv"], ["--matrix-out", "x.csv"]),
        (["x.csv", "-o", "{stem}.txt"], ["suffix"]),
        (["x.csv", "-o", "{stem}"], ["suffix"]),
    ],
)
def test_what_the_command_line_alone_says_is_a_usage_error(
    work: Work, flags: list[str], words: list[str]
) -> None:
    error = work.refused("smooth", *EACH, *flags, code=2)
    assert "hint:" in error
    for word in words:
        assert word in error


def test_two_names_of_one_output_are_a_usage_error(parts: Work) -> None:
    parts.folder.joinpath("soft/part-2.csv").symlink_to("part-1.csv")
    error = parts.refused("smooth", *PARTS, *EACH, code=2)
    assert "part-1.csv" in error
    assert "part-2.csv" in error


def test_outputs_are_checked_before_one_is_written(parts: Work) -> None:
    parts.write("soft/part-3.csv", "mine\n")
    error = parts.refused("smooth", *PARTS, *EACH)
    assert error.startswith("error: soft/part-3.csv exists\n")
    assert "--skip-existing" in error
    assert soft(parts) == ["part-3.csv"]
    parts.ok("smooth", *PARTS, *EACH, "--force")
    assert parts.read("soft/part-3.csv") != "mine\n"


@pytest.mark.parametrize("force", [(), ("--force",), ("--skip-existing",)])
@pytest.mark.parametrize("link", ["same", "symlink", "hard link"])
def test_an_input_is_never_an_output(parts: Work, force: tuple[str, ...], link: str) -> None:
    before = parts.read("part-1.csv")
    output = parts.folder / "soft/part-3.csv"
    if link == "symlink":
        output.symlink_to("../part-1.csv")
    elif link == "hard link":
        output.hardlink_to(parts.folder / "part-1.csv")
    target = "{stem}.csv" if link == "same" else EACH[1]
    assert "is also an input" in parts.refused("smooth", *PARTS, "-o", target, *force)
    assert parts.read("part-1.csv") == before
    assert set(soft(parts)) <= {"part-3.csv"}


def test_a_folder_that_is_missing_is_told_before_anything_is_written(parts: Work) -> None:
    error = parts.refused("smooth", *PARTS, "-o", "none/{stem}.csv")
    assert "mkdir -p" in error


def test_a_pipe_among_the_inputs_is_refused_and_not_waited_for(parts: Work) -> None:
    os.mkfifo("pipe.csv")
    assert "pipe.csv" in parts.refused("smooth", *PARTS, "pipe.csv", *EACH)
    assert soft(parts) == []


def test_the_library_writes_one_file(parts: Work) -> None:
    with pytest.raises(lsmooth.UsageError, match="stem"):
        lsmooth.smooth_file("part-1.csv", "soft/{stem}.csv")
    assert soft(parts) == []


# --skip-existing


def skipping(work: Work, *flags: object) -> tuple[int, list[str]]:
    """Run again; return how many were skipped, and which outputs are new."""
    before = {name: work.folder.joinpath("soft", name).stat().st_ino for name in soft(work)}
    line = work.run("smooth", *PARTS, *EACH, "--skip-existing", "--json", *flags).err
    new = [n for n in soft(work) if before.get(n) != work.folder.joinpath("soft", n).stat().st_ino]
    return json.loads(line)["skipped"], new


@pytest.fixture
def written(parts: Work) -> Work:
    """Outputs that are newer than their inputs."""
    for path in PARTS:
        age(parts.folder / path, 60)
    parts.ok("smooth", *PARTS, *EACH)
    return parts


def test_outputs_that_are_newer_are_left(written: Work) -> None:
    assert skipping(written) == (3, [])
    assert written.run("smooth", *PARTS, *EACH, "--skip-existing").code == 0


def test_outputs_that_are_older_or_missing_are_made(written: Work) -> None:
    age(written.folder / "soft/part-1.csv", 3600)
    written.folder.joinpath("soft/part-3.csv").unlink()
    before = written.read("soft/part-1.csv")
    assert skipping(written) == (1, ["part-1.csv", "part-3.csv"])
    assert written.read("soft/part-1.csv") == before


def test_lines_of_weights_are_left(written: Work) -> None:
    for to in ("tsv", "parquet"):
        flags = ["--layout", "long", "-o", f"soft/{{stem}}.{to}"]
        written.ok("smooth", *PARTS, *flags)
        assert skipping(written, *flags) == (3, [])
        assert skipping(written, "-o", f"soft/{{stem}}.{to}")[0] == 0
        assert skipping(written, *flags)[0] == 0


@pytest.mark.parametrize("to", ["csv", "parquet"])
def test_outputs_of_as_many_other_names_are_made_again(written: Work, to: str) -> None:
    flags = ["-o", f"soft/{{stem}}.{to}"]
    written.ok("smooth", *PARTS, *flags, "-f")
    for path in PARTS:
        written.write(path, written.read(path).replace("bird", "crow"))
        age(written.folder / path, 60)
    assert skipping(written, *flags)[0] == 0


def test_outputs_of_lists_of_another_length_are_made_again(written: Work) -> None:
    written.write("y.csv", "0\n1\n")
    age(written.folder / "y.csv", 60)
    flags = ["y.csv", "-o", "soft/{stem}.parquet", "--skip-existing", "-k"]
    written.ok("smooth", *flags, 1001)
    assert "0 done, 1 skipped" in written.run("smooth", *flags, 1001).err
    assert "1 done, 0 skipped" in written.run("smooth", *flags, 1002).err


def test_an_output_of_the_same_time_is_made_again(written: Work) -> None:
    status = written.folder.joinpath("soft/part-1.csv").stat()
    os.utime(written.folder / "part-1.csv", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert skipping(written) == (2, ["part-1.csv"])


@pytest.mark.parametrize("to", ["csv", "npy", "csv.gz", "npy.gz", "parquet", "arrow"])
def test_outputs_of_other_classes_are_made_again(written: Work, to: str) -> None:
    flags = ["-o", f"soft/{{stem}}.{to}"]
    written.ok("smooth", *PARTS, *flags, "-f")
    assert skipping(written, *flags) == (3, [])
    written.write("part-2.csv", "label\nant\nbird\n")
    skipped, new = skipping(written, *flags)
    assert skipped == 0
    assert new == [f"part-{n}.{to}" for n in (1, 2, 3)]
    assert skipping(written, *flags, "--names", "ant,bird,cat,dog,eel")[0] == 0


@pytest.mark.parametrize("to", ["parquet", "arrow"])
@pytest.mark.parametrize("flags", [["--names", "bird,dog,cat"], ["--dtype", "float64"]])
def test_outputs_of_other_columns_are_made_again(written: Work, to: str, flags: list[str]) -> None:
    flags = ["-o", f"soft/{{stem}}.{to}", *flags]
    written.ok("smooth", *PARTS, *flags[:2])
    assert skipping(written, *flags) == (0, [f"part-{n}.{to}" for n in (1, 2, 3)])
    assert skipping(written, *flags) == (3, [])


@pytest.mark.parametrize("classes", [1000, 1001])
def test_outputs_of_very_many_classes_are_left(written: Work, classes: int) -> None:
    names = ",".join(["bird", "cat", "dog", *map("n{}".format, range(classes - 3))])
    flags = ["-o", "soft/{stem}.parquet", "--names", names]
    written.ok("smooth", *PARTS, *flags)
    assert skipping(written, *flags) == (3, [])


def test_a_dry_run_that_would_skip_all_writes_nothing(written: Work) -> None:
    found = written.run("smooth", *PARTS, *EACH, "--skip-existing", "-n")
    assert (found.code, found.err) == (0, "would write: 0 done, 3 skipped, 0 failed\n")


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"label\n", b"\xff\xfe"])
def test_an_output_that_holds_something_else_is_made_again(written: Work, content: bytes) -> None:
    written.write("soft/part-2.csv", content)
    assert skipping(written) == (2, ["part-2.csv"])


def test_classes_of_files_that_are_skipped_count(written: Work) -> None:
    written.folder.joinpath("soft/part-1.csv").unlink()
    skipping(written)
    assert written.read("soft/part-1.csv").startswith("bird,cat,dog\n")


def test_a_missing_input_fails_though_its_output_is_there(written: Work) -> None:
    written.folder.joinpath("part-2.csv").unlink()
    found = written.run("smooth", *PARTS, *EACH, "--skip-existing", "--names", "bird,cat,dog")
    assert found.code == 1
    assert "0 done, 2 skipped, 1 failed" in found.err


def test_after_a_repair_the_same_command_does_the_rest(parts: Work) -> None:
    flags = [*EACH, "--skip-existing", "--names", "bird,cat,dog", "--names-out", "n.txt"]
    for path in PARTS:
        age(parts.folder / path, 60)
    good = parts.read("part-2.csv")
    parts.write("part-2.csv", "label\nowl\n")
    assert "2 done, 0 skipped, 1 failed" in parts.run("smooth", *PARTS, *flags).err
    parts.write("part-2.csv", good)
    assert "1 done, 2 skipped, 0 failed" in parts.run("smooth", *PARTS, *flags).err
    assert skipping(parts, *flags)[0] >= 2


# Processes


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_whole_outputs_and_no_others(
    tmp_path: Path, number: signal.Signals, workers: int
) -> None:
    tmp_path.joinpath("soft").mkdir()
    for part in range(2):
        faults.save_rows(tmp_path / f"a{part}.npy", 10)
    for part in range(6):
        faults.save_rows(tmp_path / f"b{part}.npy", 400_000)
    names = [f"a{part}.npy" for part in range(2)] + [f"b{part}.npy" for part in range(6)]
    process = faults.start(tmp_path, "smooth", *names, *EACH, "--workers", workers)
    faults.wait_for(lambda: faults.temporaries(tmp_path / "soft", filled=True), process)
    faults.wait_for(lambda: tmp_path.joinpath("soft/a1.csv").exists(), process)
    faults.wait_for(lambda: list(tmp_path.glob("soft/.b*.tmp")), process)
    process.send_signal(number)
    found = faults.finish(process)
    assert found.code == 128 + number, found.err
    assert faults.hidden(tmp_path / "soft") == []
    left = sorted(path.name for path in tmp_path.joinpath("soft").iterdir())
    assert left == ["a0.csv", "a1.csv"]  # a file in the middle is not waited for
    assert [tmp_path.joinpath("soft", name).read_text().count("\n") for name in left] == [10, 10]


def test_a_disk_that_fills_fails_the_files_that_do_not_fit(tmp_path: Path) -> None:
    with faults.small_disk(tmp_path / "small", "size=64k") as disk:
        for part, rows in enumerate([500, 20_000, 500]):
            faults.save_labels(tmp_path / f"p{part}.npy", rows)
        names = [f"p{part}.npy" for part in range(3)]
        found = faults.run(tmp_path, "smooth", *names, "-k", 10, "-o", f"{disk}/{{stem}}.npy", "--workers", 1)
        faults.refused(found, f"cannot write {disk}/p1.npy: no space left on device")
        assert "2 done, 0 skipped, 1 failed" in found.err
        assert sorted(os.listdir(disk)) == ["p0.npy", "p2.npy"]  # noqa: PTH208


def test_progress_is_that_of_all_files(tmp_path: Path) -> None:
    for part in range(4):
        faults.save_labels(tmp_path / f"p{part}.csv", 50_000)
    seen: list[tuple[str, int, int, int | None]] = []

    def progress(*state: object) -> None:
        seen.append(state)  # type: ignore[arg-type]

    inputs = tuple(str(tmp_path / f"p{part}.csv") for part in range(4))
    writing = WriteFlags(str(tmp_path / "{stem}.npy"))
    found: ManySummary = write_many(LabelFlags(inputs), RecipeFlags(), writing, refuse, progress, 3)
    assert found.done == 4
    for step in ("counting", "writing"):
        rows = [state[1] for state in seen if state[0] == step]
        assert rows == sorted(rows)
        assert rows[-1] == 200_000
        assert {state[3] for state in seen if state[0] == step} == {400_000}
