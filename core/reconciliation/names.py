"""Who is paying: names normalised, weighed by how rare their words are, and graded against debtors."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import log
from typing import Final, NamedTuple

from anyascii import anyascii

from core.reconciliation.label import WORD
from core.reconciliation.likeness import REMEMBERED, Vocabulary, Weighed, likeness, paid

_FORMS: Final = (
    "SA SAS SASU SARL EURL SNC SCI SCP SCOP SELARL SELAS SCS SCA GIE EI EIRL EARL GAEC SEM ASSOCIATION"
    " ASSO STE SOCIETE ETS ETABLISSEMENTS CIE LTD LIMITED LLC INC PLC GMBH AG KG BV NV SPA SRL SL OY AB"
    " AS APS"
)
_COMMON_WORDS: Final = (
    "FRANCE GROUPE GROUP EUROPE INTERNATIONAL SERVICES SERVICE HOLDING COMPAGNIE PARIS LYON M MR MME"
    " MONSIEUR MADAME ET DE DU DES LA LE LES D L AND THE"
)
LEGAL_FORMS: Final = frozenset(_FORMS.split())
COMMON: Final = frozenset(_COMMON_WORDS.split())
_FOR_MANY_WORDS: Final = (
    "TRESORERIE TREASURY CASHPOOL CENTRALISATION FACTOR FACTORING AFFACTURAGE FACTOFRANCE EUROFACTOR"
    " COFACREDIT CGA DGFIP NOTAIRE NOTAIRES MANDATAIRE HUISSIER STRIPE GOCARDLESS PAYPAL SUMUP ADYEN MOLLIE"
    " ALMA SLIMPAY WISE LIBEO SPENDESK LEMONWAY MANGOPAY"
)
FOR_MANY: Final = frozenset(_FOR_MANY_WORDS.split())
"""Words of group treasuries, factors and payment companies: who bears them pays for others."""
CUTS_OF_NAMES: Final = frozenset({18, 20, 24, 27, 31, 32, 35, 70})
"""Lengths at which banks cut names."""
LONGEST_NAME: Final = 8
"""Words of a name."""
LONGEST_RUN: Final = 120
"""Characters in which a name is looked for."""
HANDFUL: Final = 8
"""A name search that returns more debtors than this returns none."""
CLEAR: Final = 0.6
MARGIN: Final = 0.2
SURE: Final = 0.85


class Name(NamedTuple):
    """A name in its parts: the words that identify, in order, and the legal form apart."""

    words: tuple[str, ...]
    form: str | None


class Payer(NamedTuple):
    """What is known of who paid: debtors surely he is (2), debtors he may be (1), any clear debtor."""

    sure: frozenset[str]
    likely: frozenset[str]
    clearly: frozenset[str]

    def grade(self, debtor_id: str) -> int:
        """2 = this debtor, 1 = clearly nearest, 0 = unknown, -1 = clearly another known debtor."""
        if debtor_id in self.sure:
            return 2
        if debtor_id in self.likely:
            return 1
        return -1 if self.clearly else 0


UNKNOWN: Final = Payer(frozenset(), frozenset(), frozenset())


@lru_cache(maxsize=8192)
def normalise(text: str) -> Name:
    """Upper case, no accents, dotted forms joined, legal form in its own field.

    >>> normalise("S.A.R.L. Côté & Fils")
    Name(words=('COTE', 'FILS'), form='SARL')
    """
    plain = (text if text.isascii() else anyascii(text)).upper()
    words: list[str] = []
    spelled = ""
    for word in _joined(plain):
        if len(word) == 1 and word.isalpha():
            spelled += word
            continue
        words.extend(filter(None, (spelled, word)))
        spelled = ""
    words.extend(filter(None, (spelled,)))
    forms = [w for w in words if w in LEGAL_FORMS]
    core = tuple(w for w in words if w not in LEGAL_FORMS)
    return Name(core or tuple(words), forms[0] if forms and core else None)


def _joined(plain: str) -> list[str]:
    return [m[0] for m in WORD.finditer(plain.replace("'", " "))]


class Debtors:
    """The debtors of one scope, searchable by the words of their names."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._names: dict[str, dict[Name, None]] = defaultdict(dict)
        for debtor_id, text in names:
            for alias in text.split("|"):
                name = normalise(alias)
                if name.words:
                    self._names[debtor_id][name] = None
        self._by_word: dict[str, dict[str, None]] = defaultdict(dict)
        self._by_core: dict[frozenset[str], dict[str, None]] = defaultdict(dict)
        self._by_beginning: dict[tuple[str, ...], dict[str, None]] = defaultdict(dict)
        for debtor_id in sorted(self._names):
            self._enter(debtor_id)
        self._found: dict[str, Payer] = {}
        self._weights: dict[str, float] = {}
        self._weighed_names: dict[str, tuple[Weighed, ...]] = {}
        self._vocabulary: Vocabulary | None = None

    def _enter(self, debtor_id: str) -> None:
        for name in self._names[debtor_id]:
            self._by_core[frozenset(name.words)][debtor_id] = None
            for size in range(1, len(name.words) + 1):
                self._by_beginning[name.words[:size]][debtor_id] = None
            for word in name.words:
                self._by_word[word][debtor_id] = None

    def _weight(self, word: str) -> float:
        weight = self._weights.get(word)
        if weight is None:
            rare = log(1 + (1 + len(self._names)) / (1 + len(self._by_word.get(word, ()))))
            weight = 0.05 if word in COMMON or len(word) < 2 else rare
            if len(self._weights) < REMEMBERED:
                self._weights[word] = weight
        return weight

    def find(self, text: str) -> Payer:
        """Who bears this name; remembered, because payers come back."""
        found = self._found.get(text)
        if found is None:
            found = self._search(normalise(text), cut=len(text.strip()) in CUTS_OF_NAMES)
            if len(self._found) < REMEMBERED:
                self._found[text] = found
        return found

    def _search(self, name: Name, *, cut: bool) -> Payer:
        equal = self._equal(name) or self._equal(_without_cut_form(name))
        if equal:
            one = len(equal) == 1 and len(name.words) > 1
            return _modest(name, Payer(equal if one else frozenset(), equal, equal))
        if cut and (whole := self._cut(name)):
            return Payer(whole, whole, whole)
        return _modest(name, self._nearest(name))

    def _cut(self, name: Name) -> frozenset[str]:
        """The one debtor whose name begins so and goes on: the bank cut it, maybe inside a word."""
        *before, last = name.words
        known = self._by_beginning.get(tuple(before), {}) if before else {}
        if not known or len(known) > 4 * HANDFUL:
            return frozenset()
        size = len(before)
        found = {
            d for d in known for other in self._names[d]
            if len(other.words) > size and other.words[:size] == tuple(before)
            and other.words[size].startswith(last)
        }  # fmt: skip
        return frozenset(found) if len(found) == 1 else frozenset()

    def _equal(self, name: Name) -> frozenset[str]:
        same = self._by_core.get(frozenset(name.words), {})
        if len(same) > 1 and name.form:
            with_form = [d for d in same if any(n.form == name.form for n in self._names[d])]
            same = dict.fromkeys(with_form) if with_form else same
        return frozenset(same) if len(same) <= HANDFUL else frozenset()

    def _nearest(self, name: Name) -> Payer:
        scores = sorted(((s, d) for d, s in self._scores(name).items()), key=lambda p: (-p[0], p[1]))
        if not scores or scores[0][0] < CLEAR:
            return UNKNOWN
        near = [(s, d) for s, d in scores if s >= scores[0][0] - MARGIN]
        if len(near) > 1:
            return UNKNOWN
        best = frozenset({near[0][1]})
        return Payer(frozenset(), best, best if near[0][0] >= SURE else frozenset())

    def _scores(self, name: Name) -> dict[str, float]:
        """How alike the names of those are who share a word that is not everybody's."""
        found: dict[str, None] = {}
        for word in dict.fromkeys(name.words):
            sharing = self._by_word.get(word, {})
            if word not in COMMON and len(sharing) <= 4 * HANDFUL:
                found.update(sharing)
        if not found or len(found) > 4 * HANDFUL:
            return {}
        written = paid(self._weighed(name), self._words())
        return {d: likeness(written, self._known(d)) for d in found}

    def _known(self, debtor_id: str) -> tuple[Weighed, ...]:
        known = self._weighed_names.get(debtor_id)
        if known is None:
            known = self._weighed_names[debtor_id] = tuple(map(self._weighed, self._names[debtor_id]))
        return known

    def _words(self) -> Vocabulary:
        if self._vocabulary is None:
            self._vocabulary = Vocabulary(self._by_word)
        return self._vocabulary

    def _weighed(self, name: Name) -> Weighed:
        words = tuple(dict.fromkeys(name.words))
        weights = tuple(map(self._weight, words))
        return Weighed(words, weights, sum(weights))

    def in_text(self, text: str) -> Payer:
        """Who is named in a text that mixes payer and remittance: surely whose whole name it begins with,
        likely the one debtor whose whole name stands in it, or whose cut name it begins with."""
        words = normalise(text[:LONGEST_RUN]).words
        begun = self._begun(words)
        return begun if begun is not None else self._named_within(words)

    def _begun(self, words: tuple[str, ...]) -> Payer | None:
        for size in range(min(len(words), LONGEST_NAME), 1, -1):
            bearing = self._by_beginning.get(words[:size])
            if bearing:
                if len(bearing) > 1:
                    return None
                (debtor_id,) = bearing
                whole = any(n.words == words[:size] for n in self._names[debtor_id])
                one = frozenset({debtor_id})
                return Payer(one if whole else frozenset(), one, frozenset())
        return None

    def _named_within(self, words: tuple[str, ...]) -> Payer:
        present = frozenset(words)
        found = set()
        for word in dict.fromkeys(words):
            sharing = self._by_word.get(word, {}) if word not in COMMON else {}
            for debtor_id in sharing if len(sharing) <= 4 * HANDFUL else ():
                if any(self._whole_name(n, present) for n in self._names[debtor_id]):
                    found.add(debtor_id)
            if len(found) > HANDFUL:
                return UNKNOWN
        best = frozenset(found) if len(found) == 1 else frozenset()
        return Payer(frozenset(), best, frozenset())

    def _whole_name(self, name: Name, present: frozenset[str]) -> bool:
        telling = [w for w in name.words if w not in COMMON]
        return sum(map(len, telling)) >= 5 and all(w in present for w in name.words)


def _without_cut_form(name: Name) -> Name:
    """The name without a last word that is only the beginning of a legal form: `LANTADIER S`."""
    *words, last = name.words or ("",)
    cut = len(words) > 1 and any(f.startswith(last) for f in LEGAL_FORMS)
    return Name(tuple(words), name.form) if cut else name


def _modest(name: Name, payer: Payer) -> Payer:
    """Who pays for many is nobody's rival, and his own name proves nothing."""
    if FOR_MANY.isdisjoint(name.words):
        return payer
    return Payer(frozenset(), payer.likely | payer.sure, frozenset())


class Accounts:
    """Accounts that confirmed payments came from: a set of debtors each, learnt and forgotten by count."""

    def __init__(self, known: Iterable[tuple[str, str]]) -> None:
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.learnt = set[str | None]()
        """What was ever learnt after the beginning, forgotten or not."""
        for iban, debtor_id in known:
            self._counts[iban][debtor_id] += 1

    def debtors(self, iban: str | None) -> frozenset[str]:
        counts: Mapping[str, int] = self._counts.get(iban, {}) if iban else {}
        return frozenset(d for d, n in counts.items() if n > 0)

    def learn(self, iban: str, debtor_id: str) -> None:
        self._counts[iban][debtor_id] += 1
        self.learnt.add(iban)

    def forget(self, iban: str, debtor_id: str) -> None:
        self._counts[iban][debtor_id] -= 1


def joined(by_account: frozenset[str], by_name: Payer) -> Payer:
    """Account history and name together: an account that is known makes its debtors sure."""
    if not by_account:
        return by_name
    return Payer(by_name.sure | by_account, by_name.likely, by_name.clearly | by_account)
