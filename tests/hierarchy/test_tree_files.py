"""Files of trees and of matrices."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kits.trees import LEAVES, Array, edges, tree_t

from lsmooth.errors import LsmoothError
from lsmooth.files.trees import read_matrix, read_tree
from lsmooth.smoothing.hierarchy import Tree


def read(path: Path, content: str | bytes, classes: Sequence[str] = LEAVES) -> Tree:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Tree.from_rows(read_tree(str(path), classes).rows, classes)


def is_t(tree: Tree) -> bool:
    expected = tree_t().distances(np.arange(6), "path")
    return tree.joined == 0 and bool((tree.distances(np.arange(6), "path") == expected).all())


@pytest.mark.parametrize("mark", [",", "\t", " ", "   ", ", "])
@pytest.mark.parametrize("child_first", [False, True])
@pytest.mark.parametrize("header", [False, True])
def test_edges_in_all_their_forms(tmp_path: Path, mark: str, child_first: bool, header: bool) -> None:
    heading = ("Child", "PARENT") if child_first else ("parent", "child")
    content = edges(mark, child_first=child_first, header=mark.join(heading) + "\n" if header else "")
    assert is_t(read(tmp_path / "tree.txt", content))


def test_a_header_is_believed_where_the_columns_could_be_either(tmp_path: Path) -> None:
    tree = read(tmp_path / "t.csv", "child,parent\na,b\nb,c\n", ["a", "c"])
    assert tree.close(np.array([[1.0, 0.0]])).tolist() == [[1, 1]]
    tree = read(tmp_path / "t.csv", "a,b\nb,c\n", ["a", "c"])  # headless: the parent first
    assert tree.close(np.array([[0.0, 1.0]])).tolist() == [[1, 1]]


@pytest.mark.parametrize(
    "content", [edges(",", end="\r\n"), "\ufeff" + edges(","), edges(",") + "\n\n", edges(",") * 2]
)
def test_edges_with_other_line_ends_a_mark_blank_lines_and_twice(tmp_path: Path, content: str) -> None:
    assert is_t(read(tmp_path / "t.csv", content))


@pytest.mark.parametrize(("suffix", "packer"), [("gz", gzip), ("bz2", bz2), ("xz", lzma)])
def test_compressed_trees(tmp_path: Path, suffix: str, packer: Any) -> None:
    assert is_t(read(tmp_path / f"t.csv.{suffix}", packer.compress(edges(",").encode())))
    assert is_t(read(tmp_path / f"t.txt.{suffix}", packer.compress(edges(" ").encode())))


def test_names_with_spaces_and_commas(tmp_path: Path) -> None:
    classes = ["ice cream", "salt, sea"]
    tree = read(tmp_path / "t.csv", 'all food,ice cream\nall food,"salt, sea"\n', classes)
    assert tree.distances(np.array([0]), "path").tolist() == [[0, 2]]
    tree = read(tmp_path / "t.tsv", "all food\tice cream\nall food\tsalt, sea\n", classes)
    assert tree.distances(np.array([0]), "path").tolist() == [[0, 2]]


def test_classes_without_names_are_their_numbers(tmp_path: Path) -> None:
    tree = read(tmp_path / "t.txt", "9 7\n9 8\n7 0\n7 1\n8 2\n", ["0", "1", "2"])
    assert tree.distances(np.array([0]), "path").tolist() == [[0, 2, 4]]


LEVELS = [("animal", "pet", "cat"), ("animal", "pet", "dog"), ("plant", "tree", "oak")]


@pytest.mark.parametrize("mark", [",", "\t", " "])
@pytest.mark.parametrize("header", [(), ("kingdom", "use", "species")])
def test_levels_in_all_their_forms(tmp_path: Path, mark: str, header: tuple[str, ...]) -> None:
    rows = [header, *LEVELS] if header else LEVELS
    content = "".join(mark.join(row) + "\n" for row in rows)
    tree = read(tmp_path / "levels.txt", content, ["cat", "dog", "oak"])
    assert tree.joined == 2
    assert tree.distances(np.array([0]), "path").tolist() == [[0, 2, 6]]


def test_a_first_row_of_levels_that_shares_a_level_is_no_header(tmp_path: Path) -> None:
    rows = [("animal", "wild", "wolf"), *LEVELS, ("plant", "tree", "elm")]
    tree = read(tmp_path / "t.csv", "".join(",".join(row) + "\n" for row in rows), ["cat", "dog", "oak"])
    assert tree.joined == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "{}: is empty"),
        ("cat\ndog\n", "{}:1: found 1 column, wanted parent and child, or levels from coarse to fine"),
        ("r,cat\nr\n", "{}:2: found 1 cell, wanted 2 cells as in the first row"),
        ("r cat\nr dog x\n", "{}:2: found 3 cells, wanted 2 as in the first row"),
        ("r cat\n\nr dog\n", "{}:2: found 0 cells, wanted 2 as in the first row"),
        ("r,cat\nr, \n", "{}:2: found an empty cell, wanted a name"),
        ("r,cat\nr,\xff\n", None),
        (
            "super,sub\nr,cat\nr,dog\n",
            "{}:1: the first row is `super`, `sub`: names of columns, or a tree of its own?",
        ),
        (
            "kingdom,genus,species\na,b,cat\na,b,wolf\n",
            "{}:1: the first row is `kingdom`, `genus`, `species`: names of columns, or a tree of its own?",
        ),
    ],
)
def test_tree_files_that_are_refused(tmp_path: Path, content: str, message: str | None) -> None:
    path = tmp_path / "t.csv"
    with pytest.raises(LsmoothError) as refusal:
        read(path, content.encode("latin-1"), ["cat", "dog"])
    if message is None:
        message = "{}:2: byte 0xFF is not UTF-8"
    if message == "{}: is empty":
        message = "{} is empty, wanted a tree"
    assert str(refusal.value) == message.format(path)


def test_the_line_of_a_wrong_edge_is_known(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('parent,child\nr,"a\nb"\nr,cat\nq,cat\n')
    table = read_tree(str(path), ["cat"])
    with pytest.raises(LsmoothError, match="node `cat` has two parents, `r` and `q`") as refusal:
        Tree.from_rows(table.rows, ["cat"])
    assert table.where(refusal.value.row) == f"{path}:5"
    assert table.where(None) == str(path)


# Matrix files


S = np.array([[1.0, 0.5, 0.25], [0.5, 2.0, 0.0], [0.0, 1e-3, 3.0]])
ABC = ["a", "b", "c"]


def cells(matrix: Array, mark: str = ",") -> str:
    return "".join(mark.join(map(repr, row)) + "\n" for row in matrix.tolist())


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32, np.bool_])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_matrix_from_npy(tmp_path: Path, dtype: type, order: Any) -> None:
    np.save(tmp_path / "s.npy", S.astype(dtype, order=order))
    values = read_matrix(str(tmp_path / "s.npy"), None, 3)
    assert values.dtype == np.float64
    assert (values == S.astype(dtype)).all()


@pytest.mark.parametrize(("name", "mark"), [("s.csv", ","), ("s.tsv", "\t"), ("s", ","), ("s.csv.gz", ",")])
def test_a_matrix_from_text(tmp_path: Path, name: str, mark: str) -> None:
    data = cells(S, mark).encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    assert (read_matrix(str(tmp_path / name), ABC, 3) == S).all()


@pytest.mark.parametrize(
    ("header", "names"),
    [("a,b,c", ABC), ("class_0,class_1,class_2", None), ("0,1,2", None), ("10,20,30", ["10", "20", "30"])],
)
def test_a_header_in_class_order_is_a_header(tmp_path: Path, header: str, names: list[str] | None) -> None:
    path = tmp_path / "s.csv"
    path.write_text(f"{header}\n{cells(S)}")
    assert (read_matrix(str(path), names, 3) == S).all()


@pytest.mark.parametrize(
    ("header", "names"),
    [("c,a,b", ABC), ("class_2,class_0,class_1", None), ("2,0,1", None), ("30,10,20", ["10", "20", "30"])],
)
def test_a_header_in_another_order_is_a_question(
    tmp_path: Path, header: str, names: list[str] | None
) -> None:
    """Nothing says whether the rows are in the order of the header or of the classes."""
    path = tmp_path / "s.csv"
    path.write_text(f"{header}\n{cells(S)}")
    with pytest.raises(LsmoothError, match=r"s\.csv:1: the columns are .*, the classes in another order"):
        read_matrix(str(path), names, 3)


def test_a_matrix_of_one_class(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("2\n")
    assert read_matrix(str(tmp_path / "s.csv"), None, 1).tolist() == [[2]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (cells(S[:2]), "{} has 2 rows, wanted 3 rows and 3 columns, one for each class"),
        (cells(S[:, :2]), "{} has 2 columns, wanted 3 rows and 3 columns, one for each class"),
        ("a,b,d\n" + cells(S), "{}:1: there is no class `d`"),
        ("a,b,b\n" + cells(S), "{}:1: column `b` stands twice"),
        ("1,2,3\n1,x,3\n1,2,3\n", "{}:2: found `x`, wanted a number"),
        ("1,2,3\n1,2\n1,2,3\n", "{}:2: found 2 cells, wanted 3 cells as in the first row"),
    ],
)
def test_matrix_files_that_are_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "s.csv"
    path.write_text(content)
    with pytest.raises(LsmoothError) as refusal:
        read_matrix(str(path), ABC, 3)
    assert str(refusal.value) == message.format(path)


def test_arrays_of_another_shape_or_of_strings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.npy"
    np.save(path, np.ones((3, 4)))
    with pytest.raises(LsmoothError, match=r"has shape \(3, 4\), wanted 3 rows and 3 columns"):
        read_matrix(str(path), ABC, 3)
    np.save(path, np.full((3, 3), "x"))
    with pytest.raises(LsmoothError, match="holds `<U1`, wanted numbers"):
        read_matrix(str(path), ABC, 3)
