"""What extras bring, and what is said where they are missing."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from conftest import Work
from kits.packing import zst

LABELS = "0\n2\n1\n" * 1000
NO_ZSTD = "error: the library backports.zstd is not installed\n\nhint: pip install 'lsmooth[zstd]'\n"
NO_POLARS = "error: the library polars is not installed\n\nhint: pip install 'lsmooth[polars]'\n"

command = pytest.mark.skipif(shutil.which("zstd") is None, reason="zstd is not here")


@pytest.fixture
def no_zstd(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of zstd that cannot be imported."""
    for name in ("backports", "compression"):
        for known in [known for known in sys.modules if known.split(".")[0] == name]:
            monkeypatch.delitem(sys.modules, known)
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("no_zstd")
def test_without_the_extra_zst_is_refused_with_the_command_that_installs_it(work: Work) -> None:
    work.write("labels.csv", LABELS)
    work.write("labels.csv.zst", zst(LABELS.encode()))
    assert work.refused("smooth", "labels.csv.zst", "-o", "soft.csv") == NO_ZSTD
    assert work.refused("smooth", "labels.csv", "-o", "soft.csv.zst") == NO_ZSTD
    assert work.refused("smooth", "labels.csv", "-o", "soft.csv.zst", "--dry-run") == NO_ZSTD
    assert work.refused("loss", "labels.csv.zst", "labels.csv") == NO_ZSTD


@pytest.fixture
def no_polars(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polars that cannot be imported."""
    for known in [known for known in sys.modules if known.split(".")[0] == "polars"]:
        monkeypatch.delitem(sys.modules, known)
    monkeypatch.setitem(sys.modules, "polars", None)


@pytest.mark.usefixtures("no_polars")
@pytest.mark.parametrize("suffix", ["parquet", "arrow", "feather"])
def test_without_the_extra_columnar_files_are_refused_with_the_command(work: Work, suffix: str) -> None:
    work.write("labels.csv", LABELS)
    work.write(f"labels.{suffix}", b"")
    assert work.refused("smooth", f"labels.{suffix}", "-o", "soft.csv") == NO_POLARS
    assert work.refused("smooth", "labels.csv", "-o", f"soft.{suffix}") == NO_POLARS
    assert work.refused("smooth", "labels.csv", "-o", f"soft.{suffix}", "--dry-run") == NO_POLARS
    assert work.refused("loss", f"labels.{suffix}", "labels.csv") == NO_POLARS
    assert work.refused("explain", f"labels.{suffix}") == NO_POLARS


@command
def test_the_zstd_command_reads_what_is_written(work: Work) -> None:
    work.write("labels.csv", LABELS)
    work.ok("smooth", "labels.csv", "-o", "soft.csv.zst")
    subprocess.run(["zstd", "-t", "-q", "soft.csv.zst"], cwd=work.folder, check=True)
    done = subprocess.run(["zstd", "-dc", "soft.csv.zst"], cwd=work.folder, check=True, capture_output=True)
    assert done.stdout.decode() == work.ok("smooth", "labels.csv")


@command
@pytest.mark.parametrize("flags", [[], ["-19"], ["--fast=5"], ["--no-check"], ["--long=27"], ["-T2"]])
def test_what_the_zstd_command_writes_is_read(work: Work, flags: list[str]) -> None:
    work.write("labels.csv", LABELS)
    subprocess.run(["zstd", "-q", *flags, "labels.csv"], cwd=work.folder, check=True)
    assert work.ok("smooth", "labels.csv.zst") == work.ok("smooth", "labels.csv")


def test_a_frame_to_be_skipped_may_come_first_through_a_pipe_too(work: Work) -> None:
    skipped = (0x184D2A50).to_bytes(4, "little") + (4).to_bytes(4, "little") + b"skip"
    packed = skipped + zst(b"0\n1\n")
    work.write("f.csv.zst", packed)
    assert (
        work.ok("smooth", stdin=packed)
        == work.ok("smooth", "f.csv.zst")
        == "0.9500000000000001,0.05\n0.05,0.9500000000000001\n"
    )
