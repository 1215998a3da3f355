"""Every setting with a bad value stops the start with one line that names it, and shows no secret."""

from pathlib import Path

import pytest

from core.errors import Misconfigured
from hub.settings import Settings, read_settings
from hub.wiring import open_hub, upgrade_database

PLANTED = "planted-secret-7d1"
BAD = {
    "DATABASE_URL": (f"mysql://u:{PLANTED}@h/d", "sqlite://"),
    "VAULT_KEYS": (PLANTED, "a:AAAA", f"a:{'A' * 43}=,a:{'A' * 43}="),
    "PUBLIC_URL": ("", "nonsense", "javascript:alert(1)", "ftp://hub.example", "https://"),
    "HOST": ("",),
    "PORT": ("", "http", "-1", "65536"),
    "METRICS_PORT": ("none", "0", "65536"),
    "LOG_LEVEL": ("", "loud", "info "),
    "SYNC_EVERY_MINUTES": ("0", "1441", "often", "1.5"),
    "JOB_SILENCE_SECONDS": ("0", "nan", "inf", "soon"),
    "JOB_RESUMPTIONS": ("-1", "x"),
    "IMPORT_FILE_MB": ("0", "much"),
    "IMPORT_ENTRY_MB": ("-1", "1.5"),
    "UPLOAD_MB": ("0", "1 GB"),
    "WARM_RECORDS": ("-1", "many"),
    "WEBHOOK_ALLOW": ("http://127.0.0.1:9000", "a b", "host:port", "user@host"),
    "PENNYLANE_CLIENT_ID": ("id",),
    "PENNYLANE_CLIENT_SECRET": (PLANTED,),
    "PENNYLANE_BASE_URL": ("nonsense", "ftp://x"),
    "PENNYLANE_AUTH_URL": ("nonsense",),
    "QONTO_CLIENT_ID": ("id",),
    "QONTO_CLIENT_SECRET": (PLANTED,),
    "QONTO_BASE_URL": ("nonsense",),
    "QONTO_AUTH_URL": ("nonsense", "//auth.test"),
}
ANYTHING = {"QONTO_STAGING_TOKEN"}
"""Settings of which no value is wrong before the provider says so."""


def test_every_setting_is_tried() -> None:
    assert {name.lower() for name in {*BAD, *ANYTHING}} == set(Settings.model_fields)


def _start() -> None:
    settings = read_settings()
    upgrade_database(settings)
    open_hub(settings)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in BAD for value in BAD[name]])
def test_a_bad_value_stops_the_start(
    name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LETTRAGE_DATABASE_URL", f"sqlite:///{tmp_path / 'hub.sqlite3'}")
    monkeypatch.setenv(f"LETTRAGE_{name}", value)
    with pytest.raises(Misconfigured) as stopped:
        _start()
    said = str(stopped.value)
    assert "\n" not in said
    assert "LETTRAGE_" + name.rpartition("_CLIENT_")[0] in said
    assert PLANTED not in said
    assert PLANTED not in repr(stopped.value.__cause__)


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VAULT_KEYS", "QONTO_CLIENT_SECRET", "QONTO_STAGING_TOKEN", "PENNYLANE_CLIENT_SECRET"):
        monkeypatch.setenv(f"LETTRAGE_{name}", PLANTED)
    settings = read_settings()
    assert PLANTED not in repr(settings) + str(settings) + str(settings.model_dump())
