"""Whatever a provider answers for a while, what is known, decided and said at the end is the same."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.kit.simulator import HTML_PAGE
from tests.connectors.harness import HARNESSES
from tests.faults.provider_stage import Fault, provider_stage

pytestmark = pytest.mark.slow
LASTING = 6
"""Calls: more than the kit tries by itself, so that faults reach the use case."""


def _without_values(body: Any) -> Any:
    """Every value of the answer null, at every depth but the outermost."""
    if isinstance(body, dict):
        return {name: _nulls(value) for name, value in body.items()}
    return body


def _nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_nulls(each) for each in value]
    return dict.fromkeys(value) if isinstance(value, dict) else None


CALM = "nowhere"
FAULTS: dict[str, Fault] = {
    **{f"status {status}": Fault(status=status) for status in (400, 401, 403, 404, 418, 429, 500, 503)},
    "status 429 for an hour": Fault(status=429, headers={"retry-after": "3600"}),
    "status 503 for a day": Fault(status=503, headers={"retry-after": "86400"}),
    "a redirect": Fault(status=302, headers={"location": "https://login.test/"}),
    "a page": Fault(raw=HTML_PAGE),
    "a page as an error": Fault(raw=HTML_PAGE, status=502),
    "nothing": Fault(raw="", content_type="application/json"),
    "no content": Fault(status=204),
    "half a body": Fault(cut=True),
    "null": Fault(edit=lambda body: None),
    "nulls": Fault(edit=lambda body: dict.fromkeys(body)),
    "nulls inside": Fault(edit=_without_values),
    "a list": Fault(edit=lambda body: [body]),
}


def _history(slug: str, folder: Path, *, path: str | None) -> list[dict[str, Any]]:
    """The end state after each step; before it was read, the step's fault was set on `path`."""
    states = []
    with provider_stage(HARNESSES[slug](), folder) as stage:
        where = stage.made.harness.listed if path is None else path
        for number, fault in enumerate(FAULTS.values()):
            stage.happen(number)
            if path != CALM:
                stage.made.sim.fault(replace(fault, path=where, times=LASTING, after=1))
            stage.read()
            stage.made.sim.clear_faults()
            states.append(stage.end_state())
        assert bool(stage.errors) == (path != CALM)
        assert stage.differences() == []
    return states


@pytest.mark.parametrize("slug", sorted(HARNESSES))
def test_a_fault_leaves_the_state_of_no_fault(slug: str, tmp_path: Path) -> None:
    """Each fault once on one list and once on every call, the token endpoint included."""
    histories = {}
    for name, path in {"calm": CALM, "on one list": None, "everywhere": ""}.items():
        (tmp_path / name).mkdir()
        histories[name] = _history(slug, tmp_path / name, path=path)
    for name in ("on one list", "everywhere"):
        for fault, calm, state in zip(FAULTS, histories["calm"], histories[name], strict=True):
            for part in calm:
                assert state[part] == calm[part], f"{fault} {name}: {part}"


@pytest.mark.parametrize("slug", sorted(HARNESSES))
def test_words_nobody_knows_are_set_aside_until_they_are_read_in_full(slug: str, tmp_path: Path) -> None:
    states = {}
    for name, spoilt in {"calm": False, "spoilt": True}.items():
        (tmp_path / name).mkdir()
        with provider_stage(HARNESSES[slug](), tmp_path / name) as stage:
            harness = stage.made.harness
            stage.happen(1)
            if spoilt:
                stage.made.sim.fault(Fault(path=harness.listed, times=LASTING, edit=harness.spoil))
            stage.read()
            assert stage.errors == []
            stage.made.sim.clear_faults()
            stage.read_in_full()
            states[name] = stage.end_state()
            assert stage.differences() == []
    assert states["spoilt"]["facts"] == states["calm"]["facts"]
    assert states["spoilt"]["allocations"] == states["calm"]["allocations"]
