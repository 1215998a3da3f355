"""Which items a text cites: the numbers that exist, the text, and all that is read of it."""

from dataclasses import dataclass, field

import pytest

from core.reconciliation import Item, Policy
from core.reconciliation.cite import Cited, cite, nearly
from core.reconciliation.index import Index
from core.reconciliation.label import read
from tests.core.reconciliation.build import item, line

SERIES = tuple(f"F2024-{n:03}" for n in (7, 8, 10, 12))
LONG = tuple(f"FA2401{n}" for n in (201, 202, 203, 205))
RANGE = ("range 3 F2024-008",)
MONTHS = ("FV/2024/07/058", "FV/2024/07/059", "FV/2024/08/060", "FV/2024/08/061")
RF = "RF18539007547034"
CUT_35 = "SERVICE COMPTABILITE FOURNIS "


@dataclass(frozen=True)
class Reading:
    """`cited` are `how strength number`; the rest are the texts of the words."""

    numbers: tuple[str, ...]
    text: str
    cited: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    counters: tuple[str, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)


def whole(*numbers: str) -> tuple[str, ...]:
    return tuple(f"full 3 {n}" for n in numbers)


CASES = [
    # whole numbers, whatever stands between their parts
    Reading(("FA-12",), "FA-12", whole("FA-12")),
    Reading(("FA-12",), "fa 12 merci", whole("FA-12")),
    Reading(("FA-12",), "Facture n°FA–12 réglée", whole("FA-12")),
    Reading(("FA-12",), "FACTURE:FA.12", whole("FA-12")),
    Reading(("FA-12",), "FACT N°  FA  12", whole("FA-12")),
    Reading(("FAC-2024-000123",), "FAC/2024/000123", whole("FAC-2024-000123")),
    Reading(("FAC-2024-000123",), "fac2024000123", whole("FAC-2024-000123")),
    Reading(("94/2024",), "94/2024", ("full 1 94/2024",)),
    Reading(("20240117",), "20240117", ("full 2 20240117",)),
    # a number must be delimited
    Reading(("FA-12",), "FA-123", (), ("123",)),
    Reading(("FA-12",), "XFA-12", (), ("12",)),
    Reading(("7530",), "IBAN FR7630001007941234567890185 DU 07/05/30"),
    Reading(("FA-12",), "FA-12-34", ("full 2 FA-12",), (), ("34",)),
    # zeros, letters and misread characters
    Reading(("FAC-2024-000123",), "FAC 2024 123", ("zeros 2 FAC-2024-000123",)),
    Reading(("FAC-2024-000123",), "REGLT 2024 123", ("digits 2 FAC-2024-000123",)),
    Reading(("FAC-2024-000123",), "2024000123", ("digits 2 FAC-2024-000123",)),
    Reading(("FAC-2024-000123",), "FACT 2024-123", ("digits 2 FAC-2024-000123",)),
    Reading(("FAC-2024-0005",), "FACTURE 2024-5", ("digits 1 FAC-2024-0005",)),
    Reading(("F0000048",), "0000048", ("digits 2 F0000048",)),
    Reading(("INV-00635",), "00635", ("digits 1 INV-00635",)),
    Reading(("VT24-03122",), "TEL 0753715025 24 03122", ("digits 1 VT24-03122",)),
    Reading(("F2024-0031",), "F2O24-OO31", ("folded 2 F2024-0031",)),
    Reading(("000816",), "0O0816 ECH 04/09", ("folded 1 000816",)),
    Reading(("80152",), "BOIS 2", (), (), ()),
    # words glued to numbers, numbers glued to each other
    Reading(("FA2024001",), "FACTFA2024001", whole("FA2024001")),
    Reading(("FA801", "FA802"), "FA801FA802", whole("FA801", "FA802")),
    Reading(("FA801",), "20240312FA801"),
    Reading(("FA801",), "", whole("FA801"), fields={"end_to_end_id": "20240312FA801"}),
    Reading(("FA801",), "FA801X9"),
    # lists
    Reading(LONG, "FA2401201 1202 1205", ("list 3 FA2401202", "list 3 FA2401205", *whole("FA2401201"))),
    Reading(LONG, "FA2401201, 202 ET 203", ("list 3 FA2401202", "list 3 FA2401203", *whole("FA2401201"))),
    Reading(LONG, "FA2401201 209", whole("FA2401201"), ("209",)),
    Reading(("FA-12", "FA-13"), "FA-12,13 120,00", ("list 3 FA-13", *whole("FA-12"))),
    Reading(
        MONTHS,
        "FV/2024/07/058 059 060",
        ("list 3 FV/2024/07/059", "list 2 FV/2024/08/060", *whole("FV/2024/07/058")),
    ),
    Reading(("FA-500", "000516"), "FA-500/516", ("list 2 000516", *whole("FA-500"))),
    # ranges, holes, exceptions
    Reading(SERIES, "F2024-007 A 010", (*RANGE, "range 3 F2024-010", *whole("F2024-007"))),
    Reading(SERIES, "F2024-007 à 008", (*RANGE, *whole("F2024-007"))),
    Reading(SERIES, "F2024-007 -> 010", (*RANGE, "range 3 F2024-010", *whole("F2024-007"))),
    Reading(SERIES, "F2024-007 AU F2024-010", (*RANGE, *whole("F2024-007", "F2024-010"))),
    Reading(SERIES, "F2024-007 A 012 SAUF 010", (*RANGE, "range 3 F2024-012", *whole("F2024-007"))),
    Reading(SERIES, "F2024-007 A 010 SAUF 009", (*RANGE, "range 3 F2024-010", *whole("F2024-007"))),
    Reading(
        SERIES,
        "F2024-007 AU F2024-012 HORS F2024-010 ET 008",
        whole("F2024-007", "F2024-012"),
    ),
    Reading(
        SERIES,
        "F2024-005 A 010",
        ("range 3 F2024-007", "range 3 F2024-008", "range 3 F2024-010"),
        ("F2024005",),
    ),
    # the buyer's own number, structured references
    Reading(("FA-12",), "VOTRE CDE BC-48476", ("order 2 FA-12",), fields={"buyer_reference": "BC-48476"}),
    Reading(("FA-12",), "FA-12 CDE BC-48476", whole("FA-12"), fields={"buyer_reference": "BC-48476"}),
    Reading(("FA-12",), "RF18 5390 0754 7034", ("structured 3 FA-12",), fields={"creditor_reference": RF}),
    Reading(("FA-12",), "RF18 5390 0754 7034", (), (RF,)),
    Reading(("FA-12",), "+++090/9337/55493+++", (), ("090933755493",)),
    Reading(
        ("FA-12",),
        "+++090/9337/55493+++",
        ("structured 3 FA-12",),
        fields={"creditor_reference": "090/9337/55493"},
    ),
    # unknown numbers and counters
    Reading(("FA-12",), "FACT 123", (), ("123",), ("123",)),
    Reading(("159/2024",), "SOLDE 159/9024", (), ("1599024",), ("159", "9024")),
    Reading(("FAC-2024-000123",), "FAC-2024-000124", (), ("2024000124",), ("2024", "124")),
    Reading(("2025-ER-0047",), "2015-ER-0047", (), ("2015ER0047",), ("2015",)),
    Reading(("FA-12",), "LOT 21 CONTRAT 4117544"),
    Reading(("FA-12",), "FA-12 CLT 57275", whole("FA-12")),
    Reading(("FA-12",), "FA-12 C56344", whole("FA-12")),
    Reading(("C-56000",), "C56344", (), ("C56344",)),
    Reading(("2024-0001",), "2025 0001", (), ("20250001",), ("2025", "1")),
    Reading(("000919",), "F000919", ("digits 1 000919",)),
    Reading(("F2025-064",), "F2025-064 267,02 EUR", whole("F2025-064")),
    Reading(("FV/2025/03/074",), "FV 2025 03 074 823,91 EUR", whole("FV/2025/03/074")),
    Reading(("000816",), "816", (), (), ("816",)),
    Reading(("FA-12",), "RGLT DU 12/03/2024 MONTANT 120,00 EUR TEL 01 23 45 67 89"),
    Reading(("FA-12",), "VIR RECU 5145595052S DE: X MOTIF: MERCI REF: 51455950"),
    # what a cut may have halved
    Reading(("FA-13", "FA-123"), f"{CUT_35} FA-13", ("full 2 FA-13",)),
    Reading(("FA-12", "FA-123"), f"{CUT_35} FA-12", (), ("12",)),
    Reading(("2024-0001",), f"{CUT_35}24-001"),
    Reading(("FA1C", "FA1C7"), f"{CUT_35}  FA1C"),
    # a number of signs alone
    Reading(("--",), "PO1234 567", ("order 2 --",), (), ("567",), {"buyer_reference": "PO1234"}),
]  # fmt: skip


def _items(case: Reading) -> list[Item]:
    given = {k: v for k, v in case.fields.items() if k != "end_to_end_id"}
    return [item(number, 10 + n, id=number, **given) for n, number in enumerate(case.numbers)]


def _read(case: Reading) -> tuple[Cited, Index]:
    index = Index(_items(case))
    bank = line(case.text, 1, end_to_end_id=case.fields.get("end_to_end_id"))
    return cite(read(bank, max_text=2000), index, Policy(), tuple), index


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text[:50])
def test_what_is_cited(case: Reading) -> None:
    cited, index = _read(case)
    told = tuple(
        f"{c.how} {c.strength} {'|'.join(index.items[n].number for n in c.items)}" for c in cited.citations
    )
    assert told == case.cited
    assert tuple(w.text for w in cited.unknown) == case.unknown
    assert tuple(w.text for w in cited.counters) == case.counters
    assert cited.caps == []


@pytest.mark.parametrize(
    ("numbers", "text", "found"),
    [
        (("FA250211", "FA260001"), f"{CUT_35} FA250", ["cut FA250211"]),
        (("FA250211", "FA250212"), f"{CUT_35} FA250", ["cut FA250211|FA250212"]),
        (("2024-0760",), "SERVICE COMPTABILITE FOURNISS 2024-", ["cut 2024-0760"]),
        (("FA2404356",), "FA2404365", ["typo FA2404356"]),
        (("FA2404356", "FA2404366"), "FA2404365", []),
        (("FAC-2024-000699",), "FAC-2042-000699", ["typo FAC-2024-000699"]),
        (("159/2024",), "159/9024", ["typo 159/2024"]),
        (("20252051",), "22052051", ["typo 20252051"]),
        (("2025-ER-0047",), "FACTURE NDEG 2015-ER-0047", ["typo 2025-ER-0047"]),
        (("FA-000242",), f"{CUT_35} N 242", ["cut FA-000242"]),
        (("FA-12", "FA-123"), f"{CUT_35} FA-12", ["cut FA-12|FA-123"]),
        (("FA-00012", "FA-00123"), "SERVICE COMPTABILITE FOURNI FA-0012", ["cut FA-00012|FA-00123"]),
        (("FA-77",), "FA-93", []),
    ],
)  # fmt: skip
def test_what_is_nearly_cited(numbers: tuple[str, ...], text: str, found: list[str]) -> None:
    cited, index = _read(Reading(numbers, text))
    assert cited.citations == []
    near = nearly(cited, index, range(len(numbers)))
    assert [f"{c.how} {'|'.join(index.items[n].number for n in c.items)}" for c in near] == found
