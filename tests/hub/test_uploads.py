"""Files over HTTP: streamed to disk, bounded by a setting, taken only from who may hand them in."""

import asyncio
from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.model import Company
from hub.api.app import create_app
from hub.api.services import Services
from tests.cli.files import statement
from tests.hub.conftest import services_over, serving
from tests.hub.world import COMPANY

MB = 1024 * 1024
FORM = {"content-type": "multipart/form-data; boundary=b"}
HEAD = (
    b'--b\r\nContent-Disposition: form-data; name="company_id"\r\n\r\n%s\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="june.xml"\r\n\r\n'
) % COMPANY.encode()
TAIL = b"\r\n--b--\r\n"
CAMT = (
    b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>1</Id>'
    b"<Acct><Id><IBAN>FR7630006000011234567890189</IBAN></Id></Acct>%s%s%s</Stmt></BkToCstmrStmt></Document>"
)
BALANCE = (
    b"<Bal><Tp><CdOrPrtry><Cd>%s</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>%d</Amt><CdtDbtInd>CRDT</CdtDbtInd>"
    b"<Dt><Dt>2026-06-30</Dt></Dt></Bal>"
)
ENTRY = (
    b"<Ntry><Amt Ccy='EUR'>1</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt>"
    b"<Dt>2026-06-30</Dt></BookgDt><AcctSvcrRef>%d</AcctSvcrRef><BkTxCd/></Ntry>"
)


@pytest.fixture
def wired(tmp_path: Path) -> Iterator[tuple[Services, httpx.Headers]]:
    """Services that take a megabyte, with a company, and the headers of who may hand files in."""
    services, engine, keys, _ = services_over(tmp_path, {})
    tenant_id = keys.create_tenant("test").id
    with services.store.begin(tenant_id) as unit:
        unit.put([Company(id=COMPANY, legal_name="Ateliers Brunoy", siren="732829320", country="FR")])
    key = keys.create_key(tenant_id, "test", ("write",))
    yield replace(services, largest_upload=MB), httpx.Headers({"authorization": f"Bearer {key}"})
    engine.dispose()


def large(entries: int, kilobytes: int) -> Iterator[bytes]:
    """A form with a statement whose entries have long comments between them."""
    before, after = (CAMT % (BALANCE % (b"OPBD", 0), b"|", BALANCE % (b"CLBD", entries))).split(b"|")
    yield HEAD + before
    for number in range(entries):
        yield ENTRY % number + b"<!--" + b"x" * kilobytes * 1024 + b"-->"
    yield after + TAIL


def peak() -> int:
    """The most memory this process held since it was last asked, in bytes (Linux)."""
    status = Path("/proc/self/status").read_text()
    Path("/proc/self/clear_refs").write_text("5")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux")
def test_a_large_file_is_never_held(wired: tuple[Services, httpx.Headers]) -> None:
    """Nor one that comes with a key, of which a hash is kept; what is stored goes by 8 MB at a time."""
    services, headers = wired
    with serving(replace(services, largest_upload=1024 * MB)) as url, httpx.Client(timeout=60) as client:

        def upload(key: str, entries: int, kilobytes: int) -> httpx.Response:
            asked = {**headers, **FORM, "idempotency-key": key}
            return client.post(f"{url}/v1/imports", content=large(entries, kilobytes), headers=asked)

        upload("warm", 10, 1)
        peak()
        before = peak()
        answer = upload("june", 400, 320)
        assert answer.status_code == 200, answer.text
        assert [one["new"] for one in answer.json()["files"]] == [390]
        assert peak() - before < 64 * MB
        assert upload("june", 400, 320).headers["idempotency-replayed"] == "true"
        assert upload("june", 10, 1).status_code == 409


@pytest.mark.parametrize("announced", [True, False])
def test_a_file_over_the_limit_is_refused_with_the_limit_and_another_way(
    wired: tuple[Services, httpx.Headers], announced: bool
) -> None:
    services, headers = wired
    body = b"".join(large(20, 128))
    with serving(services) as url, httpx.Client() as client:
        content: Any = (
            body if announced else iter([body[at : at + 65_536] for at in range(0, len(body), 65_536)])
        )
        answer = client.post(f"{url}/v1/imports", content=content, headers={**headers, **FORM})
    assert answer.status_code == 413
    problem = answer.json()
    assert problem["title"] == "The request body is too large"
    assert "at most 1 MB (the hub's setting LETTRAGE_UPLOAD_MB)" in problem["detail"]
    assert "`lettrage import`" in problem["detail"]


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/json", ""])
def test_only_a_file_may_be_large(wired: tuple[Services, httpx.Headers], kind: str) -> None:
    services, headers = wired
    with serving(replace(services, largest_upload=1024 * MB)) as url, httpx.Client() as client:
        asked = {**headers, "content-type": kind}
        answer = client.post(f"{url}/v1/imports", content=b"x" * 1_000_001, headers=asked)
    assert answer.status_code == 413
    assert "1,000,000 bytes" in answer.json()["detail"]


@pytest.mark.parametrize("key", ["", "companies"])
def test_a_form_for_another_address_is_refused(wired: tuple[Services, httpx.Headers], key: str) -> None:
    services, headers = wired
    with serving(services) as url, httpx.Client() as client:
        asked = {**headers, **FORM} | ({"idempotency-key": key} if key else {})
        answer = client.post(f"{url}/v1/companies", content=HEAD + TAIL, headers=asked)
    assert answer.status_code == 415


def test_one_file_at_a_time(wired: tuple[Services, httpx.Headers], tmp_path: Path) -> None:
    """Each file of a form is held to a megabyte before it goes to disk: a thousand would be too much."""
    services, headers = wired
    june = statement(tmp_path / "june.txt").read_bytes()
    files = [("file", ("june.txt", june)), ("more", ("july.txt", june))]
    with serving(services) as url, httpx.Client() as client:
        answer = client.post(f"{url}/v1/imports", files=files, data={"company_id": COMPANY}, headers=headers)
    assert answer.status_code == 400
    assert "Too many files" in answer.json()["detail"]


@pytest.mark.parametrize(("kilobytes", "status"), [(1, 422), (1_100, 400)])
def test_a_part_without_a_file_name_is_refused_in_our_own_words(
    wired: tuple[Services, httpx.Headers], kilobytes: int, status: int
) -> None:
    """`curl -F file=<june.xml` sends such a part."""
    services, headers = wired
    body = HEAD.replace(b'; filename="june.xml"', b"") + b"x" * kilobytes * 1024 + TAIL
    with serving(replace(services, largest_upload=2 * MB)) as url, httpx.Client() as client:
        answer = client.post(f"{url}/v1/imports", content=body, headers={**headers, **FORM})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = answer.json()
    said = " ".join([problem["detail"], *(fault["detail"] for fault in problem["errors"])])
    assert "a part with a file name" in said
    assert "UploadFile" not in said


class Reader:
    """Who may only read."""

    tenant_id = "ten_a"
    scopes = ("read",)


@pytest.mark.parametrize(("caller", "status"), [(None, 401), (Reader(), 403)])
def test_nothing_is_taken_before_it_is_known_who_calls(
    wired: tuple[Services, httpx.Headers], caller: Reader | None, status: int
) -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        raise AssertionError("the body was asked for")

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    headers = {**FORM, "authorization": "Bearer key", "idempotency-key": "june"}
    scope = {
        "type": "http", "method": "POST", "path": "/v1/imports", "raw_path": b"/v1/imports", "root_path": "",
        "query_string": b"", "headers": [(name.encode(), word.encode()) for name, word in headers.items()],
        "scheme": "http", "http_version": "1.1", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    app = create_app(replace(wired[0], authenticate=lambda _: caller))
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == status
