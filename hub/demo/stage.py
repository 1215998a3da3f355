"""Sets the demo's stage: simulators, partner, hub with API and worker, each on a loopback port."""

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from connectors.kit.simulated_oauth import Registered
from connectors.kit.simulator import Simulator
from connectors.kit.world import World
from connectors.pennylane.simulator import PennylaneSimulator
from connectors.qonto.simulator import QontoSimulator
from hub.demo.partner import Partner
from hub.demo.platform import Platform
from hub.demo.story import Story
from hub.jobs import Rhythm, Worker
from hub.running import ApiServer
from hub.settings import Settings
from hub.wiring import Hub, SystemClock, open_hub, upgrade_database
from hub.work import handlers

Say = Callable[[str], None]
BRISK = Rhythm(sync_poll=0.1, deliver_poll=0.1, default_poll=0.1)


@dataclass
class Stage:
    """What stands on loopback while the demo plays."""

    story: Story
    folder: Path
    hub: Hub
    partner: Partner
    platform: Platform
    say: Say
    company_id: str = ""
    connections: dict[str, str] = field(default_factory=dict)


def empty(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


def set_stage(stack: ExitStack, folder: Path, story: Story, say: Say) -> Stage:
    """Simulators, partner, hub with API and worker: each on a free loopback port."""
    story.prologue()
    port = _free_port()
    public_url = f"http://127.0.0.1:{port}"
    simulators = {
        slug: stack.enter_context(_simulator(kind, story.world, slug, public_url))
        for slug, kind in (("pennylane", PennylaneSimulator), ("qonto", QontoSimulator))
    }
    partner = stack.enter_context(Partner())
    settings = _settings(folder, port, public_url, simulators, partner)
    upgrade_database(settings)
    hub = open_hub(settings, clock=story.world)
    stack.callback(hub.close)
    api = ApiServer(hub, host="127.0.0.1", port=port)
    stack.callback(api.stop)
    api.start()
    stack.enter_context(_running(hub))
    key = hub.keys.create_key(hub.keys.create_tenant("Avance Express").id, "demo platform", ("read", "write"))
    platform = Platform(public_url, key)
    stack.callback(platform.close)
    say("[bold]Lettrage demo[/]: everything runs on this machine, on simulated providers\n")
    say(f"  API          {public_url}  (OpenAPI at /openapi.json)")
    for slug, simulator in simulators.items():
        say(f"  {slug:12} {simulator.url}  (OAuth and API)")
    say(f"  partner      {partner.url}  (verifies webhooks)")
    return Stage(story=story, folder=folder, hub=hub, partner=partner, platform=platform, say=say)


def _simulator(kind: type[Simulator], world: World, slug: str, public_url: str) -> Simulator:
    callback = f"{public_url}/oauth/callback/{slug}"
    return kind(
        world,
        client=Registered(client_id="lettrage-demo", redirect_uris=(callback,)),
        calls_per_window=(100_000, 1.0),
    )


def _settings(
    folder: Path, port: int, public_url: str, simulators: dict[str, Simulator], partner: Partner
) -> Settings:
    values: dict[str, Any] = {
        "database_url": f"sqlite:///{folder.resolve() / 'demo.sqlite3'}",
        "public_url": public_url,
        "port": port,
        "webhook_allow": (partner.address, "127.0.0.1"),
    }
    for slug, simulator in simulators.items():
        values[f"{slug}_client_id"] = simulator.client.client_id
        values[f"{slug}_client_secret"] = SecretStr(simulator.client.client_secret)
        values[f"{slug}_base_url"] = simulator.url
        values[f"{slug}_auth_url"] = simulator.url
    return Settings(**values)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _running(hub: Hub) -> Iterator[None]:
    """Jobs run by the story's clock; webhooks are signed by the wall clock, as partners check it."""
    today = handlers(replace(hub, clock=SystemClock()))
    worker = Worker(hub.settings.database_url, {**handlers(hub), "deliver": today["deliver"]}, rhythm=BRISK)
    worker.start()
    try:
        yield
    finally:
        worker.stop()
