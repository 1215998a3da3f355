"""The roles of the program: the API, a worker that runs jobs, the clock that says what is due."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

import structlog
import uvicorn
from prometheus_client import start_http_server

from core.errors import Misconfigured
from core.model import Connection, Tenant
from hub.api.app import create_app
from hub.jobs import Rhythm, Ticker, Worker, align, sentence
from hub.jobs.database import writing
from hub.settings import PROVIDERS, Settings
from hub.store.idempotency import Idempotency
from hub.wiring import Hub
from hub.work import handlers
from scheduler.clock import Beat, Clockwork
from scheduler.plan import Cadence, plan

LOG = structlog.get_logger("lettrage")
TICK_SECONDS = 2.0
ALIGN_SECONDS = 15.0
DAY_SECONDS = 600.0
TIDY_SECONDS = 3600.0
PARIS = ZoneInfo("Europe/Paris")


def rhythm_of(settings: Settings) -> Rhythm:
    """How the worker beats, from the settings."""
    return Rhythm(
        heartbeat=settings.job_silence_seconds / 6,
        silent_after=settings.job_silence_seconds,
        resumptions=settings.job_resumptions,
    )


@contextmanager
def worker(hub: Hub) -> Iterator[None]:
    """Runs jobs while the block lasts."""
    running = Worker(
        hub.settings.database_url,
        handlers(hub),
        rhythm=rhythm_of(hub.settings),
        observe=hub.meters.job_ended,
    )
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
        Beat("tidy", TIDY_SECONDS, lambda: tidy(hub)),
    )
    running = Clockwork(
        beats, lambda name, error: LOG.error("beat_failed", beat=name, reason=sentence(error))
    )
    running.start()
    try:
        yield
    finally:
        running.stop()


def each_tenant(hub: Hub, beat: str, act: Callable[[Tenant], None]) -> None:
    """Does it for every tenant: what goes wrong with one is logged, and the others have their turn."""
    for tenant in hub.directory.tenants():
        try:
            act(tenant)
        except Exception as error:  # noqa: BLE001  # one tenant must not stop the others
            LOG.error("beat_failed", beat=beat, tenant=tenant.id, reason=sentence(error))


def align_schedules(hub: Hub) -> None:
    """Makes the schedule say what the connections are: new ones are read, ended ones are not."""
    every = Cadence(every=timedelta(minutes=hub.settings.sync_every_minutes), jitter=timedelta(minutes=1))

    def one(tenant: Tenant) -> None:
        with hub.store.begin(tenant.id, write=False) as unit:
            connections = unit.find(Connection)
        planned = plan(tenant.id, connections, dict.fromkeys(PROVIDERS, every), hub.clock.now())
        with writing(hub.engine) as connection:
            align(connection, planned)

    each_tenant(hub, "align", one)


def start_day(hub: Hub) -> None:
    """Registers what is done once per tenant and French calendar day: a reconciliation, because due
    dates pass without news, and a look whether providers still tell us of changes."""
    day = hub.clock.now().astimezone(PARIS).date().isoformat()

    def one(tenant: Tenant) -> None:
        with hub.store.begin(tenant.id) as unit:
            unit.enqueue(
                "reconcile",
                key=f"reconcile:{tenant.id}",
                args={"tenant_id": tenant.id, "whole": True},
                dedupe_id=f"reconcile:{tenant.id}:{day}",
            )
            for each in unit.find(Connection, state="active"):
                unit.enqueue(
                    "listen",
                    key=each.id,
                    args={"tenant_id": tenant.id, "connection_id": each.id, "provider": each.provider},
                    dedupe_id=f"listen:{each.id}:{day}",
                )

    each_tenant(hub, "day", one)


def tidy(hub: Hub) -> None:
    """Removes answers kept for repeated requests once their day is over, and the secrets in them."""
    answers = Idempotency(hub.engine, hub.clock)

    def one(tenant: Tenant) -> None:
        answers.forget_old(tenant.id)

    each_tenant(hub, "tidy", one)


class ApiServer:
    """The API on a socket of its own thread; `url` once it answers (port 0 picks a free one)."""

    def __init__(self, hub: Hub, *, host: str, port: int) -> None:
        config = uvicorn.Config(
            create_app(hub.services()),
            host=host,
            port=port,
            log_config=None,
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


def serve_metrics(hub: Hub) -> Callable[[], None]:
    """Answers with the counts of a process that has no API; returns what ends it."""
    port = hub.settings.metrics_port or 0
    try:
        server, thread = start_http_server(port, addr=hub.settings.host, registry=hub.meters.registry)
    except OSError:
        raise Misconfigured(f"LETTRAGE_METRICS_PORT: nothing can listen on {port}: is it taken?") from None

    def stop() -> None:
        server.shutdown()
        thread.join(timeout=5)
        server.server_close()

    return stop


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
        elif hub.settings.metrics_port is not None:
            stack.callback(serve_metrics(hub))
        if "worker" in roles:
            stack.enter_context(worker(hub))
        if "clock" in roles:
            stack.enter_context(clock(hub))
        ready(address)
        while not stopping.wait(0.5):
            pass
