"""The commands over the store, from an empty folder to a proven event."""

import json
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from connectors.kit.registry import connectors
from core.model import Connection, Endpoint, Invoice
from core.usecases.companies import add_company
from hub.jobs.database import writing
from hub.settings import read_settings
from hub.store.engine import create_engine
from hub.wiring import open_hub, upgrade_database
from tests.cli import files
from tests.cli.conftest import Run
from tests.mappings.ledger.writers import fec, receipt, sale


def test_first_steps(run: Run) -> None:
    assert "run `lettrage tenant create NAME`" in run("events", "list").error
    assert run("db", "upgrade").status == 0
    tenant = run("tenant", "create", "acme", "--json").json
    assert run("tenant", "create", "acme").status == 1
    made = run("key", "create", "acme", "--scope", "read", "--scope", "decide", "--json").json
    assert made["key"].startswith("lettrage_")
    assert made["scopes"] == ["read", "decide"]
    shown = run("key", "create", tenant["id"])
    assert shown.out.startswith("lettrage_")
    assert shown.err == "keep it: it is not shown again\n"
    assert "run `lettrage company create" in run("connect", "qonto").error
    assert "990000003 is not a SIREN" in run("company", "create", "X", "--siren", "990000003").error
    company = run("company", "create", "Atelier [Nordique] SAS", "--siren", "990000002", "--json").json
    again = run("company", "create", "Atelier [Nordique] SAS", "--siren", "990000002")
    assert again.out == f"company {company['id']} (Atelier [Nordique] SAS), known already\n"
    assert run("company", "create", "Another", "--siren", "990000002").status == 1


def test_which_tenant_and_company(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("tenant", "create", "acme"), run("tenant", "create", "other")
    assert "--tenant or LETTRAGE_TENANT" in run("events", "list").error
    assert "there is ten_" in run("events", "list", "--tenant", "nobody").error
    monkeypatch.setenv("LETTRAGE_TENANT", "acme")
    assert run("events", "list", "--json").json == []
    run("company", "create", "One", "--siren", "990000002"), run("company", "create", "Two")
    assert "choose one with --company" in run("connect", "qonto").error
    assert "'3'" in run("report", "reconciliation", "--company", "3").error
    link = run("connect", "qonto", "--company", "990000002", "--json")
    assert link.json["url"].startswith("http://127.0.0.1:8000/connect/")
    assert "LETTRAGE_QONTO_CLIENT_ID is not set" in link.err
    assert run("events", "list", "--tenant", "other").out == "0 events\n"


def test_nothing_to_sync(run: Run, stocked: str) -> None:
    assert "there is no connection con_x" in run("sync", "--connection", "con_x").error
    assert "run `lettrage connect PROVIDER`" in run("sync").error
    connection = run("connect", "qonto", "--json").json["connection_id"]
    ended = run("sync", "--connection", connection)
    assert ended.status == 2
    assert "is pending_auth" in ended.error


def test_a_connection_whose_tokens_are_gone_fails_with_a_line_each(
    run: Run, stocked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LETTRAGE_QONTO_CLIENT_ID", "me")
    monkeypatch.setenv("LETTRAGE_QONTO_CLIENT_SECRET", "hidden-word")
    connection = run("connect", "qonto", "--json").json["connection_id"]
    hub = open_hub(read_settings())
    with hub.store.begin(hub.directory.tenants()[0].id) as unit:
        (row,) = unit.find(Connection)
        unit.save([row.but(state="active", provider_account_id="org-1")])
    ended = run("sync")
    assert ended.status == 3
    assert "the consent covers none of these streams" in ended.err
    scopes = {scope for stream in connectors()["qonto"].streams for scope in stream.scopes}
    with hub.store.begin(hub.directory.tenants()[0].id) as unit:
        unit.save([row.but(state="active", provider_account_id="org-1", scopes=tuple(sorted(scopes)))])
    hub.close()
    assert "no connection has a stream 'nothing'" in run("sync", "--stream", "nothing").error
    ended = run("sync", "--stream", "transactions", "--json")
    assert ended.status == 1
    assert ended.json[0]["connection_id"] == connection
    assert len(ended.json[0]["errors"]) == 1
    assert connection in ended.error
    assert "hidden-word" not in ended.err
    assert "let the company consent" in run("sync").error, "the connection waits for a new consent"


@pytest.fixture
def stocked(run: Run) -> str:
    """A tenant whose company sent one invoice of 250.00 EUR; gives the company's id."""
    settings = read_settings()
    upgrade_database(settings)
    hub = open_hub(settings)
    tenant = hub.keys.create_tenant("acme").id
    company, _ = add_company(hub.store, tenant, legal_name="Atelier Nordique SAS", siren="990000002")
    with hub.store.begin(tenant) as unit:
        unit.put([_invoice(company.id, "FA-2024-0117", 25_000), _invoice(company.id, "FA-802", 220_400)])
        unit.save([Endpoint(id="end_1", url="https://partner.example/hooks", created_at=unit.now)])
    hub.close()
    return company.id


def _invoice(company: str, number: str, amount: int) -> Invoice:
    return Invoice(
        id=f"inv_{number}", company_id=company, direction="receivable", kind="invoice", number=number,
        number_normalized=number.replace("-", ""), issue_date=date(2024, 5, 2), due_date=date(2024, 6, 2),
        currency="EUR", gross_minor=amount, payable_minor=amount, document_status="issued",
    )  # fmt: skip


def test_import(run: Run, stocked: str, tmp_path: Path) -> None:
    june = files.statement(tmp_path / "june.txt")
    wrong = files.statement(tmp_path / "wrong.txt", closing="0000000012600{")
    assert run("import", june).out == f"{june}: cfonb120, 1 statement, 1 new line, 0 known already\n"
    ended = run("import", june, wrong, tmp_path / "nowhere.txt", "--json")
    assert ended.status == 3
    assert [(one["new"], one["known"], len(one["set_aside"])) for one in ended.json["files"]] == [
        (0, 1, 0),
        (0, 0, 1),
    ]
    assert "nowhere.txt cannot be read" in ended.err
    assert run("import", tmp_path / "nowhere.txt").status == 2
    assert run("import", wrong).status == 3


def test_import_of_a_ledger(run: Run, stocked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.usecases.file_records.PART_BYTES", 200)  # a ledger is kept in parts too
    on, paid = date(2024, 5, 2), date(2024, 6, 4)
    rows = [*sale("FA-9", on, 25_000, letter="A"), *receipt("VIR", paid, 25_000, letter="A")]
    ledger = tmp_path / "990000002FEC20240630.txt"
    ledger.write_bytes(fec(rows))
    assert run("import", ledger).out == f"{ledger}: fec, 4 new records, 0 known already\n"
    (again,) = run("import", ledger, "--json").json["files"]
    assert (again["format"], again["new"], again["known"]) == ("fec", 0, 4)
    unlike = run("events", "verify").out  # the two invoices of `stocked` have no raw record
    assert "2 differences" in unlike
    other = tmp_path / "552100554FEC20240630.txt"
    other.write_bytes(fec([*rows, *sale("FA-10", paid, 5_000)]))
    assert "is this another company's ledger?" in run("import", other).err


def test_finance(run: Run, stocked: str, tmp_path: Path) -> None:
    file = tmp_path / "advances.jsonl"
    lines = [
        files.advance(),
        "",
        "not json",
        files.advance("LOAN-8", "FA-999"),
        files.advance("LOAN-9", advance_minor=1.5),
    ]
    file.write_text("\n".join(lines))
    ended = run("finance", file, "--json")
    assert ended.status == 3
    assert [one["loan_reference"] for one in ended.json["registered"]] == ["LOAN-7"]
    assert [one["line"] for one in ended.json["refused"]] == [3, 4, 5]
    assert [line.partition(":")[2].split(": ")[0].strip() for line in ended.err.splitlines()] == [
        f"{file}, line {number}" for number in (3, 4, 5)
    ]
    file.write_text(files.advance())
    assert run("finance", file).out == "0 registered, 1 known already, 0 refused\n"
    file.write_text(files.advance(advance_minor=5))
    ended = run("finance", file)
    assert ended.status == 2
    assert "other terms: advance_minor" in ended.error


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"", 0), (b"loan;amount\n1;2\n", 2), (b"\xff\xfe{}", 2), (b"[]\n", 2), (b'{"advance_minor": NaN}', 2)],
)
def test_odd_finance_files(content: bytes, status: int, run: Run, stocked: str, tmp_path: Path) -> None:
    (tmp_path / "advances.jsonl").write_bytes(content)
    ended = run("finance", tmp_path / "advances.jsonl")
    assert ended.status == status
    assert len(ended.err.splitlines()) == (1 if status else 0)


def test_from_money_to_a_proven_event(run: Run, stocked: str, tmp_path: Path) -> None:
    (tmp_path / "advances.jsonl").write_text(files.advance("LOAN-1001", "FA-2024-0117", advance_minor=20_000))
    run("finance", tmp_path / "advances.jsonl")
    run("import", files.statement(tmp_path / "june.txt"))
    done = run("reconcile", "--json").json
    assert (done["decisions"], done["allocations"]) == (1, 1)
    assert run("reconcile").out == "0 new decisions, 0 new allocations, 0 new events, 0 new deliveries\n"
    log = run("events", "list", "--json").json
    assert {"invoice.paid", "repayment.due"} <= {event["type"] for event in log}
    assert run("events", "list", "--type", "invoice.paid", "--subject", "LOAN-1001").out.endswith(
        "1 events\n"
    )
    for event in log:
        assert event["type"] in run("explain", event["id"]).out
    told = run("explain", "LOAN-1001")
    assert told.out.startswith("Loan LOAN-1001: 200.00 EUR advanced")
    assert "invoice.paid" in told.out
    financed = run("explain", "LOAN-1001", "--json").json
    assert financed["kind"] == "financed_invoice"
    allocation = next(id for id in financed["records"] if id.startswith("alc_"))
    decision = run("explain", allocation, "--json").json["details"]["decision_id"]
    assert "decided AUTO" in run("explain", decision).out
    assert "LOAN-2" in run("explain", "LOAN-2").error
    proof = run("events", "verify", "--json")
    assert (proof.status, proof.json["events"]) == (1, len(log))
    assert all(line.startswith("fact inv_FA-") for line in proof.json["differences"]), "invoices put by hand"
    _reports(run, tmp_path)
    _replays(run, [event["id"] for event in log])


def _reports(run: Run, folder: Path) -> None:
    starts = {"html": b"<!", "csv": b"\xef\xbb\xbf", "xlsx": b"PK", "json": b"{"}
    for format, start in starts.items():
        shown = run("report", "reconciliation", "--format", format)
        path = folder / f"reconciliation.{format}"
        assert shown.out == f"{path}\n"
        assert path.read_bytes().startswith(start)
    assert json.loads(run("report", "reconciliation", "--format", "json", "--out", "-").out)["title"]
    named = run(
        "report",
        "reconciliation",
        "--since",
        "2024-06-01",
        "--until",
        "2024-06-30",
        "--out",
        "x.html",
        "--json",
    )
    assert named.json == {"path": str(folder / "x.html")}
    assert "cannot be written" in run("report", "reconciliation", "--out", folder / "no" / "x.html").error


def _replays(run: Run, ids: list[str]) -> None:
    assert "end_9" in run("events", "replay", "--endpoint", "end_9", "--event", ids[0]).error
    words = ["events", "replay", "--endpoint", "end_1", "--event", ids[0], "--json"]
    first, second = (run(*words).json["deliveries"] for _ in range(2))
    assert len(first) == len(second) == 1
    assert first != second
    named = [run(*words, "--request", "ticket 12").json["deliveries"] for _ in range(2)]
    assert len(named[0]) == 1
    assert named[1] in ([], named[0])
    assert run("events", "replay", "--endpoint", "end_1", "--since", "2024-01-01").status == 0


def test_a_job_given_up_on_is_listed_and_released(run: Run) -> None:
    assert run("jobs", "list").out.strip() == "0 quarantined jobs"
    engine = create_engine(read_settings().database_url)
    with writing(engine) as connection:
        row = "('sync:con_1:7', 'ten_1', 'sync', 'con_1', '{}', 'the provider broke', 5, 0, 1767225600000)"
        columns = "job_id, tenant_id, kind, key, args, reason, failures, resumptions, at"
        connection.execute(text(f"INSERT INTO quarantined_job ({columns}) VALUES {row}"))
    engine.dispose()
    listed = run("jobs", "list").out
    assert "sync:con_1:7" in listed
    assert "5 failures" in listed
    assert run("jobs", "release", "sync:con_1:7").status == 0
    assert run("jobs", "release", "sync:con_1:7").status == 2
    assert run("jobs", "list").out.strip() == "0 quarantined jobs"
