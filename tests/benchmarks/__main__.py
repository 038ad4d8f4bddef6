"""Run the benchmarks: `pip install -e .[bench]`, then `python -m tests.benchmarks`."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from .measure import FailedError, Run, run, side_by_side
from .works import FEW, WORKS, Bench, Work, cores

#: A peer that is to be n times slower is wanted at 1/n; from here on ratios are told that way round.
EVEN = 1.0
MB = 1e6


@dataclass(frozen=True)
class Row:
    """What came of a work."""

    work: Work
    rows: int
    ours: Run
    peer: Run
    tenth: int | None

    @property
    def ratio(self) -> float:
        """This program's time over the peer's."""
        return self.ours.seconds / self.peer.seconds

    def cells(self) -> tuple[str, ...]:
        """Return the row as text."""
        work = self.work
        size = f"{self.rows:,} rows" if work.has_data else ""
        reached = self.ratio <= work.most
        faster = work.most < EVEN
        ratio = f"{1 / self.ratio:.1f}× faster" if faster else f"{self.ratio:.2f}×"
        wanted = f"≥ {1 / work.most:.3g}× faster" if faster else f"≤ {work.most:.3g}×"
        memory = f"{self.ours.memory / MB:.0f} MB"
        if self.tenth is not None:
            memory += f" ({self.tenth / MB:.0f})"
        return (
            work.what + (f", {size}" if size else ""),
            f"{self.ours.seconds:.3g} s",
            work.beside,
            f"{self.peer.seconds:.3g} s",
            ratio,
            f"{wanted}{'' if reached else ' (missed)'}",
            memory,
            f"{self.peer.memory / MB:.0f} MB",
        )


HEADINGS = ("work", "time", "beside", "its time", "ratio", "wanted", "memory (of a tenth)", "its memory")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    names = ", ".join(work.name for work in WORKS)
    parser.add_argument("--only", action="append", metavar="NAME", help=f"of {names}; may be repeated")
    parser.add_argument("--scale", type=float, default=1.0, metavar="X", help="times the rows (default: 1)")
    parser.add_argument("--times", type=int, default=5, metavar="N", help="counted runs (default: 5)")
    parser.add_argument("--memory", default=_in_memory(), metavar="FOLDER", help="(default: %(default)s)")
    parser.add_argument(
        "--disk", default=tempfile.gettempdir(), metavar="FOLDER", help="(default: %(default)s)"
    )
    parser.add_argument("--markdown", action="store_true", help="print a table for a document")
    given = parser.parse_args()
    unknown = set(given.only or ()) - {work.name for work in WORKS}
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {names}")
    return given


def _in_memory() -> str:
    shared = Path("/dev/shm")
    return str(shared) if shared.is_dir() else tempfile.gettempdir()


def _measure(work: Work, given: argparse.Namespace, memory: Path, disk: Path) -> Row:
    rows = max(FEW, int(work.rows * given.scale)) if work.has_data else 0
    bench = Bench(memory, disk, rows)
    ours, peer = side_by_side(work.ours(bench), work.peer(bench), max(given.times, work.times))
    tenth = None
    if work.has_data and rows >= 10 * FEW:
        tenth = run(work.ours(Bench(memory, disk, rows // 10))).memory
    return Row(work, rows, ours, peer, tenth)


def _machine() -> str:
    packages = ("numpy", "torch", "polars", "pandas")
    known = {found.metadata["Name"]: found.version for found in metadata.distributions()}
    versions = [f"{name} {known[name]}" for name in packages if name in known]
    python = f"Python {platform.python_version()}"
    return ", ".join([_processor(), f"{cores()} cores", platform.system(), python, *versions])


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _table(rows: list[tuple[str, ...]], *, markdown: bool) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(HEADINGS, *rows, strict=True)]
    lines = [HEADINGS, *rows]
    if markdown:
        lines.insert(1, tuple("-" * width for width in widths))
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        yield f"| {' | '.join(cells)} |" if markdown else "  ".join(cells).rstrip()


def main() -> int:
    """Run what is asked for and print the table; return 1 when a work could not be run."""
    given = _arguments()
    rows: list[tuple[str, ...]] = []
    failures: list[str] = []
    with ExitStack() as stack:
        folders = [
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lsmooth-", dir=place)))
            for place in (given.memory, given.disk)
        ]
        # as where it is installed: compiled before, wherever this runs and whatever is set here
        os.environ |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folders[0] / "compiled")}
        for work in WORKS:
            if given.only and work.name not in given.only:
                continue
            try:
                row = _measure(work, given, *folders)
            except FailedError as error:
                failures.append(f"{work.name}: {error}")
                continue
            rows.append(row.cells())
            sys.stderr.write(f"{work.name}: {' '.join(rows[-1][1:6])}\n")
    sys.stdout.writelines(f"{line}\n" for line in _table(rows, markdown=given.markdown))
    sys.stdout.write(f"\n{_machine()}; medians, start-up not counted but where it is the work.\n")
    sys.stdout.writelines(f"failed: {failure}\n" for failure in failures)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
