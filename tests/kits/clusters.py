"""What the tests of a cluster share: files, and workers that are killed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

distributed = pytest.importorskip("distributed")
ROWS, CLASSES = 20_011, 7


def random() -> np.random.Generator:
    return np.random.default_rng(5)


def save_all(rows: int = ROWS) -> None:
    """Save labels of every kind, and predictions."""
    labels = random().integers(0, CLASSES, rows)
    np.save("hard.npy", labels.astype(np.uint8))
    np.save("odd.npy", np.where(labels == 3, -100, labels))
    np.save("map.npy", labels[:20_000].reshape(50, 20, 20).astype(np.int16))
    soft = random().random((rows, CLASSES))
    soft /= soft.sum(axis=1, keepdims=True)
    np.save("soft.npy", soft)
    np.save("columns.npy", np.asfortranarray(soft))
    np.save("tags.npy", random().integers(0, 2, (rows, CLASSES)).astype(np.uint8))
    np.save("logits.npy", random().normal(0, 2, (rows, CLASSES)).astype(np.float32))
    np.save("probs.npy", soft.astype(np.float32))


def give_workers(monkeypatch: pytest.MonkeyPatch, package: str, version: str | None) -> None:
    """Have the workers say that they have a package in some version, or not at all."""
    real = distributed.Client.get_versions

    def versions(self: Any, **given: Any) -> Any:
        told = real(self, **given)
        for each in told["workers"].values():
            each["packages"][package] = version
        return told

    monkeypatch.setattr(distributed.Client, "get_versions", versions)
