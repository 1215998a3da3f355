"""Where Rust is at hand the kernel is built, and only a kernel of the sources that are here is used."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from core.reconciliation import kernel
from core.reconciliation.kernel import library, sources


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
