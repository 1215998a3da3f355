"""One pass over a label: numbers, then what follows them, then what is left.

Of the words of stretches that have a digit, glued ones parted (`unglue`), first come whole numbers: runs of
up to `index.max_words` words, joined by what may stand inside a number (`kinds.JOINS`), that equal the
number of an item; the strongest count, then the longest, then the first. Then what goes on from them
(`series`), then numbers without zeros or letters or with misread letters (`numbers.parts`), then ranges
whose first number is not held, then numbers that are not held and counters (`rest`).
"""

from core.reconciliation.cite.kinds import MAX_WORDS, TIGHT, Citation, Cited, Hit, Narrow, Text
from core.reconciliation.cite.numbers import is_parted_so, parts, whole_numbers
from core.reconciliation.cite.rest import leftovers
from core.reconciliation.cite.series import Series, headless_ranges
from core.reconciliation.cite.unglue import unglue
from core.reconciliation.index import FULL, SHORT_DIGITS, STRUCTURED, Index
from core.reconciliation.label import HAS_DIGIT, Label, Structured, Word, parted
from core.reconciliation.policy import Policy


def cite(label: Label, index: Index, policy: Policy, narrow: Narrow) -> Cited:
    """Reads which items of `index` the label cites. `narrow` keeps, of items that share a key, those
    that the payer or the amount point to; it returns all of them, or none of too many, when neither does."""
    cited = Cited(caps=list(label.caps))
    text = text_of(label, index, policy, narrow, cited)
    if text.texts:
        _read(text)
    for structured in label.structured:
        _add_structured(structured, index, cited)
    return cited


def uncited(label: Label, index: Index, policy: Policy) -> Cited:
    """What `cite` finds where no key of the index stands in a text: numbers that are not held, counters."""
    cited = Cited(caps=list(label.caps))
    if label.stretches:
        leftovers(text_of(label, index, policy, tuple, cited))
    return cited


def text_of(label: Label, index: Index, policy: Policy, narrow: Narrow, cited: Cited) -> Text:
    """The words of the stretches that have a digit at all, glued ones parted, up to the cap."""
    texts: list[str] = []
    starts: list[int] = []
    glues: list[str] = []
    zones: list[int] = []
    cut: set[int] = set()
    for zone, stretch in enumerate(label.stretches):
        if len(texts) > MAX_WORDS or not HAS_DIGIT(stretch.text):
            continue
        words = parted(stretch)
        unglue(*words, index.full, stamped=stretch.field == "end_to_end_id")
        texts += words[0]
        starts += words[1]
        glues += words[2]
        zones += [zone] * len(words[0])
        if stretch.cut:
            cut.add(len(texts) - 1)
    if len(texts) > MAX_WORDS:
        cited.caps.append("max_words")
        cut.difference_update(range(MAX_WORDS, len(texts)))
        for words_of in (texts, starts, glues, zones):
            del words_of[MAX_WORDS:]
    return Text(texts, starts, glues, zones, frozenset(cut), label.stretches, index, policy, narrow, cited)


def _read(text: Text) -> None:
    """Whole numbers and what follows them come first: `FA2401201 1202` is a list before 1202 is looked
    for without its letters. Digits that only line up when put together wait for the second round."""
    series, whole = Series(text), whole_numbers(text)
    _cite_all(text, series, [hit for hit in whole if not _is_pieced(text, hit)])
    if text.free:
        _cite_all(text, series, [hit for hit in whole if _is_pieced(text, hit)] + parts(text))
    if text.free:
        headless_ranges(text)
        leftovers(text)
    if series.left_out:
        _leave_out(text.cited, series.left_out)
    if any(hit.how == "order" for hit in whole):
        _without_needless_orders(text.cited)


def _is_pieced(text: Text, hit: Hit) -> bool:
    """Whether a short number stands in words that may as well be several, or is not printed in these."""
    if hit.strength > SHORT_DIGITS or hit.after - hit.first < 2:
        return False
    is_one = hit.how == "full" and all(glue in TIGHT for glue in text.glues[hit.first + 1 : hit.after])
    return not (is_one and is_parted_so(text, hit.first, hit.after, hit.items))


def _cite_all(text: Text, series: Series, hits: list[Hit]) -> None:
    """Cites numbers in reading order, up to the cap; no word counts twice."""
    hits = _chosen(text, hits)
    series.hits.update((hit.first, hit) for hit in hits)
    for hit in hits:
        if len(text.cited.citations) >= text.policy.max_references:
            text.cited.caps.append("max_references")
            return
        if hit.first not in series.not_meant:
            _cite(text, hit, series)


def _chosen(text: Text, hits: list[Hit]) -> list[Hit]:
    """The strongest, then longest, then first, in reading order."""
    if len(hits) > 1:
        hits.sort(key=_by_strength)
    chosen = []
    for hit in hits:
        if True not in text.used[hit.first : hit.after]:
            text.use(hit.first, hit.after)
            chosen.append(hit)
    if len(chosen) > 1:
        chosen.sort(key=_by_place)
    return chosen


def _by_strength(hit: Hit) -> tuple[int, int, int]:
    return -hit.strength, hit.first - hit.after, hit.first


def _by_place(hit: Hit) -> int:
    return hit.first


def _cite(text: Text, hit: Hit, series: Series) -> None:
    items = text.narrow(hit.items) if len(hit.items) > 1 else tuple(hit.items)
    if not items:
        text.cited.unknown.append(text.whole(hit.first, hit.after))
        return
    if len(items) > text.policy.max_shared_key:
        text.cited.caps.append("max_shared_key")
        return
    after = series.after(hit, items)
    text.add(hit.first, hit.after, _placed(text, hit, after), items, hit.how)


def _placed(text: Text, hit: Hit, after: int) -> int:
    """One grade lower when the number is glued to more text, or ends where the text was cut."""
    strength, glues, used, plain = hit.strength, text.glues, text.used, text.plain
    if hit.first and glues[hit.first] in TIGHT and not used[hit.first - 1]:
        strength -= not plain[hit.first - 1]
    if after < len(glues) and glues[after] in TIGHT and not used[after]:
        strength -= not plain[after]
    return max(SHORT_DIGITS, strength - (hit.after - 1 in text.cut))


def _leave_out(cited: Cited, left_out: set[int]) -> None:
    """Takes what the text names as left out from its ranges."""
    cited.citations[:] = [c for c in cited.citations if c.how != "range" or not left_out.issuperset(c.items)]
    cited.spans[:] = [tuple(n for n in span if n not in left_out) for span in cited.spans]


def _without_needless_orders(cited: Cited) -> None:
    """An order number beside the number of one of its invoices says nothing more."""
    numbers = {n for c in cited.citations if c.how != "order" for n in c.items}
    cited.citations[:] = [c for c in cited.citations if c.how != "order" or numbers.isdisjoint(c.items)]


def _add_structured(found: Structured, index: Index, cited: Cited) -> None:
    """A structured reference counts most in its own field; one that nobody has is an unknown number."""
    items = index.structured.get(found.reference)
    own_field = found.field == "creditor_reference"
    if items:
        strength = STRUCTURED if own_field else FULL
        cited.citations.append(
            Citation(
                found.reference, found.field, found.start, found.end, strength, tuple(items), "structured"
            )
        )
    elif not own_field or found.reference.startswith("RF"):
        cited.unknown.append(Word(found.reference, found.start, found.end, found.field, -1, "\n"))
