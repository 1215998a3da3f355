"""Settings: one frozen object, read once from the environment (prefix LETTRAGE_)."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from core.errors import Misconfigured

PROVIDERS = ("pennylane", "qonto")


def _data_folder() -> Path:
    return Path(platformdirs.user_data_dir("lettrage", appauthor=False))


def _default_database_url() -> str:
    return f"sqlite:///{_data_folder() / 'lettrage.sqlite3'}"


class Settings(BaseSettings):
    """Every setting, its default and its meaning; `docs/settings.md` is generated from here."""

    model_config = SettingsConfigDict(env_prefix="LETTRAGE_", frozen=True, extra="ignore")

    database_url: str = Field(
        default_factory=_default_database_url,
        description="Database: `sqlite:///PATH` (embedded, one host) or `postgresql+psycopg://…`. "
        "Default: SQLite under the user's data folder.",
    )
    vault_keys: SecretStr | None = Field(
        default=None,
        description="Keys that wrap the data keys: `id:base64,…`, 32 bytes each, the first is current. "
        "Default: a key file (mode 0600) beside the SQLite file; required on PostgreSQL.",
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000",
        description="Address at which SMEs, providers and partners reach the API; part of redirect URIs.",
    )
    host: str = Field(default="127.0.0.1", min_length=1, description="Interface `lettrage serve` listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port `lettrage serve` listens on.")
    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Port at which `lettrage worker` and `lettrage clock` answer /metrics (the API does on "
        "its own). Default: none.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR."
    )
    sync_every_minutes: int = Field(
        default=60, ge=1, le=1440, description="How often each connection is read, in minutes."
    )
    job_silence_seconds: float = Field(
        default=30.0, ge=1, le=3600, description="A worker silent for so long loses its jobs to the others."
    )
    job_resumptions: int = Field(
        default=3,
        ge=0,
        description="How often a job is taken over from dead workers before it is quarantined.",
    )
    import_file_mb: int = Field(
        default=4096, ge=1, description="Largest bank file that is imported, in megabytes; it is streamed."
    )
    import_entry_mb: int = Field(
        default=32, ge=1, description="Largest entry of a bank file, in megabytes; one is held in memory."
    )
    upload_mb: int = Field(
        default=1024,
        ge=1,
        description="Largest file the API takes, in megabytes; it is written to the temporary folder "
        "(`TMPDIR`) while it comes in.",
    )
    warm_records: int = Field(
        default=40_000,
        ge=0,
        description="Bank lines and invoices of recently active companies that a worker keeps worked out "
        "between two reconciliations, about 6 kB each. 0: none.",
    )
    webhook_allow: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Comma-separated `host:port` of partner endpoints allowed although they are not "
        "public https addresses. For tests and the demo only.",
    )
    pennylane_client_id: str | None = Field(default=None, description="OAuth client id at Pennylane.")
    pennylane_client_secret: SecretStr | None = Field(
        default=None, description="OAuth client secret at Pennylane."
    )
    pennylane_base_url: str | None = Field(default=None, description="Replaces Pennylane's API address.")
    pennylane_auth_url: str | None = Field(default=None, description="Replaces Pennylane's OAuth address.")
    qonto_client_id: str | None = Field(default=None, description="OAuth client id at Qonto.")
    qonto_client_secret: SecretStr | None = Field(default=None, description="OAuth client secret at Qonto.")
    qonto_base_url: str | None = Field(default=None, description="Replaces Qonto's API address.")
    qonto_auth_url: str | None = Field(default=None, description="Replaces Qonto's OAuth address.")
    qonto_staging_token: SecretStr | None = Field(
        default=None, description="Token that Qonto's sandbox wants on every call."
    )

    @field_validator("webhook_allow", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("webhook_allow")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for place in value:
            if not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?", place):
                raise ValueError("give `host:port`, or several separated by commas")
        return value

    @field_validator("public_url", *(f"{slug}_{kind}_url" for slug in PROVIDERS for kind in ("base", "auth")))
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        if value is not None and not re.match(r"https?://[^/?#\s]+", value):
            raise ValueError("give a whole address: https://…")
        return value

    def provider(self, slug: str, name: str) -> Any:
        """A provider's setting by its short name: `provider("qonto", "client_id")`."""
        return getattr(self, f"{slug}_{name}")

    @property
    def is_sqlite(self) -> bool:
        """True for the embedded default."""
        return self.database_url.startswith("sqlite")


def read_settings() -> Settings:
    """The settings of this process; raises Misconfigured with one line naming the variable."""
    try:
        return Settings()
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        name = "LETTRAGE_" + "_".join(str(part).upper() for part in problem["loc"])
        raise Misconfigured(f"{name}: {problem['msg'].removeprefix('Value error, ')}") from None
