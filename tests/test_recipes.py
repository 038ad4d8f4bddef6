"""The recipes of the README train: each is run as it stands, beside what its library computes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import DATA, Work
from numpy.typing import NDArray

README = (Path(__file__).parent.parent / "README.md").read_text()
NAMES = ["setosa", "versicolor", "virginica"]


def blocks(recipe: str, *kinds: str) -> list[tuple[str, str]]:
    """The kinds of the code blocks of a recipe, and the blocks, in order."""
    (part,) = re.findall(rf"^### {recipe}$(.*?)^##", README, re.DOTALL | re.MULTILINE)
    found = re.findall(r"```(\w+)\n(.*?)```", part, re.DOTALL)
    assert {kind for kind, _ in found} == set(kinds)
    return found


def train(recipe: str, folder: Path, backend: str) -> list[str]:
    """Run the blocks of a recipe beside the irises; return what each of them prints."""
    shutil.copy(DATA / "iris.csv", folder)
    environment = os.environ | {
        "KERAS_BACKEND": backend,
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHON": sys.executable,
    }
    lsmooth = 'set -e; lsmooth() { "$PYTHON" -m lsmooth "$@"; }\n'
    printed = []
    for kind, code in blocks(recipe, "sh", "python"):
        command = [sys.executable, "-c", code] if kind == "python" else ["bash", "-c", lsmooth + code]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout)
    return printed


def features(folder: Path) -> NDArray[np.float64]:
    return np.loadtxt(folder / "iris.csv", delimiter=",", skiprows=1, usecols=range(4))


def softmax(logits: NDArray[Any]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def test_weights_train_as_soft_targets_do(work: Work) -> None:
    pytest.importorskip("sklearn")
    shutil.copy(DATA / "iris.csv", ".")
    (_, shell), (_, code) = blocks("scikit-learn", "sh", "python")
    work.ok(*shell.split()[1:])
    found: dict[str, Any] = {}
    exec(code, found)
    model, x = found["model"], features(work.folder)
    assert model.classes_.tolist() == NAMES
    # where the smoothed cross-entropy with the wide targets and the penalty are lowest, its gradient is 0
    one_hot = np.loadtxt("iris.csv", delimiter=",", skiprows=1, usecols=4, dtype=str)[:, None] == NAMES
    targets = 0.9 * one_hot + 0.1 / 3
    error = model.predict_proba(x) - targets
    np.testing.assert_allclose(error.T @ x + model.coef_ / model.C, 0, atol=0.05)
    np.testing.assert_allclose(error.sum(axis=0), 0, atol=0.01)
    assert np.abs(model.predict_proba(x) - one_hot).sum() > 10, "the targets were soft"


@pytest.mark.parametrize(
    ("recipe", "libraries"),
    [("PyTorch", ("torch",)), ("Keras", ("jax", "keras")), ("Keras", ("torch", "keras"))],
)
def test_a_loop_prints_the_loss_that_lsmooth_gives(
    recipe: str, libraries: tuple[str, ...], tmp_path: Path
) -> None:
    if missing := [library for library in libraries if not find_spec(library)]:
        pytest.skip(f"{missing[0]} is not installed")
    _, printed, taken = train(recipe, tmp_path, backend=libraries[0])
    names = np.loadtxt(tmp_path / "iris.csv", delimiter=",", skiprows=1, usecols=4, dtype=str)
    probabilities = softmax(np.load(tmp_path / "logits.npy").astype(float))
    by_hand = -((0.9 * (names[:, None] == NAMES) + 0.1 / 3) * np.log(probabilities)).sum(axis=1).mean()
    for number in taken.split():
        assert float(number) == pytest.approx(by_hand, rel=1e-6)
        assert float(number) == pytest.approx(float(printed), rel=1e-5)


def test_spark_gets_a_list_for_each_row_of_a_batch() -> None:
    pa = pytest.importorskip("pyarrow")
    ((_, code),) = blocks("Spark", "python")
    found: dict[str, Any] = {}
    exec(code, found)
    batches = [pa.record_batch({"label": pa.array(labels, pa.int64())}) for labels in ([3, 0], [], [9])]
    targets = [batch.to_pydict()["target"] for batch in found["soften"](iter(batches))]
    assert list(map(len, targets)) == [2, 1]
    check_targets(targets[0] + targets[1], [3, 0, 9])


def test_ray_gets_a_list_for_each_row_of_a_table() -> None:
    pa = pytest.importorskip("pyarrow")
    ((_, code),) = blocks("Ray Data", "python")
    found: dict[str, Any] = {}
    exec(code, found)
    table = pa.concat_tables(pa.table({"label": pa.array(labels, pa.int64())}) for labels in ([3], [0, 9]))
    check_targets(found["soften"](table).to_pydict()["target"], [3, 0, 9])


def check_targets(targets: list[list[float]], labels: list[int]) -> None:
    """Each row has ε/K = 0.01 at each class and 0.9 more at its own."""
    np.testing.assert_allclose(targets, 0.01 + 0.9 * np.eye(10)[labels], rtol=1e-7)
