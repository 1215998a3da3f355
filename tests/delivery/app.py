"""A worker that delivers, as a process of its own: `app.py URL`."""

import sys
import threading
from datetime import UTC, datetime

from hub.delivery import deliver_owed
from hub.dialing import WebhookSender
from hub.jobs import Jobs, Rhythm, Worker
from hub.store.engine import create_engine
from hub.store.unit import SqlStore
from hub.store.vault import SqlVault
from tests.delivery.conftest import LOOPBACK, TENANT
from tests.store.conftest import KEYRING

RHYTHM = Rhythm(heartbeat=0.2, silent_after=2.0, sync_poll=0.05, deliver_poll=0.05, default_poll=0.05)


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def main(url: str) -> None:
    engine, clock = create_engine(url), SystemClock()
    store = SqlStore(engine, clock, KEYRING, enqueue=Jobs(url).enqueue)
    vault, sender = SqlVault(engine, KEYRING), WebhookSender(LOOPBACK, clock)

    def handle(args: dict[str, str]) -> None:
        deliver_owed(
            store,
            vault,
            sender,
            clock,
            tenant_id=TENANT,
            delivery_id=args["delivery_id"],
            attempt=int(args["attempt"]),
        )

    Worker(url, {"deliver": handle}, rhythm=RHYTHM).start()  # type: ignore[dict-item]
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
