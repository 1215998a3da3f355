"""The compiled part: keys of invoice numbers in an open-addressing table, and spans of words probed in it.

A span is what `cite` joins to a number: up to a few words in a row. All spans are probed under every key
(whole, a buyer's order, without zeros, digits only, confused letters folded), and so are the parts of
words that could be glued together, so that silence proves that a text cites nothing held here. A whole
number that is found is compared byte by byte before it counts.
"""

import numpy as np
from numba import njit

WHOLE, ORDER, LOOSE, DIGITS, FOLDED = 1, 2, 3, 4, 5
"""Kinds of keys, in the order in which `build` takes them."""
SILENT, CITED, UNSURE = 0, 1, 2
"""What `search` says of a line: no span is a key; one whole number is, and no other word has digits; or
neither is certain."""
NUMERIC, RANGE, OTHER, DOUBT = 1, 2, 4, 8
"""What is noted of a stretch: it has digits, a word for a range, a key of another kind, something unclear."""
MAX_WORDS = 96

_SEED = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
_BAR = 124
_FEED = 10


@njit(cache=True, inline="always")
def _add(state, byte):
    return (state ^ np.uint64(byte)) * _PRIME


@njit(cache=True, inline="always")
def _key(state, kind):
    mixed = (state ^ (np.uint64(kind) * _MIX)) * _MIX
    mixed ^= mixed >> _SHIFT
    return mixed | np.uint64(1)


@njit(cache=True, inline="always")
def _find(keys, values, key):
    mask = np.uint64(keys.size - 1)
    at = (key >> np.uint64(7)) & mask
    while keys[at] != 0:
        if keys[at] == key:
            return values[at]
        at = (at + np.uint64(1)) & mask
    return -1


@njit(cache=True, nogil=True)
def build(text, kinds, values, size):
    """The table of keys. `text` holds them one per line (bytes), `kinds` and `values` go with them; equal
    keys of one kind must not repeat. `size` is a power of two, twice their number at least."""
    keys = np.zeros(size, np.uint64)
    found = np.zeros(size, np.int64)
    mask = np.uint64(size - 1)
    state, number = _SEED, 0
    for byte in text:
        if byte != _FEED:
            state = _add(state, byte)
            continue
        key = _key(state, kinds[number])
        at = (key >> np.uint64(7)) & mask
        while keys[at] != 0 and keys[at] != key:
            at = (at + np.uint64(1)) & mask
        found[at] = values[number] if keys[at] == 0 else -2
        keys[at] = key
        state, number = _SEED, number + 1
    return keys, found


@njit(cache=True, inline="always")
def _is_digit(byte):
    return 48 <= byte <= 57


@njit(cache=True, inline="always")
def _is_letter(byte):
    return 65 <= byte <= 90


@njit(cache=True, inline="always")
def _confused(byte):
    if byte == 79:
        return 48
    if byte == 73:
        return 49
    if byte == 83:
        return 53
    if byte == 66:
        return 56
    if byte == 90:
        return 50
    return 54 if byte == 71 else byte


@njit(cache=True)
def _words(text, begin, end, words):
    """Writes the words of a stretch: start, end, whether it is letters only. Returns how many there are,
    or -1 when they are too many."""
    count, at = 0, begin
    while at < end:
        if not (_is_digit(text[at]) or _is_letter(text[at])):
            at += 1
            continue
        if count == MAX_WORDS:
            return -1
        words[count, 0], words[count, 2] = at, 1
        while at < end and (_is_digit(text[at]) or _is_letter(text[at])):
            words[count, 2] &= _is_letter(text[at])
            at += 1
        words[count, 1] = at
        count += 1
    return count


@njit(cache=True)
def _bare(text, begin, end):
    """Where digits begin without leading zeros; one digit is left."""
    while begin < end - 1 and text[begin] == 48:
        begin += 1
    return begin


@njit(cache=True)
def _grow(text, begin, end, states, counts):
    """Adds a word to the key states of a span: whole, loose, digits, folded, and digits with their zeros.
    `counts` are the groups of letters or digits, and those of digits, that the span has so far."""
    at = begin
    while at < end:
        stop, number = at, _is_digit(text[at])
        while stop < end and _is_digit(text[stop]) == number:
            states[0] = _add(states[0], text[stop])
            states[3] = _add(states[3], _confused(text[stop]))
            states[4] = _add(states[4], text[stop]) if number else states[4]
            stop += 1
        if counts[0]:
            states[1] = _add(states[1], _BAR)
        if number and counts[1]:
            states[2] = _add(states[2], _BAR)
        for place in range(_bare(text, at, stop) if number else at, stop):
            states[1] = _add(states[1], text[place])
            states[2] = _add(states[2], text[place]) if number else states[2]
        counts[0] += 1
        counts[1] += number
        at = stop


@njit(cache=True)
def _found(keys, values, states, best, first, last):
    """Probes a span under every key. A whole number becomes the best when it is longer and holds the one
    before; returns OTHER for another key, DOUBT for what contradicts the best."""
    if _find(keys, values, _key(states[0], ORDER)) != -1:
        return DOUBT
    value = _find(keys, values, _key(states[0], WHOLE))
    if value == -1:
        loose = _find(keys, values, _key(states[1], LOOSE)) != -1
        bare = _find(keys, values, _key(states[2], DIGITS)) != -1
        digits = bare or _find(keys, values, _key(states[4], DIGITS)) != -1
        return OTHER if loose or digits or _find(keys, values, _key(states[3], FOLDED)) != -1 else 0
    if best[0] != -1 and best[1] <= first and last <= best[2]:
        return 0
    apart = best[0] != -1 and not (first <= best[1] and best[2] <= last)
    best[0], best[1], best[2] = value, first, last
    return DOUBT if apart else 0


@njit(cache=True)
def _spans(text, words, count, most, keys, values, best):
    """Probes every span of at most `most` words that has a digit."""
    flags = 0
    states, counts = np.empty(5, np.uint64), np.empty(2, np.int64)
    for first in range(count):
        states[:], counts[:] = _SEED, 0
        for last in range(first, min(count, first + most)):
            _grow(text, words[last, 0], words[last, 1], states, counts)
            if counts[1]:
                flags |= _found(keys, values, states, best, first, last)
    return flags


@njit(cache=True)
def _begins(text, begin, at):
    """Whether a number may begin inside a word: at a letter, or behind one."""
    return _is_letter(text[at]) or (at > begin and _is_letter(text[at - 1]))


@njit(cache=True)
def _holds_glued(text, begin, end, keys, values):
    """Whether a part of a word could be a number that is held: up to the end of digits or of the word."""
    for start in range(begin, end):
        state, digits = _SEED, False
        for at in range(start, end if _begins(text, begin, start) else start):
            state = _add(state, text[at])
            digits |= _is_digit(text[at])
            stops = at + 1 == end or (_is_digit(text[at]) and not _is_digit(text[at + 1]))
            part = start > begin or at + 1 < end
            if stops and digits and part and _find(keys, values, _key(state, WHOLE)) != -1:
                return True
    return False


@njit(cache=True)
def _is_range_word(text, begin, end):
    """A, AU, TO."""
    if end - begin == 1:
        return text[begin] == 65
    first, second = text[begin], text[end - 1]
    return end - begin == 2 and ((first == 65 and second == 85) or (first == 84 and second == 79))


@njit(cache=True)
def _look(text, words, count, keys, values, best):
    """The first and last word with a digit, into `best`; what else the words say of themselves."""
    flags, best[3], best[4] = 0, MAX_WORDS, -1
    for n in range(count):
        begin, end = words[n, 0], words[n, 1]
        if words[n, 2]:
            flags |= RANGE if _is_range_word(text, begin, end) else 0
            continue
        best[3], best[4] = min(best[3], n), n
        flags |= NUMERIC | (DOUBT if _holds_glued(text, begin, end, keys, values) else 0)
    return flags


@njit(cache=True)
def _same(text, words, first, last, known, begin, end):
    """Whether the words joined are exactly the known bytes."""
    at = begin
    for n in range(first, last + 1):
        for place in range(words[n, 0], words[n, 1]):
            if at == end or known[at] != text[place]:
                return False
            at += 1
    return at == end


@njit(cache=True)
def _as_printed(text, words, first, last, breaks):
    """Whether the words are joined by a single sign each, and digits are parted from digits only where
    the printed number does so too."""
    length = 0
    for n in range(first, last):
        end, following = words[n, 1], words[n + 1, 0]
        length += end - words[n, 0]
        glue = text[end]
        if following - end != 1 or not (glue == 32 or 45 <= glue <= 47 or glue == 95):
            return False
        inside = _is_digit(text[end - 1]) and _is_digit(text[following])
        if inside and (length > 62 or not (breaks >> length) & 1):
            return False
    return True


@njit(cache=True)
def _fits(text, words, best, known, places, breaks, leads):
    """Whether the best number is held once, is all the digits there are, and stands there as printed."""
    value, first, last = best[0], best[1], best[2]
    if value < 0 or best[3] < first or last < best[4]:
        return False
    if words[first, 2] and words[first, 1] - words[first, 0] != leads[value]:
        return False
    begin = places[value - 1] if value else 0
    same = _same(text, words, first, last, known, begin, places[value])
    return same and _as_printed(text, words, first, last, breaks[value])


@njit(cache=True, nogil=True)
def search(text, stretches, lines, keys, values, known, places, breaks, leads, most, told, hits):
    """Says of each line what its stretches cite.

    `stretches` are the ends of the stretches in `text`, `lines` the ends of the lines in `stretches`.
    `known`, `places`: bytes of the whole numbers and their ends, by value of their key; `breaks` the
    offsets at which a number is printed in parts, as bits; `leads` the length of its first letters.
    `most` words in a row can be one number. Writes `told` (one byte a line) and `hits` (value, stretch,
    start and end of the cited number).
    """
    words, best = np.zeros((MAX_WORDS, 3), np.int64), np.zeros(5, np.int64)
    stretch = 0
    for line in range(lines.size):
        flags, cited, numeric = 0, 0, 0
        while stretch < lines[line]:
            begin = stretches[stretch - 1] if stretch else 0
            count = _words(text, begin, stretches[stretch], words)
            best[0] = -1
            here = _look(text, words, count, keys, values, best)
            here |= _spans(text, words, count, most, keys, values, best) if here & NUMERIC else 0
            numeric += (here & NUMERIC) != 0
            if best[0] != -1:
                cited += 1
                here = here & DOUBT if _fits(text, words, best, known, places, breaks, leads) else DOUBT
                start, end = words[best[1], 0], words[best[2], 1]
                hits[line, 0], hits[line, 1] = best[0], stretch
                hits[line, 2], hits[line, 3] = start - begin, end - begin
            elif here & NUMERIC and here & RANGE:
                here |= DOUBT
            flags |= here if count >= 0 else DOUBT
            stretch += 1
        told[line] = _verdict(flags, cited, numeric)


@njit(cache=True)
def _verdict(flags, cited, numeric):
    if flags & (DOUBT | OTHER) or cited > 1 or (cited and numeric > 1):
        return UNSURE
    return CITED if cited else SILENT
