"""By the grammar of what is read, and not by its bytes."""

from __future__ import annotations

from conftest import Work
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kits.mutants import LONG, judge
from kits.torture.cases import Case, claiming, forged

CELLS = st.sampled_from(
    [
        "0",
        "1",
        "2",
        " 1",
        "+1",
        "-0",
        "1.0",
        "1e0",
        ".5",
        "5.",
        "0.25",
        "0.75",
        "-1",
        "255",
        "inf",
        "nan",
        "1e400",
        "01",
        "0x1F",
        "1_000",
        "cat",
        "dog",
        "Dog",
        " cat",
        "",
        "label",
        "class_0",
        "class_1",
        '"',
        '""',
        '"1"',
        '"a,b"',
        '"a\nb"',
        "=1+1",
        "\u202e",
        "\x1b[31m",
        "é",
        "é",
        "\ufeff",
        "9007199254740993",
        "9" * 25,
    ]
)
ENDS = st.sampled_from(["\n", "\r\n", "\n\n", "\r", ""])

FLAGS = st.sampled_from(
    [
        (),
        ("--no-header",),
        ("--header",),
        ("-k", "2"),
        ("-k", "3"),
        ("--names", "cat,dog"),
        ("--names", "0,1,01"),
    ]
    + [("--labels", kind) for kind in ("index", "name", "rows", "multilabel", "votes")]
    + [("--ignore", value) for value in ("", "255", "-1", "nan", "zero", "cat")]
    + [("--column", "1"), ("--column", "label"), ("--keep", "1"), ("--label-columns", "1:2")]
)
ROWS = st.lists(st.tuples(st.lists(CELLS, min_size=1, max_size=3), ENDS), max_size=6)

QUICK = settings(
    max_examples=20_000 if LONG else 40,
    deadline=None,
    derandomize=not LONG,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def check(work: Work, case: Case) -> None:
    wrong = judge(work, case)
    for path in work.folder.iterdir():
        path.unlink()
    assert wrong is None or wrong.known, wrong.told()


@QUICK
@given(rows=ROWS, flags=FLAGS, mark=st.sampled_from(["", "", "", "\ufeff"]))
def test_tables_have_a_right_result_or_an_error(
    work: Work, rows: list[tuple[list[str], str]], flags: tuple[str, ...], mark: str
) -> None:
    text = mark + "".join(",".join(cells) + end for cells, end in rows)
    check(work, Case("a table", text.encode(), flags))


WORDS = st.sampled_from(
    [
        "'<i8'",
        "'>i4'",
        "'|u1'",
        "'<f8'",
        "'<f2'",
        "'|b1'",
        "'<U3'",
        "'|S2'",
        "'|O'",
        "'<M8[s]'",
        "'<c16'",
        "'|V8'",
        "[('a', '<i4')]",
        "('<i4', (2,))",
        "'i4,i4'",
        "''",
        "None",
        "1",
        "True",
        "__import__('os')",
        "'<U99999999'",
    ]
)

NUMBERS = st.sampled_from(
    ["0", "1", "2", "3", "8", "24", "-1", "True", "1.5", "2L", "10**9", str(10**18), "'3'"]
)
SHAPES = st.lists(NUMBERS, max_size=4).map(lambda axes: "(" + "".join(f"{axis}, " for axis in axes) + ")")


@QUICK
@given(
    descr=WORDS,
    shape=st.one_of(SHAPES, NUMBERS),
    order=st.sampled_from(["False", "True", "0", "None"]),
    data=st.one_of(st.binary(max_size=48), st.sampled_from([bytes(24), b"\1" * 24, b"\xff" * 24, bytes(8)])),
    flags=st.sampled_from(
        [(), ("-k", "2"), ("--labels", "index"), ("--labels", "multilabel"), ("--ignore", "nan")]
    ),
)
def test_arrays_have_a_right_result_or_an_error(
    work: Work, descr: str, shape: str, order: str, data: bytes, flags: tuple[str, ...]
) -> None:
    check(work, Case("an array", claiming(descr, shape, data, order), flags, file="f.npy"))


@QUICK
@given(head=st.text(max_size=60), version=st.sampled_from([1, 2, 3]))
def test_headers_of_anything_have_an_error(work: Work, head: str, version: int) -> None:
    check(work, Case("a header", forged(head, version=version), file="f.npy"))
