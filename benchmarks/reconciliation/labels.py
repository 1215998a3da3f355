"""How the bank of the receiving account hands a payment on: fields, slash, colon, bare, narrow, feed."""

from dataclasses import dataclass
from datetime import date
from random import Random

from anyascii import anyascii

from benchmarks.reconciliation.parties import Bank


@dataclass(slots=True)
class Label:
    """The textual columns of one line; `cut` when the payer's text was shortened."""

    name: str | None
    iban: str | None
    remittance: str | None
    cut: bool = False


def credit(
    rng: Random, bank: Bank, *, payer: str, iban: str | None, text: str, day: date, abroad: bool
) -> Label:
    """A transfer received."""
    shown = _plain(payer)[: bank.name_limit].strip()
    kept = text[: bank.limit]
    cut = len(text) > bank.limit
    if abroad and bank.path != "fields":
        return Label(None, iban if rng.random() < 0.5 else None, _foreign(rng, shown, kept), cut)
    written = kept if bank.path == "fields" else _plain(kept)
    label = _WRITERS[bank.path](rng, shown, iban, written, day)
    label.cut = cut
    return label


def _plain(text: str) -> str:
    return anyascii(text).upper()


def _foreign(rng: Random, payer: str, text: str) -> str:
    return rng.choice(
        (
            f"1/{payer} /URI/ {text} ///ROC/ NOTPROVIDED",
            f"VIR ETRANGER 1/{payer} 2/{rng.randrange(1, 300)} STREET /URI/{text}",
            f"VIREMENT EUROPEEN /FRM {payer} /EID NOTPROVIDED /RNF {text}",
        )
    )


def _fields(rng: Random, payer: str, iban: str | None, text: str, day: date) -> Label:
    return Label(payer or None, iban if rng.random() < 0.88 else None, text or None)


def _slash(rng: Random, payer: str, iban: str | None, text: str, day: date) -> Label:
    start = rng.choice(("VIR SEPA RECU", "VIR SEPA RECU", "VIR SEPA INST RECU", "VIREMENT RECU TIERS"))
    de, motif = f"/DE {payer}".rstrip(), f"/MOTIF {text}".rstrip()
    ref = f"/REF {rng.choice(('NOTPROVIDED', '', f'{rng.randrange(10**9):09}', 'NONREF'))}".rstrip()
    tags = [de, motif, ref] if rng.random() < 0.75 else [de, ref, motif]
    return Label(None, iban if rng.random() < 0.25 else None, " ".join([start, *tags]))


def _colon(rng: Random, payer: str, iban: str | None, text: str, day: date) -> Label:
    number = f"{rng.randrange(10**10):010}S"
    if rng.random() < 0.85:
        label = (
            f"VIR RECU {number} DE: {payer} MOTIF: {text} REF: {rng.choice((number[:8], 'NOTPROVIDED', ''))}"
        )
    else:
        when = f"{day:%d/%m/%Y} 10:{rng.randrange(10, 59)}"
        label = f"VIR INST RE {number} DE: {payer} DATE: {when} MOTIF: {text}"
    return Label(None, iban if rng.random() < 0.2 else None, label.rstrip())


def _bare(rng: Random, payer: str, iban: str | None, text: str, day: date) -> Label:
    start = rng.choice(
        ("VIREMENT EN VOTRE FAVEUR", "VIR", "VIR SEPA", "VIR INST", "VIREMENT DE", "VIR SEPA DE", "EVI")
    )
    tail = f"{day:%d.%m.%Y}" if start.startswith("VIREMENT EN") else ""
    return Label(
        None, iban if rng.random() < 0.15 else None, " ".join(f"{start} {payer} {text} {tail}".split())
    )


def _narrow(rng: Random, payer: str, iban: str | None, text: str, day: date) -> Label:
    """CFONB: the 31-character label, then what its complements say, in one text."""
    head = f"VIR {payer}"[:31]
    return Label(payer or None, None, f"{head} {text}".rstrip())


def _feed(rng: Random, payer: str, iban: str | None, text: str, day: date) -> Label:
    known = rng.random() < 0.7
    return Label(
        payer.title() if known and payer else None,
        iban if known and rng.random() < 0.6 else None,
        f"VIR {payer} {text}".rstrip(),
    )


_WRITERS = {
    "fields": _fields, "slash": _slash, "colon": _colon, "bare": _bare, "narrow": _narrow, "feed": _feed,
}  # fmt: skip
