"""A second sync and reconciliation over real HTTP add no record, decision or event."""

from pathlib import Path

from core.model import ENTRIES, FACTS
from core.usecases.reconcile import reconcile
from core.usecases.sync import sync_connection
from core.usecases.verify import verify
from tests.faults.stage import TENANT, Stage, staged


def round_trip(stage: Stage) -> None:
    for connection in stage.connections():
        sync_connection(stage.hub.store, stage.hub.driver, stage.hub.clock, TENANT, connection.id)
    reconcile(stage.hub.store, TENANT)


def counts(stage: Stage) -> dict[str, int]:
    with stage.hub.store.begin(TENANT, write=False) as unit:
        versions = {kind.entity: sum(len(unit.history(kind, f.id)) for f in unit.all(kind)) for kind in FACTS}
        entries = {kind.entity: len(unit.entries(kind)) for kind in ENTRIES}
        return {**versions, **entries, "revision": unit.revision}


def test_the_second_round_is_silent(tmp_path: Path) -> None:
    with staged(f"sqlite:///{tmp_path / 'hub.sqlite3'}") as stage:
        for number in range(14):
            stage.happen(number)
        round_trip(stage)
        first = counts(stage)
        round_trip(stage)
        assert counts(stage) == first
        assert first["event"] > 20
        assert verify(stage.hub.store, stage.hub.driver, TENANT, statements=stage.hub.statements) == ()
