"""Reconciliation over files: every format, bad rows by name, identical bytes, nothing half written."""

import csv
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from core.errors import BadInput
from hub.interchange import Summary, run_files

LINES: list[dict[str, Any]] = [
    {
        "transaction_id": "b2", "tenant_id": "t", "account_id": "a", "booking_date": "2024-03-12",
        "amount_minor": 187346, "currency": "EUR", "counterparty_name": "ATELIERS BRUNOY",
        "remittance": "VIR SEPA RECU /MOTIF FAC-2024-000123, « été »",
    },
    {
        "transaction_id": "a1", "tenant_id": "t", "account_id": "a", "booking_date": "2024-03-13",
        "booked_at": "2024-03-13T09:30:00+01:00", "amount_minor": 85000, "currency": "EUR",
        "remittance": "FA-55 AV-7",
    },
    {
        "transaction_id": "c3", "tenant_id": "t", "account_id": "a", "booking_date": "2024-03-14",
        "amount_minor": 201200, "currency": "EUR", "remittance": "FA-801", "status": "booked",
    },
]  # fmt: skip
COMMON = {"tenant_id": "t", "seller_id": "s", "debtor_id": "d", "debtor_name": "Ateliers Brunoy SAS|Brunoy"}
ITEMS: list[dict[str, Any]] = [
    COMMON
    | {"item_id": n, "number": n, "issue_date": "2024-02-01", "amount_minor": a, "currency": "EUR", **more}
    for n, a, more in [
        ("FAC-2024-000123", 187346, {"whole_turnover": True}),
        ("FA-55", 100000, {}),
        ("AV-7", -15000, {"kind": "credit_note"}),
        ("FA-801", 197200, {"open_minor": 197200}),
    ]
]


def save(path: Path, rows: list[dict[str, Any]]) -> Path:
    names = list(dict.fromkeys(n for row in rows for n in row))
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    elif path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(
                {k: str(v).lower() if isinstance(v, bool) else v for k, v in r.items()} for r in rows
            )
    else:
        frame = pl.DataFrame(rows, infer_schema_length=None)
        dates = [n for n in ("booking_date", "issue_date") if n in frame.columns]
        frame.with_columns(pl.col(dates).str.to_date()).write_parquet(path)
    return path


def run(
    tmp: Path,
    suffix: str = ".jsonl",
    lines: Any = LINES,
    items: Any = ITEMS,
    format: str = "jsonl",
    **more: Any,
) -> Summary:
    return run_files(
        save(tmp / f"lines{suffix}", lines), save(tmp / f"items{suffix}", items),
        more.get("accounts"), more.get("policy"), tmp / "out", format,
    )  # fmt: skip


def read(tmp: Path, name: str, format: str = "jsonl") -> list[dict[str, Any]]:
    path = tmp / "out" / f"{name}.{format}"
    readers: dict[str, Any] = {"jsonl": pl.read_ndjson, "csv": pl.read_csv, "parquet": pl.read_parquet}
    return list(readers[format](path).to_dicts())


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet"])
def test_all_formats_say_the_same(tmp_path: Path, suffix: str, format: str) -> None:
    summary = run(tmp_path, suffix, format=format)
    assert (summary.exit_status, summary.lines, summary.items) == (0, 3, 4)
    assert summary.outcomes == {"auto": 2, "review": 1}
    assert summary.tiers == {"T2": 1, "T3": 1, "T9": 1}
    decisions = read(tmp_path, "decisions", format)
    assert [(d["transaction_id"], d["outcome"], d["tier"], d["reason"]) for d in decisions] == [
        ("a1", "auto", "T3", "references_and_sum"),
        ("b2", "auto", "T2", "reference_and_amount"),
        ("c3", "review", "T9", "overpayment"),
    ]
    explained = json.loads(decisions[1]["explanation"])
    assert explained["tokens"][0]["items"] == ["FAC-2024-000123"]
    allocated = read(tmp_path, "allocations", format)
    assert [(a["transaction_id"], a["item_id"], a["amount_minor"]) for a in allocated] == [
        ("a1", "AV-7", -15000), ("a1", "FA-55", 100000), ("b2", "FAC-2024-000123", 187346),
    ]  # fmt: skip
    (candidate,) = read(tmp_path, "candidates", format)
    assert (candidate["transaction_id"], candidate["rank"], candidate["item_ids"]) == ("c3", 1, "FA-801")
    assert str(candidate["amounts_minor"]) == "197200"
    assert not (tmp_path / "out" / "rejected.jsonl").exists()


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet"])
def test_two_runs_are_byte_identical_whatever_the_order(tmp_path: Path, format: str) -> None:
    def outputs(where: Path, lines: Any, items: Any) -> dict[str, bytes]:
        where.mkdir()
        run(where, lines=lines, items=items, format=format)
        return {p.name: p.read_bytes() for p in (where / "out").iterdir()}

    first = outputs(tmp_path / "one", LINES, ITEMS)
    assert set(first) == {f"{n}.{format}" for n in ("decisions", "allocations", "candidates")}
    assert outputs(tmp_path / "two", LINES, ITEMS) == first
    assert outputs(tmp_path / "three", LINES[::-1], ITEMS[::-1]) == first


def test_bad_rows_are_named_and_the_rest_is_processed(tmp_path: Path) -> None:
    bad = [
        LINES[0] | {"transaction_id": "x1", "currency": "XXX"},
        LINES[0] | {"transaction_id": "x2", "booking_date": "2024-02-31"},
        LINES[0] | {"transaction_id": "x3", "amount_minor": 12.5, "status": "maybe"},
        LINES[0] | {"transaction_id": None},
        LINES[0],
        LINES[0] | {"transaction_id": "x6", "amount_minor": 2**70},
        LINES[0] | {"transaction_id": "x7", "remittance": {"deep": 1}},
    ]
    wrong_items = [
        ITEMS[0] | {"item_id": "y1", "amount_minor": -5},
        ITEMS[0] | {"item_id": "y2", "open_minor": 999999},
        ITEMS[0],
    ]
    summary = run(tmp_path, lines=LINES + bad, items=ITEMS + wrong_items)
    assert (summary.exit_status, summary.rejected, summary.outcomes) == (3, 10, {"auto": 2, "review": 1})
    rejected = [json.loads(r) for r in (tmp_path / "out" / "rejected.jsonl").read_text().splitlines()]
    assert [(r["file"], r["row"], r["column"]) for r in rejected] == [
        ("lines.jsonl", 4, "currency"),
        ("lines.jsonl", 5, "booking_date"),
        ("lines.jsonl", 6, "amount_minor"),
        ("lines.jsonl", 6, "status"),
        ("lines.jsonl", 7, "transaction_id"),
        ("lines.jsonl", 8, "transaction_id"),
        ("lines.jsonl", 9, "amount_minor"),
        ("lines.jsonl", 10, "remittance"),
        ("items.jsonl", 5, "amount_minor"),
        ("items.jsonl", 6, "open_minor"),
        ("items.jsonl", 7, "item_id"),
    ]
    assert rejected[5]["reason"] == "repeats the id of row 1"
    clean = run(tmp_path)
    assert clean.exit_status == 0
    assert not (tmp_path / "out" / "rejected.jsonl").exists()


def test_rows_that_are_no_rows(tmp_path: Path) -> None:
    good = json.dumps(LINES[0])
    (tmp_path / "l.jsonl").write_text(f'{good}\n{{"half": \n\n[1]\n"\\ud800"\n', encoding="utf-8")
    items = save(tmp_path / "items.csv", ITEMS)
    items.write_text(items.read_text() + "one,cell\n", encoding="utf-8")
    summary = run_files(tmp_path / "l.jsonl", items, None, None, tmp_path / "out", "csv")
    assert (summary.lines, summary.rejected) == (1, 4)


def test_unknown_columns_are_named_once(tmp_path: Path) -> None:
    summary = run(tmp_path, lines=[row | {"colour": "red", "mood": 1} for row in LINES])
    assert summary.unknown_columns == (("lines.jsonl", "colour"), ("lines.jsonl", "mood"))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.csv", None, "cannot be read"),
        ("t.txt", b"x", ".parquet, .jsonl or .csv"),
        ("t.csv", b"", "empty"),
        ("t.csv", b"transaction_id\n", "without the required columns tenant_id, account_id"),
        ("t.csv", b"a\xff\n", "UTF-8"),
        ("t.csv", b"a,a\n", "twice"),
        ("t.jsonl", b'{"transaction_id": "1"}\n', "tenant_id"),
        ("t.jsonl", b"\xff\xfe", "UTF-8"),
        ("t.parquet", b"PAR1 not really", "Parquet"),
    ],
)
def test_unreadable_files_write_nothing(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=said):
        run_files(path, save(tmp_path / "items.jsonl", ITEMS), None, None, tmp_path / "out", "csv")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("alow_partial = true", "unknown policy key alow_partial"),
        ("allow_partial = 1", "allow_partial is '1': expected true or false"),
        ("charges_tolerance_minor = -1", "zero or more"),
        ("max_coincidence = 'low'", "expected a number"),
        ("automatic_tiers = ['T2', 'T9']", "expected a list of T1"),
        ("= 3", "not a TOML file"),
    ],
)
def test_a_policy_is_refused_by_key(tmp_path: Path, toml: str, said: str) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(toml)
    with pytest.raises(BadInput, match=said):
        run(tmp_path, policy=policy)
    assert not (tmp_path / "out").exists()


def test_a_policy_decides(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('automatic_tiers = ["T3"]\nmax_coincidence = 0.01\n')
    run(tmp_path, policy=policy)
    reasons = {d["transaction_id"]: d["reason"] for d in read(tmp_path, "decisions")}
    assert (reasons["a1"], reasons["b2"]) == ("references_and_sum", "tier_not_automatic")


def test_a_tier_that_is_to_be_earned_stays_closed_over_files(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('earned_tiers = ["T2"]\n')
    run(tmp_path, policy=policy)
    reasons = {d["transaction_id"]: d["reason"] for d in read(tmp_path, "decisions")}
    assert (reasons["a1"], reasons["b2"]) == ("references_and_sum", "tier_not_automatic")


def test_payer_accounts_are_read(tmp_path: Path) -> None:
    iban = "FR76 3000 1007 9412 3456 7890 185"
    accounts = save(tmp_path / "accounts.csv", [{"tenant_id": "t", "iban": iban, "debtor_id": "d"}])
    paid = LINES[0] | {"counterparty_name": "TRESORERIE", "counterparty_iban": iban.replace(" ", "")}
    paid["remittance"] = "REGLT 2024 123"
    run(tmp_path, lines=[paid], accounts=accounts)
    (decision,) = read(tmp_path, "decisions")
    assert json.loads(decision["explanation"])["payer"]["grade"] == 2


def test_empty_files_give_empty_outputs(tmp_path: Path) -> None:
    lines, items = tmp_path / "l.jsonl", tmp_path / "i.jsonl"
    lines.write_text("")
    items.write_text("")
    summary = run_files(lines, items, None, None, tmp_path / "out", "parquet")
    assert (summary.lines, summary.exit_status) == (0, 0)
    assert pl.read_parquet(tmp_path / "out" / "decisions.parquet").height == 0


def test_a_file_in_the_place_of_the_output(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("here first")
    with pytest.raises(BadInput, match="directory"):
        run(tmp_path)
