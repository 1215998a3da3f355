"""Logs as JSON lines on stderr, with secrets and personal data redacted by the name of their key."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import structlog

SECRET_KEYS: Final = re.compile(
    r"token|secret|password|passwd|authorization|api_?key|cookie|iban|e?mail|verifier|signature|credential|payload"
    r"|^code$|^state$|^key$",
    re.IGNORECASE,
)
REDACTED: Final = "[redacted]"


def redacted(value: Any, *, depth: int = 0) -> Any:
    """The value with everything under a secret-sounding key replaced; bytes and deep nests are cut."""
    if depth > 6 or isinstance(value, bytes | bytearray):
        return REDACTED
    if isinstance(value, Mapping):
        return {
            str(key): REDACTED if SECRET_KEYS.search(str(key)) else redacted(item, depth=depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(item, depth=depth + 1) for item in value]
    return value


def _redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return dict(redacted(event))


def configure_logs(level: str) -> None:
    """One JSON object a line: time, level, event, and what was bound (tenant, connection, job)."""
    logging.basicConfig(level=level, stream=sys.stderr, format="%(message)s", force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _redact,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
