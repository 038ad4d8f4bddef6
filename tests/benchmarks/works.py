"""The works that are timed: this program, its peer, and the ratio that is wanted of them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .measure import Command

#: Rows of the run whose time is that of the start.
FEW = 10
_PEERS = f"{__package__}.peers"
_DATA = f"{__package__}.data"
#: This program where polars is not installed.
_WITHOUT_POLARS = """import sys
sys.modules["polars"] = None
from lsmooth.cli import main
sys.exit(main())"""


class Bench:
    """The files and programs of one run.

    Args:
        memory: a folder in memory.
        disk: a folder on a disk.
        rows: how many rows a work has; the classes stay.
    """

    def __init__(self, memory: Path, disk: Path, rows: int) -> None:
        self.memory = memory
        self.disk = disk
        self.rows = rows

    def file(self, kind: str, classes: int, rows: int) -> str:
        """Return the path of a file, made where it is not there yet."""
        stem, suffix = kind.split(".")
        path = self.memory / f"{stem}-{rows}x{classes}.{suffix}"
        if not path.exists():
            made = [sys.executable, "-m", _DATA, kind, str(rows), str(classes), str(path)]
            subprocess.run(made, check=True)
        return str(path)

    def ours(
        self,
        words: str,
        *files: tuple[str, int],
        output: str = "",
        folder: Path | None = None,
        without_polars: bool = False,
    ) -> Command:
        """Return this program on files of so many classes, its start not counted."""
        begin = [sys.executable, "-c", _WITHOUT_POLARS] if without_polars else [program()]

        def command(rows: int, start: Command | None) -> Command:
            names = [self.file(kind, classes, rows) for kind, classes in files]
            given = [names.pop(0) if word == "FILE" else word for word in words.split()]
            written = (folder or self.memory) / output if output else None
            put = ["-o", str(written)] if written else []
            return Command([*begin, *given, *put, "-q"], written, start=start)

        return command(self.rows, command(FEW, None))

    def peer(
        self, name: str, *files: tuple[str, int], more: tuple[str, ...] = (), output: str = ""
    ) -> Command:
        """Return a peer on the same files; it tells its time itself."""
        names = [self.file(kind, classes, self.rows) for kind, classes in files]
        written = self.memory / output if output else None
        arguments = [sys.executable, "-m", _PEERS, name, *names, *more, *([str(written)] if written else [])]
        return Command(arguments, written, tells=True)


def program() -> str:
    """Return the path of this program, beside the interpreter."""
    return str(Path(sys.executable).parent / "lsmooth")


@dataclass(frozen=True)
class Work:
    """A work, its peer, and the ratio wanted.

    Attributes:
        name: for `--only`.
        what: what is done.
        beside: what the peer is.
        rows: of the full size.
        most: this program's time over the peer's is to be at most this; a peer that is to be n times slower
            stands as 1/n.
        ours: this program.
        peer: the other.
        times: how often at least, where runs are short.
    """

    name: str
    what: str
    beside: str
    rows: int
    most: float
    ours: Callable[[Bench], Command]
    peer: Callable[[Bench], Command]
    times: int = 5

    @property
    def has_data(self) -> bool:
        """Whether it is work on rows, whose memory must not depend on how many."""
        return self.rows > FEW


def _dd(bench: Bench, folder: Path, *flags: str) -> Command:
    written = folder / "peer.npy"
    count = max(1, bench.rows * 4000 // 2**20)
    return Command(
        ["dd", "if=/dev/zero", f"of={written}", "bs=1M", f"count={count}", "status=none", *flags], written
    )


def _cp(bench: Bench) -> Command:
    written = bench.memory / "peer.npy"
    return Command(["cp", "--reflink=never", bench.file("probs.npy", 100, bench.rows), str(written)], written)


def _hard(bench: Bench, folder: Path) -> Command:
    words = "smooth FILE -k 1000 -e 0.1 --dtype float32"
    return bench.ours(words, ("labels.npy", 1000), output="ours.npy", folder=folder)


def _text(bench: Bench) -> Command:
    return bench.ours("smooth FILE -k 10 -e 0.1", ("labels.csv", 10), output="ours.csv")


def _text_peer(name: str) -> Callable[[Bench], Command]:
    return lambda bench: bench.peer(name, ("labels.csv", 10), more=("10",), output="peer.csv")


def _loss(more: str = "", kind: str = "logits.npy") -> Callable[[Bench], Command]:
    return lambda bench: bench.ours(f"loss FILE FILE -e 0.1 {more}", (kind, 1000), ("labels.npy", 1000))


def _torch(name: str, kind: str = "logits.npy") -> Callable[[Bench], Command]:
    return lambda bench: bench.peer(name, (kind, 1000), ("labels.npy", 1000))


def _wide_loss(without: bool) -> Callable[[Bench], Command]:
    files = ("logits.csv", 50), ("labels.npy", 50)
    return lambda bench: bench.ours("loss FILE FILE -e 0.1", *files, without_polars=without)


def _wide_soft(without: bool) -> Callable[[Bench], Command]:
    output = f"{'peer' if without else 'ours'}.csv"
    return lambda bench: bench.ours(
        "smooth FILE -e 0.1 --force", ("probs.npy", 50), output=output, without_polars=without
    )


def _tab(_: Bench) -> Command:
    line = {"_LSMOOTH_COMPLETE": "complete_bash", "COMP_WORDS": "lsmooth smooth --sp", "COMP_CWORD": "2"}
    return Command([program()], environment=line)


def _importing(modules: str) -> Callable[[Bench], Command]:
    return lambda _: Command([sys.executable, "-c", f"import {modules}"])


def _short(bench: Bench) -> Command:
    return Command([program(), "smooth", bench.file("labels.csv", 10, FEW), "-q"])


M, STARTS = 10**6, 25
WORKS = (
    Work("hard-dd", "hard labels NPY → NPY, in memory", "`dd` of as many bytes", M, 1.2,
         lambda b: _hard(b, b.memory), lambda b: _dd(b, b.memory)),
    Work("hard-dd-disk", "hard labels NPY → NPY, on disk", "`dd conv=fsync`", M, 1.2,
         lambda b: _hard(b, b.disk), lambda b: _dd(b, b.disk, "conv=fsync")),
    Work("hard-numpy", "hard labels NPY → NPY, in memory", "numpy one-hot script", M, 1 / 10,
         lambda b: _hard(b, b.memory),
         lambda b: b.peer("write-array", ("labels.npy", 1000), more=("1000",), output="peer.npy")),
    Work("soft-cp", "soft rows NPY → NPY, K = 100", "`cp`", M, 1.5,
         lambda b: b.ours("smooth FILE -e 0.1 --dtype float32", ("probs.npy", 100), output="ours.npy"), _cp),
    Work("text-polars", "hard labels CSV → CSV, K = 10", "polars", 5 * M, 1 / 4, _text,
         _text_peer("text-polars")),
    Work("text-pandas", "hard labels CSV → CSV, K = 10", "pandas", 5 * M, 1.0, _text,
         _text_peer("text-pandas")),
    Work("text-numpy", "hard labels CSV → CSV, K = 10", "`loadtxt` + `savetxt`", 5 * M, 1 / 25, _text,
         _text_peer("text-numpy")),
    Work("conditional", "ε for each row, NPY → NPY, K = 100", "numpy script", M, 1 / 3,
         lambda b: b.ours("smooth FILE -k 100 --conditional FILE -e 0:0.2 --dtype float32",
                          ("labels.npy", 100), ("probs.npy", 100), output="ours.npy"),
         lambda b: b.peer("write-conditional", ("labels.npy", 100), ("probs.npy", 100), output="peer.npy")),
    Work("loss-torch", "loss of logits, K = 1000", "PyTorch in blocks, all cores", M // 5, 1 / 1.4, _loss(),
         _torch("torch-blocks")),
    Work("loss-script", "loss of logits, K = 1000", "usual PyTorch script", M // 5, 1 / 4, _loss(),
         _torch("torch-script")),
    Work("loss-read", "loss of logits, K = 1000", "reading the file by 1 MiB", M // 5, 2.0, _loss(),
         lambda b: b.peer("read-bytes", ("logits.npy", 1000))),
    Work("loss-probs", "loss of probabilities, K = 1000", "PyTorch on their log", M // 5, 1 / 1.4,
         _loss(kind="probs.npy"), _torch("torch-probabilities", "probs.npy")),
    Work("loss-compare", "loss `--compare`, K = 1000", "plain `loss`", M // 5, 2.0, _loss("--compare"),
         _loss()),
    Work("loss-workers", "loss of logits, two workers", "one worker", M // 5, 1 / 1.7, _loss("--workers 2"),
         _loss("--workers 1")),
    Work("loss-text", "loss from CSV, K = 50", "`loadtxt` alone", M // 5, 1.1, _wide_loss(False),
         lambda b: b.peer("read-text", ("logits.csv", 50))),
    Work("wide-loss", "loss from CSV, K = 50, with polars", "without", M // 5, 1 / 3, _wide_loss(False),
         _wide_loss(True)),
    Work("wide-soft", "soft rows NPY → CSV, K = 50, with polars", "without", M // 5, 1 / 6,
         _wide_soft(False), _wide_soft(True)),
    Work("version", "`--version`", "`import typer`", 0, 1.3, lambda _: Command([program(), "--version"]),
         _importing("typer"), STARTS),
    Work("tab", "a TAB", "`import typer`", 0, 1.3, _tab, _importing("typer"), STARTS),
    Work("short", "`smooth` on 10 rows", "`import typer, numpy`", 0, 1.25, _short,
         _importing("typer, numpy"), STARTS),
)  # fmt: skip


def cores() -> int:
    """Return the processors given to this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
