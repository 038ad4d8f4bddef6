"""Chunks of arrays read into memory that is used again."""

from __future__ import annotations

from dataclasses import replace

from lsmooth.files.npy import NpyChunk
from lsmooth.smoothing.blocks import Scratch


def read_into(chunk: NpyChunk, scratch: Scratch) -> NpyChunk:
    """Return a chunk that holds its rows; they are valid until memory is next read into."""
    if chunk.held is not None:
        return chunk
    assert chunk.table is not None
    size = chunk.rows * chunk.table.columns * chunk.table.dtype.itemsize
    return replace(chunk, held=chunk.into(scratch.bytes("read", size)))
