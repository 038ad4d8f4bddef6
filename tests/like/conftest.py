"""Files."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Work
from kits.likeness import LABELS, LOGITS, MULTILABEL, PROBS, K, column


@pytest.fixture
def data(work: Work) -> Work:
    """Logits in z.npy, probabilities in p.npy, labels in y.csv, multilabel rows in m.npy."""
    np.save("z.npy", LOGITS)
    np.save("p.npy", PROBS)
    np.save("m.npy", MULTILABEL)
    np.save("soft.npy", np.eye(K)[LABELS] * 0.7 + 0.3 / K)
    work.write("y.csv", column(LABELS))
    return work
