"""Files."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Work
from kits.formulas import LABELS, LOGITS, LOGS, MULTILABEL, SOFT, column


@pytest.fixture
def data(work: Work) -> Work:
    """Logits in z.npy, probabilities in p.npy, labels in y.csv, i.csv (row 2 ignored), soft.npy, m.csv."""
    np.save("z.npy", LOGITS)
    np.save("p.npy", np.exp(LOGS))
    np.save("soft.npy", SOFT)
    work.write("y.csv", column(LABELS))
    work.write("i.csv", column([*LABELS[:2], -100, *LABELS[3:]]))
    work.write("m.csv", "".join(",".join(map(str, row)) + "\n" for row in MULTILABEL))
    work.write("b.csv", column(LOGITS[:, 0]))
    work.write("b01.csv", column(MULTILABEL[:, 0]))
    return work
