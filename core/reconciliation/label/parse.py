"""A whole label taken apart for a person or a program: every part with its field and its place."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final, Literal, NamedTuple

from core.reconciliation.label.amounts import Amount, amounts_in
from core.reconciliation.label.dates import date_in
from core.reconciliation.label.folding import fold_text, given
from core.reconciliation.label.forms import READ_FOR_REFERENCES, RUN_TOGETHER, Event
from core.reconciliation.label.noise import Noise, blanked, mask, noise_in
from core.reconciliation.label.reading import (
    Stretch,
    is_cut,
    repeats_bank_number,
    with_opening,
    words_in,
)
from core.reconciliation.label.references import BEHIND_NAMES, LONGEST, TIGHT, Reference, references_in
from core.reconciliation.label.structured import structured_in, valid_structured
from core.reconciliation.label.zones import Zone, Zones, zones_of

Field = Literal["remittance", "counterparty_name", "end_to_end_id", "creditor_reference"]
_BARE: Final = " /:-\n"
_NUMBER: Final = re.compile(r"\d{5,}[A-Z]?")
_RUN_NUMBER: Final = re.compile(rf"(?<![A-Z0-9/+-])\d{{{LONGEST + 1},}}(?![A-Z0-9])")
_CITES_NOTHING: Final = frozenset({"card", "card_takings", "cheque", "cheque_deposit", "loan", "fee", "tax"})
"""Labels of these forms name no invoice."""
_BEFORE_DATES: Final = frozenset({"DU", "LE", "AU"})
_GOES_OUT: Final = frozenset({"transfer_out", "direct_debit"})


class Part(NamedTuple):
    """A part of a label: `field[start:end]` is `text`, as it is written."""

    kind: str
    text: str
    field: Field
    start: int
    end: int


class Dated(NamedTuple):
    """A date of a label; `value` is None when it names no year."""

    value: date | None
    text: str
    field: Field
    start: int
    end: int


class ParsedLabel(NamedTuple):
    """What the texts of a bank line say.

    `bank` and `event` are those of the form that fits (see `forms.FORMS`). Where name and text run together,
    `payer` (or `payee`) is the best guess of where the name ends. `noise` are accounts, cards, phones,
    companies, creditors, mandates, times and rates: what must not be taken for a reference.
    """

    bank: str | None
    event: Event | None
    payer: Part | None
    payee: Part | None
    remittance: tuple[Part, ...]
    references: tuple[Reference, ...]
    dates: tuple[Dated, ...]
    amounts: tuple[Amount, ...]
    bank_numbers: tuple[Part, ...]
    noise: tuple[Part, ...]
    is_cut: bool


def parse_label(
    remittance: str | None,
    *,
    counterparty_name: str | None = None,
    end_to_end_id: str | None = None,
    creditor_reference: str | None = None,
) -> ParsedLabel:
    """Takes a label apart, whichever bank wrote it; texts a bank writes for empty are no text.

    >>> label = parse_label("VIR SEPA RECU /DE KERVADEC SARL /MOTIF FA-801 DU 12/03/2024 /REF NOTPROVIDED")
    >>> label.payer.text, label.references[0].text, label.dates[0].value.isoformat()
    ('KERVADEC SARL', 'FA-801', '2024-03-12')
    """
    raw = remittance if remittance and given(remittance) else ""
    folded = fold_text(raw)
    zones, noise = zones_of(folded), noise_in(folded)[1]
    pieces = list(_pieces(folded, zones, counterparty_name))
    names = _names(raw, pieces, zones)
    if counterparty_name and given(counterparty_name):
        named = "payee" if zones.form and zones.form.event in _GOES_OUT else "payer"
        names[named] = Part(named, counterparty_name, "counterparty_name", 0, len(counterparty_name))
    return ParsedLabel(
        bank=zones.form.bank if zones.form else None,
        event=zones.form.event if zones.form else None,
        payer=names.get("payer"),
        payee=names.get("payee"),
        remittance=tuple(_parts(raw, "remittance", (p for p in pieces if p.role in READ_FOR_REFERENCES))),
        references=(
            *_cited(raw, folded, pieces, zones),
            *_in_field("end_to_end_id", end_to_end_id),
            *_in_field("creditor_reference", creditor_reference),
        ),
        dates=tuple(_dates(raw, folded, noise, zones)),
        amounts=amounts_in(folded, noise),
        bank_numbers=tuple(_bank_numbers(raw, folded, noise, zones)),
        noise=tuple(_identifiers(raw, noise, zones)),
        is_cut=any(is_cut(folded, z.start, z.end, counterparty_name) for z in zones.zones),
    )


def _pieces(folded: str, zones: Zones, name: str | None) -> Iterator[Zone]:
    """The zones, those where name and text run together parted where the name seems to end."""
    for zone in zones.zones:
        if zone.role not in RUN_TOGETHER:
            yield zone
            continue
        split = _end_of_name(folded, zone, fold_text(name).strip() if name else "")
        yield Zone("payee" if zone.role == "payee_and_text" else "payer", zone.start, split)
        yield Zone("text", split, zone.end)


def _end_of_name(folded: str, zone: Zone, name: str) -> int:
    """Behind the name the bank gives, else before the first word with a digit or a word that begins texts."""
    begin = len(folded[: zone.end]) - len(folded[zone.start : zone.end].lstrip(_BARE))
    if name and folded.startswith(name, begin):
        return begin + len(name)
    words = words_in(Stretch("remittance", zone.start, folded[zone.start : zone.end], cut=False), 0)
    for n, word in enumerate(words):
        if word.text in BEHIND_NAMES:
            return word.start
        if n and not word.text.isalpha():
            before = words[n - 1]
            belongs = word.glue in TIGHT or before.text in _BEFORE_DATES
            return before.start if belongs and n > 1 else word.start
    return zone.end


def _part(kind: str, raw: str, start: int, end: int) -> Part | None:
    """The part without what stands around it; None when nothing is left or it means empty."""
    text = raw[start:end]
    start += len(text) - len(text.lstrip(_BARE))
    text = text.strip(_BARE)
    return Part(kind, text, "remittance", start, start + len(text)) if given(text) else None


def _parts(raw: str, kind: str | None, zones: Iterable[Zone]) -> Iterator[Part]:
    for role, start, end in zones:
        part = _part(kind or role, raw, start, end)
        if part is not None:
            yield part


def _names(raw: str, pieces: Iterable[Zone], zones: Zones) -> dict[str, Part]:
    """The first payer and the first payee; where a tag names one, nothing is guessed."""
    named = [z for z in zones.zones if z.role in ("payer", "payee")]
    names: dict[str, Part] = {}
    for part in _parts(raw, None, named or (p for p in pieces if p.role in ("payer", "payee"))):
        names.setdefault(part.kind, part)
    return names


def _cited(raw: str, folded: str, pieces: Iterable[Zone], zones: Zones) -> list[Reference]:
    readable = folded
    found: list[Reference] = []
    for apart in structured_in(folded):
        readable = blanked(readable, apart.start, apart.end)
        text = raw[apart.start : apart.end]
        found.append(Reference(apart.reference, "structured", text, "remittance", apart.start, apart.end))
    if zones.form and zones.form.event in _CITES_NOTHING:
        return found
    for n, (role, start, end) in enumerate(pieces):
        if role == "reference" and repeats_bank_number(folded, start, end):
            continue
        if role in READ_FOR_REFERENCES:
            masked = mask(with_opening(readable, start, end, zones.opened))[start - end :]
            stretch = Stretch("remittance", start, masked, cut=False)
            found += references_in(words_in(stretch, n), raw)
    return sorted(found, key=lambda r: r.start)


def _in_field(field: Field, text: str | None) -> list[Reference]:
    if text is None or not given(text):
        return []
    structured = valid_structured(text) if field == "creditor_reference" else None
    if structured:
        return [Reference(structured, "structured", text, field, 0, len(text))]
    return references_in(words_in(Stretch(field, 0, mask(fold_text(text)), cut=False), 0), text)


def _dates(raw: str, folded: str, noise: Iterable[Noise], zones: Zones) -> Iterator[Dated]:
    places = [(n.start, n.end) for n in noise if n.kind == "date"]
    tagged = [(z.start, z.end) for z in zones.zones if z.role == "date"]
    places += [t for t in tagged if not any(t[0] < end and start < t[1] for start, end in places)]
    for start, end in sorted(places):
        part = _part("date", raw, start, end)
        if part is not None:
            yield Dated(date_in(folded[part.start : part.end]), part.text, "remittance", part.start, part.end)


def _bank_numbers(raw: str, folded: str, noise: Sequence[Noise], zones: Zones) -> Iterator[Part]:
    for match in _NUMBER.finditer(folded, 0, zones.opened):
        yield Part("bank_number", raw[match.start() : match.end()], "remittance", match.start(), match.end())
    for _, start, end in (n for n in noise if n.kind == "bank_number" and n.start >= zones.opened):
        yield Part("bank_number", raw[start:end], "remittance", start, end)
    for role, start, end in zones.zones:
        if role in READ_FOR_REFERENCES:
            repeated = role == "reference" and repeats_bank_number(folded, start, end)
            for match in (_NUMBER if repeated else _RUN_NUMBER).finditer(folded, start, end):
                kind = "bank_number" if repeated else "run_number"
                if any(n.start < match.end() and match.start() < n.end for n in noise):
                    continue
                yield Part(kind, raw[match.start() : match.end()], "remittance", match.start(), match.end())


def _identifiers(raw: str, noise: Iterable[Noise], zones: Zones) -> Iterator[Part]:
    found = [n for n in noise if n.kind not in ("date", "amount", "bank_number")]
    for kind, start, end in found:
        yield Part(kind, raw[start:end], "remittance", start, end)
    for part in _parts(raw, None, (z for z in zones.zones if z.role == "identifier")):
        if not any(n.start < part.end and part.start < n.end for n in found):
            yield part
