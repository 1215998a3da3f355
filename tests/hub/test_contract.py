"""Schemathesis over the running API: what the document promises is what it does, on good and bad input."""

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.hub.conftest import Api, Client
from tests.hub.world import fill

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@pytest.fixture(scope="module")
def client(api: Api) -> Client:
    made = api.tenant()
    with api.store.begin(made.tenant_id) as unit:
        fill(unit)
    return made


def test_the_document_is_true(api: Api, client: Client) -> None:
    """The plug-in of schemathesis does not know this pytest, so its cases are drawn by hand."""
    schema = schemathesis.openapi.from_dict(httpx.get(f"{api.url}/openapi.json").json())
    schema.config.update(base_url=api.url)
    tried = 0
    for found in schema.exclude(path_regex="^/(hooks|metrics|readyz)").get_all_operations():
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            tried += _try(operation.as_strategy(generation_mode=mode), client)
    assert tried > 100


def _try(cases: SearchStrategy[schemathesis.Case], client: Client) -> int:
    tried = 0

    @settings(
        max_examples=3,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def call(case: schemathesis.Case) -> None:
        nonlocal tried
        tried += 1
        answer = case.call(headers={"authorization": f"Bearer {client.key}"})
        case.validate_response(answer, checks=CHECKS)

    try:
        call()
    except Unsatisfiable:
        return 0  # nothing about this operation can be wrong
    return tried
