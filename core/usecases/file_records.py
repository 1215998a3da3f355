"""A file as raw records: byte for byte, in parts that are small enough to seal and to hold."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import BinaryIO, Final

from core.model import RawRecord, stable_id

FILE_PROVIDER: Final = "bank_file"
"""The provider word of facts read from files."""
VERSION: Final = "bank-file-2"
PART_BYTES: Final = 8 * 1024**2
"""A longer file becomes several records; the first bears the id that facts are traced to."""


def digest_of(file: BinaryIO) -> str:
    """SHA-256 (hex) of the file's bytes."""
    hashed = hashlib.sha256()
    for chunk in _chunks(file):
        hashed.update(chunk)
    return hashed.hexdigest()


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(PART_BYTES):
        yield chunk


def file_id(digest: str, account: str | None, company_id: str | None) -> str:
    """The id of a file's first record: made of its content, so a repeat is silent."""
    return stable_id("raw", FILE_PROVIDER, company_id or "", account or "", digest)


def file_record(
    *,
    digest: str,
    name: str,
    format: str,
    account: str | None,
    company_id: str | None,
    received_at: datetime,
) -> RawRecord:
    """The record that the facts of a bank file are traced to, still without its payload. `account` is
    the IBAN the caller gave."""
    return RawRecord(
        id=file_id(digest, account, company_id),
        provider=FILE_PROVIDER,
        account=company_id or "",
        object=format,
        external_id=name[:200],
        content_hash=digest,
        payload=b"",
        received_at=received_at,
        mapping_version=VERSION,
        company_id=company_id,
        http={"account": account} if account else {},
    )


def in_parts(first: RawRecord, file: BinaryIO) -> Iterator[RawRecord]:
    """The records of a file, one part in memory at a time; `first` with the first of them."""
    for number, chunk in enumerate(_chunks(file), 1):
        if number == 1:
            yield first.model_copy(update={"payload": chunk})
            continue
        id, told = (
            stable_id("raw", first.id, str(number)),
            {**first.http, "of": first.id, "part": str(number)},
        )
        yield first.model_copy(update={"id": id, "payload": chunk, "http": told})


def whole_files(raws: Iterable[RawRecord]) -> list[RawRecord]:
    """Raw records with the parts of each file put together; others pass as they are."""
    raws = list(raws)
    rest: dict[str, list[RawRecord]] = {}
    for raw in raws:
        if _is_part(raw):
            rest.setdefault(raw.http["of"], []).append(raw)
    return [_whole(raw, rest.get(raw.id, ())) for raw in raws if not _is_part(raw)]


def _is_part(raw: RawRecord) -> bool:
    return {"of", "part"} <= raw.http.keys()


def _whole(first: RawRecord, others: Iterable[RawRecord]) -> RawRecord:
    parts = sorted(others, key=lambda raw: int(raw.http["part"]))
    if not parts:
        return first
    return first.model_copy(update={"payload": b"".join([first.payload, *(raw.payload for raw in parts)])})
