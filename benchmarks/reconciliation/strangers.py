"""Lines that pay none of our items: other customers, suppliers, cards, taxes, own transfers, fees."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from benchmarks.reconciliation.documents import DAYS, FIRST, amounts
from benchmarks.reconciliation.labels import Label, credit
from benchmarks.reconciliation.names import core_name, iban, surname, with_form
from benchmarks.reconciliation.noise import Noise
from benchmarks.reconciliation.parties import Bank
from benchmarks.reconciliation.payments import working_day
from benchmarks.reconciliation.texts import number_not_held


@dataclass(slots=True)
class Other:
    """A line that has nothing to do with any item."""

    kind: str
    day: date
    amount: int
    label: Label


def other(rng: Random, noise: Noise, bank: Bank, spare: list[tuple[date, str]], *, company: bool) -> Other:
    """One such line; a company's own account has many debits, a collection account hardly any. `spare`
    are numbers of the sellers' other documents, used up one by one."""
    day = working_day(FIRST + timedelta(days=rng.randrange(DAYS + 90)))
    way = rng.random()
    if company and way < 0.52:
        return Other("debit", day, -amounts(rng, noise), _debit(rng))
    if not company and way < 0.06:
        return Other(
            "debit",
            day,
            -amounts(rng, noise),
            Label(
                None,
                None,
                f"VIR SEPA EMIS /MOTIF REVERSEMENT {rng.randrange(9999)} /BEN {surname(rng)}".upper(),
            ),
        )
    if way < (0.72 if company else 0.12):
        return _credit_noise(rng, noise, day)
    return _stranger(rng, noise, bank, day, spare)


def _stranger(rng: Random, noise: Noise, bank: Bank, day: date, spare: list[tuple[date, str]]) -> Other:
    """A customer whose invoices we know nothing of; most cite the number of one."""
    payer = with_form(rng, core_name(rng, surname(rng)))
    number = number_not_held(rng)
    if spare and rng.random() < 0.9:
        issue, number = spare.pop()
        day = working_day(issue + timedelta(days=rng.randrange(75)))
    text = "" if rng.random() < 0.25 else f"{rng.choice(('', 'FACTURE ', 'REGLT ', 'FACT '))}{number}"
    label = credit(rng, bank, payer=payer, iban=iban(rng), text=text, day=day, abroad=False)
    return Other("stranger", day, amounts(rng, noise), label)


def _credit_noise(rng: Random, noise: Noise, day: date) -> Other:
    ddmm = f"{rng.randrange(1, 29):02}{rng.randrange(1, 13):02}24"
    kind, label = rng.choice(
        (
            ("card_takings", f"REMISE CB {rng.randrange(10**7)} {ddmm}"),
            ("card_takings", f"REMISE CARTE {rng.randrange(10**7)}"),
            ("cheques", f"REMISE DE CHEQUES {rng.randrange(10**7)}"),
            ("cheques", f"REM CHQ DE {rng.randrange(2, 9)} CHEQUE(S)"),
            ("own_transfer", f"VIR CPTE A CPTE RECU {surname(rng).upper()}"),
            ("tax", "VIR SEPA RECU /DE DGFIP /MOTIF REMBT TVA CREDIT 3519 /REF 2024"),
            ("platform", f"VIR SEPA STRIPE TECHNOLOGY EUROPE {rng.randrange(10**8)}"),
            ("financing", "DEBLOCAGE PRET 0021445"),
            ("insurance", f"VIR SEPA RECU /DE MUTASSUR IARD /MOTIF SINISTRE {rng.randrange(10**8)} /REF"),
        )
    )
    return Other(kind, day, amounts(rng, noise), Label(None, None, label))


def _debit(rng: Random) -> Label:
    name = surname(rng).upper()
    day, month, ids = rng.randrange(1, 29), rng.randrange(1, 13), rng.randrange(10**6)
    return Label(
        None, None,
        rng.choice(
            (
                f"PRLV SEPA {name} ECH/{day:02}{month:02}24 ID FR12ZZZ{ids:06} MDT/{rng.randrange(10**8)}",
                f"FACTURE CARTE DU {day:02}{month:02}24 {name} CARTE 4974XXXXXXXX{rng.randrange(10**4):04}",
                f"VIR SEPA EMIS /MOTIF FACTURE {number_not_held(rng)} /BEN {name} SARL",
                f"CB {name} FACT {day:02}{month:02}24",
                f"CHEQUE {rng.randrange(10**7):07}",
                f"VIR SALAIRE {name} {month:02}/2024",
                "PRLV SEPA URSSAF RHONE ALPES COTISATIONS",
                "COMMISSIONS DE TENUE DE COMPTE",
                f"F FRAIS PRLV IMP {rng.randrange(10, 900)} {rng.randrange(99):02}EUR",
                f"ECHEANCE PRET {rng.randrange(10**8)}",
                f"VIR CPTE A CPTE EMIS {name}",
            )
        ),
    )  # fmt: skip
