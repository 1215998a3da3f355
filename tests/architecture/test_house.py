"""The house rules that a linter does not know."""

import ast
import importlib.util
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = ("core", "mappings", "connectors", "scheduler", "hub")
FILES = sorted(path for folder in CODE for path in (ROOT / folder).rglob("*.py"))
WHERE = {
    "httpx": ("connectors/kit/", "hub/demo/"),
    "httpcore": ("hub/dialing.py",),
    "authlib": ("connectors/kit/",),
    "tenacity": ("connectors/kit/",),
    "dbos": ("hub/jobs/",),
    "apscheduler": ("scheduler/clock.py", "hub/jobs/"),
    "standardwebhooks": ("hub/delivery.py", "hub/demo/partner.py"),
    "polars": ("hub/interchange/",),
    "ctypes": ("core/reconciliation/kernel/",),
    "lxml": ("mappings/statements/", "mappings/xml.py"),
    "mt940": ("mappings/statements/mt940",),
    "pypdf": ("mappings/einvoice/",),
}
FORBIDDEN_NAMES = ("Manager", "Helper", "Utils", "Processor", "Data", "Info")


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("library", WHERE)
def test_each_replaceable_library_is_imported_in_one_place(library: str) -> None:
    strays = [
        str(path.relative_to(ROOT))
        for path in FILES
        if library in _imports(path) and not str(path.relative_to(ROOT)).startswith(WHERE[library])
    ]
    assert strays == []


def test_httpx2_is_not_installed() -> None:
    """Authlib and Starlette would pick it silently and tests would make real calls."""
    assert importlib.util.find_spec("httpx2") is None


def test_no_other_distribution_brings_a_package_with_our_names() -> None:
    clashes = {
        f"{dist.name}: {file}"
        for dist in distributions()
        if dist.name != "lettrage"
        for file in dist.files or ()
        if len(file.parts) > 1 and file.parts[0] in CODE
    }
    assert clashes == set()


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_module_shape(path: Path) -> None:
    source = path.read_text("utf-8")
    tree = ast.parse(source)
    if source.strip():
        assert ast.get_docstring(tree), "a module opens with one sentence"
    assert source.count("\n") <= 400, "a module has at most 400 lines"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{node.name} has at most 60 lines"
        if isinstance(node, ast.ClassDef):
            assert not node.name.endswith(FORBIDDEN_NAMES), node.name


def test_only_the_demo_imports_a_simulator() -> None:
    strays = [
        path.name
        for path in FILES
        if path.name != "demo.py"
        and "connectors" not in path.parts[-3:]
        and "simulator import" in path.read_text("utf-8")
        and path.parts[-2] not in ("kit", "pennylane", "qonto", "demo")
    ]
    assert strays == []


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.lock")), ids=lambda p: p.name)
def test_locks_are_hashed_and_name_no_registry(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "--hash=sha256:" in text
    assert "://" not in text
