"""The package as a whole: its docstrings, its types, and what importing it loads."""

import doctest
import importlib.util
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import gpt_cost
import pytest

ROOT = Path(__file__).parent.parent
INSTALLED = Path(gpt_cost.__file__).parent


def docstrings() -> Iterator[tuple[str, str]]:
    yield "gpt_cost", gpt_cost.__doc__ or ""
    for name in gpt_cost.__all__:
        value = getattr(gpt_cost, name)
        yield name, inspect.getdoc(value) or ""
        if inspect.isclass(value) and not issubclass(value, Exception):
            for member, one in vars(value).items():
                if not member.startswith("_"):
                    yield f"{name}.{member}", inspect.getdoc(one) or ""


def test_every_public_item_has_a_docstring() -> None:
    assert [name for name, text in docstrings() if not text and name != "__version__"] == []


def test_the_examples_of_the_docstrings_are_right() -> None:
    parser, runner, examples = doctest.DocTestParser(), doctest.DocTestRunner(), 0
    for name, text in docstrings():
        if "import pyarrow" in text and importlib.util.find_spec("pyarrow") is None:
            continue
        test = parser.get_doctest(text, {}, name, None, None)
        examples += len(test.examples)
        runner.run(test)
    assert runner.summarize().failed == 0
    assert examples > 30


def test_the_examples_of_the_readme_are_right() -> None:
    for needed in ("pyarrow", "polars", "duckdb"):
        pytest.importorskip(needed)
    result = doctest.testfile(str(ROOT / "README.md"), module_relative=False, encoding="utf-8")
    assert result.failed == 0
    assert result.attempted > 10


def test_importing_loads_nothing_else() -> None:
    script = "import sys; before = set(sys.modules); import gpt_cost; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {script}"],
                          capture_output=True, text=True, check=True)
    assert done.stdout == "['gpt_cost', 'gpt_cost._gpt_cost']\n"


def test_the_package_is_typed() -> None:
    assert (INSTALLED / "py.typed").exists()
    assert (INSTALLED / "_gpt_cost.pyi").exists()


@pytest.mark.parametrize("name", ["LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY-NOTICES.md"])
def test_the_licenses_are_those_of_the_repository(name: str) -> None:
    assert (ROOT / "licenses" / name).read_text() == (ROOT.parent / name).read_text()


def checked(*command: str) -> None:
    if importlib.util.find_spec(command[0].split(".")[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_mypy_checks_the_package_and_the_tests() -> None:
    checked("mypy", "--strict", "-p", "gpt_cost")
    checked("mypy", "--strict", "tests")


def test_the_stubs_have_what_the_package_has() -> None:
    checked("mypy.stubtest", "gpt_cost")


def test_pyright_checks_the_tests() -> None:
    checked("pyright", "--pythonpath", sys.executable, "tests")
