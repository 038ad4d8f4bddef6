"""Nothing of the data is run."""

from __future__ import annotations

import ast
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Work
from kits.torture.cases import claiming, forged, gz, npy, soft

import lsmooth

#: Runs lsmooth once for each line of JSON and tells what was opened, run and imported.
AUDIT = """
import json, os, sys
events = {}
watched = ("subprocess", "socket", "pickle", "marshal", "shutil", "urllib", "webbrowser", "glob")
calls = ("system", "exec", "posix_spawn", "fork", "forkpty", "spawn", "startfile", "chmod", "symlink")

def hook(event, args):
    if event == "open" and not isinstance(args[0], int):
        events["open"].append(os.fsdecode(args[0]))
    elif event == "import":
        events["import"].append(args[0])
    elif event == "exec":
        events["exec"].append(repr(getattr(args[0], "co_consts", ()))[:2000])
    elif event != "marshal.loads" and (
        event.partition(".")[0] in watched or event in tuple("os." + call for call in calls)
    ):
        events["other"].append([event, repr(args)[:200]])

def begin():
    events.update({"open": [], "exec": [], "import": [], "other": []})

begin()
from lsmooth.cli import main
sys.addaudithook(hook)
told = []
for line in sys.stdin.readlines():
    folder, arguments = json.loads(line)
    os.chdir(folder)
    sys.argv = ["lsmooth", *arguments]
    begin()
    code = main()
    told.append(json.dumps({**events, "code": code}))
with open(os.environ["REPORT"], "w") as report:
    report.write("[" + ", ".join(told) + "]")
"""

SYSTEM = tuple(
    {str(Path(path).resolve()) for path in (sys.prefix, sys.base_prefix, Path(lsmooth.__file__).parent)}
    | {sys.prefix, sys.base_prefix, "/proc", "/sys", "/dev", "/usr/lib", "/usr/share", "/etc/localtime"}
)
CODE = "__import__('os').system('touch pwned')"


class Trap:
    """Touches a file when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch pwned",)


DECOY = "decoy.csv"

NASTY: dict[str, tuple[dict[str, str | bytes], list[str]]] = {
    "a pickle": ({"f.npy": pickle.dumps(Trap())}, ["smooth", "f.npy"]),
    "an array of objects": ({"f.npy": npy(np.array([Trap()], object))}, ["smooth", "f.npy"]),
    "an array of objects, packed": (
        {"f.npy.gz": gz(npy(np.array([Trap()], object)))},
        ["smooth", "f.npy.gz"],
    ),
    "objects in a field": ({"f.npy": npy(np.array([(Trap(),)], [("a", "O")]))}, ["smooth", "f.npy"]),
    "objects as predictions": (
        {"p.npy": npy(np.array([[Trap()]], object)), "l.csv": "0\n"},
        ["loss", "p.npy", "l.csv"],
    ),
    "objects as a prior": (
        {"f.csv": "0\n1\n", "p.npy": npy(np.array([Trap()] * 2, object))},
        ["smooth", "f.csv", "--prior", "p.npy"],
    ),
    "objects as a similarity": (
        {"f.csv": "0\n1\n", "s.npy": npy(np.array([[Trap()] * 2] * 2, object))},
        ["smooth", "f.csv", "--similarity", "s.npy"],
    ),
    "objects to explain": ({"f.npy": npy(np.array([[Trap()]], object))}, ["explain", "f.npy"]),
    "code as a header": ({"f.npy": forged(CODE)}, ["smooth", "f.npy"]),
    "code as a shape": ({"f.npy": claiming("'<i8'", f"({CODE},)")}, ["smooth", "f.npy"]),
    "code as a dtype": ({"f.npy": claiming(CODE, "(3,)")}, ["smooth", "f.npy"]),
    "code as a dtype, in quotes": ({"f.npy": claiming(repr(CODE), "(3,)")}, ["smooth", "f.npy"]),
    "code as a cell": ({"f.csv": f'label\n"{CODE}"\nx\n'}, ["smooth", "f.csv"]),
    "code as a header of text": ({"f.csv": f'"{CODE}",b\n1,0\n0,1\n'}, ["smooth", "f.csv"]),
    "code as a number": ({"f.csv": f'0\n1\n"{CODE}"\n'}, ["smooth", "f.csv"]),
    "a file as a label": ({"f.csv": f"label\n{DECOY}\nx\n"}, ["smooth", "f.csv"]),
    "a file as a header": (
        {"f.csv": f"{DECOY},b\n1,0\n0,1\n"},
        ["smooth", "f.csv", "--keep", "2", "--header"],
    ),
    "a file as a kept cell": ({"f.csv": f"id,label\n{DECOY},0\n-,1\n"}, ["smooth", "f.csv", "--keep", "id"]),
    "a file as a name": (
        {"f.csv": f"{DECOY}\n", "n.txt": f"{DECOY}\n../{DECOY}\n"},
        ["smooth", "f.csv", "--names", "n.txt", "--no-header"],
    ),
    "a file as a class of a map": (
        {"f.csv": f"{DECOY}\nx\n", "p.csv": f"{DECOY},1\nx,2\n"},
        ["smooth", "f.csv", "--names", f"{DECOY},x", "--prior", "p.csv"],
    ),
    "a file as a node of a tree": (
        {"f.csv": "0\n1\n", "t.csv": f"parent,child\n{DECOY},0\n{DECOY},1\n"},
        ["smooth", "f.csv", "--hierarchy", "t.csv"],
    ),
    "a file as a string of an array": ({"f.npy": npy(np.array([DECOY, "x"]))}, ["smooth", "f.npy"]),
    "a file in the header of gzip": (
        {"f.csv.gz": b"\x1f\x8b\x08\x08" + gz(b"0\n1\n")[4:10] + DECOY.encode() + b"\0" + gz(b"0\n1\n")[10:]},
        ["smooth", "f.csv.gz"],
    ),
    "a module as a class": ({"f.csv": "label\nantigravity\nthis\n"}, ["smooth", "f.csv"]),
    "a module as a dtype": ({"f.npy": claiming("'antigravity'", "(3,)")}, ["smooth", "f.npy"]),
    "a file to explain": ({"f.csv": f"{DECOY},b\n.9,.1\n.1,.9\n"}, ["explain", "f.csv"]),
}


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Run them all in one process; return the folder of each, and what was opened, run and imported."""
    root = tmp_path_factory.mktemp("audited")
    folders: dict[str, Path] = {}
    for number, (name, (files, _)) in enumerate(NASTY.items()):
        folder = folders[name] = root / str(number)
        folder.mkdir()
        for file, data in {**files, DECOY: "0\n"}.items():
            folder.joinpath(file).write_bytes(data if isinstance(data, bytes) else data.encode())
    orders = "".join(json.dumps([str(folders[name]), line]) + "\n" for name, (_, line) in NASTY.items())
    done = subprocess.run(
        [sys.executable, "-c", AUDIT],
        env=os.environ | {"REPORT": str(root / "report.json")},
        input=orders.encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads((root / "report.json").read_text())
    return {name: (folders[name], events) for name, events in zip(NASTY, told, strict=True)}


@pytest.mark.parametrize("name", NASTY)
def test_nothing_of_the_data_is_run_opened_or_imported(
    audited: dict[str, tuple[Path, dict[str, Any]]], name: str
) -> None:
    files, _ = NASTY[name]
    folder, events = audited[name]
    assert events["code"] in (0, 1)
    assert sorted(path.name for path in folder.iterdir()) == sorted([*files, DECOY])
    allowed = {*files, *(str(folder / file) for file in files)}
    opened = {path for path in events["open"] if not os.path.realpath(folder / path).startswith(SYSTEM)}
    assert opened <= allowed
    assert events["other"] == []
    assert not any("touch pwned" in constants for constants in events["exec"])
    assert not {"antigravity", "this", DECOY} & set(events["import"])


#: Where modules are imported by name, all from tables of the program.
IMPORTERS = {"lsmooth/__init__.py", "lsmooth/cli/app.py", "lsmooth/lessons/__init__.py"}
FORBIDDEN = {"eval", "exec", "compile", "__import__", "breakpoint"}
METHODS = {"system", "popen", "load", "loads", "fromfile", "genfromtxt", "run_path", "run_module"}

MODULES = {
    "pickle",
    "marshal",
    "shelve",
    "subprocess",
    "runpy",
    "code",
    "yaml",
    "xml",
    "urllib",
    "socket",
    "webbrowser",
}


def test_the_program_has_no_way_to_run_data() -> None:
    root = Path(lsmooth.__file__).parent
    for path in root.rglob("*.py"):
        name = str(path.relative_to(root.parent))
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                plain = isinstance(node.func, ast.Name)
                assert not (plain and called in FORBIDDEN), f"{name}:{node.lineno}"
                assert plain or called not in METHODS, f"{name}:{node.lineno}"
                assert called != "import_module" or name in IMPORTERS, f"{name}:{node.lineno}"
                pickles = [key for key in node.keywords if key.arg == "allow_pickle"]
                assert not pickles, f"{name}:{node.lineno}"
            elif isinstance(node, ast.Import):
                assert not {alias.name.partition(".")[0] for alias in node.names} & MODULES, (
                    f"{name}:{node.lineno}"
                )
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").partition(".")[0] not in MODULES, f"{name}:{node.lineno}"


def test_what_is_kept_beside_the_targets_is_not_looked_at(work: Work) -> None:
    work.write("f.csv", f'id,label\n"{CODE}",0\n/etc/passwd,1\n')
    first, second = soft(2, 0, 1).splitlines()
    assert work.ok("smooth", "f.csv", "--keep", "id").splitlines()[1:] == [
        f"{CODE},{first}",
        f"/etc/passwd,{second}",
    ]
