"""A cluster of two processes, and files that are cut into many ranges."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from lsmooth.pipeline import ranges


@pytest.fixture(scope="module")
def local() -> Iterator[Any]:
    """A cluster of two processes, with two threads each."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=2, processes=True, dashboard_address=":0"
    ) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    """The program silences them."""
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def address(local: Any) -> str:
    """The address of its scheduler."""
    return str(local.scheduler_address)


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut small files into many ranges, each with several blocks' worth of rows."""
    monkeypatch.setattr(ranges, "RANGE_BYTES", 1 << 15)
    for module in ("target_pass", "targets", "loss_pass"):
        monkeypatch.setattr(f"lsmooth.pipeline.{module}.block_rows", lambda *_, **__: 512, raising=False)
