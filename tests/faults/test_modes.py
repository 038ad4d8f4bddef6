"""Modes and owners of what is written, and of what it is written to first."""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Work
from kits import faults
from kits.faults import (
    AS_ROOT,
    TEMPORARY,
    run,
)
from kits.streams import LABELS, OLD


@pytest.mark.parametrize(
    ("arguments", "outputs"),
    [
        (
            ("smooth", "labels.csv", "-o", "a.npy", "--names-out", "n.txt", "--matrix-out", "m.csv"),
            ("a.npy", "n.txt", "m.csv"),
        ),
        (
            ("smooth", "labels.csv", "-e", "0:.1", "--epoch", "all/2", "-o", "e{epoch}.csv"),
            ("e1.csv", "e2.csv"),
        ),
        (("loss", "logits.npy", "labels.npy", "--reduction", "none", "-o", "l.csv.gz"), ("l.csv.gz",)),
    ],
)
def test_every_output_keeps_mode_and_owner_of_what_it_replaces(
    work: Work, arguments: tuple[str, ...], outputs: tuple[str, ...]
) -> None:
    faults.save_predictions(work.folder / "logits.npy", 20)
    faults.save_labels(work.folder / "labels.npy", 20)
    faults.save_labels(work.folder / "labels.csv", 20)
    for name in outputs:
        work.write(name, OLD).chmod(0o640)
        if AS_ROOT:
            os.chown(work.folder / name, 12345, 23456)
    work.ok(*arguments, "--force")
    for name in outputs:
        status = work.folder.joinpath(name).stat()
        assert stat.S_IMODE(status.st_mode) == 0o640
        assert status.st_size != len(OLD)
        assert not AS_ROOT or (status.st_uid, status.st_gid) == (12345, 23456)


AS_SOMEBODY = (
    "import lsmooth, lsmooth.cli.app\n"
    "lsmooth.smooth_file('labels.csv', 'warm.csv', epsilon=0.1)\n"  # loads everything while it may be read
    "os.setgroups([23456])\n"
    "os.setresgid(65534, 65534, 65534)\n"
    "os.setresuid(65534, 65534, 65534)\n"
    "lsmooth.smooth_file('labels.csv', 'out/soft.csv', epsilon=0.1, force=True)\n"
    "sys.exit(0)\n"
)


@pytest.mark.skipif(not AS_ROOT, reason="only root may become somebody else")
def test_the_group_is_kept_where_the_owner_cannot_be() -> None:
    """In a folder that a team shares: without it, those who could read the file no longer can."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are private
        folder = Path(name)
        folder.joinpath("labels.csv").write_text(LABELS)
        shared = folder / "out"
        shared.mkdir()
        old = shared / "soft.csv"
        old.write_bytes(OLD)
        os.chown(old, 12345, 23456)
        old.chmod(0o660)
        for each in (folder, shared):
            each.chmod(0o777)
        result = run(folder, prelude=AS_SOMEBODY)
        assert result.code == 0, result.err
        assert old.stat().st_uid == 65534
        assert old.stat().st_gid == 23456


def watched_end(work: Work, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> list[tuple[str, str, int]]:
    """Run and return the calls at the end in order: what, the name or kind it is done to, and its mode."""
    seen: list[tuple[str, str, int]] = []

    def name_of(descriptor: int) -> tuple[str, int]:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            return "folder", 0
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))  # noqa: PTH115
        return path.name[1:].rsplit(".", 2)[0], stat.S_IMODE(status.st_mode)

    def before(what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*given: Any, **named: Any) -> Any:
            if what == "fsync":
                seen.append((what, *name_of(given[0])))
            else:
                seen.append((what, Path(given[1]).name, stat.S_IMODE(Path(given[0]).stat().st_mode)))
            return function(*given, **named)

        return called

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", before("fsync", os.fsync))
        patch.setattr(os, "link", before("name", os.link))
        patch.setattr(Path, "replace", before("name", Path.replace))
        work.ok(*arguments)
    return seen


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="names of descriptors are in /proc")
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_files_are_synced_then_named_then_their_folder_is_synced(
    work: Work, monkeypatch: pytest.MonkeyPatch, force: tuple[str, ...]
) -> None:
    work.write("labels.csv", LABELS)
    flags = ("-o", "a.npy", "--names-out", "n.txt", *force)
    calls = [(what, of) for what, of, _ in watched_end(work, monkeypatch, "smooth", "labels.csv", *flags)]
    assert calls[:2] == [("fsync", "a.npy"), ("fsync", "n.txt")]
    named = [of for what, of in calls if what == "name"]
    assert named == ["a.npy", "n.txt"]
    for number, (what, _) in enumerate(calls):
        if what == "name":
            assert ("fsync", "folder") in calls[number:]
    assert calls[-1] == ("fsync", "folder")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="names of descriptors are in /proc")
def test_a_temporary_file_is_private_until_it_has_been_synced(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.write("labels.csv", LABELS)
    calls = watched_end(work, monkeypatch, "smooth", "labels.csv", "-o", "a.npy", "--names-out", "n.txt")
    assert [mode for what, of, mode in calls if what == "fsync" and of != "folder"] == [0o600, 0o600]


def test_names_of_temporaries_hold_96_random_bits(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    work.write("labels.csv", LABELS)
    names: list[str] = []
    link = os.link

    def watched(source: Any, target: Any) -> None:
        names.append(Path(source).name)
        link(source, target)

    monkeypatch.setattr(os, "link", watched)
    for turn in range(20):
        random.seed(1)  # whatever else is seeded
        np.random.seed(1)  # noqa: NPY002
        work.ok("smooth", "labels.csv", "-o", "soft.csv", "--names-out", f"n{turn}.txt")
        work.folder.joinpath("soft.csv").unlink()
    assert all(TEMPORARY.fullmatch(name) for name in names)
    secrets = [name.split(".")[-2] for name in names]
    assert len(set(secrets)) == len(names) == 40
    bits = np.array([[int(bit) for bit in f"{int(secret, 16):096b}"] for secret in secrets])
    assert ((bits.mean(axis=0) > 0) & (bits.mean(axis=0) < 1)).all(), "every bit of them differs"


def test_a_file_that_is_in_the_way_of_a_temporary_is_not_followed(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if somebody could guess the name: O_EXCL opens no link."""
    work.write("labels.csv", LABELS)
    work.write("precious", OLD)
    monkeypatch.setattr(os, "urandom", bytes)
    work.folder.joinpath(f".soft.csv.{'00' * 12}.tmp").symlink_to("precious")
    result = work.run("smooth", "labels.csv", "-o", "soft.csv")
    assert result.code == 1
    assert work.read("precious") == OLD.decode()
    assert "soft.csv" not in work.files()
