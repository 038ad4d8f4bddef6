"""Inputs are never overwritten; other outputs and dry runs."""

from __future__ import annotations

import pytest
from conftest import Spawn, Work
from kits.writing import LABELS, SOFT


@pytest.mark.parametrize("how", ["path", "other path", "symlink", "hard link"])
@pytest.mark.parametrize("flag", ["-o", "--names-out"])
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_an_input_is_never_overwritten(work: Work, how: str, flag: str, force: tuple[str, ...]) -> None:
    original = work.write("labels.csv", LABELS)
    name = "labels.csv" if how == "path" else "other.csv"
    if how == "symlink":
        work.folder.joinpath(name).symlink_to("labels.csv")
    elif how == "hard link":
        work.folder.joinpath(name).hardlink_to(original)
    elif how == "other path":
        name = f"../{work.folder.name}/labels.csv"
    error = work.refused("smooth", "labels.csv", flag, name, *force)
    assert error == f"error: {name} is also an input\n\nhint: write to another file\n"
    assert work.read("labels.csv") == LABELS


def test_one_of_several_inputs_is_never_overwritten(work: Work) -> None:
    work.write("a.csv", LABELS)
    work.write("b.csv", LABELS)
    error = work.refused("smooth", "a.csv", "b.csv", "-o", "b.csv", "-f")
    assert error.startswith("error: b.csv is also an input\n")


def test_a_file_on_stdin_is_never_overwritten(work: Work, spawn: Spawn) -> None:
    with work.write("labels.csv", LABELS).open() as labels:
        process = spawn("smooth", "-o", "labels.csv", "-f", stdin=labels)
        _, error = process.communicate()
    assert process.returncode == 1
    assert error.startswith(b"error: labels.csv is also an input\n")
    assert work.read("labels.csv") == LABELS


@pytest.mark.parametrize(
    ("flag", "content"), [("--names", "a\nb\nc\n"), ("--prior", "class,value\n0,1\n1,2\n2,1\n")]
)
@pytest.mark.parametrize("output", ["-o", "--names-out"])
def test_a_file_that_a_flag_reads_is_never_overwritten(
    work: Work, flag: str, content: str, output: str
) -> None:
    work.write("labels.csv", LABELS)
    work.write("read.csv", content)
    error = work.refused("smooth", "labels.csv", flag, "read.csv", output, "read.csv", "-f")
    assert error.startswith("error: read.csv is also an input\n")
    assert work.read("read.csv") == content


def test_an_input_that_is_also_stdout_is_not_written_to(work: Work, spawn: Spawn) -> None:
    labels = work.write("labels.csv", LABELS)
    with labels.open("ab") as end:
        process = spawn("smooth", "labels.csv", "-k", "3", "--no-header", stdout=end)
        process.communicate()
    assert process.returncode == 1
    assert work.read("labels.csv") == LABELS


def test_two_outputs_are_two_files(work: Work) -> None:
    work.write("labels.csv", LABELS)
    error = work.refused("smooth", "labels.csv", "-o", "a.csv", "--names-out", "./a.csv", code=2)
    assert error == "error: --output and --names-out are the same file\n\nhint: name two files\n"


# names-out, --dry-run


@pytest.mark.parametrize(
    "name",
    [
        "emu",
        "two words",
        "naïve ☃",
        '"a, b"',
    ],
)
def test_names_out_is_what_names_reads(work: Work, name: str) -> None:
    work.write("pets.csv", f"pet\ndog\ncat\n{name}\n")
    work.ok("smooth", "pets.csv", "--column", "pet", "-o", "soft.csv", "--names-out", "names.txt")
    again = work.ok("smooth", "pets.csv", "--column", "pet", "--names", "names.txt")
    assert again == work.read("soft.csv")


def test_names_out_holds_the_order_of_classes_one_a_line(work: Work) -> None:
    work.write("pets.csv", "pet\ndog\ncat\ndog\n")
    work.ok("smooth", "pets.csv", "--column", "pet", "-o", "soft.csv", "--names-out", "found.txt")
    work.ok(
        *("smooth", "pets.csv", "--column", "pet", "--names", "dog,cow,cat", "-o", "soft2.csv"),
        *("--names-out", "given.txt"),
    )
    assert work.read("found.txt") == "cat\ndog\n"
    assert work.read("given.txt") == "dog\ncow\ncat\n"


def test_names_out_is_written_beside_targets_on_stdout(work: Work) -> None:
    work.write("labels.csv", LABELS)
    assert work.ok("smooth", "labels.csv", "--names-out", "names.txt") == SOFT
    assert work.read("names.txt") == "0\n1\n2\n"


@pytest.mark.parametrize("suffix", ["csv", "tsv", "npy", "csv.gz", "npy.gz", "npy.bz2", "csv.xz", "npy.zst"])
def test_a_dry_run_writes_nothing_and_says_the_size_to_the_byte(work: Work, suffix: str) -> None:
    work.write("labels.csv", LABELS)
    output = f"soft.{suffix}"
    result = work.run("smooth", "labels.csv", "-o", output, "--names-out", "names.txt", "--dry-run")
    assert result.code == 0, result.err
    assert result.out == ""
    assert work.files() == ["labels.csv"]
    work.ok("smooth", "labels.csv", "-o", output)
    size = work.folder.joinpath(output).stat().st_size
    assert result.err.startswith(f"would write: {output} ({size} B); 3 rows; 3 classes")
    assert "fits on the disk" in result.err


@pytest.mark.parametrize(
    "suffix",
    [
        "csv",
        "npy",
        pytest.param("csv.gz"),
    ],
)
def test_the_summary_says_the_size_of_the_file(work: Work, suffix: str) -> None:
    work.write("labels.csv", LABELS)
    output = f"soft.{suffix}"
    result = work.run("smooth", "labels.csv", "-o", output)
    size = work.folder.joinpath(output).stat().st_size
    assert result.err.startswith(f"wrote: {output} ({size} B); 3 rows; ")


def test_a_dry_run_says_when_the_disk_is_too_small(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    work.write("labels.csv", LABELS)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10})())
    result = work.run("smooth", "labels.csv", "-o", "soft.csv", "-n")
    assert result.code == 0
    assert "does not fit on the disk (10 B free)" in result.err


def test_a_dry_run_reads_every_row(work: Work) -> None:
    work.write("labels.csv", "1\n" * 5000 + "9\n")
    error = work.refused("smooth", "labels.csv", "-k", 3, "-o", "soft.npy", "-n")
    assert error.startswith("error: labels.csv:5001: ")


def test_a_dry_run_refuses_an_output_that_exists(work: Work) -> None:
    work.write("labels.csv", LABELS)
    work.write("soft.csv", "old\n")
    assert work.refused("smooth", "labels.csv", "-o", "soft.csv", "-n").startswith("error: soft.csv exists")
    assert work.run("smooth", "labels.csv", "-o", "soft.csv", "-n", "-f").code == 0
    assert work.read("soft.csv") == "old\n"


def test_a_dry_run_to_stdout_prints_no_targets(work: Work) -> None:
    work.write("labels.csv", LABELS)
    assert work.ok("smooth", "labels.csv", "-n") == ""
