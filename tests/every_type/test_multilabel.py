"""Labels each on its own, and votes."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Work
from kits.every_type import HEIGHT, Array, Q, Z, targets, took

MULTI: Array = np.array([[1.0, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 1]])


def multilabel_by_hand(epsilon: float, beta: float) -> Array:
    """A positive gets 1-ε/2; of the others the nearest to a positive gets ε/2, farther ones less."""
    rows = []
    for row in MULTI:
        positive = row == 1
        if not positive.any() or positive.all():
            rows.append(np.where(positive, 1 - epsilon / 2, epsilon / 2))
            continue
        near = HEIGHT[positive].min(axis=0)
        near = near - near[~positive].min()
        rows.append(np.where(positive, 1 - epsilon / 2, epsilon / 2 * np.exp(-beta * near)))
    return np.array(rows)


@pytest.mark.parametrize("spread", [[], ["--spread", "half"]])
def test_half_on_multilabel_rows_with_a_tree(files: Work, spread: list[str]) -> None:
    np.save("m.npy", MULTI)
    np.save("z.npy", Z[:4])
    flags = ["--labels", "multilabel", "-e", 0.2, "--hierarchy", "tree.csv", "--beta", 2, *spread]
    found = targets(files, "m.npy", *flags)
    np.testing.assert_allclose(found, multilabel_by_hand(0.2, 2), rtol=1e-12)
    p = 1 / (1 + np.exp(-Z[:4]))
    wanted = -(found * np.log(p) + (1 - found) * np.log1p(-p)).mean()
    told = took(files, "z.npy", "m.npy", *flags)
    assert told["loss"] == pytest.approx(wanted, rel=1e-12)
    assert told["kind"] == "sigmoid"
    floor = -(found * np.log(found) + (1 - found) * np.log1p(-found)).mean()
    assert told["floor"] == pytest.approx(floor, rel=1e-12)


def test_ancestors_are_closed_by_the_worked_numbers(work: Work) -> None:
    work.write(
        "tree.csv",
        "root,animal\nroot,vehicle\nroot,plant\nanimal,cat\nanimal,dog\nvehicle,land\nvehicle,boat\n"
        "land,car\nland,truck\n",
    )
    names = "vehicle,land,car,truck,boat,animal,cat,dog,plant"
    work.write("m.csv", f"{names}\n0,0,1,0,0,0,0,0,0\n0,0,1,0,0,0,1,0,0\n")
    found = targets(work, "m.csv", "--labels", "multilabel", "-e", 0.1, "--hierarchy", "tree.csv")
    far = 0.00347417
    np.testing.assert_allclose(
        found,
        [
            [0.95, 0.95, 0.95, 0.05, 0.01317986, far, far, far, far],
            [0.95, 0.95, 0.95, 0.05, 0.01317986, 0.95, 0.95, 0.05, far],
        ],
        atol=5e-9,
    )


@pytest.mark.parametrize(
    ("flags", "epsilon"),
    [
        (["--per-class", "0,.1,.2,.4"], np.array([[0, 0.1, 0.2, 0.4]])),
        (["-e", "0:0.4", "--epoch", "2/3"], np.array([[0.2]])),
        (["--epsilon-column", "eps"], np.array([[0.1], [0.2], [0.3], [0.5]])),
        (["--per-class", "a=.2,*=.6", "--epsilon-by", "who"], np.array([[0.2], [0.6], [0.2], [0.6]])),
    ],
)
def test_the_amounts_that_multilabel_rows_have(files: Work, flags: list[str], epsilon: Array) -> None:
    cells = zip(MULTI.astype(int).tolist(), (0.1, 0.2, 0.3, 0.5), "abab", strict=True)
    rows = "".join(f"{','.join(map(str, row))},{e},{who}\n" for row, e, who in cells)
    files.write("m.csv", "w,x,y,z,eps,who\n" + rows)
    flags = [*flags, "--labels", "multilabel", "--label-columns", "w:z"]
    found = targets(files, "m.csv", *flags)
    np.testing.assert_allclose(found, MULTI * (1 - epsilon) + epsilon / 2, rtol=1e-14)
    np.save("z.npy", Z[:4])
    p = 1 / (1 + np.exp(-Z[:4]))
    told = took(files, "z.npy", "m.csv", *flags)
    assert told["loss"] == pytest.approx(-(found * np.log(p) + (1 - found) * np.log1p(-p)).mean(), rel=1e-12)


# votes


@pytest.mark.parametrize(("count", "wanted"), [(0, [0.75, 0.25, 0]), (1, [4 / 7, 2 / 7, 1 / 7])])
def test_votes_become_shares(work: Work, count: float, wanted: list[float]) -> None:
    work.write("v.csv", "3,1,0\n")
    found = targets(work, "v.csv", "--labels", "votes", "--pseudocount", count, "-e", 0)
    np.testing.assert_allclose(found, [wanted], rtol=1e-15)
    found = targets(
        work, "v.csv", "--labels", "votes", "--pseudocount", count, "-e", 0.3, "--spread", "others"
    )
    np.testing.assert_allclose(found, [[x * 0.7 + (1 - x) * 0.15 for x in wanted]], rtol=1e-14)


def test_a_row_without_votes(work: Work) -> None:
    work.write("v.csv", "1,1\n0,0\n")
    assert "v.csv:2" in work.refused("smooth", "v.csv", "--labels", "votes", "-e", 0)
    out = work.ok("smooth", "v.csv", "--labels", "votes", "-e", 0, "--pseudocount", 0.5)
    assert out == "0.5,0.5\n0.5,0.5\n"


VOTES = np.array([[2, 1, 0], [0, 0, 1], [1, 1, 1], [0, 5, 0], [1, 0, 1]])


def long_table(annotators: bool) -> str:
    lines = ["item,annotator,label" if annotators else "item,label"]
    for item, row in enumerate(VOTES.tolist()):
        votes = [k for k, count in enumerate(row) for _ in range(count)]
        lines += [f"img{item},w{j},{v}" if annotators else f"img{item},{v}" for j, v in enumerate(votes)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("size", [None, 1, 7, 16, 40])
@pytest.mark.parametrize("annotators", [True, False])
def test_long_tables_count_as_wide_ones(
    work: Work, monkeypatch: pytest.MonkeyPatch, annotators: bool, size: int | None
) -> None:
    work.write("tree.csv", "r,a\na,0\na,1\nr,2\n")
    work.write("wide.csv", "".join(f"{a},{b},{c}\n" for a, b, c in VOTES.tolist()))
    work.write("long.csv", long_table(annotators))
    np.save("z.npy", Z[:5, :3])
    np.save("q.npy", Q[:5, :3] / Q[:5, :3].sum(axis=1, keepdims=True))
    for flags in (
        ["-e", "0"],
        ["-e", "0.2", "--pseudocount", "1"],
        ["-e", "0.2", "--hierarchy", "tree.csv", "--spread", "others"],
        ["-e", "0:0.2", "--conditional", "q.npy"],
        ["-e", "0:0.2", "--adaptive", "q.npy"],
        ["-e", "0.1:0.2", "--epoch", "2/2", "--ordinal"],
    ):
        wide = ["wide.csv", "--labels", "votes", *flags]
        long = ["long.csv", "--item", "item", "--column", "label", *flags]
        wanted, loss = targets(work, *wide), took(work, "z.npy", *wide)
        with monkeypatch.context() as patch:
            if size is not None:
                patch.setattr("lsmooth.files.delimited.READ_BYTES", size)
                patch.setattr("lsmooth.pipeline.engine.BLOCK_BYTES", 1)
                patch.setattr("lsmooth.pipeline.engine.SHARED_BYTES", 1)
            np.testing.assert_array_equal(targets(work, *long, "-k", 3), wanted)
            found = took(work, "z.npy", *long)
        assert (found["loss"], found["floor"]) == (loss["loss"], loss["floor"])


def test_prior_labels_of_votes_is_the_mean_of_their_rows(work: Work) -> None:
    work.write("wide.csv", "".join(f"{a},{b},{c}\n" for a, b, c in VOTES.tolist()))
    shares = VOTES / VOTES.sum(axis=1, keepdims=True)
    found = targets(work, "wide.csv", "--labels", "votes", "-e", 0.5, "--prior", "labels")
    np.testing.assert_allclose(found, shares / 2 + shares.mean(axis=0) / 2, rtol=1e-13)


def test_prior_labels_of_a_long_table_is_that_of_the_wide_one(work: Work) -> None:
    work.write("long.csv", long_table(annotators=False))
    shares = VOTES / VOTES.sum(axis=1, keepdims=True)
    flags = ["--item", "item", "--column", "label", "-k", 3, "-e", 0.5, "--prior", "labels"]
    found = targets(work, "long.csv", *flags)
    np.testing.assert_allclose(found, shares / 2 + shares.mean(axis=0) / 2, rtol=1e-13)


def test_long_tables_by_name_keep_and_ignore(work: Work) -> None:
    work.write("t.csv", "item,where,label\n1,x,cat\n1,x,dog\n2,y,?\n2,y,dog\n")
    out = work.ok(
        *("smooth", "t.csv", "--item", "item", "--column", "label", "-e", 0),
        *("--keep", "item,where", "--ignore", "?"),
    )
    assert out == "item,where,cat,dog\n1,x,0.5,0.5\n2,y,0.0,1.0\n"


def test_the_label_column_of_a_long_table_is_told_by_its_name_or_alone(work: Work) -> None:
    work.write("two.csv", "img,vote\na,0\na,1\nb,1\n")
    assert work.ok("smooth", "two.csv", "--item", "img", "-e", 0) == "class_0,class_1\n0.5,0.5\n0.0,1.0\n"
    work.write("three.csv", "img,annotator,label\na,7,0\na,8,1\nb,7,1\n")
    assert work.ok("smooth", "three.csv", "--item", "img", "-e", 0) == "class_0,class_1\n0.5,0.5\n0.0,1.0\n"


def test_an_item_that_comes_back_is_told_with_its_line(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    work.write("t.csv", "item,label\na,0\na,1\nb,1\na,0\n")
    for size in (1 << 18, 1):
        monkeypatch.setattr("lsmooth.files.delimited.READ_BYTES", size)
        error = work.refused("smooth", "t.csv", "--item", "item", "-k", 2, "-o", "out.csv")
        assert "t.csv:5" in error
        assert "`a`" in error


def test_items_go_on_over_files(work: Work) -> None:
    work.write("a.csv", "item,label\nx,0\ny,1\n")
    work.write("b.csv", "item,label\ny,0\nz,1\n")
    out = work.ok("smooth", "a.csv", "b.csv", "--item", "item", "-e", 0, "-k", 2)
    assert out == "class_0,class_1\n1.0,0.0\n0.5,0.5\n0.0,1.0\n"
