"""The migrations make the tables this code describes, beside the engine's own."""

from pathlib import Path

import pytest

from hub.jobs import prepare, tables
from hub.store.migrations import check, downgrade, upgrade
from tests.postgres import postgres_url


def _migrate(url: str) -> None:
    assert tables.Schedule.metadata.tables["schedule"] is not None  # what `check` compares with
    upgrade(url)
    prepare(url)
    prepare(url)
    check(url)
    downgrade(url, "0001")
    upgrade(url)


def test_sqlite(tmp_path: Path) -> None:
    _migrate(f"sqlite:///{tmp_path / 'new' / 'folder.sqlite3'}")


def test_postgres() -> None:
    with postgres_url(migrated=False) as url:
        _migrate(url)


@pytest.mark.parametrize("url", ["mysql://host/base", "sqlite://"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(Exception, match="LETTRAGE_DATABASE_URL must be"):
        prepare(url)
