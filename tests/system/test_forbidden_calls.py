"""What the program must never do with a file: run it, unpickle it, or expand its entities."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.places import ROOT

SOURCES = sorted(path for folder in ("jobs", "report") for path in (ROOT / folder).rglob("*.py"))
MODULES = {
    "pickle", "cPickle", "dill", "joblib", "marshal", "shelve", "h5py", "torch", "tomllib",
    "xml", "lxml", "defusedxml", "telnetlib", "ftplib",
}  # fmt: skip
# the one door to HDF5: it reads plain data sets whose bytes lie in the file, follows no link
ALLOWED = {"jobs/model_files/hdf5.py": ["h5py"]}
CALLS = {"eval", "exec", "compile", "__import__", "load_model", "load_weights", "saved_model"}
ATTRIBUTES = {("os", "system"), ("os", "popen"), ("yaml", "load"), ("yaml", "unsafe_load")}


def problems(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (item.name for item in node.names if item.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            yield str(node.module)
        elif isinstance(node, ast.Call):
            yield from call_problems(node)


def call_problems(node: ast.Call) -> Iterator[str]:
    keywords = {item.arg: item.value for item in node.keywords}
    function = node.func
    if isinstance(function, ast.Name) and function.id in CALLS:
        yield function.id
    if isinstance(function, ast.Attribute):
        owner = function.value.id if isinstance(function.value, ast.Name) else ""
        if (owner, function.attr) in ATTRIBUTES and "Loader" not in keywords:
            yield f"{owner}.{function.attr}"
        if function.attr in CALLS and owner != "re":
            yield function.attr
        if (owner, function.attr) == ("np", "load"):
            allowed = keywords.get("allow_pickle")
            if not (isinstance(allowed, ast.Constant) and allowed.value is False):
                yield "np.load without allow_pickle=False"
    shell = keywords.get("shell")
    if isinstance(shell, ast.Constant) and shell.value:
        yield "shell=True"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_source_runs_what_it_reads(path: Path) -> None:
    allowed = ALLOWED.get(path.relative_to(ROOT).as_posix(), [])
    assert list(problems(path.read_text(encoding="utf-8"))) == allowed


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from xml.etree import ElementTree",
        "eval('1')",
        "np.load('x')",
        "np.load('x', allow_pickle=True)",
        "yaml.load('x')",
        "keras.models.load_model('x')",
        "model.load_weights('x.h5')",
        "subprocess.run('x', shell=True)",
        "os.system('x')",
    ],
)
def test_each_of_them_would_be_noticed(source: str) -> None:
    assert list(problems(source))
