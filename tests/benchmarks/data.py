"""The files that the work is done on, made block by block from a fixed seed.

`python -m tests.benchmarks.data KIND ROWS CLASSES PATH`, a process of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

BLOCK = 1 << 14


def main() -> None:
    """Write the file that is named."""
    kind, rows, classes, path = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    with path.open("wb") as file:
        file.writelines(KINDS[kind](rows, classes))


def _blocks(rows: int) -> Iterator[int]:
    for start in range(0, rows, BLOCK):
        yield min(BLOCK, rows - start)


def _header(dtype: str, shape: tuple[int, ...]) -> bytes:
    import io

    import numpy as np

    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": dtype, "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def _labels(rows: int, classes: int) -> Iterator[bytes]:
    import numpy as np

    generator = np.random.default_rng(7)
    yield _header("<i8", (rows,))
    for count in _blocks(rows):
        yield generator.integers(classes, size=count).tobytes()


def _labels_text(rows: int, classes: int) -> Iterator[bytes]:
    import numpy as np

    generator = np.random.default_rng(7)
    for count in _blocks(rows):
        yield "".join(f"{label}\n" for label in generator.integers(classes, size=count).tolist()).encode()


def _logits(rows: int, classes: int) -> Iterator[bytes]:
    import numpy as np

    generator = np.random.default_rng(8)
    yield _header("<f4", (rows, classes))
    for count in _blocks(rows):
        yield (3 * generator.standard_normal((count, classes), dtype=np.float32)).tobytes()


def _probabilities(rows: int, classes: int) -> Iterator[bytes]:
    import numpy as np

    generator = np.random.default_rng(9)
    yield _header("<f4", (rows, classes))
    for count in _blocks(rows):
        odds = np.exp(2 * generator.standard_normal((count, classes)))
        yield (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32).tobytes()


def _logits_text(rows: int, classes: int) -> Iterator[bytes]:
    import numpy as np

    generator = np.random.default_rng(10)
    for count in _blocks(rows):
        values = generator.standard_normal((count, classes)).tolist()
        yield "".join(",".join(map(repr, row)) + "\n" for row in values).encode()


KINDS = {
    "labels.npy": _labels,
    "labels.csv": _labels_text,
    "logits.npy": _logits,
    "probs.npy": _probabilities,
    "logits.csv": _logits_text,
}

if __name__ == "__main__":
    main()
