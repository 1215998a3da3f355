"""Small input files of every kind the commands read."""

import json
from pathlib import Path

BALANCE = "{kind}30004    00828EUR2 0001020304B  {day}  {day}{label:42}{amount:30}"


def statement(path: Path, *, closing: str = "0000000012500{") -> Path:
    """A CFONB 120 statement of one credit of 250.00 EUR, from 1 000.00 to 1 250.00 when it adds up."""
    rows = [
        BALANCE.format(kind="01", day="030624", label="", amount="0000000010000{"),
        BALANCE.format(kind="04", day="040624", label="VIR CLIENT FA-2024-0117", amount="0000000002500{"),
        BALANCE.format(kind="07", day="040624", label="", amount=closing),
    ]
    path.write_text("\n".join(rows), "latin-1")
    return path


PAYMENTS = """transaction_id,tenant_id,account_id,booking_date,amount_minor,currency,remittance
p1,acme,a1,2026-11-02,187346,EUR,VIR RUEL CONSEIL FACTURE FA-2026-0802
p2,acme,a1,2026-11-03,5000,EUR,SANS REFERENCE
"""
INVOICES = """item_id,tenant_id,seller_id,debtor_id,debtor_name,number,issue_date,amount_minor,currency
i1,acme,s1,d1,Ruel Conseil,FA-2026-0802,2026-10-01,187346,EUR
i2,acme,s1,d2,Bois et Fils,FA-2026-0803,2026-10-02,99000,EUR
"""


def payments(path: Path, text: str = PAYMENTS) -> Path:
    path.write_text(text, "utf-8")
    return path


def invoices(path: Path, text: str = INVOICES) -> Path:
    path.write_text(text, "utf-8")
    return path


def advance(loan: str = "LOAN-7", number: str = "FA-802", **terms: object) -> str:
    """A line of a finance file."""
    plain = {
        "loan_reference": loan, "invoice": {"company": "990000002", "number": number},
        "advance_minor": 100_000, "currency": "EUR", "basis": "gross", "assignment": "silent",
        "disbursed_on": "2026-11-20",
    }  # fmt: skip
    return json.dumps({**plain, **terms})
