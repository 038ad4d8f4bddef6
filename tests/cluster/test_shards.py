"""Files that workers write by themselves."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import Work
from kits.clusters import CLASSES, ROWS, give_workers, random, save_all

from lsmooth.files.shared import SharedSink
from lsmooth.pipeline import target_ranges

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("default")  # those of Dask are not ours


def test_shards_appear_together_and_hold_the_rows_in_order(
    work: Work, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target_ranges, "SHARD_BYTES", 1 << 16)
    save_all()
    work.ok("smooth", "hard.npy", "odd.npy", "-k", 7, "--ignore=-100", "-o", "home.npy")
    flags = ["smooth", "hard.npy", "odd.npy", "-k", 7, "--ignore=-100", "-o", "s-{shard}.npy"]
    told = work.run(*flags, "--scheduler", address)
    assert told.code == 0, told.err
    names = [name for name in work.files() if name.startswith("s-")]
    assert names[:2] == ["s-00000.npy", "s-00001.npy"]
    assert len(names) > 8
    assert np.array_equal(np.concatenate([np.load(name) for name in names]), np.load("home.npy"))
    assert "wrote: s-{shard}.npy (1.1 MB); 40,022 rows" in told.err
    assert {Path(name).stat().st_mode for name in names} == {Path("home.npy").stat().st_mode}
    for name in names[:-1]:
        Path(name).unlink()
    assert f"{names[-1]} exists" in work.refused(*flags, "--scheduler", address)
    work.ok(*flags, "--force", "--scheduler", address)
    assert [name for name in work.files() if name.startswith("s-")] == names


def test_shards_of_an_earlier_run_with_more_of_them_are_told(
    work: Work, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target_ranges, "SHARD_BYTES", 1 << 16)
    save_all()
    flags = ["smooth", "hard.npy", "-o", "s-{shard}.npy", "--scheduler", address, "--force"]
    work.ok(*flags)
    before = {name: work.folder.joinpath(name).read_bytes() for name in work.files()}
    for dry in ([], ["-n"]):
        error = work.refused(*flags, "--dtype", "float16", *dry)
        assert re.search(
            r"error: `s-0000(\d).npy` is of an earlier run with more files than the \1 of", error
        )
    assert {name: work.folder.joinpath(name).read_bytes() for name in work.files()} == before
    hint = re.search(r"hint: rm (\S+), and those after it", error)
    assert hint is not None
    for name in work.files():
        if name.startswith("s-") and name >= hint[1]:
            Path(name).unlink()
    work.ok(*flags, "--dtype", "float16")


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_shards_of_columns_are_what_the_same_rows_give_at_home(
    work: Work, address: str, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    polars = pytest.importorskip("polars")
    monkeypatch.setattr(target_ranges, "SHARD_BYTES", 1 << 17)
    save_all()
    read = polars.read_parquet if suffix == "parquet" else polars.read_ipc
    work.write("names.txt", "".join(f"n{number}\n" for number in range(CLASSES)))
    flags = ["smooth", "soft.npy", "--names", "names.txt", "-o"]
    work.ok(*flags, f"home.{suffix}")
    dry = work.run(*flags, f"s-{{shard}}.{suffix}", "-n", "--scheduler", address)
    told = work.run(*flags, f"s-{{shard}}.{suffix}", "--scheduler", address)
    assert told.code == 0, told.err
    names = [name for name in work.files() if name.startswith("s-")]
    assert len(names) > 3
    assert polars.concat([read(name) for name in names]).equals(read(f"home.{suffix}"))
    assert read(names[0]).columns == [f"n{number}" for number in range(CLASSES)]
    size = re.search(r"\(.*?\)", told.err)
    assert size is not None
    assert size.group() in dry.err
    np.save("soft.npy", np.load("soft.npy")[: read(names[0]).height])
    work.ok(*flags, f"first.{suffix}")
    assert Path(names[0]).read_bytes() == Path(f"first.{suffix}").read_bytes()


def test_shards_of_weights_count_the_rows_of_the_input(
    work: Work, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    polars = pytest.importorskip("polars")
    monkeypatch.setattr(target_ranges, "SHARD_BYTES", 1 << 16)
    save_all()
    flags = ["smooth", "hard.npy", "odd.npy", "-k", 7, "--ignore=-100", "--layout", "long", "-o"]
    work.ok(*flags, "home.parquet")
    work.ok(*flags, "s-{shard}.parquet", "--scheduler", address)
    names = [name for name in work.files() if name.startswith("s-")]
    assert len(names) > 8
    home = polars.read_parquet("home.parquet")
    assert polars.concat([polars.read_parquet(name) for name in names]).equals(home)
    assert home["row"].max() > ROWS


@pytest.mark.parametrize("suffix", ["npy", "parquet"])
def test_a_shard_that_a_lost_worker_has_begun_is_written_anew(
    work: Work, address: str, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    pytest.importorskip("polars")
    save_all()
    work.ok("smooth", "hard.npy", "-o", f"home.{suffix}")
    real = SharedSink.make_shards

    def begun(self: SharedSink, count: int) -> list[str | None]:
        paths = real(self, count)
        for path in paths:
            Path(str(path)).write_bytes(b"begun" * 1_000_000)
        return paths

    monkeypatch.setattr(SharedSink, "make_shards", begun)
    work.ok("smooth", "hard.npy", "-o", f"s-{{shard}}.{suffix}", "--scheduler", address)
    assert Path(f"s-00000.{suffix}").read_bytes() == Path(f"home.{suffix}").read_bytes()


def test_a_worker_that_cannot_write_columns_is_named(
    work: Work, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_all()
    give_workers(monkeypatch, "polars", None)
    flags = ["smooth", "hard.npy", "--scheduler", address, "-o"]
    error = work.refused(*flags, "s-{shard}.parquet")
    assert re.search(r"the worker tcp://127\.0\.0\.1:\d+ has no polars, wanted \d", error)
    assert "install polars" in error
    work.ok(*flags, "s-{shard}.npy")
    monkeypatch.setitem(sys.modules, "polars", None)
    assert "pip install 'lsmooth[polars]'" in work.refused(*flags, "t-{shard}.parquet")


def test_shards_need_no_open_file_each(work: Work, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    monkeypatch.setattr(target_ranges, "SHARD_BYTES", 1)
    np.save("hard.npy", random().integers(0, CLASSES, 512 * 300))
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, most))
    try:
        work.ok("smooth", "hard.npy", "-o", "s-{shard}.npy", "--scheduler", address)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))
    assert len(work.files()) == 301
