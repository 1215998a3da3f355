"""Who is paying: names normalised, weighed by how rare their words are, and graded against debtors."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from math import log, prod
from typing import Final, TypeVar

from core.reconciliation.accounts import NOBODY
from core.reconciliation.likeness import (
    REMEMBERED,
    Spelt,
    Vocabulary,
    Weighed,
    Written,
    likeness,
    needed,
    spelt,
    written,
)
from core.reconciliation.payer import UNKNOWN, Payer
from core.reconciliation.spelling import ANY_FORM, COMMON, LEGAL_FORMS, Name, normalise

_CUT_FORMS: Final = frozenset(form[:n] for form in LEGAL_FORMS for n in range(1, len(form) + 1))
_FOR_MANY_WORDS: Final = (
    "TRESORERIE TREASURY CASHPOOL CENTRALISATION FACTOR FACTORING AFFACTURAGE FACTOFRANCE EUROFACTOR"
    " COFACREDIT CGA DGFIP NOTAIRE NOTAIRES MANDATAIRE HUISSIER STRIPE GOCARDLESS PAYPAL SUMUP ADYEN MOLLIE"
    " ALMA SLIMPAY WISE LIBEO SPENDESK LEMONWAY MANGOPAY"
)
FOR_MANY: Final = frozenset(_FOR_MANY_WORDS.split())
"""Words of group treasuries, factors and payment companies: who bears them pays for others."""
EVERYBODYS: Final = 0.05
"""What a word weighs that is everybody's."""
CUTS_OF_NAMES: Final = frozenset({18, 20, 24, 27, 31, 32, 35, 70})
"""Lengths at which banks cut names."""
LONGEST_NAME: Final = 8
"""Words of a name."""
LONGEST_RUN: Final = 120
"""Characters in which a name is looked for."""
SHORTEST_TELLING: Final = 5
"""Letters that a name needs, without words that are everybody's, to be looked for in a text."""
HANDFUL: Final = 8
"""A name search that returns more debtors than this returns none."""
MUCH: Final = 4
"""Letters left of a word that was cut from which it tells one name from many."""
CLEAR: Final = 0.6
MARGIN: Final = 0.2
SURE: Final = 0.85


Key = TypeVar("Key")


def _bearers(keys: Iterable[tuple[Key, str]]) -> dict[Key, list[str]]:
    """Who bears each key, each debtor once; keys come debtor by debtor."""
    found: dict[Key, list[str]] = defaultdict(list)
    for key, debtor_id in keys:
        bearers = found[key]
        if not bearers or bearers[-1] != debtor_id:
            bearers.append(debtor_id)
    return dict(found)


class Debtors:
    """The debtors of one scope, searchable by the words of their names.

    What only some searches look at is made when the first of them comes.
    """

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        different: dict[str, dict[Name, None]] = defaultdict(dict)
        for debtor_id, text in dict.fromkeys(names):
            for name in map(normalise, text.split("|")):
                if name.words:
                    different[debtor_id][name] = None
        self._names = {debtor_id: tuple(different[debtor_id]) for debtor_id in sorted(different)}
        self._by_core = _bearers((frozenset(name.words), d) for name, d in self._borne())
        self._weights: dict[str, float] = {}
        self._written: dict[tuple[str, bool], Spelt] = {}

    def _borne(self) -> Iterator[tuple[Name, str]]:
        return ((name, debtor_id) for debtor_id, names in self._names.items() for name in names)

    @cached_property
    def _by_beginning(self) -> dict[tuple[str, ...], list[str]]:
        """Debtors by the first words of their names, however many."""
        return _bearers((n.words[:size], d) for n, d in self._borne() for size in range(1, len(n.words) + 1))

    @cached_property
    def _in_order(self) -> list[tuple[tuple[str, ...], str]]:
        return sorted((name.words, debtor_id) for name, debtor_id in self._borne())

    @cached_property
    def _by_word(self) -> dict[str, list[str]]:
        return _bearers((word, d) for name, d in self._borne() for word in name.words)

    @cached_property
    def _rare(self) -> dict[str, list[str]]:
        """Debtors by words that are not everybody's: only those lead to anybody."""
        return {w: d for w, d in self._by_word.items() if len(d) <= 4 * HANDFUL and w not in COMMON}

    @cached_property
    def _whole(self) -> dict[str, list[tuple[frozenset[str], str]]]:
        """Telling names, whole, by the rarest of their words, for a text that holds all of these.

        A name that has no rare word is looked for where the text holds one of another name of that debtor.
        """
        found: dict[str, list[tuple[frozenset[str], str]]] = defaultdict(list)
        for name, debtor_id in self._borne():
            if not _is_telling(name.words):
                continue
            rare = [w for w in name.words if w in self._rare]
            words = [min(rare, key=self._frequency)] if rare else self._rare.keys() & self._words[debtor_id]
            for word in words:
                found[word].append((frozenset(name.words), debtor_id))
        return dict(found)

    @cached_property
    def _words(self) -> dict[str, frozenset[str]]:
        """All words of a debtor's names."""
        return {
            d: frozenset(word for name in names for word in name.words) for d, names in self._names.items()
        }

    @cached_property
    def _weighed(self) -> dict[str, tuple[Weighed, ...]]:
        return {debtor_id: tuple(map(self._weigh, names)) for debtor_id, names in self._names.items()}

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(self._by_word)

    def is_named(self, debtor_id: str, told: frozenset[str], *, besides: frozenset[str]) -> bool:
        """Whether a telling name of the debtor is told with all its words, one of them `besides` those."""
        return any(
            told.issuperset(name.words) and not besides.issuperset(name.words) and _is_telling(name.words)
            for name in self._names.get(debtor_id, ())
        )

    def is_nearly_named(self, debtor_id: str, told: frozenset[str]) -> bool:
        """Whether a name of the debtor is told but for one word, and the others tell him from most."""
        return any(
            len(left := frozenset(name.words) & told) == len(frozenset(name.words)) - 1
            and any(self._frequency(word) <= HANDFUL and word not in COMMON for word in left)
            and _is_telling(left)
            for name in self._names.get(debtor_id, ())
        )

    def sharing(self, told: frozenset[str]) -> frozenset[str]:
        """Debtors of whose names a word is told that few others' have."""
        rare = [w for w in told if len(w) >= MUCH and w in self._rare and self._frequency(w) <= HANDFUL]
        return frozenset(debtor_id for word in rare for debtor_id in self._rare[word])

    def has_word(self, debtor_id: str, word: str) -> bool:
        """Whether one of the debtor's names has this word."""
        return any(word in name.words for name in self._names.get(debtor_id, ()))

    def _frequency(self, word: str) -> int:
        return len(self._by_word.get(word, ()))

    def _weight(self, word: str) -> float:
        weight = self._weights.get(word)
        if weight is None:
            rare = log(1 + (1 + len(self._names)) / (1 + self._frequency(word)))
            weight = EVERYBODYS if word in COMMON or len(word) < 2 else rare
            if len(self._weights) < REMEMBERED:
                self._weights[word] = weight
        return weight

    def namesakes(self, debtor_id: str, text: str) -> float:
        """How many others would bear the name of the debtor that stands in the text, if the words of all
        names came together by accident; nobody when one of its words is only his."""
        here = normalise(text[:LONGEST_RUN]).words
        names = [dict.fromkeys(name.words) for name in self._names.get(debtor_id, ())]
        found = [words for words in names if words.keys() <= set(here)] or names
        return max(map(self._by_accident, found), default=0.0)

    def _by_accident(self, words: Iterable[str]) -> float:
        debtors = len(self._names)
        return prod([(self._frequency(word) - 1) / debtors for word in words], start=float(debtors))

    def find(self, text: str) -> Payer:
        """Who bears this name."""
        name = normalise(text)
        return self._bearing(name, text) or _modest(name, self._nearest(name))

    def surely(self, text: str) -> frozenset[str]:
        """Who surely bears this name: as `find` says, without looking for names that are only near."""
        found = self._bearing(normalise(text), text)
        return found.sure if found else NOBODY

    def _bearing(self, name: Name, text: str) -> Payer | None:
        """Who bears exactly this name, or one that begins so when the text ends where banks cut."""
        equal = self._equal(name)
        if not equal and (shorter := _without_cut_form(name)) is not name:
            equal = self._equal(shorter)
        if equal:
            one = len(equal) == 1 and len(name.words) > 1 and self._is_of_his_form(name, *equal)
            return _modest(name, Payer(equal if one else NOBODY, equal, equal))
        size = len(text.strip())
        if size in CUTS_OF_NAMES and (whole := self._cut(name)):
            return Payer(whole if self._tells(name) else NOBODY, whole, whole)
        if size + 1 in CUTS_OF_NAMES and (near := self._cut_at_blank(name)):
            return Payer(NOBODY, near, NOBODY)
        is_cut = size > min(CUTS_OF_NAMES) and not any(map(self._frequency, name.words[-1:]))
        return Payer(NOBODY, near, NOBODY) if is_cut and (near := self._cut(name)) else None

    def _cut_at_blank(self, name: Name) -> frozenset[str]:
        """The one debtor of whose name these are the first words; the blank behind them is gone."""
        bearing = self._by_beginning.get(name.words, ()) if len(name.words) > 1 else ()
        return frozenset(bearing) if len(bearing) == 1 else NOBODY

    def _tells(self, name: Name) -> bool:
        """Whether a name that was cut is as good as whole: few begin so, or much is left of its last word."""
        return len(self._by_beginning.get(name.words[:-1], ())) <= 4 * HANDFUL or len(name.words[-1]) >= MUCH

    def _cut(self, name: Name) -> frozenset[str]:
        """The one debtor whose name begins so and goes on: the bank cut it, maybe inside a word."""
        if len(name.words) < 2:
            return NOBODY
        *before, last = name.words
        size, found = len(before), set[str]()
        for at in range(bisect_left(self._in_order, (name.words, "")), len(self._in_order)):
            words, debtor_id = self._in_order[at]
            if words[:size] != tuple(before) or not words[size].startswith(last):
                break
            found.add(debtor_id)
            if len(found) > 1:
                return NOBODY
        return frozenset(found)

    def _equal(self, name: Name) -> frozenset[str]:
        same = self._by_core.get(frozenset(name.words), [])
        if len(same) > 1 and name.form and any(self._has_form(d, name.form) for d in same):
            same = [d for d in same if self._has_form(d, name.form) or self._has_form(d, None)]
        return frozenset(same) if len(same) <= HANDFUL else NOBODY

    def _has_form(self, debtor_id: str, form: str | None) -> bool:
        return any(name.form == form for name in self._names[debtor_id])

    def _is_of_his_form(self, name: Name, debtor_id: str) -> bool:
        """Whether the legal form is that of the name the debtor bears, as far as both are told whole or cut:
        two companies may differ by nothing else."""
        words, form = frozenset(name.words), _legal_form(name)
        his = [_legal_form(n) for n in self._names[debtor_id] if frozenset(n.words) == words]
        return not his or any(form.startswith(h) or h.startswith(form) for h in his)

    def _nearest(self, name: Name) -> Payer:
        """The one debtor whose name is clearly alike, and no other's nearly so."""
        if self._rare.keys().isdisjoint(name.words):
            return UNKNOWN
        *before, last = dict.fromkeys(name.words)
        asked = written([*(self._spelt(word) for word in before), self._spelt(last, last=True)])
        must = needed(asked, CLEAR)
        if must is None:
            return UNKNOWN
        found = {d for word in name.words for d in self._rare.get(word, ())}
        return self._most_alike(asked, found, must) if len(found) <= 4 * HANDFUL else UNKNOWN

    def _most_alike(self, asked: Written, found: Iterable[str], must: Iterable[frozenset[str]]) -> Payer:
        """Of those who share a word. Only who has what a clearly alike name must have is compared, then only
        who could be a rival; two that are as alike as this are rivals whatever the best one is."""
        best, one = 0.0, ""
        for debtor_id in self._having(found, must):
            score = likeness(asked, self._weighed[debtor_id])
            if min(score, best) >= 1 - MARGIN:
                return UNKNOWN
            best, one = max((best, one), (score, debtor_id))
        if best < CLEAR:
            return UNKNOWN
        rivals = self._having(found, needed(asked, best - MARGIN) or ())
        if any(likeness(asked, self._weighed[d]) >= best - MARGIN for d in rivals if d != one):
            return UNKNOWN
        near = frozenset({one})
        return Payer(NOBODY, near, near if best >= SURE else NOBODY)

    def _having(self, debtors: Iterable[str], must: Iterable[frozenset[str]]) -> Iterable[str]:
        """Those of the debtors whose names have a word of each of the sets."""
        words = self._words
        for one in must:
            debtors = [d for d in debtors if not one.isdisjoint(words[d])]
        return debtors

    def _spelt(self, word: str, *, last: bool = False) -> Spelt:
        found = self._written.get((word, last))
        if found is None:
            found = spelt(word, self._weight, self._vocabulary, last=last)
            if len(self._written) < REMEMBERED:
                self._written[word, last] = found
        return found

    def _weigh(self, name: Name) -> Weighed:
        words = tuple(dict.fromkeys(name.words))
        weights = tuple(map(self._weight, words))
        return Weighed(words, weights, sum(weights))

    def in_text(self, text: str) -> Payer:
        """Who is named in a text that mixes payer and remittance: surely whose whole name it begins with,
        likely the one debtor whose whole name stands in it, or whose cut name it begins with."""
        words = normalise(text[:LONGEST_RUN]).words
        return self._begun(words) or self._cut_within(text, words) or self._named_within(words)

    def _begun(self, words: tuple[str, ...]) -> Payer | None:
        """The one debtor with a name whose beginning, of two words or more, is the longest here; of a few
        debtors those whose whole name it is."""
        size = 1
        while size < LONGEST_NAME and size < len(words) and words[: size + 1] in self._by_beginning:
            size += 1
        bearers = self._by_beginning[words[:size]] if size > 1 else []
        if not 0 < len(bearers) <= HANDFUL:
            return None
        whole = frozenset(d for d in bearers if any(n.words == words[:size] for n in self._names[d]))
        if len(bearers) > 1:
            return Payer(NOBODY, whole, NOBODY) if whole else None
        return Payer(whole, frozenset(bearers), NOBODY)

    def _cut_within(self, text: str, words: tuple[str, ...]) -> Payer | None:
        """A name that the bank cut inside a word, and then text: at the longest length at which it cuts."""
        if words[:1] not in self._by_beginning:
            return None
        text = text.lstrip()
        for size in sorted(CUTS_OF_NAMES, reverse=True):
            if text[size - 1 : size].isalnum() and text[size : size + 1] == " ":
                one = self._cut(normalise(text[:size]))
                if one:
                    return Payer(NOBODY, one, NOBODY)
        return None

    def _named_within(self, words: tuple[str, ...]) -> Payer:
        if self._whole.keys().isdisjoint(words):
            return UNKNOWN
        present = frozenset(words)
        found = frozenset(d for w in present for whole, d in self._whole.get(w, ()) if whole <= present)
        return Payer(NOBODY, found, NOBODY) if len(found) == 1 else UNKNOWN


def _legal_form(name: Name) -> str:
    """The legal form, none for what companies of every form call themselves."""
    return "" if name.form is None or name.form in ANY_FORM else name.form


def _is_telling(words: Iterable[str]) -> bool:
    """Whether enough of a name is not everybody's for it to be looked for in a text."""
    return sum([len(w) for w in words if w not in COMMON]) >= SHORTEST_TELLING


def _without_cut_form(name: Name) -> Name:
    """The name without a last word that is only the beginning of a legal form: `LANTADIER S`."""
    cut = len(name.words) > 1 and name.words[-1] in _CUT_FORMS
    return Name(name.words[:-1], name.form) if cut else name


def _modest(name: Name, payer: Payer) -> Payer:
    """Who pays for many is nobody's rival, and his own name proves nothing."""
    if payer is UNKNOWN or FOR_MANY.isdisjoint(name.words):
        return payer
    return Payer(NOBODY, payer.likely | payer.sure, NOBODY)
