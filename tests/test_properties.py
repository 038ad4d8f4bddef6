"""Properties: what holds for any labels, any ε, any classes, and any way to cut a file into blocks."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from kits.packing import zst
from numpy.typing import NDArray

import lsmooth
from lsmooth.errors import LsmoothWarning
from lsmooth.smoothing import Rule

pytestmark = pytest.mark.filterwarnings("ignore::lsmooth.errors.LsmoothWarning")

Array = NDArray[Any]

QUICK = settings(max_examples=40, deadline=None)
#: Each example writes files into the one scratch folder, over those of the example before.
FILES = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

SHARED: list[Rule] = ["all", "others"]
RULES: list[Rule] = ["all", "others", "half", "flip"]

epsilons = st.floats(0, 1) | st.sampled_from([0.0, 0.1, 0.5, 1.0])
seeds = st.integers(0, 2**32 - 1)


@st.composite
def hard_labels(draw: st.DrawFn, least: int = 2) -> tuple[Array, int]:
    """Class indices and K."""
    classes = draw(st.integers(least, 12))
    labels = draw(st.lists(st.integers(0, classes - 1), min_size=1, max_size=8))
    return np.array(labels), classes


@st.composite
def soft_labels(draw: st.DrawFn) -> Array:
    """Rows of probabilities, zeros and ones among them."""
    classes = draw(st.integers(2, 8))
    parts = st.lists(st.integers(0, 20), min_size=classes, max_size=classes).filter(any)
    counts = np.array(draw(st.lists(parts, min_size=1, max_size=6)), dtype=float)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


@st.composite
def priors(draw: st.DrawFn, classes: int) -> Array:
    """Weights of K classes, all above 0."""
    weight = st.floats(0.001, 1000)
    return np.array(draw(st.lists(weight, min_size=classes, max_size=classes)))


def bits(array: Array) -> tuple[Any, ...]:
    """An array for a comparison bit for bit."""
    return array.shape, array.dtype, array.tobytes()


def one_hot(labels: Array, classes: int) -> Array:
    """The rows of class indices."""
    return np.asarray(np.eye(classes)[labels])


# Sums, sizes, order


@QUICK
@given(hard_labels(), epsilons, st.sampled_from(SHARED), st.data())
def test_rows_of_hard_labels_sum_to_1(
    hard: tuple[Array, int], epsilon: float, rule: Rule, data: st.DataObject
) -> None:
    labels, classes = hard
    prior = data.draw(st.none() | priors(classes))
    targets = lsmooth.smooth(labels, epsilon, classes, rule, prior=prior)
    assert targets.shape == (len(labels), classes)
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert ((targets >= 0) & (targets <= 1)).all()


@QUICK
@given(soft_labels(), epsilons, st.sampled_from(SHARED), st.data())
def test_rows_of_soft_labels_sum_to_1(rows: Array, epsilon: float, rule: Rule, data: st.DataObject) -> None:
    prior = data.draw(st.none() | priors(rows.shape[1]))
    targets = lsmooth.smooth(rows, epsilon, spread=rule, prior=prior)
    assert targets.shape == rows.shape
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert ((targets >= 0) & (targets <= 1 + 1e-15)).all()


@QUICK
@given(hard_labels(least=4), epsilons, st.sampled_from(SHARED), st.data())
def test_rows_sum_to_1_without_the_excluded_classes(
    hard: tuple[Array, int], epsilon: float, rule: Rule, data: st.DataObject
) -> None:
    labels, classes = hard
    free = sorted(set(range(classes)) - set(labels.tolist()))
    assume(free)
    excluded = data.draw(st.lists(st.sampled_from(free), min_size=1, unique=True))
    assume(classes - len(excluded) >= 2)
    prior = data.draw(st.none() | priors(classes))
    targets = lsmooth.smooth(labels, epsilon, classes, rule, prior=prior, exclude=excluded)
    assert (targets[:, excluded] == 0).all()
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=0, atol=1e-12)


@QUICK
@given(hard_labels(), epsilons)
def test_labels_on_their_own_sum_to_what_their_formula_says(hard: tuple[Array, int], epsilon: float) -> None:
    labels, classes = hard
    half = lsmooth.smooth(labels, epsilon, classes, "half").sum(axis=1)
    np.testing.assert_allclose(half, 1 - epsilon + classes * epsilon / 2, rtol=0, atol=1e-12)
    flip = lsmooth.smooth(labels, epsilon, classes, "flip").sum(axis=1)
    np.testing.assert_allclose(flip, 1 - 2 * epsilon + classes * epsilon, rtol=0, atol=1e-12)


@QUICK
@given(hard_labels(), st.floats(0, 0.999), st.sampled_from(RULES))
def test_the_argmax_of_hard_labels_is_kept(hard: tuple[Array, int], share: float, rule: Rule) -> None:
    labels, classes = hard
    most = {"all": 1.0, "half": 1.0, "others": (classes - 1) / classes, "flip": 0.5}[rule]
    targets = lsmooth.smooth(labels, share * most, classes, rule)
    rows = np.arange(len(labels))
    on = targets[rows, labels].copy()
    targets[rows, labels] = -1
    assert (on > targets.max(axis=1)).all()


@QUICK
@given(hard_labels(), st.floats(1.01, 2), st.sampled_from(["others", "flip"]))
def test_the_argmax_is_lost_beyond_the_limit(hard: tuple[Array, int], excess: float, rule: Rule) -> None:
    labels, classes = hard
    epsilon = {"others": (classes - 1) / classes, "flip": 0.5}[rule] * excess
    assume(epsilon <= 1)
    with pytest.warns(LsmoothWarning):
        targets = lsmooth.smooth(labels, epsilon, classes, rule)
    assert (targets.argmax(axis=1) != labels).all()


@QUICK
@given(hard_labels(), st.sampled_from(RULES), st.data())
def test_epsilon_0_gives_hard_labels_back_bit_for_bit(
    hard: tuple[Array, int], rule: Rule, data: st.DataObject
) -> None:
    labels, classes = hard
    prior = data.draw(st.none() | priors(classes)) if rule in SHARED else None
    targets = lsmooth.smooth(labels, 0, classes, rule, prior=prior)
    assert bits(targets) == bits(one_hot(labels, classes))


@QUICK
@given(soft_labels(), st.sampled_from(RULES), st.data())
def test_epsilon_0_gives_soft_labels_back_bit_for_bit(rows: Array, rule: Rule, data: st.DataObject) -> None:
    prior = data.draw(st.none() | priors(rows.shape[1])) if rule in SHARED else None
    assert bits(lsmooth.smooth(rows, 0, spread=rule, prior=prior)) == bits(rows)


@QUICK
@given(hard_labels(), st.data())
def test_epsilon_1_gives_the_spread(hard: tuple[Array, int], data: st.DataObject) -> None:
    labels, classes = hard
    assert (lsmooth.smooth(labels, 1, classes) == 1 / classes).all()
    prior = data.draw(priors(classes))
    targets = lsmooth.smooth(labels, 1, classes, prior=prior)
    np.testing.assert_allclose(targets, np.tile(prior / prior.sum(), (len(labels), 1)), rtol=1e-12)


@QUICK
@given(soft_labels(), epsilons, epsilons, st.floats(0, 1), st.sampled_from(RULES), st.data())
def test_targets_are_affine_in_epsilon(
    rows: Array, low: float, high: float, share: float, rule: Rule, data: st.DataObject
) -> None:
    prior = data.draw(st.none() | priors(rows.shape[1])) if rule in SHARED else None
    at = [
        lsmooth.smooth(rows, epsilon, spread=rule, prior=prior)
        for epsilon in (low, min(1.0, low * (1 - share) + high * share), high)
    ]
    np.testing.assert_allclose(at[1], (1 - share) * at[0] + share * at[2], rtol=0, atol=1e-12)


@QUICK
@given(hard_labels(), epsilons, st.sampled_from(RULES), st.data())
def test_a_permutation_of_the_classes_permutes_the_targets(
    hard: tuple[Array, int], epsilon: float, rule: Rule, data: st.DataObject
) -> None:
    labels, classes = hard
    new_place = np.array(data.draw(st.permutations(range(classes))))
    prior = data.draw(st.none() | priors(classes)) if rule in SHARED else None
    moved_prior = None
    if prior is not None:
        moved_prior = np.empty(classes)
        moved_prior[new_place] = prior
    targets = lsmooth.smooth(labels, epsilon, classes, rule, prior=prior)
    moved = lsmooth.smooth(new_place[labels], epsilon, classes, rule, prior=moved_prior)
    assert bits(moved[:, new_place]) == bits(targets)


@QUICK
@given(soft_labels(), epsilons, st.sampled_from(RULES), st.data())
def test_a_permutation_of_the_columns_of_soft_rows_permutes_the_targets(
    rows: Array, epsilon: float, rule: Rule, data: st.DataObject
) -> None:
    order = np.array(data.draw(st.permutations(range(rows.shape[1]))))
    targets = lsmooth.smooth(rows, epsilon, spread=rule)
    moved = lsmooth.smooth(np.ascontiguousarray(rows[:, order]), epsilon, spread=rule)
    assert bits(moved) == bits(np.ascontiguousarray(targets[:, order]))


@QUICK
@given(soft_labels(), epsilons, st.sampled_from(RULES), st.data())
def test_a_permutation_of_the_rows_permutes_the_targets(
    rows: Array, epsilon: float, rule: Rule, data: st.DataObject
) -> None:
    order = np.array(data.draw(st.permutations(range(len(rows)))))
    prior = data.draw(st.none() | priors(rows.shape[1])) if rule in SHARED else None
    targets = lsmooth.smooth(rows, epsilon, spread=rule, prior=prior)
    moved = lsmooth.smooth(rows[order], epsilon, spread=rule, prior=prior)
    assert bits(moved) == bits(targets[order])


@QUICK
@given(hard_labels(), epsilons, st.sampled_from(RULES))
def test_one_hot_rows_give_the_bits_of_indices(hard: tuple[Array, int], epsilon: float, rule: Rule) -> None:
    labels, classes = hard
    by_index = lsmooth.smooth(labels, epsilon, classes, rule)
    assert bits(lsmooth.smooth(one_hot(labels, classes), epsilon, spread=rule)) == bits(by_index)
    as_ints = one_hot(labels, classes).astype(np.uint8)
    assert bits(lsmooth.smooth(as_ints, epsilon, spread=rule)) == bits(by_index)


@QUICK
@given(hard_labels(), epsilons, st.sampled_from(SHARED), st.data())
def test_one_hot_rows_with_a_prior_give_the_numbers_of_indices(
    hard: tuple[Array, int], epsilon: float, rule: Rule, data: st.DataObject
) -> None:
    labels, classes = hard
    prior = data.draw(priors(classes))
    by_index = lsmooth.smooth(labels, epsilon, classes, rule, prior=prior)
    by_row = lsmooth.smooth(one_hot(labels, classes), epsilon, spread=rule, prior=prior)
    np.testing.assert_allclose(by_row, by_index, rtol=1e-12, atol=1e-15)


@QUICK
@given(soft_labels(), epsilons, st.sampled_from(SHARED), st.data())
def test_a_soft_row_is_the_mixture_of_the_targets_of_its_classes(
    rows: Array, epsilon: float, rule: Rule, data: st.DataObject
) -> None:
    classes = rows.shape[1]
    prior = data.draw(st.none() | priors(classes))
    matrix = lsmooth.smooth(range(classes), epsilon, classes, rule, prior=prior)
    targets = lsmooth.smooth(rows, epsilon, spread=rule, prior=prior)
    # `others` divides by what a prior leaves to them, the digits of which are lost beside a share near 1
    left = 1.0 if prior is None else 1 - prior.max() / prior.sum()
    np.testing.assert_allclose(targets, rows @ matrix, rtol=0, atol=max(1e-12, 1e-15 / left))


@QUICK
@given(soft_labels(), epsilons, epsilons, st.data())
def test_smoothing_twice_is_smoothing_once_by_1_minus_the_product(
    rows: Array, first: float, second: float, data: st.DataObject
) -> None:
    prior = data.draw(st.none() | priors(rows.shape[1]))
    twice = lsmooth.smooth(lsmooth.smooth(rows, first, prior=prior), second, prior=prior)
    once = lsmooth.smooth(rows, 1 - (1 - first) * (1 - second), prior=prior)
    np.testing.assert_allclose(twice, once, rtol=0, atol=1e-12)


def test_smoothing_by_a_tenth_and_then_a_fifth_is_smoothing_by_28_hundredths() -> None:
    rows = np.eye(7)
    twice = lsmooth.smooth(lsmooth.smooth(rows, 0.1), 0.2)
    np.testing.assert_allclose(twice, lsmooth.smooth(rows, 0.28), rtol=0, atol=2e-16)


@QUICK
@given(soft_labels(), st.floats(0, 0.9))
def test_the_inverse_formula_gives_the_labels_back(rows: Array, epsilon: float) -> None:
    # smoothing by -ε/(1-ε) undoes smoothing by ε
    inverse = -epsilon / (1 - epsilon)
    targets = lsmooth.smooth(rows, epsilon)
    back = targets * (1 - inverse) + inverse / rows.shape[1]
    np.testing.assert_allclose(back, rows, rtol=0, atol=1e-12)


@QUICK
@given(hard_labels(least=3), st.floats(0, 1))
def test_all_is_others_with_epsilon_less_by_the_share_of_the_true_class(
    hard: tuple[Array, int], epsilon: float
) -> None:
    # ε of `all` is ε of `others` times K/(K-1)
    labels, classes = hard
    by_all = lsmooth.smooth(labels, epsilon, classes, "all")
    by_others = lsmooth.smooth(labels, epsilon * (classes - 1) / classes, classes, "others")
    np.testing.assert_allclose(by_all, by_others, rtol=0, atol=1e-12)


@QUICK
@given(st.lists(st.integers(0, 1), min_size=1, max_size=9), epsilons)
def test_two_classes_make_half_of_all_and_flip_of_others(labels: list[int], epsilon: float) -> None:
    def smooth(rule: Rule) -> Array:
        return lsmooth.smooth(labels, epsilon, 2, rule)

    assert bits(smooth("half")) == bits(smooth("all"))
    np.testing.assert_allclose(smooth("flip"), smooth("others"), rtol=0, atol=1e-15)
    np.testing.assert_allclose(smooth("flip"), lsmooth.smooth(labels, epsilon, 2, "flip"))


@QUICK
@given(hard_labels(), epsilons, st.sampled_from(RULES), st.data())
def test_ignored_rows_change_no_other_row(
    hard: tuple[Array, int], epsilon: float, rule: Rule, data: st.DataObject
) -> None:
    labels, classes = hard
    hidden = np.array(data.draw(st.lists(st.booleans(), min_size=len(labels), max_size=len(labels))))
    masked = np.where(hidden, -100, labels)
    targets = lsmooth.smooth(labels, epsilon, classes, rule)
    with_zeros = lsmooth.smooth(masked, epsilon, classes, rule, ignore=[-100])
    assert bits(with_zeros[~hidden]) == bits(targets[~hidden])
    assert (with_zeros[hidden] == 0).all()
    dropped = lsmooth.smooth(masked, epsilon, classes, rule, ignore=[-100], ignored="drop")
    assert bits(dropped) == bits(targets[~hidden])


@QUICK
@given(soft_labels(), epsilons, st.sampled_from(RULES))
def test_a_smaller_dtype_is_the_double_cast_once(rows: Array, epsilon: float, rule: Rule) -> None:
    targets = lsmooth.smooth(rows, epsilon, spread=rule)
    for dtype in (np.float32, np.float16):
        cast = lsmooth.smooth(rows, epsilon, spread=rule, dtype=dtype)
        assert bits(cast) == bits(targets.astype(dtype))


# Files: the way to cut them must not be seen


@contextmanager
def sizes(patch: pytest.MonkeyPatch, block: int, learn: int, read: int) -> Iterator[None]:
    """Other sizes of blocks, in bytes of targets, in rows of labels, and in bytes read at once."""
    with patch.context() as other:
        other.setattr("lsmooth.pipeline.engine.BLOCK_BYTES", block)
        other.setattr("lsmooth.pipeline.engine.SHARED_BYTES", block)
        other.setattr("lsmooth.pipeline.engine.LEARN_ROWS", learn)
        other.setattr("lsmooth.pipeline.learn.LEARN_ROWS", learn)
        other.setattr("lsmooth.files.delimited.READ_BYTES", read)
        yield


block_sizes = st.sampled_from([1, 5_000, 12_345, 70_000])
learn_sizes = st.sampled_from([1, 7, 256, 1000, 1001])
read_sizes = st.sampled_from([1, 2, 3, 5, 61, 997, 4096])
#: Round the edges of tiles (256 rows) and of the rows that decide what is read as what (1,000).
counts = st.sampled_from([1, 2, 255, 256, 257, 513, 999, 1000, 1001, 1300])


def numbers_csv(rng: np.random.Generator, rows: int) -> bytes:
    """Class indices, one a line."""
    return "".join(f"{label}\n" for label in rng.integers(0, 5, rows)).encode()


def ignored_csv(rng: np.random.Generator, rows: int) -> bytes:
    """Class indices, -100 and empty cells."""
    cells = rng.choice(["0", "1", "2", "-100", ""], rows - 1)
    return ("".join(f"{label}\n" for label in cells) + "2\n").encode()


def masked_csv(rng: np.random.Generator, rows: int) -> bytes:
    """Class indices and -100."""
    return ("".join(f"{label}\n" for label in rng.choice([0, 1, 2, -100], rows - 1)) + "2\n").encode()


def crlf_csv(rng: np.random.Generator, rows: int) -> bytes:
    """Class indices as floats with CRLF, a byte-order mark, and no last newline."""
    return b"\xef\xbb\xbf" + "\r\n".join(f"{label}.0" for label in rng.integers(0, 4, rows)).encode()


def names_csv(rng: np.random.Generator, rows: int) -> bytes:
    """A header, and names in two alphabets."""
    names = np.array(["cat", "dog", "Ente", "кот", "x y"])
    return ("label\n" + "".join(f"{name}\n" for name in rng.choice(names, rows))).encode()


def quoted_csv(rng: np.random.Generator, rows: int) -> bytes:
    """A table with quotes, delimiters, doubled quotes and line breaks in some of its cells."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "note", "label"])
    notes = ["plain", "a,b", 'say "hi"', "two\nlines", "", "\n\n", 'end"']
    for row in range(rows):
        # long stretches without any quote, so that some blocks have none
        note = notes[rng.integers(0, len(notes))] if row // 100 % 2 else "plain"
        writer.writerow([row, note, f"class {rng.integers(0, 4)}"])
    return out.getvalue().encode()


def quoted_crlf_csv(rng: np.random.Generator, rows: int) -> bytes:
    """The same with CRLF, outside and inside cells."""
    return quoted_csv(rng, rows).replace(b"\n", b"\r\n")


def soft_csv(rng: np.random.Generator, rows: int) -> bytes:
    """Rows of probabilities, all digits."""
    values = rng.dirichlet(np.ones(4), rows)
    return "".join(",".join(map(repr, row)) + "\n" for row in values.tolist()).encode()


def rounded_tsv(rng: np.random.Generator, rows: int) -> bytes:
    """Rows of probabilities with two decimals and a header, which sum to 1 only within them."""
    values = rng.dirichlet(np.ones(3), rows)
    lines = ["a\tb\tc", *("\t".join(f"{x:.2f}" for x in row) for row in values)]
    return ("\n".join(lines) + "\n\n\n").encode()


def npy(values: Array) -> bytes:
    """An array as a file."""
    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


def index_npy(rng: np.random.Generator, rows: int) -> bytes:
    """Class indices of one byte, 255 among them."""
    return npy(rng.choice(np.array([0, 1, 2, 3, 255], dtype=np.uint8), rows))


def map_npy(rng: np.random.Generator, rows: int) -> bytes:
    """Small maps of class indices."""
    return npy(rng.integers(0, 3, (rows, 2, 3)))


def soft_npy(rng: np.random.Generator, rows: int) -> bytes:
    """Rows of probabilities in single precision."""
    return npy(rng.dirichlet(np.ones(5), rows).astype(np.float32))


def fortran_npy(rng: np.random.Generator, rows: int) -> bytes:
    """Rows of probabilities, stored column by column."""
    return npy(np.asfortranarray(rng.dirichlet(np.ones(5), rows)))


def soft_map_npy(rng: np.random.Generator, rows: int) -> bytes:
    """Small maps of probabilities."""
    return npy(rng.dirichlet(np.ones(3), (rows, 2)))


def name_npy(rng: np.random.Generator, rows: int) -> bytes:
    """Names."""
    return npy(rng.choice(np.array(["ant", "bee", "wasp"]), rows))


Make = Callable[[np.random.Generator, int], bytes]

#: name: (what is in the file, its suffix, the options, the suffixes of the output).
CASES: dict[str, tuple[Make, str, dict[str, Any], list[str]]] = {
    "indices": (numbers_csv, "csv", {"header": False}, ["csv", "npy"]),
    "indices and their prior": (numbers_csv, "csv", {"header": False, "prior": "labels"}, ["csv", "npy"]),
    "known classes": (numbers_csv, "csv", {"header": False, "classes": 5}, ["tsv", "npy"]),
    "ignored": (ignored_csv, "csv", {"header": False, "ignore": ["-100", ""], "classes": 3}, ["csv", "npy"]),
    "dropped": (
        masked_csv,
        "csv",
        {"header": False, "ignore": ["-100"], "ignored": "drop"},
        ["csv", "npy", "npy.gz"],
    ),
    "floats and CRLF": (crlf_csv, "csv", {"header": False}, ["csv", "npy"]),
    "names": (names_csv, "csv", {}, ["csv", "npy"]),
    "quotes": (quoted_csv, "csv", {"column": "label", "keep": ["note", "id"]}, ["csv", "tsv"]),
    "quotes and CRLF": (
        quoted_crlf_csv,
        "csv",
        {"column": "label", "spread": "others", "names": [f"class {k}" for k in range(4)]},
        ["csv", "npy"],
    ),
    "a number and quotes": (quoted_csv, "csv", {"column": "id", "classes": 1300}, ["npy"]),
    "soft rows": (soft_csv, "csv", {"header": False, "spread": "others"}, ["csv", "npy"]),
    "soft rows and their prior": (soft_csv, "csv", {"header": False, "prior": "labels"}, ["csv", "npy"]),
    "rounded rows": (rounded_tsv, "tsv", {}, ["tsv", "npy"]),
    "array of indices": (index_npy, "npy", {"ignore": ["255"], "classes": 4}, ["csv", "npy"]),
    "array of indices, dropped": (
        index_npy,
        "npy",
        {"ignore": ["255"], "ignored": "drop", "classes": 4},
        ["csv", "npy", "npy.gz"],
    ),
    "map of indices": (map_npy, "npy", {"labels": "index", "classes": 3, "prior": [1.0, 2.0, 3.0]}, ["npy"]),
    "map of indices, others": (
        map_npy,
        "npy",
        {"labels": "index", "classes": 3, "spread": "others", "prior": [1.0, 2.0, 3.0]},
        ["npy"],
    ),
    "array of rows": (soft_npy, "npy", {"prior": "labels"}, ["csv", "npy"]),
    "array of columns": (fortran_npy, "npy", {"prior": "labels"}, ["csv", "npy"]),
    "map of rows": (soft_map_npy, "npy", {"prior": "labels"}, ["npy"]),
    "array of names": (name_npy, "npy", {"prior": "labels"}, ["csv", "npy"]),
}

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zst,
}


def outputs(source: Path, options: dict[str, Any], suffixes: list[str]) -> list[bytes]:
    """The bytes that smooth_file writes, decompressed."""
    found = []
    for suffix in suffixes:
        target = source.with_name(f"out.{suffix}")
        lsmooth.smooth_file(source, target, force=True, **options)
        data = target.read_bytes()
        found.append(gzip.decompress(data) if suffix.endswith(".gz") else data)
    return found


@pytest.mark.parametrize("case", CASES)
@FILES
@given(seed=seeds, rows=counts, block=block_sizes, learn=learn_sizes, read=read_sizes)
def test_any_size_of_blocks_gives_the_same_bytes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    case: str,
    seed: int,
    rows: int,
    block: int,
    learn: int,
    read: int,
) -> None:
    make, suffix, options, suffixes = CASES[case]
    source = tmp_path / f"in.{suffix}"
    source.write_bytes(make(np.random.default_rng(seed), rows))
    whole = outputs(source, options, suffixes)
    with sizes(monkeypatch, block, learn, read):
        assert outputs(source, options, suffixes) == whole


#: Column by column cannot be streamed.
STREAMED = [case for case in CASES if case != "array of columns"]


@pytest.mark.parametrize("case", STREAMED)
@pytest.mark.parametrize(
    "compression",
    [
        pytest.param("gz"),
        "bz2",
        "xz",
        "zst",
    ],
)
def test_a_compressed_file_gives_the_bytes_of_the_plain_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str, compression: str
) -> None:
    make, suffix, options, suffixes = CASES[case]
    plain = tmp_path / f"in.{suffix}"
    plain.write_bytes(make(np.random.default_rng(7), 1101))
    packed = tmp_path / f"in.{suffix}.{compression}"
    packed.write_bytes(PACK[compression](plain.read_bytes()))
    expected = outputs(plain, options, suffixes)
    assert outputs(packed, options, suffixes) == expected
    with sizes(monkeypatch, 5_000, 300, 61):
        assert outputs(packed, options, suffixes) == expected


def test_a_block_of_nothing_but_ignored_blank_lines_is_read_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(b"0\n" * 1000 + b"\n" * 600 + b"1\n")
    options = {"header": False, "ignore": [""], "ignored": "drop"}
    whole = outputs(source, options, ["npy"])
    with sizes(monkeypatch, 1, 256, 997):
        assert outputs(source, options, ["npy"]) == whole


@FILES
@given(rows=st.lists(st.integers(0, 6), min_size=1, max_size=600), rule=st.sampled_from(RULES), e=epsilons)
def test_indices_give_the_same_bytes_from_csv_and_npy(
    tmp_path: Path, rows: list[int], rule: Rule, e: float
) -> None:
    (tmp_path / "in.csv").write_text("".join(f"{label}\n" for label in rows), newline="")
    np.save(tmp_path / "in.npy", np.array(rows, dtype=np.int16))
    np.save(tmp_path / "column.npy", np.array(rows, dtype=np.float32)[:, None])
    options = {"epsilon": e, "spread": rule, "classes": 7}
    text = outputs(tmp_path / "in.csv", {"header": False, **options}, ["csv", "tsv", "npy"])
    assert outputs(tmp_path / "in.npy", options, ["csv", "tsv", "npy"]) == text
    assert outputs(tmp_path / "column.npy", options, ["csv", "tsv", "npy"]) == text


@FILES
@given(rows=soft_labels(), rule=st.sampled_from(RULES), e=epsilons)
def test_soft_rows_give_the_same_bytes_from_csv_tsv_and_npy(
    tmp_path: Path, rows: Array, rule: Rule, e: float
) -> None:
    np.save(tmp_path / "in.npy", rows)
    options = {"epsilon": e, "spread": rule}
    expected = outputs(tmp_path / "in.npy", options, ["csv", "npy"])
    for suffix, delimiter in (("csv", ","), ("tsv", "\t")):
        source = tmp_path / f"in.{suffix}"
        source.write_text("".join(delimiter.join(map(repr, row)) + "\n" for row in rows.tolist()), newline="")
        assert outputs(source, {"header": False, **options}, ["csv", "npy"]) == expected


@FILES
@given(names=st.lists(st.sampled_from(["ä", "b", "zebra", "a b"]), min_size=1, max_size=50))
def test_names_give_the_same_bytes_from_csv_and_npy(tmp_path: Path, names: list[str]) -> None:
    (tmp_path / "in.csv").write_bytes("".join(f"{name}\n" for name in names).encode())
    np.save(tmp_path / "in.npy", np.array(names))
    expected = outputs(tmp_path / "in.npy", {}, ["csv", "npy"])
    assert outputs(tmp_path / "in.csv", {"header": False}, ["csv", "npy"]) == expected


@FILES
@given(seed=seeds, rows=counts, data=st.data())
def test_several_files_give_the_bytes_of_one(
    tmp_path: Path, seed: int, rows: int, data: st.DataObject
) -> None:
    lines = numbers_csv(np.random.default_rng(seed), rows).splitlines(keepends=True)
    assume(rows > 1)
    cut = data.draw(st.integers(1, rows - 1))
    whole, first, second = (tmp_path / f"{name}.csv" for name in ("whole", "first", "second"))
    whole.write_bytes(b"".join(lines))
    first.write_bytes(b"".join(lines[:cut]))
    second.write_bytes(b"".join(lines[cut:]))
    for suffix in ("csv", "npy"):
        one, two = tmp_path / f"one.{suffix}", tmp_path / f"two.{suffix}"
        lsmooth.smooth_file(whole, one, header=False, prior="labels", force=True)
        lsmooth.smooth_file([first, second], two, header=False, prior="labels", force=True)
        assert two.read_bytes() == one.read_bytes()


@pytest.mark.parametrize("cut", [256, *(pytest.param(cut) for cut in (1, 100, 255, 257, 700))])
@pytest.mark.parametrize("suffix", ["csv", "npy"])
def test_several_files_of_soft_rows_give_the_bytes_of_one(tmp_path: Path, cut: int, suffix: str) -> None:
    # tiles are aligned to the row number, not to the file
    values = np.random.default_rng(cut).dirichlet(np.ones(5), 1000)
    whole, first, second = (tmp_path / f"{name}.{suffix}" for name in ("whole", "first", "second"))
    for path, part in ((whole, values), (first, values[:cut]), (second, values[cut:])):
        if suffix == "npy":
            np.save(path, part)
        else:
            path.write_text("".join(",".join(map(repr, row)) + "\n" for row in part.tolist()), newline="")
    header = False if suffix == "csv" else None
    one, two = tmp_path / "one.npy", tmp_path / "two.npy"
    lsmooth.smooth_file(whole, one, header=header, prior="labels", dtype="float64")
    lsmooth.smooth_file([first, second], two, header=header, prior="labels", dtype="float64")
    assert two.read_bytes() == one.read_bytes()


@FILES
@given(hard=hard_labels(), rule=st.sampled_from(RULES), e=epsilons)
def test_a_file_gives_the_bits_of_the_library_for_indices(
    tmp_path: Path, hard: tuple[Array, int], rule: Rule, e: float
) -> None:
    labels, classes = hard
    np.save(tmp_path / "in.npy", labels)
    options: dict[str, Any] = {"epsilon": e, "spread": rule, "classes": classes, "dtype": "float64"}
    lsmooth.smooth_file(tmp_path / "in.npy", tmp_path / "out.npy", force=True, **options)
    assert bits(np.load(tmp_path / "out.npy")) == bits(lsmooth.smooth(labels, e, classes, rule))


@FILES
@given(rows=soft_labels(), rule=st.sampled_from(RULES), e=epsilons)
def test_a_file_gives_the_bits_of_the_library_for_rows(
    tmp_path: Path, rows: Array, rule: Rule, e: float
) -> None:
    np.save(tmp_path / "in.npy", rows)
    options: dict[str, Any] = {"epsilon": e, "spread": rule, "dtype": "float64"}
    lsmooth.smooth_file(tmp_path / "in.npy", tmp_path / "out.npy", force=True, **options)
    assert bits(np.load(tmp_path / "out.npy")) == bits(lsmooth.smooth(rows, e, spread=rule))


def test_a_file_gives_the_bits_of_the_library_for_the_prior_of_soft_rows(tmp_path: Path) -> None:
    rows = np.random.default_rng(1).dirichlet(np.ones(5), 3000)
    np.save(tmp_path / "in.npy", rows)
    lsmooth.smooth_file(tmp_path / "in.npy", tmp_path / "out.npy", prior="labels", dtype="float64")
    assert bits(np.load(tmp_path / "out.npy")) == bits(lsmooth.smooth(rows, prior="labels"))


@pytest.mark.parametrize("classes", [999, 1000, 1001, 1500])
def test_text_and_npy_agree_below_and_above_a_thousand_classes(tmp_path: Path, classes: int) -> None:
    labels = np.random.default_rng(classes).integers(0, classes, 40)
    labels[3] = -1
    np.save(tmp_path / "in.npy", labels)
    for exclude in ([], [int(np.setdiff1d(np.arange(classes), labels)[0])]):
        for rule in RULES:
            options: dict[str, Any] = {"classes": classes, "spread": rule, "ignore": [-1], "exclude": exclude}
            lsmooth.smooth_file(tmp_path / "in.npy", tmp_path / "out.csv", force=True, **options)
            text = np.loadtxt(tmp_path / "out.csv", delimiter=",")
            lsmooth.smooth_file(
                tmp_path / "in.npy", tmp_path / "out.npy", force=True, dtype="float64", **options
            )
            assert bits(text) == bits(np.load(tmp_path / "out.npy"))
            assert bits(text) == bits(
                lsmooth.smooth(labels, 0.1, classes, rule, ignore=[-1], exclude=exclude)
            )


@FILES
@given(hard=hard_labels(), rule=st.sampled_from(RULES), e=epsilons, dtype=st.sampled_from(["f2", "f4", "f8"]))
def test_text_reads_back_as_the_values_that_npy_holds(
    tmp_path: Path, hard: tuple[Array, int], rule: Rule, e: float, dtype: str
) -> None:
    labels, classes = hard
    np.save(tmp_path / "in.npy", labels)
    name = np.dtype(dtype).name
    options: dict[str, Any] = {"epsilon": e, "spread": rule, "classes": classes, "dtype": name}
    lsmooth.smooth_file(tmp_path / "in.npy", tmp_path / "out.npy", force=True, **options)
    lsmooth.smooth_file(tmp_path / "in.npy", tmp_path / "out.csv", force=True, **options)
    lines = (tmp_path / "out.csv").read_text().splitlines()
    values = np.array([line.split(",") for line in lines], dtype=np.float64).astype(name)
    assert bits(values) == bits(np.load(tmp_path / "out.npy"))
