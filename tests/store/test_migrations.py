"""One history for both databases: up, equal to the tables, down, and up again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from core.errors import Misconfigured
from core.ports import RateLimit
from hub.store.engine import create_engine, transaction
from hub.store.keys import Keys
from hub.store.migrations import at_head, check, downgrade, upgrade
from hub.store.ratelimit import SqlRateLimiter
from hub.store.unit import SqlStore
from tests.fakes import FixedClock
from tests.postgres import postgres_url, server_url
from tests.store.conftest import KEYRING
from tests.store.records import company


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'made' / 'hub.sqlite3'}"
        return
    with postgres_url(migrated=False) as url:
        yield url


def test_up_check_down_and_up_again(empty_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    engine = create_engine(empty_url)
    with transaction(engine, write=True) as connection:
        connection.execute(text("CREATE TABLE workflow_status (of_the_job_engine INTEGER)"))
    assert not at_head(engine)
    upgrade(empty_url)
    check(empty_url)
    assert at_head(engine)
    downgrade(empty_url)
    assert not at_head(engine)
    assert set(inspect(engine).get_table_names()) == {"alembic_version", "workflow_status"}
    upgrade(empty_url)
    upgrade(empty_url)
    assert at_head(engine)
    engine.dispose()
    assert capsys.readouterr() == ("", "")


OWNER = "lettrage_test_owner"


@pytest.fixture
def owned_url() -> Iterator[str]:
    """A database whose owner is no superuser; the roles of the hub are there already."""
    with postgres_url(), postgres_url(migrated=False) as url:
        admin = create_engine(url)
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"DROP ROLE IF EXISTS {OWNER}"))
            connection.execute(text(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{OWNER}'"))
            connection.execute(text(f'ALTER DATABASE "{admin.url.database}" OWNER TO {OWNER}'))
            connection.execute(text(f"GRANT CREATE ON SCHEMA public TO {OWNER}"))
            connection.execute(text(f"GRANT lettrage_app, lettrage_directory TO {OWNER}"))
        owner = admin.url.set(username=OWNER, password=OWNER)
        yield owner.render_as_string(hide_password=False)
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"REASSIGN OWNED BY {OWNER} TO CURRENT_USER"))
            connection.execute(text(f"DROP OWNED BY {OWNER}"))
            connection.execute(text(f"DROP ROLE {OWNER}"))
        admin.dispose()


def test_an_owner_without_privileges_is_held_by_the_policies_too(owned_url: str) -> None:
    """In production the URL's user owns the tables and is no superuser."""
    upgrade(owned_url)
    engine = create_engine(owned_url)
    clock = FixedClock()
    keys = Keys(engine, clock, KEYRING)
    keys.create_tenant("one", id="ten_1")
    with SqlStore(engine, clock, KEYRING).begin("ten_1") as unit:
        unit.put([company("co_1")])
    assert keys.authenticate(keys.create_key("ten_1", "k", ("read",))) == ("ten_1", ("read",))
    assert SqlRateLimiter(engine).reserve(RateLimit("k", permits=1, seconds=1.0)) == 0.0
    with transaction(engine, write=False) as connection:
        assert connection.execute(text("SELECT * FROM company")).all() == []
    engine.dispose()


def test_other_databases_are_refused() -> None:
    for url in ("mysql://host/db", "sqlite://"):
        with pytest.raises(Misconfigured, match="LETTRAGE_DATABASE_URL"):
            create_engine(url)
    assert server_url().get_backend_name() == "postgresql"
