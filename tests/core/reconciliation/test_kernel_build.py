"""Where Rust is at hand the kernel is built, and only a kernel of the sources that are here is used."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from core.reconciliation import kernel
from core.reconciliation.kernel import kept, library, sources


def rust() -> tuple[int, ...] | None:
    """The version of cargo, if there is one."""
    cargo = shutil.which("cargo") or shutil.which("cargo", path=str(Path.home() / ".cargo" / "bin"))
    said = subprocess.run([cargo, "--version"], capture_output=True, text=True).stdout if cargo else ""
    found = re.match(r"cargo (\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else None


def wanted() -> tuple[int, ...]:
    """The oldest version of Rust that the kernel is written for."""
    crate = tomllib.loads((Path(sources.__file__).parent / "Cargo.toml").read_text("utf-8"))
    return tuple(map(int, crate["package"]["rust-version"].split(".")))


def test_it_is_there_where_it_can_be_built() -> None:
    version = rust()
    if version is None or version < wanted():
        pytest.skip("no Rust here, or an older one")
    assert kernel.is_available()


@pytest.mark.skipif(not kernel.is_available(), reason="the kernel was not built here")
def test_one_of_other_sources_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    library.loaded.cache_clear()
    monkeypatch.setattr(library, "fingerprint", lambda: "other")
    assert not kernel.is_available()
    monkeypatch.undo()
    library.loaded.cache_clear()
    assert kernel.is_available()


def test_the_fingerprint_is_of_every_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "FOLDER", tmp_path)
    assert sources.fingerprint() is None
    (tmp_path / "lib.rs").write_text("mod a;")
    one = sources.fingerprint()
    (tmp_path / "a.rs").write_text("")
    assert one != sources.fingerprint() is not None


def test_what_is_kept_is_what_the_rules_say(tmp_path: Path) -> None:
    assert kept.read(tmp_path) is None
    kept.keep(tmp_path)
    assert kept.read(tmp_path) == kept.by_the_rules() == kept.told()


def test_after_a_change_of_the_rules_nothing_kept_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(sources.RULES, tmp_path / "rules", ignore=shutil.ignore_patterns("kernel", "__pycache__"))
    monkeypatch.setattr(sources, "RULES", tmp_path / "rules")
    monkeypatch.setattr(sources, "MONEY", Path(shutil.copy(sources.MONEY, tmp_path)))
    kept.keep(tmp_path)
    for changed in (tmp_path / "rules" / "label" / "forms.py", tmp_path / "money.py"):
        before = changed.read_bytes()
        assert kept.read(tmp_path) is not None
        changed.write_bytes(before + b"\n")
        assert kept.read(tmp_path) is None
        changed.write_bytes(before)
