"""Packing with zstd, by the library of an extra: the standard one from Python 3.14."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


__all__ = ["unzst", "zst", "zstd"]


def zst(data: bytes) -> bytes:
    """Return data packed with a checksum, as the command does."""
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})


def unzst(data: bytes) -> bytes:
    """Return all members unpacked."""
    return zstd.decompress(data)
