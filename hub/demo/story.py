"""What happens in the demo: a workshop, its invoices, and how they are paid, late, twice or not at all."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.kit.world import Account, Company, Document, Movement, Partner, World, iban

DAY = timedelta(days=1)
STARTED_DAYS_AGO = 75
SECOND_BANK = ("99997", "00420", "0000KERV017")
"""Bank, branch and account of the account that only a statement file shows."""


@dataclass(frozen=True)
class Advance:
    """An advance the platform made: which invoice, how much, and the terms."""

    loan_reference: str
    invoice: Document
    advance_minor: int


@dataclass(frozen=True)
class FileLine:
    """A line of the second bank's statement file."""

    days_ago: int
    amount_minor: int
    label: str
    payer: str
    text: str


class Story:
    """The world and what happens in it. Each act is played before a synchronisation."""

    def __init__(self, now: datetime) -> None:
        self.world = World(start=_morning(now) - STARTED_DAYS_AGO * DAY, name="demo")
        self._end = _morning(now)
        self.company: Company = self.world.company("Atelier Nordique SAS")
        self.account: Account = self.world.account(
            self.company, iban=iban(421_766), balance_minor=4_821_037, name="Compte principal"
        )
        self._customers = {name: self.world.partner(self.company, name) for name in CUSTOMERS}
        self._supplier = self.world.partner(self.company, "Bois et Fils SARL", role="supplier")
        self.invoices: dict[str, Document] = {}
        self._paid: dict[str, Movement] = {}

    def prologue(self) -> None:
        """The workshop sends its invoices; one supplier sends his."""
        for days_ago, customer, number, amount in INVOICES:
            self._at(days_ago)
            self._issue(self._customers[customer], number, amount)
        self._at(34)
        self._issue(self._supplier, "BF-1188", 144_000)
        self._at(32)

    def advances(self) -> list[Advance]:
        """What the platform financed."""
        return [
            Advance(f"LOAN-{1001 + place}", self.invoices[number], advance)
            for place, (number, advance) in enumerate(FINANCED)
        ]

    def first_act(self) -> None:
        """Money comes in: some on time, some in part, some without a word of explanation."""
        self._at(28)
        self._pay("FA-2026-0418")
        self._at(24)
        self._pay("FA-2026-0412", 300_000)
        self._at(21)
        lists = sum(self.invoices[n].gross_minor for n in ("FA-2026-0431", "FA-2026-0432", "FA-2026-0435"))
        self._pay("FA-2026-0431", lists, reference="FACTURES FA-2026-0431 0432 0435")
        self._at(18)
        self._pay("FA-2026-0421", reference="REGLEMENT")
        self._at(17)
        self.world.move(self.account, -4_990, "ASSURANCE MUTUELLE PRO", operation="direct_debit")
        self._at(16)
        declared = self.invoices["FA-2026-0425"]
        self.world.change(declared, paid_minor=declared.gross_minor, paid_at=self.world.now())

    def second_act(self) -> None:
        """The rest of a late payment arrives; a transfer is taken back by the payer's bank."""
        self._at(9)
        self._pay("FA-2026-0412", 200_000)
        self._at(6)
        self.world.recall(self._paid["FA-2026-0418"])
        self._at(3)
        self._pay("FA-2026-0440", reference="FACTURE FA-2026-0440 MERCI")
        self._at(0)

    def statement_lines(self) -> tuple[FileLine, ...]:
        """What the second bank's file shows: one payment on time, and the same one a second time."""
        return (
            FileLine(30, 187_346, "VIR ATELIERS BRUNOY", "ATELIERS BRUNOY", "FA-2026-0415"),
            FileLine(27, -12_050, "PRLV SEPA ENERGIE DE L OUEST", "", "ECHEANCE 10"),
            FileLine(12, 187_346, "VIR ATELIERS BRUNOY", "ATELIERS BRUNOY", "FA-2026-0415"),
            FileLine(1, -2_400, "COTISATION CARTE PRO", "", "COTISATION 11"),
        )

    def _at(self, days_ago: int) -> None:
        target = self._end - days_ago * DAY
        if target > self.world.now():
            self.world.advance(target - self.world.now())

    def _issue(self, partner: Partner, number: str, amount: int) -> None:
        self.invoices[number] = self.world.invoice(partner, number, amount)

    def _pay(self, number: str, amount: int | None = None, *, reference: str | None = None) -> None:
        said = {"reference": reference} if reference else {}
        self._paid[number] = self.world.pay(self.invoices[number], self.account, amount, **said)


def _morning(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=6, minute=30, second=0, microsecond=0)


CUSTOMERS = (
    "Menuiserie Duval SARL",
    "Ateliers Brunoy SAS",
    "Hotel Kervadec SAS",
    "Lartigue Agencement SARL",
    "Boulangeries Morvan SAS",
    "Ruel Conseil SARL",
)
INVOICES = (
    (74, "Menuiserie Duval SARL", "FA-2026-0412", 500_000),
    (62, "Ateliers Brunoy SAS", "FA-2026-0415", 187_346),
    (55, "Hotel Kervadec SAS", "FA-2026-0418", 240_000),
    (50, "Lartigue Agencement SARL", "FA-2026-0421", 86_400),
    (49, "Lartigue Agencement SARL", "FA-2026-0422", 86_400),
    (48, "Boulangeries Morvan SAS", "FA-2026-0425", 312_000),
    (40, "Ruel Conseil SARL", "FA-2026-0431", 31_000),
    (39, "Ruel Conseil SARL", "FA-2026-0432", 9_550),
    (38, "Ruel Conseil SARL", "FA-2026-0435", 102_000),
    (36, "Boulangeries Morvan SAS", "FA-2026-0440", 764_218),
)
FINANCED = (
    ("FA-2026-0412", 450_000),
    ("FA-2026-0415", 187_346),
    ("FA-2026-0418", 216_000),
    ("FA-2026-0421", 77_000),
    ("FA-2026-0425", 280_000),
    ("FA-2026-0440", 700_000),
    ("BF-1188", 144_000),
)
