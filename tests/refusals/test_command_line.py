"""Command lines and paths that are refused."""

from __future__ import annotations

import os
import stat
import subprocess

import pytest
from conftest import Spawn, Work

FORMATS = "known are .csv .tsv .npy .parquet .arrow .feather, and text and NPY with .gz .bz2 .xz .zst"
HELP = ("lsmooth --help", "lsmooth smooth --help")

#: The command line alone; the input does not exist, so that opening it would be another error.
USAGE = {
    "-e nan": ("epsilon is nan, which is not in [0, 1]", "pass a share of the mass, as 0.1"),
    "-e 1.5": ("epsilon is 1.5, which is not in [0, 1]", "pass a share of the mass, as 0.1"),
    "-e -0.1": ("epsilon is -0.1, which is not in [0, 1]", "pass a share of the mass, as 0.1"),
    "-e inf": ("epsilon is inf, which is not in [0, 1]", "pass a share of the mass, as 0.1"),
    "-e much": ("--epsilon is `much`, wanted a number", "pass a share of the mass, as 0.1"),
    "-e 0.1:0.3": (
        "--epsilon is a range, and no rule chooses in it",
        "pass one number, or --epoch, --adaptive or --conditional",
    ),
    "-k 1 --spread others": (
        "--spread others needs at least 2 classes, --classes says 1",
        "pass --spread all, or --classes 2",
    ),
    "-k 0": ("--classes is 0, wanted at least 1", "pass the number of classes"),
    "-k -3": ("--classes is -3, wanted at least 1", "pass the number of classes"),
    "--names a,b,a": ("--names holds `a` twice", "give each one name"),
    "--names a,,b": ("--names holds an empty name", "name each once"),
    "--names a,b -k 3": ("--classes is 3, --names holds 2", "pass one of them"),
    "--column 1 --label-columns 1:2": (
        "--column and --label-columns exclude each other",
        "pass one of them",
    ),
    "-o out.txt": (
        f"the suffix of `out.txt` names no format, {FORMATS}",
        "pass --to csv, tsv, npy, parquet or arrow",
    ),
    "-o out": (
        f"the suffix of `out` names no format, {FORMATS}",
        "pass --to csv, tsv, npy, parquet or arrow",
    ),
    "-o out.gz": (
        f"the suffix of `out.gz` names no format, {FORMATS}",
        "pass --to csv, tsv, npy, parquet or arrow",
    ),
    "-o out.npy --precision 3": (
        "--precision is for text, NPY holds whole values",
        "pass --dtype, or --to csv",
    ),
    "-o out.npy --keep id": (
        "--keep copies columns to text, and the output is NPY",
        "pass --to csv, or drop --keep",
    ),
    "--spread half --prior .5,.5": (
        "--prior does not go with --spread half, which spreads to each label on its own",
        "pass --spread all or --spread others",
    ),
    "--spread flip --prior labels": (
        "--prior does not go with --spread flip, which spreads to each label on its own",
        "pass --spread all or --spread others",
    ),
    "--labels multilabel --spread others": (
        "--spread others does not go with --labels multilabel: no single class is the true one",
        "pass --spread half, flip or all",
    ),
    "--prior .5,-1": ("--prior holds `-1`, wanted a number of at least 0", "--prior 'a=.2,*=.1'"),
    "--prior a=nan,*=1": ("--prior holds `nan`, wanted a number of at least 0", "--prior 'a=.2,*=.1'"),
    "--prior a=1,b": ("--prior holds `b`, wanted class=value", "--prior 'a=.2,*=.1'"),
    "--prior a=1,a=2": ("--prior holds `a` twice", "give each class one value"),
}


@pytest.mark.parametrize("flags", USAGE)
def test_a_wrong_command_line_is_refused_before_any_file_is_opened(work: Work, flags: str) -> None:
    message, hint = USAGE[flags]
    output = [] if "-o " in flags else ["-o", "out.csv"]
    error = work.refused("smooth", "missing.csv", *flags.split(), *output, code=2)
    assert error == f"error: {message}\n\nhint: {hint}\n"


@pytest.mark.parametrize("flags", ["--keep a,a", "--exclude a,a", "--label-columns a,b,a"])
def test_a_name_twice_in_a_list_is_a_usage_error(work: Work, flags: str) -> None:
    error = work.refused("smooth", "missing.csv", *flags.split(), "-o", "out.csv", code=2)
    assert "`a` twice" in error.splitlines()[0]


def test_two_outputs_of_one_name_are_a_usage_error_before_any_file_is_opened(work: Work) -> None:
    error = work.refused("smooth", "missing.csv", "-o", "o.csv", "--names-out", "o.csv", code=2)
    assert error == "error: --output and --names-out are the same file\n\nhint: name two files\n"


def test_two_outputs_of_one_name_are_refused(work: Work) -> None:
    work.write("f.csv", "0\n1\n")
    error = work.refused("smooth", "f.csv", "-o", "o.csv", "--names-out", "./o.csv", code=2)
    assert error == "error: --output and --names-out are the same file\n\nhint: name two files\n"


@pytest.mark.parametrize("flags", ["-k 3", "--spread others"])
def test_what_only_the_file_of_names_shows_is_not_a_usage_error(work: Work, flags: str) -> None:
    work.write("f.csv", "0\n0\n")
    work.write("n.txt", "a\n")
    work.refused("smooth", "f.csv", "--names", "n.txt", *flags.split(), "-o", "out.csv", code=1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["smooth", "missing.csv", "--epsilom", "1"], ["no such option: --epsilom", "--epsilon"]),
        (["smooth", "missing.csv", "--spread", "other"], ["'--spread'", "'other'", "'others'"]),
        (["smooth", "missing.csv", "--labels", "indx"], ["'--labels'", "'indx'", "'index'"]),
        (["smooth", "missing.csv", "--ignored", "skip"], ["'--ignored'", "'skip'", "'drop'"]),
        (["smooth", "missing.csv", "--from", "xml"], ["'--from'", "'xml'", "'csv'", "'tsv'", "'npy'"]),
        (["smooth", "missing.csv", "--to", "xml"], ["'--to'", "'xml'", "'csv'"]),
        (["smooth", "missing.csv", "--dtype", "int"], ["'--dtype'", "'int'", "'float32'"]),
        (["smooth", "missing.csv", "--color", "red"], ["'--color'", "'red'", "'never'"]),
        (["smooth", "missing.csv", "-k", "ten"], ["'--classes'", "'ten'"]),
        (["smooth", "missing.csv", "-e"], ["-e"]),
        (["smoth", "missing.csv"], ["no such command 'smoth'", "smooth"]),
    ],
)
def test_what_the_parser_refuses_reads_like_the_rest(
    work: Work, arguments: list[str], words: list[str]
) -> None:
    error = work.refused(*arguments, code=2)
    first, blank, hint = error.splitlines()
    assert all(word.lower() in first.lower() for word in words), first
    assert first[7].islower() or not first[7].isalpha()
    assert not first.endswith(".")
    assert blank == ""
    assert hint in {f"hint: {command}" for command in HELP}


@pytest.mark.parametrize("suffix", ["txt", "xlsx", "csv.zip", "gz", "npz"])
def test_an_unknown_suffix_is_never_a_guess(work: Work, suffix: str) -> None:
    work.write(f"f.{suffix}", "0\n1\n")
    error = work.refused("smooth", f"f.{suffix}", code=2)
    expected = f"error: the suffix of `f.{suffix}` names no format, {FORMATS}\n\n"
    assert error == f"{expected}hint: pass --from csv, tsv, npy, parquet or arrow\n"
    if suffix != "gz":
        work.ok("smooth", f"f.{suffix}", "--from", "csv")


def test_standard_input_twice_is_refused(work: Work) -> None:
    error = work.refused("smooth", "-", "-", code=2)
    assert error == "error: standard input is named twice\n\nhint: pass `-` once\n"


def test_a_terminal_as_input_is_a_usage_error_with_an_example(spawn: Spawn) -> None:
    reader, writer = os.openpty()
    try:
        process = spawn("smooth", stdin=writer)
        out, err = process.communicate()
    finally:
        os.close(reader)
        os.close(writer)
    assert (process.returncode, out) == (2, b"")
    assert err.decode() == (
        "error: no file is named, and standard input is a terminal\n\n"
        "hint: lsmooth smooth labels.csv -e 0.1 -o soft.npy\n"
    )


MISSING = "no such file or directory\n\nhint: check the name; a path is taken from the current folder\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["missing.csv"],
        ["f.csv", "missing.csv"],
        ["f.csv", "--names", "missing.csv"],
        ["f.csv", "--prior", "missing.csv"],
    ],
)
def test_a_missing_file_is_named(work: Work, arguments: list[str]) -> None:
    work.write("f.csv", "0\n1\n")
    error = work.refused("smooth", *arguments, "-o", "out.csv")
    assert error == f"error: cannot read missing.csv: {MISSING}"


def test_a_path_that_cannot_be_written_is_refused_before_the_work(work: Work) -> None:
    work.write("f.csv", "0\n1\n")
    folder = work.folder / "none"
    error = work.refused("smooth", "f.csv", "-o", "none/out.csv")
    expected = f"error: cannot write none/out.csv: there is no folder {folder}\n\nhint: mkdir -p {folder}\n"
    assert error == expected
    subprocess.run(["bash", "-c", f"mkdir -p {folder}"], check=True)
    work.ok("smooth", "f.csv", "-o", "none/out.csv")
    (work.folder / "folder.csv").mkdir()
    error = work.refused("smooth", "f.csv", "-o", "folder.csv")
    assert error == "error: cannot write folder.csv: it is a folder\n\nhint: name a file in it\n"
    error = work.refused("smooth", "f.csv", "-o", "f.csv/out.csv")
    assert error.startswith("error: cannot write f.csv/out.csv: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_permissions_are_named(work: Work) -> None:
    work.write("f.csv", "0\n1\n").chmod(0)
    assert work.refused("smooth", "f.csv").startswith("error: cannot read f.csv: permission denied\n")
    (work.folder / "f.csv").chmod(stat.S_IRUSR)
    (work.folder / "closed").mkdir(mode=0o500)
    error = work.refused("smooth", "f.csv", "-o", "closed/out.csv")
    assert error.startswith("error: cannot write closed/out.csv: ")
