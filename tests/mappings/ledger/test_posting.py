"""What entries mean: a table of bookings and the documents and settlements they are."""

from datetime import date
from io import BytesIO

import pytest

from mappings.ledger import read_ledger
from tests.mappings.ledger.writers import Row, fec

DAY = date(2026, 3, 2)
Lines = list[tuple[str, int]]


def booked(*lines: tuple[str, int]) -> tuple[list[object], list[object]]:
    """(kind, net, tax, gross, payable) of documents and (kind, flow, amount, moved) of settlements."""
    rows = [
        Row("XX", "1", DAY, account, minor, "F-001", "Texte", piece_date=DAY, name="Kervadec",
            auxiliary="K" if account[:2] in ("40", "41") and account[:3] not in ("419", "409") else "")
        for account, minor in lines
    ]  # fmt: skip
    file = read_ledger("x.txt", BytesIO(fec(rows)))
    assert file.set_aside == ()
    documents: list[object] = [
        (i.kind, i.net_minor, i.tax_minor, i.gross_minor, i.payable_minor) for i in file.invoices
    ]
    return documents, [(p.kind, p.flow, p.amount_minor, p.moved_minor) for p in file.payments]


@pytest.mark.parametrize(
    ("lines", "document"),
    [
        ([("411", 1200), ("706", -1000), ("44571", -200)], ("invoice", 1000, 200, 1200, 1200)),
        ([("411", -120), ("706", 100), ("44571", 20)], ("credit_note", 100, 20, 120, 120)),
        ([("411", 100), ("707", -100)], ("invoice", 100, 0, 100, 100)),
        ([("411", 360), ("4191", -300), ("44571", -60)], ("prepayment", 300, 60, 360, 360)),
        ([("411", -360), ("4191", 300), ("44571", 60)], ("credit_note", 300, 60, 360, 360)),
        ([("411", 840), ("4191", 300), ("706", -1000), ("44571", -140)], ("invoice", None, None, 840, 840)),
        ([("411", 1140), ("4117", 60), ("706", -1000), ("44571", -200)], ("invoice", 1000, 200, 1200, 1140)),
        ([("411", 1180), ("665", 20), ("706", -1000), ("44571", -200)], ("invoice", 980, 200, 1180, 1180)),
        ([("411", 40), ("758", -40)], ("invoice", 40, 0, 40, 40)),
        ([("401", -1200), ("607", 1000), ("44566", 200)], ("invoice", 1000, 200, 1200, 1200)),
        ([("404", -1200), ("2183", 1000), ("44562", 200)], ("invoice", 1000, 200, 1200, 1200)),
        ([("401", -1000), ("604", 1000), ("44566", 200), ("4452", -200)], ("invoice", 1000, 0, 1000, 1000)),
        ([("401", 120), ("607", -100), ("44566", -20)], ("credit_note", 100, 20, 120, 120)),
        ([("401", -12), ("627", 10), ("44566", 2)], ("invoice", 10, 2, 12, 12)),
    ],
)
def test_documents(lines: Lines, document: tuple[object, ...]) -> None:
    assert booked(*lines) == ([document], [])


@pytest.mark.parametrize(
    ("lines", "settlements"),
    [
        ([("512", 1200), ("411", -1200)], [("cash", "in", 1200, 1200)]),
        ([("411", 1200), ("512", -1200)], [("cash", "out", 1200, 1200)]),
        ([("401", 1200), ("512", -1200)], [("cash", "out", 1200, 1200)]),
        ([("512", 1196), ("627", 4), ("411", -1200)], [("cash", "in", 1196, 1196), ("fee", "in", 4, None)]),
        ([("512", 1205), ("766", -5), ("411", -1200)], [("cash", "in", 1200, 1205)]),
        (
            [("512", 1176), ("665", 20), ("44571", 4), ("411", -1200)],
            [("cash", "in", 1176, 1176), ("discount", "in", 24, None)],
        ),
        ([("401", 1200), ("765", -20), ("44566", -4), ("512", -1176)],
         [("cash", "out", 1176, 1176), ("discount", "out", 24, None)]),
        ([("654", 1200), ("411", -1200)], [("write_off", "in", 1200, None)]),
        ([("658", 10), ("666", 90), ("411", -100)],
         [("exchange", "in", 90, None), ("write_off", "in", 10, None)]),
        ([("401", 500), ("411", -500)], [("netting", "in", 500, None), ("netting", "out", 500, None)]),
        ([("401", 500), ("455", -500)], [("netting", "out", 500, None)]),
        ([("4191", 300), ("411", -300)], [("netting", "in", 300, None)]),
        ([("467", 1200), ("411", -1200)], []),
        ([("416", 1200), ("411", -1200)], []),
        ([("658", 120), ("665", -20), ("411", -100)], []),
        ([("512", 900), ("530", 100), ("706", -1000)], []),
    ],
)  # fmt: skip
def test_settlements(lines: Lines, settlements: list[tuple[object, ...]]) -> None:
    assert booked(*lines) == ([], settlements)


def test_a_sale_paid_at_once_is_an_invoice_and_its_payment() -> None:
    lines: Lines = [("411", 120), ("706", -100), ("44571", -20), ("530", 120), ("411", -120)]
    document, payment = ("invoice", 100, 20, 120, 120), ("cash", "in", 120, 120)
    assert booked(*lines) == ([document], [payment])
