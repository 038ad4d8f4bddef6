"""A part that fails does not stop the others, and what is checked first."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
from conftest import Work
from kits.parts import EACH, PARTS, soft, told

import lsmooth
from lsmooth.pipeline import many
from lsmooth.pipeline.inputs import Inputs, Progress
from lsmooth.pipeline.learn import Tally, count_labels


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
