//! Hash maps and sets that are quick for short keys: where Python has dictionaries and sets.

use std::borrow::Borrow;
use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::OnceLock;

/// A hash map that is quick for short keys; its order is another in each process.
pub type Map<K, V> = HashMap<K, V, Quick>;
/// A hash set that is quick for short keys; its order is another in each process.
pub type Set<K> = HashSet<K, Quick>;

/// Hashes by multiplication, with a seed that nobody who writes a text can know.
#[derive(Clone, Copy, Debug)]
pub struct Quick(u64);

impl Default for Quick {
    fn default() -> Quick {
        static SEED: OnceLock<u64> = OnceLock::new();
        Quick(*SEED.get_or_init(|| RandomState::new().hash_one(0u64)))
    }
}

impl BuildHasher for Quick {
    type Hasher = Multiplied;

    fn build_hasher(&self) -> Multiplied {
        Multiplied(self.0)
    }
}

/// The state of a hash.
pub struct Multiplied(u64);

impl Multiplied {
    fn mix(&mut self, value: u64) {
        let product = u128::from(self.0 ^ value) * 0xa076_1d64_78bd_642f_u128;
        self.0 = (product as u64) ^ ((product >> 64) as u64) ^ 0xe703_7ed1_a0b4_28db;
    }
}

impl Hasher for Multiplied {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut parts = bytes.chunks_exact(8);
        for part in &mut parts {
            self.mix(u64::from_le_bytes(part.try_into().unwrap_or_default()));
        }
        let mut rest = [0; 8];
        rest[..parts.remainder().len()].copy_from_slice(parts.remainder());
        self.mix(u64::from_le_bytes(rest) ^ (bytes.len() as u64) << 56);
    }

    fn write_u8(&mut self, value: u8) {
        self.mix(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.mix(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.mix(value);
    }

    fn write_i64(&mut self, value: i64) {
        self.mix(value as u64);
    }

    fn write_usize(&mut self, value: usize) {
        self.mix(value as u64);
    }
}

/// A set of words. Most words that are asked for are not in it, and are told so by their first letter and their
/// length alone.
#[derive(Clone)]
pub struct Lexicon<W> {
    words: Set<W>,
    /// By first byte: a bit for each length that a word has; the longest share one.
    lengths: Box<[u64; 256]>,
}

impl<W: Eq + Hash + AsRef<[u8]>> Lexicon<W> {
    pub fn insert(&mut self, word: W) {
        let (first, length) = seen_at(word.as_ref());
        self.lengths[first] |= length;
        self.words.insert(word);
    }

    pub fn get<Q>(&self, word: &Q) -> Option<&W>
    where
        W: Borrow<Q>,
        Q: Eq + Hash + AsRef<[u8]> + ?Sized,
    {
        let (first, length) = seen_at(word.as_ref());
        if self.lengths[first] & length == 0 {
            return None;
        }
        self.words.get(word)
    }

    pub fn contains<Q>(&self, word: &Q) -> bool
    where
        W: Borrow<Q>,
        Q: Eq + Hash + AsRef<[u8]> + ?Sized,
    {
        let (first, length) = seen_at(word.as_ref());
        let is_whole = word.as_ref().len() <= 1; // there is no more of it
        self.lengths[first] & length != 0 && (is_whole || self.words.contains(word))
    }

    pub fn iter(&self) -> impl Iterator<Item = &W> {
        self.words.iter()
    }
}

impl<W> Default for Lexicon<W> {
    fn default() -> Lexicon<W> {
        Lexicon { words: Set::default(), lengths: Box::new([0; 256]) }
    }
}

impl<W: Eq + Hash + AsRef<[u8]>> FromIterator<W> for Lexicon<W> {
    fn from_iter<I: IntoIterator<Item = W>>(words: I) -> Lexicon<W> {
        let mut lexicon = Lexicon::default();
        words.into_iter().for_each(|word| lexicon.insert(word));
        lexicon
    }
}

fn seen_at(word: &[u8]) -> (usize, u64) {
    (word.first().copied().unwrap_or_default().into(), 1 << word.len().min(63))
}

#[cfg(test)]
mod tests {
    use super::Lexicon;

    #[test]
    fn a_word_is_told_from_those_that_begin_alike_and_are_as_long() {
        let long = "SOCIETE".repeat(20);
        let words: Lexicon<&str> = ["SARL", "", "X", &long].into_iter().collect();
        assert!(["SARL", "", "X", &long].iter().all(|word| words.contains(*word)));
        assert!(["SNCF", "SARLS", "Y", " ", &long[1..], &long[..90]]
            .iter()
            .all(|word| !words.contains(*word)));
        assert_eq!(words.get("SARL"), Some(&"SARL"));
    }
}
