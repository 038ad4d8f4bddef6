"""What the files show to be wrong."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Work
from kits.refusals import SPAN

CLASSES = ["-k", "3"]

# the matrix and the epochs


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        (["--epsilon-column", "eps"], ("--matrix-out", "--epsilon-column")),
        ([*SPAN, "--conditional", "p.npy"], ("--matrix-out", "--conditional")),
        pytest.param(["--per-class", "*=.1", "--epsilon-by", "who"], ("--matrix-out", "--epsilon-by")),
        (["--labels", "rows"], ("--matrix-out", "--labels rows")),
        (["--labels", "votes"], ("--matrix-out", "--labels votes")),
        (["--labels", "multilabel"], ("--matrix-out", "--labels multilabel")),
        pytest.param(["--item", "id"], ("--matrix-out", "--item")),
    ],
)
def test_a_matrix_of_a_recipe_that_goes_by_row(work: Work, flags: list[str], names: tuple[str, ...]) -> None:
    for more in (["-k", "3"], ["none.csv"], ["none.csv", "-o", "t.csv"]):
        error = work.refused("smooth", *more, "--matrix-out", "s.npy", *flags, code=2)
        for name in names:
            assert name in error, error


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        (["--prior", "labels"], "--prior labels"),
        (["--online", "p.npy"], "--online"),
        (["--confusion", "p.npy"], "--confusion"),
        ([*SPAN, "--adaptive", "p.npy"], "--adaptive"),
    ],
)
def test_a_matrix_alone_that_would_need_labels(files: Work, flags: list[str], name: str) -> None:
    error = files.refused("smooth", *CLASSES, "--matrix-out", "s.npy", *flags, code=2, stdin="0\n1\n2\n")
    assert name in error


def test_a_matrix_alone_needs_the_classes(work: Work) -> None:
    error = work.refused("smooth", "--matrix-out", "s.npy", code=2)
    assert "--matrix-out" in error
    assert "--classes" in error


@pytest.mark.parametrize("flags", [["-o", "s.npy"], ["-o", "t.npy", "--names-out", "s.npy"]])
def test_a_matrix_in_the_place_of_another_output(files: Work, flags: list[str]) -> None:
    error = files.refused("smooth", "y.npy", *flags, "--matrix-out", "s.npy", code=2)
    assert "--matrix-out" in error
    assert "out" in error


def test_a_matrix_of_an_unknown_suffix(work: Work) -> None:
    assert "--matrix-out" in work.refused("smooth", *CLASSES, "--matrix-out", "s.mat", code=2)


def test_a_matrix_beside_soft_rows(files: Work) -> None:
    error = files.refused("smooth", "x.npy", "--matrix-out", "s.npy", "-o", "t.npy")
    assert "--matrix-out" in error
    assert "rows" in error


def test_all_epochs_and_the_name_go_together(work: Work) -> None:
    for flags in (
        ["--epoch", "all/3", "-o", "t.csv"],
        ["--epoch", "all/3"],
        ["--epoch", "1/3", "-o", "{epoch}.csv"],
    ):
        error = work.refused("smooth", "none.csv", *SPAN, *flags, code=2)
        assert "--epoch" in error
        assert "{epoch}" in error
    assert "--epoch" in work.refused("loss", "none.npy", "none.csv", *SPAN, "--epoch", "all/3", code=2)


@pytest.mark.parametrize("existing", ["t-1.csv", "t-3.csv"])
def test_all_epochs_are_checked_before_one_is_written(files: Work, existing: str) -> None:
    files.write(existing, "mine\n")
    flags = ["y.npy", *SPAN, "--epoch", "all/3", "-o", "t-{epoch}.csv"]
    assert existing in files.refused("smooth", *flags)
    files.ok("smooth", *flags, "--force")
    assert files.read(existing) != "mine\n"


@pytest.mark.parametrize("flag", ["--names-out", "--matrix-out"])
def test_outputs_beside_all_epochs_are_checked_before_one_is_written(files: Work, flag: str) -> None:
    files.write("n.csv", "mine\n")
    assert "n.csv" in files.refused(
        "smooth", "y.npy", *SPAN, "--epoch", "all/3", "-o", "t-{epoch}.csv", flag, "n.csv"
    )


def test_an_input_is_no_epoch(files: Work) -> None:
    files.write("t-2.csv", "0\n1\n2\n")
    error = files.refused("smooth", "t-2.csv", "-f", *SPAN, "--epoch", "all/3", "-o", "t-{epoch}.csv")
    assert "t-2.csv" in error


# PRED that does not fit


LOOKS = {
    "adaptive": [*SPAN, "--adaptive"],
    "conditional": [*SPAN, "--conditional"],
    "confusion": ["--confusion"],
    "online": ["--online"],
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("rows", [0, 1, 2, 4, 700])
def test_predictions_of_another_length(files: Work, look: str, rows: int) -> None:
    np.save("q.npy", np.full((rows, 3), 1 / 3))
    files.write("q.csv", "0.5,0.25,0.25\n" * rows)
    for name in ("q.npy", "q.csv"):
        for command in (["smooth", "y.npy", *CLASSES, "-o", "t.npy"], ["loss", "z.npy", "y.npy"]):
            error = files.refused(*command, *LOOKS[look], name)
            assert name in error
            if rows:
                assert f"{rows:,}" in error or "3" in error


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("columns", [1, 2, 4])
def test_predictions_of_other_classes(files: Work, look: str, columns: int) -> None:
    np.save("q.npy", np.full((3, columns), 1 / columns))
    for command in (["smooth", "y.npy", *CLASSES], ["loss", "z.npy", "y.npy"]):
        error = files.refused(*command, *LOOKS[look], "q.npy")
        assert "q.npy" in error
        assert f"{columns} column" in error


@pytest.mark.parametrize("look", LOOKS)
def test_predictions_that_are_wrong_in_themselves(files: Work, look: str) -> None:
    files.write("nan.csv", "0.5,0.3,0.2\nnan,0.5,0.5\n0.5,0.3,0.2\n")
    files.write("sums.csv", "0.5,0.3,0.2\n0.9,0.9,0.9\n0.5,0.3,0.2\n")
    files.write("names.csv", "a,b,c\n0.5,0.3,0.2\n0.5,0.3,0.2\n0.5,0.3,0.2\n")
    assert "nan.csv:2" in files.refused("smooth", "y.npy", *CLASSES, *LOOKS[look], "nan.csv")
    assert "--as" in files.refused("smooth", "y.npy", *CLASSES, *LOOKS[look], "sums.csv")
    files.refused("smooth", "y.npy", *CLASSES, *LOOKS[look], "none.csv")
    files.write("n.csv", "x\ny\nz\n")
    # the header of the predictions names other classes
    error = files.refused("smooth", "n.csv", "--names", "x,y,z", *LOOKS[look], "names.csv")
    assert "names.csv" in error


# columns


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [
        (["--epsilon-column", "none"], "none"),
        (["--per-class", "a=.1,b=.2", "--epsilon-by", "none"], "none"),
        (["--per-class", "a=.1,c=.2", "--epsilon-by", "who"], "y.csv:3"),
        (["--per-class", "a=.1,b=2", "--epsilon-by", "who"], "2"),
        (["--per-class", ".1,.2,.3", "--epsilon-by", "who"], "--epsilon-by"),
        (["--epsilon-column", "who"], "y.csv:2"),
        (["--per-class", "0=.1"], "--per-class"),
        (["--per-class", "0=.1,1=.2,2=1.5"], "1.5"),
        (["--per-class", ".1,.2"], "--per-class"),
    ],
)
def test_columns_and_maps_that_do_not_fit(files: Work, flags: list[str], wanted: str) -> None:
    for command in (["smooth", "y.csv", *CLASSES, "-o", "t.csv"], ["loss", "z.npy", "y.csv"]):
        result = files.run(*command, "--column", "y", *flags)
        assert result.code in {1, 2}
        assert result.err.startswith("error: ")
        assert wanted in result.err
    assert "t.csv" not in files.files()


@pytest.mark.parametrize("cell", ["1.5", "-0.1", "nan", "", "x"])
def test_a_cell_that_is_no_epsilon_is_told_with_its_line(files: Work, cell: str) -> None:
    files.write("y.csv", f"y,eps\n0,0.1\n1,{cell}\n2,0.1\n")
    for command in (["smooth", "y.csv", *CLASSES], ["loss", "z.npy", "y.csv"]):
        assert "y.csv:3" in files.refused(*command, "--column", "y", "--epsilon-column", "eps")


@pytest.mark.parametrize("flags", [["--epsilon-column", "1"], ["--per-class", "*=.1", "--epsilon-by", "1"]])
def test_arrays_have_no_columns_beside_the_labels(files: Work, flags: list[str]) -> None:
    for command in (["smooth", "y.npy", *CLASSES], ["loss", "z.npy", "y.npy"]):
        assert "y.npy" in files.refused(*command, *flags)


# trees, similarity, exclude


@pytest.mark.parametrize(
    ("tree", "node"),
    [
        ("r,a\na,0\na,1\nr,b\n", "2"),
        ("r,0\nr,1\nr,2\nx,y\ny,x\n", "x"),
        ("r,a\nr,b\na,0\nb,0\na,1\nb,2\n", "0"),
    ],
    ids=["a class that is not in it", "a cycle", "a second parent"],
)
def test_what_is_no_tree_names_the_node(files: Work, tree: str, node: str) -> None:
    files.write("t.csv", tree)
    for command in (["smooth", "y.npy", *CLASSES], ["loss", "z.npy", "y.npy"]):
        error = files.refused(*command, "--hierarchy", "t.csv")
        assert f"`{node}`" in error
    files.refused("smooth", *CLASSES, "--matrix-out", "s.npy", "--hierarchy", "t.csv")


@pytest.mark.parametrize("content", ["1,1,1\n0,0,0\n1,1,1\n", "1,1\n1,1\n", "1,1,-1\n1,1,1\n1,1,1\n"])
def test_similarities_that_are_none(files: Work, content: str) -> None:
    files.write("s.csv", content)
    for command in (["smooth", "y.npy", *CLASSES], ["loss", "z.npy", "y.npy"]):
        files.refused(*command, "--similarity", "s.csv")


def test_a_class_that_is_similar_only_to_itself(files: Work) -> None:
    np.save("s.npy", np.array([[1.0, 0, 0], [1, 1, 1], [1, 1, 1]]))
    flags = ["y.npy", *CLASSES, "--similarity", "s.npy"]
    files.ok("smooth", *flags)
    assert "--spread all" in files.refused("smooth", *flags, "--spread", "others")


def test_a_class_that_is_similar_only_to_an_excluded_one(files: Work) -> None:
    np.save("s.npy", np.array([[1.0, 1, 1], [0, 0, 1], [1, 1, 1]]))
    flags = ["y.npy", *CLASSES, "--similarity", "s.npy", "--exclude", "2", "--ignore", "2"]
    assert "pass --spread all" not in files.refused("smooth", *flags)


@pytest.mark.parametrize(
    "source", [["--hierarchy", "tree.csv"], ["--ordinal"], ["--confusion", "p.npy"], ["--online", "p.npy"]]
)
def test_a_row_of_an_excluded_class(files: Work, source: list[str]) -> None:
    for command in (["smooth", "y.npy", *CLASSES], ["loss", "z.npy", "y.npy"]):
        assert "`2`" in files.refused(*command, *source, "--exclude", "2")


def test_excluding_all_classes_but_one_with_others(files: Work) -> None:
    for source in (["--ordinal"], ["--hierarchy", "tree.csv"]):
        files.refused(
            *("smooth", "y.npy", *CLASSES, *source, "--spread", "others", "--exclude", "1,2"),
            *("--ignore", "1", "--ignore", "2"),
        )


# inputs are never overwritten


NAMED: list[tuple[list[str], str]] = [
    ([*SPAN, "--adaptive", "p.npy"], "p.npy"),
    ([*SPAN, "--conditional", "p.npy"], "p.npy"),
    (["--confusion", "p.npy"], "p.npy"),
    (["--online", "p.npy"], "p.npy"),
    (["--hierarchy", "tree.csv"], "tree.csv"),
    (["--similarity", "p.npy"], "p.npy"),
    (["--per-class", "eps.csv"], "eps.csv"),
    (["--prior", "eps.csv"], "eps.csv"),
]


def never_overwritten(work: Work, name: str, *arguments: str) -> None:
    """Refused, and the bytes of an input are what they were."""
    work.write("eps.csv", "0.1\n0.2\n0.3\n")
    before = (work.folder / name).read_bytes()
    result = work.run(*arguments, name, "--force")
    assert (work.folder / name).read_bytes() == before
    assert result.code in {1, 2}
    assert result.err.startswith("error: ")


@pytest.mark.parametrize(("flags", "name"), NAMED)
def test_targets_never_overwrite_the_files_of_flags(files: Work, flags: list[str], name: str) -> None:
    never_overwritten(files, name, "smooth", "y.npy", *CLASSES, *flags, "-o")


@pytest.mark.parametrize(("flags", "name"), NAMED)
def test_losses_never_overwrite_the_files_of_flags(files: Work, flags: list[str], name: str) -> None:
    never_overwritten(files, name, "loss", "z.npy", "y.npy", "--reduction", "none", *flags, "-o")


@pytest.mark.parametrize(("flags", "name"), NAMED[4:])
def test_a_matrix_never_overwrites_the_files_of_flags(files: Work, flags: list[str], name: str) -> None:
    never_overwritten(files, name, "smooth", *CLASSES, *flags, "--matrix-out")
