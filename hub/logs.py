"""Logs as JSON lines on stderr, with secrets and personal data redacted by the name of their key."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

SECRET_KEYS: Final = re.compile(
    r"token|secret|passw|authori[sz]ation|bearer|api_?key|vault_?key|private_?key|cookie|iban|e_?mail|verifier|signature"
    r"|credential|payload|^pwd$|^code$|^state$|^key$",
    re.IGNORECASE,
)
"""Compared with the key written with underscores only: `API-Key`, `apiKey` and `api key` are `api_key`."""
REDACTED: Final = "[redacted]"
PLAIN: Final = (str, int, float, bool, type(None), Decimal, date, timedelta, UUID, PurePath, Enum)
"""Values that are what they look like; anything else could carry a secret in its `repr`."""
DEPTH: Final = 6
NOISY: Final = ("httpx", "httpcore", "alembic", "apscheduler", "asyncio", "urllib3")

QUOTING: Final = ("pypdf",)
"""Libraries whose warnings quote the file they read: no customer's document goes into a log."""


def is_secret(key: object) -> bool:
    """True when what stands under this key must not be logged."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(key))
    return bool(SECRET_KEYS.search(re.sub(r"[^0-9A-Za-z]+", "_", spaced).strip("_")))


def redacted(value: Any, *, depth: int = 0) -> Any:
    """The value with everything under a secret-sounding key replaced; deep nests are cut, and objects
    are named by their type only."""
    if depth > DEPTH:
        return REDACTED
    if isinstance(value, Mapping):
        return {
            str(key): REDACTED if is_secret(key) else redacted(item, depth=depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(item, depth=depth + 1) for item in value]
    return value if isinstance(value, PLAIN) else f"[{type(value).__name__}]"


def _redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last step before writing; the record of the standard library is of the formatter, not ours."""
    kept = {name: value for name, value in event.items() if name.startswith("_")}
    return {**redacted({name: value for name, value in event.items() if name not in kept}), **kept}


def _name_error(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception by its type and the line that raised it: its message may hold what it failed on."""
    raised = event.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    error = raised[1] if isinstance(raised, tuple) else raised
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        last = error.__traceback__
        while last is not None and last.tb_next is not None:
            last = last.tb_next
        if last is not None:
            event["raised_at"] = f"{last.tb_frame.f_globals.get('__name__')}:{last.tb_lineno}"
    return event


def configure_logs(level: str) -> None:
    """One JSON object a line, from our code and from libraries alike: time, level, event, and what was
    bound (tenant, connection, job)."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _name_error,
        _redact,
    ]
    written = structlog.processors.JSONRenderer(sort_keys=True)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[ProcessorFormatter.remove_processors_meta, written],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in QUOTING:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[*shared, written],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
