"""Errors arranged by what to do next. Each says what, where, and what to do, and holds no secret."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Where:
    """The place an error speaks of; empty parts are left out of the sentence."""

    provider: str = ""
    connection: str = ""
    stream: str = ""
    request_id: str = ""

    def __str__(self) -> str:
        parts = (
            ("", self.provider),
            ("stream ", self.stream),
            ("connection ", self.connection),
            ("request ", self.request_id),
        )
        return ", ".join(label + value for label, value in parts if value)


class LettrageError(Exception):
    """Base of every error a user may read: one sentence, and the place it speaks of."""

    def __init__(self, sentence: str, where: Where = Where()) -> None:
        self.sentence = sentence
        self.where = where
        place = str(where)
        super().__init__(f"{sentence} ({place})" if place else sentence)


class RetryLater(LettrageError):
    """Busy, limited or away: the scheduler tries again after `seconds`."""

    def __init__(self, sentence: str, where: Where = Where(), *, seconds: float) -> None:
        super().__init__(sentence, where)
        self.seconds = seconds


class NeedsReconnect(LettrageError):
    """The consent is over: the customer connects again."""


class NeedsPermission(LettrageError):
    """A scope is missing: the customer consents to more, or the stream stays off."""


class BadRecord(LettrageError):
    """One record is unreadable: it is set aside, the rest goes on."""


class ProviderChanged(LettrageError):
    """The answer is not what the documentation says: the stream stops, a developer looks."""


class Misconfigured(LettrageError):
    """One of our own settings is wrong: stop, an operator mends it."""


class BadInput(LettrageError):
    """A file or request cannot be read: says what, where and what to do (exit status 2, HTTP 400)."""


class NotFound(LettrageError):
    """Nothing has that id in this tenant (HTTP 404)."""


class Conflict(LettrageError):
    """The request contradicts what is stored already (HTTP 409)."""


def shown(text: str, most: int = 40) -> str:
    """What a file says as a message may repeat it: short, and only what can be printed on one line."""
    line = "".join(c if c.isprintable() else " " for c in text[:most])
    return f"{line}…" if len(text) > most else line
