"""The other ways to do the work, each a function: `python -m tests.benchmarks.peers NAME ARGUMENT...`.

Each prints the seconds of its work. Imports come first and are not counted.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

Work = Callable[[], object]


def write_array(labels: str, classes: str, output: str) -> Work:
    """The usual numpy script: one-hot rows, smoothed, saved."""
    import numpy as np

    def work() -> None:
        indices, count = np.load(labels), int(classes)
        one_hot = np.zeros((len(indices), count), dtype=np.float32)
        one_hot[np.arange(len(indices)), indices] = 1
        np.save(output, one_hot * np.float32(1 - 0.1) + np.float32(0.1 / count))

    return work


def write_conditional(labels: str, probabilities: str, output: str) -> Work:
    """The numpy script where each row has an ε by the entropy of its prediction."""
    import numpy as np

    def work() -> None:
        indices, p = np.load(labels), np.load(probabilities)
        count = p.shape[1]
        uncertainty = -(p * np.log(p)).sum(axis=1) / np.log(np.float32(count))
        epsilon = (np.float32(0.2) * uncertainty)[:, None]
        one_hot = np.eye(count, dtype=np.float32)[indices]
        np.save(output, one_hot * (1 - epsilon) + epsilon / count)

    return work


def text_polars(labels: str, classes: str, output: str) -> Work:
    """Polars: read, smooth, write."""
    pl: Any = import_module("polars")

    def work() -> None:
        count = int(classes)
        on, off = 1 - 0.1 + 0.1 / count, 0.1 / count
        label = pl.col("label")
        frame = pl.read_csv(labels, has_header=False, new_columns=["label"])
        frame.select(
            pl.when(label == k).then(on).otherwise(off).alias(str(k)) for k in range(count)
        ).write_csv(output, include_header=False)

    return work


def text_pandas(labels: str, classes: str, output: str) -> Work:
    """Pandas: read, smooth, write."""
    import numpy as np

    pd: Any = import_module("pandas")

    def work() -> None:
        count = int(classes)
        indices = pd.read_csv(labels, header=None)[0].to_numpy()
        rows = np.eye(count)[indices] * (1 - 0.1) + 0.1 / count
        pd.DataFrame(rows).to_csv(output, header=False, index=False)

    return work


def text_numpy(labels: str, classes: str, output: str) -> Work:
    """numpy.loadtxt and numpy.savetxt."""
    import numpy as np

    def work() -> None:
        count = int(classes)
        indices = np.loadtxt(labels, dtype=np.int64)
        np.savetxt(output, np.eye(count)[indices] * (1 - 0.1) + 0.1 / count, delimiter=",")

    return work


def read_text(path: str) -> Work:
    """numpy.loadtxt alone."""
    import numpy as np

    return lambda: np.loadtxt(path, delimiter=",")


def read_bytes(path: str) -> Work:
    """Reading a file in blocks of 1 MiB."""

    def work() -> None:
        block = bytearray(1 << 20)
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            while file.readinto(block):
                pass

    return work


def torch_blocks(logits: str, labels: str) -> Work:
    """PyTorch on the mapped array, 4096 rows at a time, all cores."""
    import numpy as np

    torch: Any = import_module("torch")

    torch.set_num_threads(len(os.sched_getaffinity(0)))

    def work() -> None:
        z, y = np.load(logits, mmap_mode="c"), torch.from_numpy(np.load(labels))
        total = 0.0
        for start in range(0, len(z), 4096):
            rows = torch.from_numpy(z[start : start + 4096])
            total += torch.nn.functional.cross_entropy(
                rows, y[start : start + 4096], label_smoothing=0.1, reduction="sum"
            ).item()

    return work


def torch_script(logits: str, labels: str) -> Work:
    """The usual PyTorch script."""
    import numpy as np

    torch: Any = import_module("torch")

    def work() -> None:
        z, y = torch.from_numpy(np.load(logits)), torch.from_numpy(np.load(labels))
        torch.nn.functional.cross_entropy(z, y, label_smoothing=0.1).item()

    return work


def torch_probabilities(probabilities: str, labels: str) -> Work:
    """PyTorch on the logarithm of probabilities."""
    import numpy as np

    torch: Any = import_module("torch")

    def work() -> None:
        p, y = torch.from_numpy(np.load(probabilities)), torch.from_numpy(np.load(labels))
        torch.nn.functional.cross_entropy(p.log(), y, label_smoothing=0.1).item()

    return work


PEERS: dict[str, Callable[..., Work]] = {
    peer.__name__.replace("_", "-"): peer
    for peer in (
        write_array,
        write_conditional,
        text_polars,
        text_pandas,
        text_numpy,
        read_text,
        read_bytes,
        torch_blocks,
        torch_script,
        torch_probabilities,
    )
}


def main() -> None:
    """Do the work that is named."""
    work = PEERS[sys.argv[1]](*sys.argv[2:])
    began = time.perf_counter()
    work()
    sys.stdout.write(f"{time.perf_counter() - began}\n")


if __name__ == "__main__":
    main()
