"""The snippet in docs/delivery.md does what the guide says."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.webhooks import TIMETABLE, body
from hub.delivery import SigningSecret, new_secret, signed_headers
from tests.delivery.conftest import event

GUIDE = (Path(__file__).parents[2] / "docs" / "delivery.md").read_text("utf-8")


@pytest.fixture
def guide() -> dict[str, Any]:
    (snippet,) = re.findall(r"```python\n(.*?)```", GUIDE, re.S)
    names: dict[str, Any] = {}
    exec(snippet, names)  # our own document
    return names


def test_the_snippet_accepts_ours_once_and_refuses_the_rest(
    guide: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    now, secret = datetime.now(UTC), new_secret(lambda count: b"k" * count)
    payload = body(event(), emitted_at=now)
    headers = signed_headers(event().id, now, payload, [SigningSecret(secret)])
    assert [guide["receive"](secret, headers, payload) for _ in range(2)] == [204, 204]
    assert capsys.readouterr().out == "1 invoice.paid fin_1\n"
    assert guide["receive"](secret, headers, payload.replace(b"187346", b"187347")) == 401
    assert guide["receive"](secret, headers, b"\xff\xfe") == 401
    assert guide["receive"](secret, headers | {"webhook-signature": "nonsense"}, payload) == 401
    assert guide["receive"](new_secret(lambda count: b"x" * count), headers, payload) == 401


def test_the_timetable_in_the_guide_is_the_one_in_the_code() -> None:
    units = {"s": 1, "min": 60, "h": 3600}
    sentence = GUIDE[GUIDE.index("Attempts are made at once") : GUIDE.index("each wait up to")]
    waits = [int(number) * units[unit] for number, unit in re.findall(r"(\d+) (min|s|h)\b", sentence)]
    assert [0, *waits] == [wait.total_seconds() for wait in TIMETABLE]


def test_every_field_of_the_envelope_is_in_the_guide() -> None:
    missing = {
        name
        for name in type(event()).model_fields
        if name not in ("id", "cause", "attributes", "company_id") and f"`{name}`" not in GUIDE
    }
    assert missing == set()
