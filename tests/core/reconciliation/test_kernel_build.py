"""Where Rust is at hand the kernel is built, and only a kernel of the sources that are here is used."""

import shutil
from pathlib import Path

import pytest

from core.reconciliation import kernel
from core.reconciliation.kernel import library, sources


def test_it_is_there_where_it_can_be_built() -> None:
    if shutil.which("cargo") is None and not (Path.home() / ".cargo" / "bin" / "cargo").exists():
        pytest.skip("no Rust here")
    assert kernel.is_available()


@pytest.mark.skipif(not kernel.is_available(), reason="the kernel was not built here")
def test_one_of_other_sources_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    library.opened.cache_clear()
    monkeypatch.setattr(library, "fingerprint", lambda: "other")
    assert not kernel.is_available()
    monkeypatch.undo()
    library.opened.cache_clear()
    assert kernel.is_available()


def test_the_fingerprint_is_of_every_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "FOLDER", tmp_path)
    assert sources.fingerprint() is None
    (tmp_path / "lib.rs").write_text("mod a;")
    one = sources.fingerprint()
    (tmp_path / "a.rs").write_text("")
    assert one != sources.fingerprint() is not None
