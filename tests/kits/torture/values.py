"""Numbers, labels and rows as text."""

from __future__ import annotations

from collections.abc import Iterator

from kits.torture.cases import (
    LATE,
    Case,
    bad,
    good,
    of_rows,
    soft,
)

#: Cells that are whole numbers, and which.
WHOLE = {
    "+1": 1,
    " 1 ": 1,
    "\t1": 1,
    "1.": 1,
    "5.": 5,
    "1.0": 1,
    "1e0": 1,
    "1E+0": 1,
    "10e-1": 1,
    "-0": 0,
    "-0.0": 0,
    "0e999": 0,
    "01": 1,
    "0000000000000000000000000000001": 1,
}
#: Cells that are no labels among numbers, and what the error shows.
WRONG = {
    "1e400": "inf",
    "-1e400": "inf",
    "inf": "inf",
    "-Infinity": "inf",
    "nan": "NaN",
    ".5": "0.5",
    "1.5": "1.5",
    "1e-3": "0.001",
    "-1": "-1",
    "-100": "-100",
    "0x1F": "0x1F",
    "1_000": "1_000",
    "1 000": "1 000",
    "1'000": "1'000",
    "１": "１",
    "١": "١",
    "½": "½",
    "²": "²",
    "−1": "−1",
    "1\u00a0": "1\\xa0",
    "\u20031": "\\u20031",
    "1\u200b": "1\\u200b",
    "1\x1f": "1\\x1f",
    "\x851": "\\x851",
    "NA": "NA",
    "null": "null",
    "None": "None",
    "True": "True",
    "1e": "1e",
    "e1": "e1",
    "1e1.5": "1e1.5",
    "--1": "--1",
    "+-1": "+-1",
    "1.0.0": "1.0.0",
    "0b1": "0b1",
    "0o7": "0o7",
    "1j": "1j",
    "1L": "1L",
    "1f": "1f",
    "1d0": "1d0",
    "#1": "#1",
    "1 # one": "1 # one",
    "1%": "1%",
    "=1": "=1",
    "(1)": "(1)",
    ".": ".",
    "+": "+",
    "-": "-",
    "snan": "snan",
    "nan(7)": "nan(7)",
    "9007199254740993": "9007199254740993",
    "9223372036854775807": "9223372036854775807",
    "-9223372036854775808": "-9223372036854775808",
}


def numbers() -> Iterator[Case]:
    """Numbers as people and programs write them, in the first rows and after them."""
    zeros = "0\n" * LATE
    for cell, label in WHOLE.items():
        classes = label + 1
        out = soft(max(2, classes), label, 1, 0)
        yield good(f"{cell!r} is {label}", f"{cell}\n1\n0\n", out)
        yield good(
            f"{cell!r} is {label}, late", f"{zeros}1\n{cell}\n", soft(max(2, classes), *[0] * LATE, 1, label)
        )
    for cell, shown in WRONG.items():
        yield bad(f"{cell!r} is no label", f"0\n{cell}\n1\n", f"f.csv:2 & {shown}")
        yield bad(
            f"{cell!r} is no label, late",
            f"{zeros}{cell}\n1\n",
            f"f.csv:{LATE + 1} & {shown}",
        )
    yield bad("2⁶³", "0\n9223372036854775808\n1\n", "f.csv:2 & 9223372036854775808")
    yield bad("2⁶⁴", "0\n18446744073709551616\n1\n", "f.csv:2 & 18446744073709551616")
    yield bad("2⁵³+1 among floats", "1.0\n9007199254740993\n", "f.csv:2 & 9007199254740993")
    yield bad("10³⁰", "0\n" + "1" + "0" * 30 + "\n", f"f.csv:2 & 1{'0' * 30}")
    yield bad("a number of 5,000 digits", "0\n" + "1" * 5000 + "\n", "f.csv:2 & inf")
    yield good("a fraction of 5,000 zeros", "0\n1." + "0" * 5000 + "\n", soft(2, 0, 1))
    yield bad(
        "-2⁶³ beside an ignored value",
        "0\n-9223372036854775808\n1\n",
        "f.csv:2 & -9223372036854775808",
        "--ignore",
        "255",
    )
    yield good("-2⁶³, ignored", f"0\n{-(2**63)}\n1\n", soft(2, 0, None, 1), "--ignore", str(-(2**63)))
    yield good("2⁶⁴-1, ignored", f"0\n{2**64 - 1}\n1\n", soft(2, 0, None, 1), "--ignore", str(2**64 - 1))
    yield good("text among floats, ignored", "0\n1.0\nx\n", soft(2, 0, 1, None), "--ignore", "x")
    yield bad("NaN beside ignored text", "0\n1.0\nx\nnan\n", "f.csv:4 & NaN", "--ignore", "x")
    yield bad(
        "2⁶³ beside an ignored value",
        "0\n9223372036854775808\n1.0\n",
        "f.csv:2 & 9223372036854775808",
        "--ignore",
        "255",
    )
    yield bad("one above the classes", "0\n5\n", "f.csv:2 & `5`", "-k", "5")


def labels() -> Iterator[Case]:
    """Labels that are nearly right."""
    yield good("1-based by mistake", "1\n2\n", soft(3, 1, 2), warns=("no row of class 0",))
    yield bad("1-based, with the number of classes", "1\n2\n3\n", "f.csv:3 & `3`", "-k", "3")
    yield good("255 of a mask", "0\n255\n", soft(256, 0, 255), warns=("254 of them without a row",))
    yield good("255, ignored", "0\n255\n1\n", soft(2, 0, None, 1), "--ignore", "255")
    yield bad("-100, not asked for", "0\n-100\n1\n", "f.csv:2 & `-100`")
    yield good("-100, ignored", "0\n-100\n1\n", soft(2, 0, None, 1), "--ignore", "-100")
    yield bad("-100 is not -1", "0\n-100\n1\n", "f.csv:2 & `-100`", "--ignore", "-1")
    yield good("names in another case", "label\ncat\nCat\nCAT\n", "CAT,Cat,cat\n" + soft(3, 2, 1, 0))
    yield bad("a name in another case", "cat\nCat\n", "f.csv:2 & `Cat`", "--names", "cat,dog")
    yield good("names with a space", "label\ncat\n cat\ncat \n", " cat,cat,cat \n" + soft(3, 1, 0, 2))
    yield bad("a name with a space", "cat\ncat \n", "f.csv:2 & `cat `", "--names", "cat,dog")
    yield good("two normal forms", "label\ncaf\u00e9\ncafe\u0301\n", "cafe\u0301,caf\u00e9\n" + soft(2, 1, 0))
    yield bad("another normal form", "café\ncafe\u0301\n", "f.csv:2 & `cafe\u0301`", "--names", "café,dog")
    yield good("a zero-width space", "label\ncat\ncat\u200b\n", "cat,cat\u200b\n" + soft(2, 0, 1))
    yield bad("01 is not the name 1", "01\n1\n", "f.csv:1 & `01`", "--names", "1,2")
    yield bad("1.0 is not the name 1", "1\n1.0\n", "f.csv:2 & `1.0`", "--names", "1,2")
    yield good("01 is the name 01", "01\n1\n", "class_1,class_01\n" + soft(2, 1, 0), "--names", "1,01")
    yield good("names that are numbers", "3\n7\n", "class_3,class_7\n" + soft(2, 0, 1), "--labels", "name")
    yield bad("a name among numbers", "0\n1\ncat\n", "f.csv:3 & `cat`")
    yield bad("a number among names", "cat\n7\n", "f.csv:2 & `7`", "--names", "cat,dog")
    yield bad("an empty name", "label\ncat\n\ndog\n", "f.csv:3 & empty")
    yield good(
        "an empty name, ignored", "label\ncat\n\ndog\n", "cat,dog\n" + soft(2, 0, None, 1), "--ignore", ""
    )
    yield bad("a typo", "cat\ndgo\n", "f.csv:2 & `dgo`", "--names", "cat,dog")
    yield bad("too many names", "label\na\nb\nc\n", "3 class names", "-k", "2")
    yield good("a formula is a name", "label\n=1+1\n@a\n", "=1+1,@a\n" + soft(2, 0, 1))
    yield good("a path is a name", "label\n/etc/passwd\n../x\n", "../x,/etc/passwd\n" + soft(2, 1, 0))
    long = "x" * 10_000
    yield good("a name of 10,000 characters", f"label\n{long}\na\n", f"a,{long}\n" + soft(2, 1, 0))
    yield bad("a cell of 200,000 characters", f"label\n{long * 20}\na\n", "f.csv:2 & 131,072 characters")
    yield bad("every row ignored", "9\n9\n", "every label is ignored", "--ignore", "9")


def rows() -> Iterator[Case]:
    """Rows of probabilities, of labels, of votes."""
    yield bad("a sum of 2", "1,0\n1,1\n", "f.csv:2 & sums to 2")
    yield bad("a sum of 2, late", "1,0\n" * LATE + "1,1\n", f"f.csv:{LATE + 1} & sums to 2")
    yield bad("a negative share", ".5,.5\n-0.5,1.5\n", "f.csv:2 & `-0.5`")
    yield bad("a negative share, late", ".5,.5\n" * LATE + "-0.5,1.5\n", f"f.csv:{LATE + 1} & `-0.5`")
    yield good("minus nothing", "-0,1\n1,-0\n", of_rows((0, 1), (1, 0)))
    yield bad("NaN in a row", ".5,.5\nnan,1\n", "f.csv:2 & NaN")
    yield bad("NaN in a row, late", ".5,.5\n" * LATE + "nan,1\n", f"f.csv:{LATE + 1} & NaN")
    yield bad("inf in a row", ".5,.5\ninf,0\n", "f.csv:2 & inf")
    yield bad("inf in a row, late", ".5,.5\n" * LATE + "inf,0\n", f"f.csv:{LATE + 1} & inf")
    yield bad(
        "inf - inf",
        ".5,.5\ninf,-inf\n",
        "f.csv:2 & -inf",
    )
    yield bad("inf - inf, late", ".5,.5\n" * LATE + "inf,-inf\n", f"f.csv:{LATE + 1} & -inf")
    yield bad("1e308 twice", ".5,.5\n1e308,1e308\n", "f.csv:2")
    yield bad("1e400 in a row", ".5,.5\n1e400,0\n", "f.csv:2 & inf")
    yield good("5e-324 in a row", "5e-324,1\n1,5e-324\n", of_rows((5e-324, 1), (1, 5e-324)))
    yield good("1e-400 in a row", "1e-400,1\n1,0\n", of_rows((0, 1), (1, 0)))
    nought, nines = "1e-" + "0" * 5000, "1e-" + "9" * 5000
    yield good("an exponent of 5,000 zeros", f".5,.5\n{nought},0\n", of_rows((0.5, 0.5), (1, 0)))
    yield bad("an exponent of 5,000 digits", f".5,.5\n.9,{nines}\n", "f.csv:2 & 0.9")
    yield bad("text in a row", ".5,.5\n.5,x\n", "f.csv:2 & `x`")
    yield bad("text in a row, late", ".5,.5\n" * LATE + ".5,x\n", f"f.csv:{LATE + 1} & `x`")
    yield bad("an empty cell in a row", ".5,.5\n.5,\n", "f.csv:2")
    yield bad("an empty cell in a row, late", ".5,.5\n" * LATE + ".5,\n", f"f.csv:{LATE + 1} & empty")
    yield good("thirds to two places", ".33,.33,.33\n1,0,0\n", of_rows((0.33, 0.33, 0.33), (1, 0, 0)))
    yield bad("thirds to one place", ".3,.3,.3\n1,0,0\n", "f.csv:1 & 0.9")
    flags = ("--labels", "multilabel")
    yield bad("a label of 2", "1,0\n1,2\n", "f.csv:2 & 2.0", *flags)
    yield bad("a label of 2, late", "1,0\n" * LATE + "1,2\n", f"f.csv:{LATE + 1} & 2.0", *flags)
    yield bad("a label of -1", "1,0\n1,-1\n", "f.csv:2 & -1.0", *flags)
    yield bad("a label of inf", "1,0\n1,inf\n", "f.csv:2 & inf", *flags)
    yield bad("half a vote", "3,1\n.5,1\n", "f.csv:2 & 0.5", "--labels", "votes")
    yield bad("a vote against", "3,1\n-1,1\n", "f.csv:2 & -1", "--labels", "votes")
    yield bad("no votes", "3,1\n0,0\n", "f.csv:2 & no votes", "--labels", "votes")
    yield bad("endless votes", "3,1\ninf,0\n", "f.csv:2 & inf", "--labels", "votes")
    yield good("votes", "3,1\n0,2\n", of_rows((0.75, 0.25), (0, 1)), "--labels", "votes")
    yield bad(
        "1e308 votes",
        "3,1\n1e308,1e308\n",
        "f.csv:2 & 1.8e+308",
        "--labels",
        "votes",
    )
    yield good("all zeros, ignored", "1,0\n0,0\n", of_rows((1, 0)) + "0.0,0.0\n", "--ignore", "zero")
