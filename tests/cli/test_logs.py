"""Nothing under a secret-sounding key reaches the log, however deep; every line is JSON."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from hub.logs import REDACTED, configure_logs, is_secret, redacted

SECRET = "hunter2-zq"
WORDS = (
    "token", "access_token", "refreshToken", "client-secret", "Secret", "password", "passwd", "Authorization",
    "bearer", "api_key", "API-Key", "apiKey", "x-api-key", "vault_keys", "Cookie", "set-cookie", "iban",
    "debtor_IBAN", "counterpartyIban", "email", "e-mail", "E_MAIL", "contact email", "pkce_verifier",
    "webhook-signature", "credentials", "payload", "code", "state", "key",
)  # fmt: skip
HARMLESS = ("event", "connection", "stream", "seconds", "status_code", "provider", "monkey", "reason")
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
around = st.sampled_from(["", "old_", "New-", "his "])


def test_libraries_that_quote_the_files_they_read_are_silent(capfd: pytest.CaptureFixture[str]) -> None:
    level, handlers = logging.root.level, list(logging.root.handlers)
    try:
        configure_logs("INFO")
        logging.getLogger("pypdf._reader").error("found %s", SECRET)
        assert SECRET not in capfd.readouterr().err
    finally:
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
        structlog.reset_defaults()


@st.composite
def hiding(draw: st.DrawFn) -> Any:
    """A nest of values that holds the secret under secret keys only, in any shape."""
    secret: Any = draw(
        st.sampled_from([SECRET, [SECRET], {"inner": SECRET}, (1, {"a": [SECRET]}), SECRET.encode()])
    )
    word = draw(st.sampled_from(WORDS))
    prefix = "" if word in ("code", "state", "key") else draw(around)
    value: Any = {f"{prefix}{word}": secret, "other": draw(plain)}
    for _ in range(draw(st.integers(0, 9))):
        shapes = [lambda v: {"nested": v}, lambda v: [v, 1], lambda v: (v,), lambda v: {1: v, "x": "y"}]
        value = draw(st.sampled_from(shapes))(value)
    return value


@given(hiding())
def test_no_secret_gets_through(value: Any) -> None:
    written = json.dumps(redacted(value))
    assert SECRET not in written
    assert REDACTED in written


@given(
    st.recursive(
        plain, lambda below: st.dictionaries(st.sampled_from(HARMLESS), below) | st.lists(below), max_leaves=8
    )
)
def test_what_is_harmless_stays(value: Any) -> None:
    deep = json.dumps(value).count("[") + json.dumps(value).count("{")
    if deep <= 5:
        assert redacted(value) == value


def test_words() -> None:
    assert all(is_secret(word) for word in WORDS)
    assert not any(is_secret(word) for word in HARMLESS)


class _Holder:
    def __repr__(self) -> str:
        return SECRET


def test_objects_are_named_by_their_type() -> None:
    assert redacted({"a": _Holder(), "b": SECRET.encode(), "c": {_Holder: 1}.values()}) == {
        "a": "[_Holder]", "b": "[bytes]", "c": "[dict_values]",
    }  # fmt: skip


@pytest.fixture
def logging_as_configured() -> Iterator[None]:
    level, handlers = logging.root.level, list(logging.root.handlers)
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.mark.usefixtures("logging_as_configured")
def test_every_line_is_json_and_errors_keep_their_message_to_themselves(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs("INFO")
    structlog.contextvars.bind_contextvars(tenant="ten_1", access_token=SECRET)
    log = structlog.get_logger("lettrage")
    log.debug("not shown")
    log.warning("stream_stopped", connection="con_1", iban=SECRET, debtor={"email": SECRET})
    try:
        raise ValueError(SECRET)
    except ValueError:
        log.exception("failed")
        logging.getLogger("dbos").exception("a job failed")
    logging.getLogger("httpx").info("GET https://provider.example/?code=%s", SECRET)
    written = capsys.readouterr().err
    assert SECRET not in written
    lines = [json.loads(line) for line in written.splitlines()]
    assert [one["event"] for one in lines] == ["stream_stopped", "failed", "a job failed"]
    assert [one.get("error") for one in lines] == [None, "ValueError", "ValueError"]
    assert all(one["tenant"] == "ten_1" and one["timestamp"].endswith("Z") for one in lines)
    assert lines[2]["raised_at"].startswith(f"{__name__}:")
