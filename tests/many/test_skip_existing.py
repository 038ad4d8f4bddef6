"""Outputs that are there, and processes."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from conftest import Work
from kits import faults
from kits.parts import EACH, PARTS, refuse, soft

from lsmooth.pipeline.amounts import RecipeFlags
from lsmooth.pipeline.flags import LabelFlags, WriteFlags
from lsmooth.pipeline.many import write_many
from lsmooth.pipeline.results import ManySummary


def age(path: Path, seconds: float) -> None:
    """Make a file so much older."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns - int(seconds * 1e9)))


# skip-existing


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
        names = ["--names", "bird,cat,dog", "-o", f"soft/{{stem}}.{to}"]
        flags = ["--layout", "long", *names]
        written.ok("smooth", *PARTS, *flags)
        assert skipping(written, *flags) == (3, [])
        assert skipping(written, *names)[0] == 0
        assert skipping(written, *flags)[0] == 0


def test_lines_of_weights_of_other_types_are_made_again(written: Work) -> None:
    flags = ["--layout", "long", "-o", "soft/{stem}.parquet"]
    names = ["--names", "bird,cat,dog"]
    written.ok("smooth", *PARTS, *flags, *names)
    assert skipping(written, *flags, *names)[0] == 3
    assert skipping(written, *flags, *names, "--dtype", "float64")[0] == 0
    for part in PARTS:
        Path(part).write_text("label\n0\n1\n")
        age(Path(part), 60)
    numbers = ["-k", "3", "--dtype", "float64"]
    assert skipping(written, *flags, *numbers)[0] == 0
    assert skipping(written, *flags, *numbers)[0] == 3


def test_lines_of_weights_do_not_show_their_classes(written: Work) -> None:
    flags = ["--layout", "long", "-o", "soft/{stem}.csv", "--skip-existing"]
    error = written.refused("smooth", *PARTS, *flags, code=2)
    assert "do not show the classes they were made for\n\nhint: pass --names or --classes" in error


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
