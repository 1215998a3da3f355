"""Who sells and who owes in a world: sellers with their number formats, debtors with their accounts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from random import Random

from anyascii import anyascii

from benchmarks.reconciliation.names import FACTORS, core_name, iban, surname, with_form
from benchmarks.reconciliation.noise import Noise
from benchmarks.reconciliation.numbers import FORMATS

GOLDEN = 0.6180339887
"""Spreads a share evenly over few sellers."""
OLD_NAMES = ("Anciens Ets", "Comptoir", "Maison", "Nouvelle")


@dataclass(slots=True)
class Seller:
    """One SME: its way of numbering, and whether all its invoices are in the world."""

    id: str
    name: str
    format: int
    letters: str
    closed: bool
    held_share: float
    account: str
    counters: dict[int, int] = field(default_factory=dict)
    start: int = 1
    spare: list[tuple[date, str]] = field(default_factory=list)
    """Numbers of documents for customers whom we never see, with their dates."""


@dataclass(slots=True)
class Debtor:
    """A customer. `listed` are accounts printed on the items, `history` those in the payer history;
    `payer` is the name its bank passes on when somebody else pays."""

    id: str
    name: str
    core: str
    trade: str
    alias_known: bool
    iban: str
    account_known: bool
    listed: bool
    payer: str | None
    payer_kind: str
    country: str
    batches: bool

    @property
    def printed_name(self) -> str:
        """The debtor_name of its items, aliases behind."""
        return f"{self.name}|{self.trade}" if self.alias_known else self.name


@dataclass(slots=True)
class Bank:
    """A receiving account and how its bank hands lines on; `limit` cuts the payer's text."""

    id: str
    path: str
    limit: int
    name_limit: int
    currency: str = "EUR"


def account(rng: Random, noise: Noise, name: str) -> Bank:
    """One receiving account."""
    paths = noise["path"]
    path = rng.choices(list(paths), list(paths.values()))[0]
    limit = 31 if path == "narrow" and rng.random() < 0.4 else rng.choices((140, 70, 35), (80, 12, 8))[0]
    return Bank(name, path, limit, rng.choice((24, 27, 31, 32, 35, 70)))


def sellers(
    rng: Random, noise: Noise, count: int, banks: list[Bank], tenant: str, *, company: bool
) -> list[Seller]:
    """Sellers of one tenant; several may share a format, and so the same numbers."""
    rates = noise["sellers"]
    held = rates["held_share" if company else "held_share_account"]
    closed = rates["whole_turnover"] * held / (1 - rates["whole_turnover"] * (1 - held))
    offset = rng.random()
    names = [core_name(rng, surname(rng)) for _ in range(count)]
    return [
        Seller(
            id=f"{tenant}-s{n}",
            name=with_form(rng, name),
            format=rng.randrange(len(FORMATS)),
            letters=_letters(rng, name),
            closed=(offset + n * GOLDEN) % 1 < closed,
            held_share=held,
            account=rng.choice(banks).id,
            start=rng.choice((1, 1, 1, rng.randrange(1, 900), rng.randrange(1000, 9000))),
        )
        for n, name in enumerate(names)
    ]


def _letters(rng: Random, name: str) -> str:
    """Two or three letters from a name: its initials, or its beginning."""
    plain = anyascii(name).upper()
    initials = "".join(word[0] for word in plain.split() if word.isalpha())
    return initials[:3] if len(initials) > 1 else plain[: rng.choice((2, 3))]


def debtors(rng: Random, noise: Noise, count: int, tenant: str) -> list[Debtor]:
    """Debtors of one tenant; some share a word, some a treasury."""
    rates = noise["debtors"]
    found: list[Debtor] = []
    words: list[str] = []
    groups: list[tuple[str, str]] = []
    for n in range(count):
        again = words and rng.random() < rates["same_surname"]
        words.append(rng.choice(words) if again else surname(rng))
        found.append(_debtor(rng, rates, f"{tenant}-d{n}", words[-1]))
        _paid_by_others(rng, rates, found[-1], groups)
    return found


def _debtor(rng: Random, rates: Mapping[str, float], id: str, word: str) -> Debtor:
    abroad = rng.random() < rates["foreign"]
    core = core_name(rng, word)
    country = rng.choice(("DE", "BE", "ES", "IT", "NL", "GB")) if abroad else "FR"
    known = rng.random() < rates["account_known"]
    trade = f"{rng.choice(OLD_NAMES)} {surname(rng)}" if rng.random() < 0.7 else surname(rng)
    return Debtor(
        id=id,
        name=with_form(rng, core, abroad=abroad),
        core=core,
        trade=trade,
        alias_known=rng.random() < 0.5,
        iban=iban(rng, country),
        account_known=known,
        listed=known and rng.random() < 0.5,
        payer=None,
        payer_kind="own",
        country=country,
        batches=rng.random() < rates["batches"],
    )


def _paid_by_others(
    rng: Random, rates: Mapping[str, float], debtor: Debtor, groups: list[tuple[str, str]]
) -> None:
    way = rng.random()
    if way < rates["treasury"]:
        if not groups or rng.random() < 0.35:
            word = surname(rng)
            groups.append(
                (
                    rng.choice((f"{word} Trésorerie Groupe", f"{word} Holding", f"{word} Finance SA")),
                    iban(rng),
                )
            )
        debtor.payer, debtor.iban = rng.choice(groups[-3:])
        debtor.payer_kind = "treasury"
    elif way < rates["treasury"] + rates["factor"]:
        at = rng.randrange(len(FACTORS))
        debtor.payer, debtor.iban = FACTORS[at], iban(Random(f"factor/{at}"))
        debtor.payer_kind = "factor"
