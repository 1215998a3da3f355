"""One table from what happened on the wire to what to do next. Never by words in a message."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from core.errors import (
    LettrageError,
    Misconfigured,
    NeedsPermission,
    NeedsReconnect,
    ProviderChanged,
    RetryLater,
    Where,
)

Sign = int | Literal["transport", "redirect", "not_json", "unreadable", "oversized", "shape"]
"""An HTTP status, or what went wrong before a status meant anything."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a sign means. `again`: the kit tries a few times by itself first; `seconds`: when the
    scheduler should come back if the provider does not say."""

    error: type[LettrageError]
    sentence: str
    again: bool = False
    seconds: float = 60.0


_AWAY = "the provider cannot answer now; the hub tries again by itself"

TABLE: Mapping[Sign, Line] = {
    400: Line(ProviderChanged, "the provider refused our request as malformed; a developer must look"),
    401: Line(NeedsReconnect, "the provider no longer accepts the consent; the customer must connect again"),
    403: Line(NeedsPermission, "the consent does not cover this; the customer must grant it or do without"),
    404: Line(ProviderChanged, "the address does not exist at the provider; a developer must look"),
    408: Line(RetryLater, _AWAY, again=True),
    410: Line(ProviderChanged, "the provider removed this address; a developer must look"),
    422: Line(ProviderChanged, "the provider refused the values of our request; a developer must look"),
    425: Line(RetryLater, _AWAY, again=True),
    428: Line(
        NeedsPermission, "the provider asks for strong authentication; the customer must confirm there"
    ),
    429: Line(RetryLater, "the provider asks us to slow down; the hub tries again by itself", again=True),
    500: Line(RetryLater, _AWAY, again=True, seconds=300),
    502: Line(RetryLater, _AWAY, again=True),
    503: Line(RetryLater, _AWAY, again=True),
    504: Line(RetryLater, _AWAY, again=True),
    "transport": Line(RetryLater, "no whole answer arrived; the hub tries again by itself", again=True),
    "redirect": Line(
        Misconfigured, "the provider answered with a redirect; an operator must check the base address"
    ),
    "not_json": Line(
        ProviderChanged, "the answer is not JSON; check the base address, then tell a developer", again=True
    ),
    "unreadable": Line(ProviderChanged, "the answer is not readable JSON; a developer must look", again=True),
    "oversized": Line(ProviderChanged, "the answer is larger than we accept; a developer must look"),
    "shape": Line(ProviderChanged, "the answer has another shape than documented; a developer must look"),
}


def line_of(sign: Sign, overrides: Mapping[Sign, Line] | None = None) -> Line:
    """The line for a sign: the connector's own, else the kit's, else that of its hundred."""
    for table in (overrides or {}, TABLE):
        if sign in table:
            return table[sign]
    if isinstance(sign, int) and 300 <= sign < 400:
        return line_of("redirect", overrides)
    if isinstance(sign, int) and sign >= 500:
        return TABLE[503]
    return Line(
        ProviderChanged, f"the provider answered {sign}, which is not documented; a developer must look"
    )


def error_for(
    sign: Sign,
    where: Where,
    *,
    overrides: Mapping[Sign, Line] | None = None,
    seconds: float | None = None,
) -> LettrageError:
    """The error a sign becomes. `seconds` is what the provider asked us to wait."""
    line = line_of(sign, overrides)
    sentence = f"HTTP {sign}: {line.sentence}" if isinstance(sign, int) else line.sentence
    if issubclass(line.error, RetryLater):
        return line.error(sentence, where, seconds=line.seconds if seconds is None else seconds)
    return line.error(sentence, where)


def located(error: LettrageError, where: Where) -> LettrageError:
    """The same error with its place filled in, if it had none."""
    if error.where != Where():
        return error
    if isinstance(error, RetryLater):
        return type(error)(error.sentence, where, seconds=error.seconds)
    return type(error)(error.sentence, where)
