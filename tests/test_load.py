"""Load: a billion labels, wide rows, many files, many processes; the bounds are on memory, not on time.

LSMOOTH_LONG=1 runs all cases in the sizes that the README names; otherwise some in smaller ones.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from kits.faults import LONG, finish, hidden, late, long_only, peak, refused, run, start

ROWS = 10**9 if LONG else 2 * 10**7
FILES = 10_000 if LONG else 1_000
PROCESSES = 50 if LONG else 6
WIDE = 10**7 if LONG else 10**6
#: What a process has that reads nothing much, in MB; python, numpy and blocks of a MiB.
BASE = 100
TEXT_LABELS = (
    "import sys\n"
    "block = b'0\\n1\\n2\\n1\\n0\\n' * 20_000\n"
    f"for _ in range({ROWS} // 100_000):\n"
    "    sys.stdout.buffer.write(block)\n"
)
ARRAY_LABELS = (
    "import sys\n"
    "from numpy.lib import format\n"
    f"header = {{'descr': '|u1', 'fortran_order': False, 'shape': ({ROWS},)}}\n"
    "format.write_array_header_1_0(sys.stdout.buffer, header)\n"
    "block = bytes([0, 1, 2, 1, 0]) * 200_000\n"
    f"for _ in range({ROWS} // 1_000_000):\n"
    "    sys.stdout.buffer.write(block)\n"
)


def say(what: str, begun: float, most: float) -> None:
    """Print a figure for the note that ends the issue; pytest -s shows it."""
    print(f"\n{what}: {time.monotonic() - begun:.1f} s, {most:.0f} MB")  # noqa: T201


# Rows without end


@pytest.mark.parametrize(("source", "to"), [("text", "csv"), ("array", "npy")])
def test_labels_from_a_pipe_take_constant_memory(tmp_path: Path, source: str, to: str) -> None:
    producer = TEXT_LABELS if source == "text" else ARRAY_LABELS
    begun = time.monotonic()
    most = peak(tmp_path, "smooth", "-k", 3, "--to", to, "-q", producer=producer)
    say(f"{ROWS:.0e} labels, pipe of {source} to {to}", begun, most)
    assert most < BASE


@long_only
def test_labels_from_a_pipe_take_constant_memory_on_threads(tmp_path: Path) -> None:
    begun = time.monotonic()
    most = peak(tmp_path, "smooth", "-k", 3, "-q", "--workers", 4, producer=TEXT_LABELS)
    say(f"{ROWS:.0e} labels, pipe of text to csv, 4 workers", begun, most)
    assert most < BASE + 50


# Many classes


@pytest.fixture(scope="module")
def hundred_thousand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows of a hundred thousand classes."""
    folder, rows, classes = tmp_path_factory.mktemp("many-classes"), 300, 10**5
    np.save(folder / "labels.npy", np.arange(rows) * 199)
    logits = np.random.default_rng(1).standard_normal((rows, classes), np.float32)
    np.save(folder / "logits.npy", logits)
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ("smooth", "labels.npy", "-k", 10**5, "--to", "npy"),
        late(("smooth", "labels.npy", "-k", 10**5)),
        late(("smooth", "labels.npy", "-k", 10**5, "--spread", "others", "--ordinal", "--to", "npy")),
        ("loss", "logits.npy", "labels.npy"),
        late(("loss", "logits.npy", "labels.npy", "--as", "logits")),
        late(("loss", "logits.npy", "labels.npy", "--reduction", "none")),
    ],
)
def test_a_hundred_thousand_classes(hundred_thousand: Path, arguments: tuple[object, ...]) -> None:
    begun = time.monotonic()
    most = peak(hundred_thousand, *arguments, "-q")
    say(f"1e5 classes, {' '.join(map(str, arguments))}", begun, most)
    assert most < BASE + 100


def test_a_hundred_thousand_names(tmp_path: Path) -> None:
    names = [f"class-{number:06}" for number in range(10**5)]
    tmp_path.joinpath("labels.csv").write_text("label\n" + "".join(f"{name}\n" for name in names))
    tmp_path.joinpath("names.txt").write_text("".join(f"{name}\n" for name in names))
    tmp_path.joinpath("few.csv").write_text("label\nclass-000007\nclass-099999\n")
    begun = time.monotonic()
    most = peak(
        tmp_path, "smooth", "few.csv", "--names", "names.txt", "-o", "s.npy", "--names-out", "o.txt", "-q"
    )
    say("1e5 names", begun, most)
    assert most < BASE + 50
    soft = np.load(tmp_path / "s.npy", mmap_mode="r")
    assert soft.shape == (2, 10**5)
    assert list(soft.argmax(axis=1)) == [7, 99_999]
    assert tmp_path.joinpath("o.txt").read_bytes() == tmp_path.joinpath("names.txt").read_bytes()


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One row of ten million classes."""
    folder = tmp_path_factory.mktemp("wide")
    np.save(folder / "label.npy", np.array([3]))
    folder.joinpath("label.csv").write_text("3\n")
    logits = np.random.default_rng(1).standard_normal((1, WIDE), np.float32)
    np.save(folder / "logits.npy", logits)
    np.save(folder / "row.npy", np.eye(1, WIDE, 3, np.float32))
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ("smooth", "label.npy", "-k", WIDE, "--to", "npy"),
        late(("smooth", "label.csv", "-k", WIDE)),
        late(("smooth", "row.npy", "--labels", "rows", "--to", "npy")),
        ("loss", "logits.npy", "label.npy"),
        ("loss", "logits.npy", "row.npy", "-e", "0.1"),
        late(("loss", "logits.npy", "label.npy", "--report")),
    ],
)
def test_one_row_of_ten_million_classes(wide: Path, arguments: tuple[object, ...]) -> None:
    """Memory is a small multiple of the row: ten times its size as float64."""
    begun = time.monotonic()
    most = peak(wide, *arguments, "-q")
    say(f"one row of {WIDE:.0e} classes, {' '.join(map(str, arguments))}", begun, most)
    assert most < 50 + 10 * WIDE * 8 / 1e6


# Many files, many processes


def small_files(folder: Path, suffix: str) -> list[str]:
    """Make files of three labels each; return their names."""
    names = [f"p{number:05}.{suffix}" for number in range(FILES)]
    for name in names:
        if suffix == "npy":
            np.save(folder / name, np.arange(3, dtype=np.uint8))
        else:
            folder.joinpath(name).write_text("0\n1\n2\n")
    return names


@pytest.mark.parametrize("suffix", ["csv", "npy"])
def test_thousands_of_small_files_in_one_call(tmp_path: Path, suffix: str) -> None:
    names = small_files(tmp_path, suffix)
    begun = time.monotonic()
    most = peak(tmp_path, "smooth", *names, "-o", "soft.npy", "-q")
    say(f"{FILES} files of {suffix}", begun, most)
    assert most < BASE + FILES / 100  # 10 kB a file
    soft = np.load(tmp_path / "soft.npy", mmap_mode="r")
    assert soft.shape == (3 * FILES, 3)
    assert np.array_equal(soft.argmax(axis=1), np.tile([0, 1, 2], FILES))


@pytest.mark.parametrize("suffix", ["csv", "npy"])
def test_thousands_of_small_files_with_an_output_each(tmp_path: Path, suffix: str) -> None:
    """Most of the time goes into bringing each to the disk; the others are read, and would be written."""
    tmp_path.joinpath("soft").mkdir()
    names = small_files(tmp_path, suffix)
    begun = time.monotonic()
    most = peak(tmp_path, "smooth", *names, "-o", "soft/{stem}.npy", "-q", "--dry-run")
    few = names if LONG else names[:: FILES // 100]
    most = max(most, peak(tmp_path, "smooth", *few, "-o", "soft/{stem}.npy", "-q"))
    say(f"{FILES} files of {suffix} with an output each", begun, most)
    assert most < BASE + FILES / 500  # 2 kB a file
    written = sorted(tmp_path.joinpath("soft").iterdir())
    assert [path.name for path in written] == [f"{name[:6]}.npy" for name in few]
    assert all(np.load(path).argmax(axis=1).tolist() == [0, 1, 2] for path in written)


def test_many_processes_write_to_one_folder(tmp_path: Path) -> None:
    """Each its own file; and all of them one file, which is the whole one of the only winner."""
    tmp_path.joinpath("labels.csv").write_text("0\n1\n2\n" * 10_000)
    expected = run(tmp_path, "smooth", "labels.csv", "-k", 3).out
    begun = time.monotonic()

    def write(number: int) -> None:
        result = run(tmp_path, "smooth", "labels.csv", "-k", 3, "-o", f"soft-{number}.csv")
        assert result.code == 0, result.err

    with ThreadPoolExecutor(PROCESSES) as executor:
        list(executor.map(write, range(PROCESSES)))
    say(f"{PROCESSES} processes", begun, 0)
    assert hidden(tmp_path) == []
    assert len(list(tmp_path.iterdir())) == PROCESSES + 1
    for number in range(PROCESSES):
        assert tmp_path.joinpath(f"soft-{number}.csv").read_text() == expected


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_many_processes_write_one_file(tmp_path: Path, force: tuple[str, ...]) -> None:
    tmp_path.joinpath("labels.csv").write_text("0\n1\n2\n" * 10_000)
    expected = run(tmp_path, "smooth", "labels.csv", "-k", 3).out
    count = PROCESSES if LONG else 3
    processes = [
        start(tmp_path, "smooth", "labels.csv", "-k", 3, "-o", "soft.csv", *force) for _ in range(count)
    ]
    results = [finish(process) for process in processes]
    lost = [result for result in results if result.code]
    assert len(lost) == (0 if force else count - 1)
    for result in lost:
        refused(result, "soft.csv")
    assert tmp_path.joinpath("soft.csv").read_text() == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labels.csv", "soft.csv"]
