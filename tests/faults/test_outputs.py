"""Outputs that are inputs, and two writers of one output."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from conftest import Work
from kits import faults
from kits.faults import (
    LONG,
    finish,
    refused,
    start,
    temporaries,
    wait_for,
)
from kits.streams import LABELS

RACES = 20 if LONG else 1

# Inputs that are outputs


REFERENCES = {
    "--adaptive": ("-e", "0:0.2"),
    "--conditional": ("-e", "0:0.2"),
    "--confusion": (),
    "--online": (),
    "--similarity": (),
    "--hierarchy": (),
    "--per-class": (),
    "--prior": (),
    "--names": (),
}


@pytest.mark.parametrize("how", ["path", "symlink", "hard link"])
@pytest.mark.parametrize("flag", list(REFERENCES))
def test_a_file_that_a_rule_reads_is_never_overwritten(work: Work, flag: str, how: str) -> None:
    work.write("labels.csv", "label\na\nb\nc\n")
    content = {
        "--similarity": "1,.5,.2\n.5,1,.1\n.2,.1,1\n",
        "--hierarchy": "parent,child\nr,x\nr,c\nx,a\nx,b\n",
        "--per-class": "class,value\na,.1\nb,.2\nc,.3\n",
        "--prior": "class,value\na,1\nb,2\nc,3\n",
        "--names": "a\nb\nc\n",
    }.get(flag, "a,b,c\n.8,.1,.1\n.2,.7,.1\n.3,.3,.4\n")
    original = work.write("read.csv", content)
    name = "read.csv" if how == "path" else "other.csv"
    if how == "symlink":
        work.folder.joinpath(name).symlink_to("read.csv")
    elif how == "hard link":
        work.folder.joinpath(name).hardlink_to(original)
    names = [] if flag == "--names" else ["--names", "a,b,c"]
    arguments = ["smooth", "labels.csv", flag, "read.csv", *names, *REFERENCES[flag]]
    work.ok(*arguments)
    for output in (
        ["-o", name],
        ["-o", "soft.csv", "--matrix-out", name],
        ["-o", "s.npy", "--names-out", name],
    ):
        if "--matrix-out" in output and flag == "--conditional":
            continue
        error = work.refused(*arguments, *output, "--force")
        assert error.startswith(f"error: {name} is also an input\n"), error
    assert work.read("read.csv") == content


@pytest.mark.parametrize("how", ["path", "symlink", "hard link"])
@pytest.mark.parametrize("which", ["logits.npy", "labels.npy", "weights.csv"])
def test_an_input_of_loss_is_never_overwritten(work: Work, which: str, how: str) -> None:
    faults.save_predictions(work.folder / "logits.npy", 20)
    faults.save_labels(work.folder / "labels.npy", 20)
    work.write("weights.csv", "class,value\n" + "".join(f"{number},1\n" for number in range(10)))
    before = work.folder.joinpath(which).read_bytes()
    name = which if how == "path" else "other" + which[-4:]
    if how == "symlink":
        work.folder.joinpath(name).symlink_to(which)
    elif how == "hard link":
        work.folder.joinpath(name).hardlink_to(which)
    flags = ["--weights", "weights.csv", "--reduction", "none"]
    error = work.refused("loss", "logits.npy", "labels.npy", *flags, "-o", name, "--force")
    assert error.startswith(f"error: {name} is also an input\n")
    assert work.folder.joinpath(which).read_bytes() == before


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_an_epoch_never_overwrites_an_input(work: Work, force: tuple[str, ...]) -> None:
    work.write("e2.csv", LABELS)
    work.refused("smooth", "e2.csv", "-e", "0:.2", "--epoch", "all/3", "-o", "e{epoch}.csv", *force)
    assert work.read("e2.csv") == LABELS


@pytest.mark.parametrize("flag", ["--names-out", "--matrix-out"])
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_an_epoch_and_another_output_are_two_files(work: Work, flag: str, force: tuple[str, ...]) -> None:
    work.write("labels.csv", LABELS)
    flags = ("-e", "0:.2", "--epoch", "all/3", "-o", "e{epoch}.csv", flag, "e2.csv", *force)
    work.refused("smooth", "labels.csv", *flags, code=2)


# Two writers


@pytest.mark.parametrize("force", [False, True])
def test_of_two_writers_that_end_at_once_one_whole_file_wins(tmp_path: Path, force: bool) -> None:
    rows = 20_000
    contents = [
        "".join(f"{','.join(['0.9' if at == label else '0.05' for at in range(3)])}\n" for _ in range(rows))
        for label in (0, 1)
    ]
    for turn in range(RACES):
        flags = ["--force"] if force else []
        processes = [
            start(
                tmp_path,
                *("smooth", "-k", 3, "--spread", "others", "-o", "soft.csv", *flags),
                stdin=subprocess.PIPE,
            )
            for _ in contents
        ]
        for label, process in enumerate(processes):
            assert process.stdin is not None
            process.stdin.write(f"{label}\n".encode() * rows)
            process.stdin.flush()
        wait_for(lambda: len(temporaries(tmp_path)) == 2)
        for process in processes[:: 1 if turn % 2 else -1]:
            assert process.stdin is not None
            process.stdin.close()
            process.stdin = None
        results = [finish(process) for process in processes]
        codes = [result.code for result in results]
        written = tmp_path.joinpath("soft.csv").read_text()
        if force:
            assert codes == [0, 0], results
            assert written in contents
        else:
            assert sorted(codes) == [0, 1], results
            assert written == contents[codes.index(0)]
            refused(results[codes.index(1)], "soft.csv has been made by somebody else in the meantime")
        assert os.listdir(tmp_path) == ["soft.csv"]  # noqa: PTH208
        tmp_path.joinpath("soft.csv").unlink()
