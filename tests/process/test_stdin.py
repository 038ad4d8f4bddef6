"""Standard input, and files that change between the passes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import Spawn, Work
from kits.shells import LABELS, MANY, SOFT, shell

import lsmooth


def test_a_file_on_stdin_is_read_twice(work: Work, spawn: Spawn) -> None:
    with work.write("labels.csv", LABELS).open() as labels:
        process = spawn("smooth", stdin=labels)
        out, _ = process.communicate()
    assert (process.returncode, out.decode()) == (0, SOFT)


@pytest.mark.parametrize("flags", [(), ("-k", "3")])
def test_a_file_handed_over_in_the_middle_is_read_from_there(
    work: Work, spawn: Spawn, flags: Sequence[str]
) -> None:
    path = work.write("labels.csv", "nothing\nto\nsee\n" + LABELS)
    with path.open("rb", buffering=0) as labels:
        labels.seek(len("nothing\nto\nsee\n"))
        out, error = spawn("smooth", *flags, stdin=labels).communicate()
    assert out.decode() == SOFT, error


def test_the_shell_may_take_the_first_line(work: Work) -> None:
    work.write("labels.csv", "comment\n" + LABELS)
    result = shell('{ read -r line; "$@"; } < labels.csv', "smooth")
    assert result.out == SOFT, result.err


@pytest.mark.parametrize("flags", [(), ("-k", "3")])
def test_an_array_handed_over_in_the_middle_is_read_from_there(
    work: Work, spawn: Spawn, flags: Sequence[str]
) -> None:
    with work.folder.joinpath("labels.bin").open("w+b") as labels:
        labels.write(b"junk")
        np.save(labels, np.arange(3))
        labels.flush()
        os.lseek(labels.fileno(), 4, os.SEEK_SET)
        out, error = spawn("smooth", *flags, stdin=labels).communicate()
    assert out.decode() == SOFT, error


def test_a_pipe_without_classes_is_refused_with_the_flag_that_avoids_the_pass(spawn: Spawn) -> None:
    process = spawn("smooth", stdin=subprocess.PIPE)
    out, error = process.communicate(LABELS.encode())
    assert (process.returncode, out) == (1, b"")
    assert error.decode() == (
        "error: stdin can be read only once, so the classes must be given\n\nhint: pass --classes K\n"
    )


def test_a_pipe_of_names_without_names_is_refused_with_the_flag(spawn: Spawn) -> None:
    process = spawn("smooth", "--no-header", stdin=subprocess.PIPE)
    out, error = process.communicate(b"cat\ndog\n")
    assert (process.returncode, out) == (1, b"")
    assert error.endswith(b"\nhint: pass --names\n")


def test_a_pipe_with_the_prior_of_its_labels_is_refused_with_the_flag(spawn: Spawn) -> None:
    process = spawn("smooth", "-k", "3", "--prior", "labels", stdin=subprocess.PIPE)
    out, error = process.communicate(LABELS.encode())
    assert (process.returncode, out) == (1, b"")
    assert error.startswith(b"error: stdin can be read only once, so the prior must be given\n")
    assert b"--prior" in error.partition(b"hint: ")[2]


def test_a_pipe_with_classes_is_read_once(spawn: Spawn) -> None:
    process = spawn("smooth", "-k", "3", "-", stdin=subprocess.PIPE)
    out, error = process.communicate(MANY.encode())
    assert process.returncode == 0, error
    assert out.decode() == SOFT * 100_000


def test_a_pipe_that_trickles_is_waited_for(spawn: Spawn) -> None:
    process = spawn("smooth", "-k", "3", stdin=subprocess.PIPE)
    assert process.stdin is not None
    for letter in LABELS:
        process.stdin.write(letter.encode())
        process.stdin.flush()
    out, _ = process.communicate()
    assert out.decode() == SOFT


def test_a_fifo_is_an_input_that_is_read_once(work: Work, spawn: Spawn) -> None:
    os.mkfifo(work.folder / "labels.csv")
    process = spawn("smooth", "labels.csv", "-k", "3")
    work.write("labels.csv", LABELS)
    out, _ = process.communicate()
    assert (process.returncode, out.decode()) == (0, SOFT)


# A file that changes between the passes


class Meddler:
    """A progress callback that does something to the inputs, once, while a step is at some row."""

    def __init__(self, step: str, rows: int) -> None:
        self._when = (step, rows)
        self._done = False

    def meddle(self) -> None:
        raise NotImplementedError

    def __call__(self, step: str, rows: int, taken: int, total: int | None) -> None:
        del taken, total
        if not self._done and step == self._when[0] and rows >= self._when[1]:
            self._done = True
            self.meddle()


class Append(Meddler):
    """One more label at the end."""

    def meddle(self) -> None:
        with Path("labels.csv").open("a") as labels:
            labels.write("5\n")


class Touch(Meddler):
    """The same size at another time."""

    def meddle(self) -> None:
        os.utime("labels.csv", (1, 1))


class Replace(Meddler):
    """Another file under the same name."""

    def meddle(self) -> None:
        Path("new.csv").write_text("1\n0\n2\n")
        Path("new.csv").replace("labels.csv")


class Truncate(Meddler):
    """Nothing left."""

    def meddle(self) -> None:
        os.truncate("labels.csv", 0)


@pytest.mark.parametrize("change", [Append, Touch, Truncate])
@pytest.mark.parametrize(("step", "classes"), [("counting", None), ("writing", None), ("writing", 6)])
def test_a_file_that_changes_while_it_is_read_is_an_error(
    work: Work, change: type[Meddler], step: str, classes: int | None
) -> None:
    work.write("labels.csv", LABELS)
    with pytest.raises(lsmooth.LsmoothError, match=r"^labels.csv has changed while it was being read$"):
        lsmooth.smooth_file("labels.csv", "soft.csv", classes=classes, progress=change(step, 3))
    assert work.files() == ["labels.csv"]


@pytest.mark.parametrize("step", ["counting", "writing"])
def test_a_file_replaced_by_another_is_still_read_whole(work: Work, step: str) -> None:
    """One input's descriptor stays open, so that nothing can come between."""
    work.write("labels.csv", LABELS)
    lsmooth.smooth_file("labels.csv", "soft.csv", progress=Replace(step, 3))
    assert work.read("soft.csv") == SOFT


@pytest.mark.parametrize("change", [Append, Touch, Replace, Truncate])
def test_one_of_several_files_that_changes_before_it_is_opened_again_is_an_error(
    work: Work, change: type[Meddler]
) -> None:
    work.write("labels.csv", LABELS)
    work.write("more.csv", LABELS)
    with pytest.raises(lsmooth.LsmoothError, match=r"^labels.csv has changed while it was being read$"):
        lsmooth.smooth_file(["labels.csv", "more.csv"], "soft.csv", progress=change("counting", 6))
    assert "soft.csv" not in work.files()


def test_an_array_that_grows_is_an_error(work: Work) -> None:
    class Grow(Meddler):
        def meddle(self) -> None:
            with Path("labels.npy").open("ab") as labels:
                labels.write(bytes(8))

    np.save("labels.npy", np.arange(3))
    with pytest.raises(lsmooth.LsmoothError, match="has changed while it was being read"):
        lsmooth.smooth_file("labels.npy", "soft.npy", progress=Grow("counting", 3))
    assert work.files() == ["labels.npy"]
