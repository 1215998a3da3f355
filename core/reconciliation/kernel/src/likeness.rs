//! How much two names have in common, word by word, rare words counting most (see
//! `core/reconciliation/likeness.py`).
//!
//! Known words are numbers in the order of the words, so that those that begin alike are a range.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::keys::Keys;
use crate::words;

/// A word that no known name has.
pub const UNHEARD: u32 = u32::MAX;

struct Rules {
    relevant: f64,
    rounding: f64,
    long_word: usize,
    shortest_cut: usize,
    most_begun: usize,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        relevant: words::number("likeness.RELEVANT"),
        rounding: words::number("likeness.ROUNDING"),
        long_word: words::whole("likeness.LONG_WORD"),
        shortest_cut: words::whole("likeness.SHORTEST_CUT"),
        most_begun: words::whole("likeness.MOST_BEGUN"),
    })
}

/// The words of all known names: which of them a written word may be.
pub struct Vocabulary {
    /// In ascending order.
    words: Keys,
    /// How each begins: the first eight bytes, as a number.
    begin: Vec<u64>,
    shortened: OnceLock<Shortened>,
}

impl Vocabulary {
    /// `words` in ascending order, each once.
    pub fn new(words: &[&str]) -> Vocabulary {
        let mut known = Keys::default();
        for word in words {
            known.enter(word.as_bytes());
        }
        let begin = words.iter().map(|word| first_eight(word.as_bytes(), 0)).collect();
        Vocabulary { words: known, begin, shortened: OnceLock::new() }
    }

    pub fn len(&self) -> usize {
        self.words.len()
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    fn word(&self, number: u32) -> &[u8] {
        self.words.text(number)
    }

    /// `UNHEARD` for a word that is not known.
    pub fn number(&self, word: impl AsRef<[u8]>) -> u32 {
        self.words.find(word.as_ref()).unwrap_or(UNHEARD)
    }

    /// The word itself, if it is known, and known words one slip away from it when both are long; in order.
    fn like(&self, word: &[u8]) -> Vec<u32> {
        let mut like: Vec<u32> = self.words.find(word).into_iter().collect();
        if word.len() >= rules().long_word {
            let shortened = self.shortened.get_or_init(|| self.all_shortened());
            for hash in hashes(word) {
                let slips = |number: &u32| is_slip(self.word(*number), word);
                like.extend(shortened.get(hash).filter(slips));
            }
            like.sort_unstable();
            like.dedup();
        }
        like
    }

    /// All known words that begin so.
    pub fn beginning(&self, word: &[u8]) -> Range<u32> {
        let (low, high) = (first_eight(word, 0), first_eight(word, u8::MAX));
        let first = self.begin.partition_point(|&begin| begin < low);
        let behind = first + near(&self.begin[first..], |&begin| begin <= high);
        let (first, behind) = (first as u32, behind as u32);
        if word.len() <= 8 {
            return first..behind;
        }
        let start = parted(first..behind, |known| self.word(known) < word);
        start..parted(start..behind, |known| self.word(known).starts_with(word))
    }

    /// Known words that begin so, not too many: the word may be one of them, cut.
    fn begun(&self, word: &[u8]) -> Range<u32> {
        if word.len() < rules().shortest_cut {
            return 0..0;
        }
        let Range { start, end } = self.beginning(word);
        start..end.min(start + rules().most_begun as u32)
    }

    fn all_shortened(&self) -> Shortened {
        let numbered = (0..self.len() as u32).map(|n| (n, self.word(n)));
        let mut found = Vec::new();
        for (n, word) in numbered.filter(|(_, word)| word.len() >= rules().long_word) {
            found.extend(hashes(word).map(|hash| (hash, n)));
        }
        found.sort_unstable();
        found.dedup();
        Shortened::new(found)
    }
}

/// The first of these numbers that is not before what is looked for.
fn parted(mut numbers: Range<u32>, is_before: impl Fn(u32) -> bool) -> u32 {
    while numbers.start < numbers.end {
        let middle = numbers.start + (numbers.end - numbers.start) / 2;
        if is_before(middle) {
            numbers.start = middle + 1;
        } else {
            numbers.end = middle;
        }
    }
    numbers.start
}

/// `partition_point` for where it is near the beginning.
fn near<T>(sorted: &[T], is_before: impl Fn(&T) -> bool) -> usize {
    let mut end = 1;
    while end < sorted.len() && is_before(&sorted[end - 1]) {
        end *= 2;
    }
    let start = end / 2;
    start + sorted[start..end.min(sorted.len())].partition_point(is_before)
}

/// The first eight bytes of a word, as a number that sorts as they do; where there are fewer, `rest` stands.
fn first_eight(word: &[u8], rest: u8) -> u64 {
    let mut bytes = [rest; 8];
    let size = word.len().min(8);
    bytes[..size].copy_from_slice(&word[..size]);
    u64::from_be_bytes(bytes)
}

/// Long words by the hashes of them, and of these without each of their letters.
struct Shortened {
    /// In ascending order.
    hashes: Vec<(u64, u32)>,
    /// Where those begin whose first bits are each number.
    starts: Vec<u32>,
    bits: u32,
    /// A bit for some more of the first bits of each hash: most hashes that are not here are told from this
    /// alone.
    seen: Vec<u64>,
}

impl Shortened {
    fn new(hashes: Vec<(u64, u32)>) -> Shortened {
        let bits = hashes.len().next_power_of_two().trailing_zeros().max(1);
        let mut starts = vec![0; (1 << bits) + 1];
        for (hash, _) in &hashes {
            starts[(hash >> (64 - bits)) as usize + 1] += 1;
        }
        for n in 1..starts.len() {
            starts[n] += starts[n - 1];
        }
        let mut shortened = Shortened { hashes, starts, bits, seen: vec![0; (1 << bits) / 8 + 1] };
        for at in 0..shortened.hashes.len() {
            let (word, bit) = shortened.seen_at(shortened.hashes[at].0);
            shortened.seen[word] |= bit;
        }
        shortened
    }

    fn seen_at(&self, hash: u64) -> (usize, u64) {
        let bit = hash >> (64 - self.bits - 3);
        ((bit >> 6) as usize, 1 << (bit & 63))
    }

    fn get(&self, hash: u64) -> impl Iterator<Item = u32> + '_ {
        let (word, bit) = self.seen_at(hash);
        let first = (hash >> (64 - self.bits)) as usize;
        let is_seen = self.seen[word] & bit != 0;
        let (start, end) = if is_seen { (self.starts[first], self.starts[first + 1]) } else { (0, 0) };
        let near = self.hashes[start as usize..end as usize].iter();
        near.filter(move |&&(other, _)| other == hash).map(|&(_, number)| number)
    }
}

/// Hashes of a word of some letters, and of it without each of them: two words that are one slip apart share
/// one.
fn hashes(word: &[u8]) -> impl Iterator<Item = u64> + '_ {
    const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
    let with = |rest: u64, &letter: &u8| rest.wrapping_mul(BASE).wrapping_add(u64::from(letter));
    let without_first = word[1..].iter().rev().fold(0, with);
    let (mut power, mut hash) = (1u64, without_first);
    let without_others = word.windows(2).map(move |pair| {
        let more = u64::from(pair[0]).wrapping_sub(u64::from(pair[1]));
        hash = hash.wrapping_add(more.wrapping_mul(power));
        power = power.wrapping_mul(BASE);
        hash
    });
    [with(without_first, &word[0]), without_first].into_iter().chain(without_others)
}

/// Whether a letter put in, left out or replaced, or nothing, makes one word the other.
fn is_slip(one: &[u8], other: &[u8]) -> bool {
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[same..], &other[same..]);
    match (one, other) {
        ([], rest) | (rest, []) => rest.len() <= 1,
        ([_, one_rest @ ..], [_, other_rest @ ..]) => {
            one_rest == other_rest || one_rest == other || one == other_rest
        }
    }
}

/// A written word: its weight, the known words it has, those it may be, and what it shares at most.
pub struct Spelt {
    weight: f64,
    like: Vec<u32>,
    begun: Range<u32>,
    most: f64,
}

impl Spelt {
    fn may_be(&self, word: u32) -> bool {
        self.is_like(word) || self.begun.contains(&word)
    }

    fn is_like(&self, word: u32) -> bool {
        self.like.binary_search(&word).is_ok()
    }

    pub fn may_be_any(&self, words: &[u32]) -> bool {
        words.iter().any(|&word| self.may_be(word))
    }

    fn may_be_nothing(&self) -> bool {
        self.like.is_empty() && self.begun.is_empty()
    }
}

/// A written word, of this weight, with what it may be; only the last one of a name may be cut for it to have
/// a word. Known words have the other weights.
pub fn spelt(word: &str, weight: f64, vocabulary: &Vocabulary, weights: &[f64], last: bool) -> Spelt {
    let (like, begun) = (vocabulary.like(word.as_bytes()), vocabulary.begun(word.as_bytes()));
    let cut = if last { begun.clone() } else { 0..0 };
    let others = like.iter().copied().filter(|word| !cut.contains(word));
    let most = sum(cut.clone().chain(others).map(|word| weights[word as usize]));
    Spelt { weight, like, begun, most }
}

/// A written name to be compared: its different words, and the known words it has.
#[derive(Default)]
pub struct Written {
    words: Vec<Arc<Spelt>>,
    /// Words that any of its words is like, in order; it also has what the last one begins.
    like: Vec<u32>,
}

impl Written {
    /// A written name, of one word at least.
    pub fn new(words: Vec<Arc<Spelt>>) -> Written {
        let mut like: Vec<u32> = words.iter().flat_map(|word| &word.like).copied().collect();
        like.sort_unstable();
        like.dedup();
        Written { words, like }
    }

    fn has(&self, word: u32) -> bool {
        let begun = self.words.last().is_some_and(|last| last.begun.contains(&word));
        begun || self.like.binary_search(&word).is_ok()
    }
}

/// Words of the written name each of which a known name must have, or be begun by, if it is as alike as the
/// bound; None when no name can be.
///
/// Whatever a known name does not have counts against it, and it weighs at least what it shares.
pub fn needed(name: &Written, bound: f64) -> Option<Vec<&Spelt>> {
    let least = (bound - rules().rounding) / (1.0 - bound);
    let most = sum(name.words.iter().map(|word| word.most));
    let nothing = name.words.iter().filter(|word| word.may_be_nothing());
    let against = least * sum(nothing.map(|word| word.weight));
    if most < against {
        return None;
    }
    let must = |word: &&Spelt| !word.may_be_nothing() && most - word.most < against + least * word.weight;
    Some(name.words.iter().map(|word| &**word).filter(must).collect())
}

/// The different words of a name, in order, and the sum of their weights.
pub struct Weighed {
    pub words: Box<[u32]>,
    pub whole: f64,
}

/// Shared weight over the weight of both, 0 to 1, for the name of these that is most alike.
pub fn likeness(name: &Written, known: &[Weighed], weights: &[f64]) -> f64 {
    let mut most = 0.0;
    for Weighed { words, whole } in known {
        let has = words.iter().filter(|&&word| name.has(word));
        let shared = sum(has.map(|&word| weights[word as usize]));
        if shared >= rules().relevant * whole && *whole != 0.0 {
            most = f64::max(most, shared / (whole + extra(name, words)));
        }
    }
    most
}

/// The weight of written words that are none of these, nor the beginning of one.
fn extra(name: &Written, words: &[u32]) -> f64 {
    let others = name.words.iter().filter(|word| !word.may_be_any(words));
    sum(others.map(|word| word.weight))
}

/// From left to right, from zero (`Iterator::sum` begins at minus zero).
pub fn sum(numbers: impl Iterator<Item = f64>) -> f64 {
    numbers.fold(0.0, |sum, number| sum + number)
}

#[cfg(test)]
mod tests {
    use super::{hashes, is_slip};

    #[test]
    fn words_one_slip_apart_share_a_hash() {
        let share = |one: &str, other: &str| {
            let of_one: Vec<u64> = hashes(one.as_bytes()).collect();
            hashes(other.as_bytes()).any(|hash| of_one.contains(&hash))
        };
        for (one, other) in [("BLANDIN", "BLANDYN"), ("BLANDIN", "BLANDI"), ("BLANDIN", "LANDIN")] {
            assert!(share(one, other) && is_slip(one.as_bytes(), other.as_bytes()));
        }
        assert!(!share("BLANDIN", "BRANDON") && !is_slip(b"BLANDIN", b"BRANDON"));
        assert!(is_slip(b"ABAB", b"BAB") && !is_slip(b"AB", b"BA") && is_slip(b"A", b""));
    }
}
