"""Pennylane's tables: recorded answers become the canonical records written beside them.

`python -m connectors.kit.samples pennylane` writes the expected files anew; then a person reads them.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.client import parse_json
from connectors.kit.openapi import spec_path
from connectors.kit.samples import expected_text, map_response
from connectors.pennylane.connector import CONNECTOR, STREAMS
from core.errors import BadRecord
from core.model import Invoice
from mappings import pennylane
from mappings.grammar import Origin, Table

SAMPLES = Path(__file__).parents[2] / "connectors" / "pennylane" / "samples"
TABLES = {stream.name: stream.table for stream in STREAMS}
NAMES = sorted(TABLES)
API = "/api/external/v2"


def _origin(name: str) -> Origin:
    return Origin(provider="pennylane", account="90001", object=name, company_id="com_example")


def _records(name: str) -> list[dict[str, Any]]:
    body = parse_json((SAMPLES / f"{name}.json").read_bytes())
    found: list[dict[str, Any]] = body.get("items", [body])
    return found


@pytest.mark.parametrize("name", NAMES)
def test_samples_become_what_is_written_beside_them(name: str) -> None:
    sample = SAMPLES / f"{name}.json"
    expected = sample.with_suffix(".expected.json").read_text("utf-8")
    assert expected_text(map_response(CONNECTOR, name, sample.read_bytes())) == expected


@pytest.mark.parametrize("name", NAMES)
def test_every_field_of_a_sample_is_read_or_ignored_by_name(name: str) -> None:
    assert {path for record in _records(name) for path in TABLES[name].unaccounted(record)} == set()


def _refusal(table: Table, record: Mapping[str, Any], name: str) -> str:
    """Why a record is set aside; empty when it is read."""
    try:
        table.read(record, _origin(name))
    except BadRecord as bad:
        return bad.sentence
    return ""


# --- the provider's own contract


def _document() -> dict[str, Any]:
    path = spec_path("pennylane-company-v2.json")
    if path is None:
        pytest.skip("the OpenAPI file is not at hand")
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def _resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def _skeleton(document: dict[str, Any], node: Mapping[str, Any]) -> dict[str, Any]:
    """An object with every property a schema allows, in all its variants."""
    found: dict[str, Any] = {}
    plain = _resolved(document, dict(node))
    for variant in (*plain.get("oneOf", ()), *plain.get("anyOf", ()), *plain.get("allOf", ())):
        found |= _skeleton(document, variant)
    for name, child in plain.get("properties", {}).items():
        found[name] = _skeleton(document, child) or None
    return found


def _row_schema(document: dict[str, Any], path: str) -> dict[str, Any]:
    answer = _resolved(document, document["paths"][API + path]["get"]["responses"]["200"])
    schema = _resolved(document, answer["content"]["application/json"]["schema"])
    for part in (schema, *(_resolved(document, one) for one in schema.get("allOf", ()))):
        if "items" in part.get("properties", {}):
            return _resolved(document, part["properties"]["items"]["items"])
    return schema


@pytest.mark.parametrize("name", [name for name in NAMES if name != "matches"])
def test_every_property_of_the_provider_s_contract_is_read_or_ignored(name: str) -> None:
    document = _document()
    path = "/me" if name == "company" else f"/{name}"
    skeleton = _skeleton(document, _row_schema(document, path))
    assert len(skeleton) >= 3
    assert TABLES[name].unaccounted(skeleton) == ()


def _words(document: dict[str, Any], name: str, *path: str) -> Iterator[str]:
    node = _row_schema(document, f"/{name}")
    for part in path:
        node = _resolved(document, _resolved(document, node)["properties"][part])
    variants = [node, *(_resolved(document, one) for one in (*node.get("anyOf", ()), *node.get("oneOf", ())))]
    yield from (word for variant in variants for word in variant.get("enum", ()) if word is not None)


@pytest.mark.parametrize(
    ("name", "field", "known"),
    [
        ("customer_invoices", ("status",), "status"),
        ("customer_invoices", ("e_invoicing", "status"), "e_invoicing"),
        ("supplier_invoices", ("payment_status",), "payment_status"),
        ("supplier_invoices", ("accounting_status",), "accounting_status"),
        ("supplier_invoices", ("e_invoicing", "status"), "e_invoicing"),
    ],
)
def test_every_word_of_the_contract_has_a_meaning(name: str, field: tuple[str, ...], known: str) -> None:
    document = _document()
    words = list(_words(document, name, *field))
    assert len(words) > 4
    for word in words:
        record = dict(_records(name)[0])
        record |= {known: {**(record.get(known) or {}), "status": word}} if len(field) > 1 else {known: word}
        if word == "draft":
            record["draft"] = True
        assert "unknown word" not in _refusal(TABLES[name], record, name), word


# --- properties


def _invoice(**changes: Any) -> Invoice:
    record = {**_records("customer_invoices")[0], **changes}
    [fact] = pennylane.CUSTOMER_INVOICE.read(record, _origin("customer_invoices"))
    assert isinstance(fact, Invoice)
    return fact


def _decimal_text(minor: int) -> str:
    text = f"{abs(minor) // 100}.{abs(minor) % 100:02d}".rstrip("0")
    return ("-" if minor < 0 else "") + (text + "0" if text.endswith(".") else text)


@given(st.integers(-(10**12), 10**12), st.sampled_from(["upcoming", "credit_note", "archived", "paid"]))
def test_amounts_are_positive_exact_and_never_contradict_the_kind(minor: int, status: str) -> None:
    total = _decimal_text(minor)
    money = {"currency_amount": total, "currency_amount_before_tax": total, "currency_tax": "0.0"}
    if (minor > 0 and status == "credit_note") or (minor < 0 and status in ("upcoming", "paid")):
        with pytest.raises(BadRecord, match="contradicts"):
            _invoice(status=status, **money)
        return
    invoice = _invoice(status=status, **money)
    assert invoice.gross_minor == invoice.payable_minor == abs(minor)
    if minor:
        assert (invoice.kind == "credit_note") == (minor < 0)


@given(st.text(max_size=40))
def test_a_label_never_makes_money_taken_back_a_transfer(text: str) -> None:
    record = {**_records("transactions")[0], "label": f"VIR SEPA REJETE {text}"}
    [line] = pennylane.TRANSACTION.read(record, _origin("transactions"))
    assert line.model_dump()["operation"] == "other"


@pytest.mark.parametrize(
    ("code", "label", "operation"),
    [
        (None, "VIR SEPA RECU /DE X", "transfer"),
        (None, "VIREMENT SEPA X", "transfer"),
        (None, "VIR SEPA INST RECU /DE X", "instant_transfer"),
        (None, "vir inst X", "instant_transfer"),
        (None, "VIREMENT INSTANTANE DE X", "instant_transfer"),
        (None, "VIR CPTE A CPTE EMIS", "other"),
        (None, "VIR X", "other"),
        (None, "PRLV SEPA X", "other"),
        (None, "", "other"),
        ("05", "ANYTHING", "transfer"),
        ("B1D", "VIR SEPA X", "direct_debit"),
        ("B12", "VIR SEPA X", "transfer"),
        ("99C", "VIR SEPA X", "transfer"),
    ],
)
def test_operation(code: str | None, label: str, operation: str) -> None:
    record = {**_records("transactions")[0], "interbank_code": code, "label": label}
    [line] = pennylane.TRANSACTION.read(record, _origin("transactions"))
    assert line.model_dump()["operation"] == operation


def test_a_line_in_yen_is_read_in_yen() -> None:
    record = {
        **_records("transactions")[0],
        "currency": "JPY",
        "currency_amount": "1200.0",
        "amount": "7.345",
    }
    [line] = pennylane.TRANSACTION.read(record, _origin("transactions"))
    assert (line.model_dump()["amount_minor"], line.model_dump()["currency"]) == (1200, "JPY")


def test_tables_carry_a_version() -> None:
    assert all(isinstance(table, Table) and table.version for table in TABLES.values())
