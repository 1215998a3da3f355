"""The guide to writing a connector runs as it is printed."""

import re
from pathlib import Path
from typing import Any

GUIDE = Path(__file__).parents[2] / "docs" / "connectors.md"


def test_the_guide_runs_and_its_connector_reads_its_simulator() -> None:
    from connectors.kit.simulated_oauth import Registered
    from connectors.kit.story import standard_cast
    from connectors.kit.world import World
    from tests.connectors.harness import REDIRECT, Bench

    names: dict[str, Any] = {"__name__": "guide"}
    for block in re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL):
        exec(compile(block, str(GUIDE), "exec"), names)

    class Guided:
        slug = "acme"
        connector = staticmethod(lambda size: names["Acme"](size=size))

    world = World()
    cast = standard_cast(world)
    for _ in range(5):
        world.account(cast.company)
    with names["AcmeSimulator"](world, client=Registered(redirect_uris=(REDIRECT,))) as sim:
        bench = Bench(Guided(), world, sim, size=2)
        bench.connect(company=cast.company.id)
        collector = bench.drive()
        for driver in bench.drivers:
            driver.close()
        assert len(collector.seen("accounts")) == 6
        assert bench.granted.proof.siren == cast.company.siren
