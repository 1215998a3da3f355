"""One line of a ledger: the eighteen fields of the law as values."""

from datetime import date
from typing import NamedTuple


class LedgerLine(NamedTuple):
    """One line, the eighteen fields of LPF art. A47 A-1, VII 1° as values; texts without padding.

    The words of the law: 1 "le code journal" · 2 "le libellé journal" · 3 "le numéro sur une séquence
    continue de l'écriture comptable" · 4 "la date de comptabilisation de l'écriture comptable" ·
    5 "le numéro de compte, dont les trois premiers caractères doivent correspondre à des chiffres
    respectant les normes du plan comptable français" · 6 "le libellé de compte" · 7 "le numéro de compte
    auxiliaire (à blanc si non utilisé)" · 8 "le libellé de compte auxiliaire (à blanc si non utilisé)" ·
    9 "la référence de la pièce justificative" · 10 "la date de la pièce justificative" · 11 "le libellé
    de l'écriture comptable" · 12 "le montant au débit" · 13 "le montant au crédit" · 14 "le lettrage de
    l'écriture comptable (à blanc si non utilisé)" · 15 "la date de lettrage (à blanc si non utilisé)" ·
    16 "la date de validation de l'écriture comptable" · 17 "le montant en devise (à blanc si non
    utilisé)" · 18 "l'identifiant de la devise (à blanc si non utilisé)".

    Debit and credit are cents as written, negative ones too; a Montant with its Sens is put on its side.
    `validated_on` is None while the entry may still change. Columns 17 and 18 keep their words.
    """

    number: int
    """The line of the file, from 1 (the header)."""
    journal: str
    journal_label: str
    entry: str
    entry_date: date
    account: str
    account_label: str
    auxiliary: str
    auxiliary_label: str
    piece: str
    piece_date: date | None
    label: str
    debit_minor: int
    credit_minor: int
    letter: str
    lettered_on: date | None
    validated_on: date | None
    foreign_amount: str
    foreign_currency: str

    @property
    def minor(self) -> int:
        """Debit less credit, in cents."""
        return self.debit_minor - self.credit_minor
