"""The roles of the program: the API, a worker that runs jobs, the clock that says what is due."""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

import structlog
import uvicorn

from core.errors import RetryLater
from core.model import Connection
from core.usecases.reconcile import reconcile as reconcile_tenant
from core.usecases.sync import sync_connection
from hub.api.app import create_app
from hub.delivery import deliver_owed
from hub.jobs import Handler, Rhythm, Ticker, Worker, align
from hub.jobs.database import writing
from hub.settings import PROVIDERS, Settings
from hub.wiring import Hub
from scheduler.clock import Beat, Clockwork
from scheduler.plan import Cadence, plan

LOG = structlog.get_logger("lettrage")
TICK_SECONDS = 2.0
ALIGN_SECONDS = 15.0
DAY_SECONDS = 600.0
LONGEST_WAIT = timedelta(minutes=10)
PARIS = ZoneInfo("Europe/Paris")


def handlers(hub: Hub) -> Mapping[str, Handler]:
    """What each kind of job does; every handler is idempotent and starts from committed state."""

    def sync(args: Mapping[str, Any]) -> None:
        done = sync_connection(
            hub.store,
            hub.driver,
            hub.clock,
            args["tenant_id"],
            args["connection_id"],
            full=bool(args.get("full")),
        )
        for error in done.errors:
            LOG.warning("stream_stopped", connection=args["connection_id"], reason=str(error))
            if isinstance(error, RetryLater):
                raise error

    def reconcile(args: Mapping[str, Any]) -> None:
        wait_for_syncs(hub, args["tenant_id"])
        reconcile_tenant(hub.store, args["tenant_id"])

    def send(args: Mapping[str, Any]) -> None:
        deliver_owed(
            hub.store,
            hub.vault,
            hub.sender,
            hub.clock,
            tenant_id=args["tenant_id"],
            delivery_id=args["delivery_id"],
            attempt=args["attempt"],
        )

    return {"sync": sync, "reconcile": reconcile, "deliver": send}


def rhythm_of(settings: Settings) -> Rhythm:
    """How the worker beats, from the settings."""
    return Rhythm(
        heartbeat=settings.job_silence_seconds / 6,
        silent_after=settings.job_silence_seconds,
        resumptions=settings.job_resumptions,
    )


def wait_for_syncs(hub: Hub, tenant_id: str) -> None:
    """Puts a reconciliation off while the tenant's providers are being read.

    The same money often shows in two tools; decided once both were read, it is told from the bank's own
    line, whichever tool was read first. A sync older than some minutes is not waited for.
    """
    with hub.store.begin(tenant_id, write=False) as unit:
        connections = [connection.id for connection in unit.find(Connection)]
    since = datetime.now(UTC) - LONGEST_WAIT
    if hub.jobs.under_way("sync", connections, since=since):
        raise RetryLater("providers are being read", seconds=1)


@contextmanager
def worker(hub: Hub) -> Iterator[None]:
    """Runs jobs while the block lasts."""
    running = Worker(hub.settings.database_url, handlers(hub), rhythm=rhythm_of(hub.settings))
    running.start()
    try:
        yield
    finally:
        running.stop()


@contextmanager
def clock(hub: Hub) -> Iterator[None]:
    """Gives out what is due while the block lasts. Any number of clocks may run."""
    beats = (
        Beat("align", ALIGN_SECONDS, lambda: align_schedules(hub)),
        Beat("tick", TICK_SECONDS, Ticker(hub.engine, hub.jobs).tick),
        Beat("day", DAY_SECONDS, lambda: start_day(hub)),
    )
    running = Clockwork(
        beats, lambda name, error: LOG.error("beat_failed", beat=name, reason=type(error).__name__)
    )
    running.start()
    try:
        yield
    finally:
        running.stop()


def align_schedules(hub: Hub) -> None:
    """Makes the schedule say what the connections are: new ones are read, ended ones are not."""
    every = Cadence(every=timedelta(minutes=hub.settings.sync_every_minutes), jitter=timedelta(minutes=1))
    for tenant in hub.directory.tenants():
        with hub.store.begin(tenant.id, write=False) as unit:
            connections = unit.find(Connection)
        planned = plan(tenant.id, connections, dict.fromkeys(PROVIDERS, every), hub.clock.now())
        with writing(hub.engine) as connection:
            align(connection, planned)


def start_day(hub: Hub) -> None:
    """Registers one reconciliation per tenant and French calendar day: due dates pass without news."""
    day = hub.clock.now().astimezone(PARIS).date().isoformat()
    for tenant in hub.directory.tenants():
        with hub.store.begin(tenant.id) as unit:
            unit.enqueue(
                "reconcile",
                key=f"reconcile:{tenant.id}",
                args={"tenant_id": tenant.id},
                dedupe_id=f"reconcile:{tenant.id}:{day}",
            )


class ApiServer:
    """The API on a socket of its own thread; `url` once it answers (port 0 picks a free one)."""

    def __init__(self, hub: Hub, *, host: str, port: int) -> None:
        config = uvicorn.Config(
            create_app(hub.services()),
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            lifespan="off",
        )
        self._server = _Threaded(config)
        self._thread = threading.Thread(target=self._server.run, name="api", daemon=True)

    def start(self) -> str:
        """Listens and returns the address."""
        self._thread.start()
        self._server.answering.wait(timeout=30)
        if not self._server.started:
            raise OSError("the API could not listen: is the port taken?")
        host, port = self._server.servers[0].sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    def stop(self) -> None:
        """Answers what is under way, then ends."""
        self._server.should_exit = True
        self._thread.join(timeout=10)


class _Threaded(uvicorn.Server):
    """Leaves signals to the program and tells when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answering = threading.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.answering.set()

    def run(self, sockets: list[Any] | None = None) -> None:
        try:
            super().run(sockets=sockets)
        finally:
            self.answering.set()


def run_until_stopped(hub: Hub, roles: frozenset[str], *, ready: Callable[[str], None]) -> None:
    """Runs `api`, `worker` and `clock` as asked, until SIGINT or SIGTERM; then lets jobs finish."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with ExitStack() as stack:
        address = ""
        if "api" in roles:
            server = ApiServer(hub, host=hub.settings.host, port=hub.settings.port)
            address = server.start()
            stack.callback(server.stop)
        if "worker" in roles:
            stack.enter_context(worker(hub))
        if "clock" in roles:
            stack.enter_context(clock(hub))
        ready(address)
        while not stopping.wait(0.5):
            pass
