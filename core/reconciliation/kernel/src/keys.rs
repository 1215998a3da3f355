//! Short texts numbered in the order in which they first come, and what is filed under them: the large tables
//! of an index (dictionaries in `core/reconciliation/index.py`), in few allocations.

use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::OnceLock;

use crate::map::Quick;

/// A set of short texts; each has a number, in the order in which they were entered.
pub struct Keys {
    /// All texts, one behind the other; text `n` ends at `ends[n]`.
    bytes: Vec<u8>,
    ends: Vec<u32>,
    /// Hash and number plus one of each text, by hash; (_, 0): free. A power of two.
    slots: Vec<(u32, u32)>,
}

impl Default for Keys {
    fn default() -> Keys {
        Keys { bytes: Vec::new(), ends: Vec::new(), slots: vec![(0, 0); 8] }
    }
}

impl Keys {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn text(&self, n: u32) -> &[u8] {
        let n = n as usize;
        let start = if n == 0 { 0 } else { self.ends[n - 1] };
        &self.bytes[start as usize..self.ends[n] as usize]
    }

    pub fn contains(&self, text: &[u8]) -> bool {
        self.find(text).is_some()
    }

    pub fn find(&self, text: &[u8]) -> Option<u32> {
        match self.slot(hash(text), text) {
            (_, 0) => None,
            (_, number) => Some(number - 1),
        }
    }

    /// The number of a text, which is entered when it is new.
    pub fn enter(&mut self, text: &[u8]) -> u32 {
        let hash = hash(text);
        let (at, number) = self.slot(hash, text);
        if number > 0 {
            return number - 1;
        }
        self.bytes.extend_from_slice(text);
        self.ends.push(u32::try_from(self.bytes.len()).expect("less than 4 GB of texts"));
        let entered = u32::try_from(self.ends.len()).expect("fewer than 2^32 texts");
        self.slots[at] = (hash, entered);
        if self.ends.len() * 2 > self.slots.len() {
            self.grow();
        }
        entered - 1
    }

    /// Where the text stands or would stand, and its number plus one (0: it is not here).
    fn slot(&self, hash: u32, text: &[u8]) -> (usize, u32) {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let (other, number) = self.slots[at];
            if number == 0 || (other == hash && self.text(number - 1) == text) {
                return (at, number);
            }
            at = (at + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        let mut slots = vec![(0, 0); mask + 1];
        for &(hash, number) in self.slots.iter().filter(|slot| slot.1 > 0) {
            let mut at = hash as usize & mask;
            while slots[at].1 > 0 {
                at = (at + 1) & mask;
            }
            slots[at] = (hash, number);
        }
        self.slots = slots;
    }
}

/// Lists of places by short texts, in the order in which they were filed.
#[derive(Default)]
pub struct Files {
    bytes: Vec<u8>,
    folders: Vec<Folder>,
    /// Hash and number plus one of the folder of each text, in the order of the hashes; (_, 0): free. A power
    /// of two.
    slots: Vec<(u32, u32)>,
    /// A bit for the first bits of each hash: most texts that are not here are told from this alone.
    seen: Vec<u64>,
    places: Vec<u32>,
}

/// A text (where it stands in `bytes`) and what is filed under it (in `places`).
struct Folder {
    text: Range<u32>,
    places: Range<u32>,
}

/// Files that are still being filled.
#[derive(Default)]
pub struct Filing {
    bytes: Vec<u8>,
    /// Where the text ends under which each place is filed.
    ends: Vec<u32>,
    places: Vec<u32>,
}

impl Filing {
    /// Files a place under a text.
    pub fn file(&mut self, text: &[u8], place: u32) {
        self.bytes.extend_from_slice(text);
        self.ends.push(u32::try_from(self.bytes.len()).expect("less than 4 GB of keys"));
        self.places.push(place);
    }

    fn text(&self, n: u32) -> Range<u32> {
        let start = if n == 0 { 0 } else { self.ends[n as usize - 1] };
        start..self.ends[n as usize]
    }

    /// Sorted by hash first, so that memory is written in its order.
    pub fn done(self) -> Files {
        let mut order: Vec<(u32, u32)> =
            (0..self.ends.len() as u32).map(|n| (hash(part(&self.bytes, &self.text(n))), n)).collect();
        order.sort_unstable();
        let mut files = Files {
            slots: vec![(0, 0); (order.len() * 2).next_power_of_two()],
            seen: vec![0; (order.len() / 8).next_power_of_two()],
            places: Vec::with_capacity(order.len()),
            folders: Vec::with_capacity(order.len()),
            bytes: Vec::new(),
        };
        for same in order.chunk_by(|one, other| one.0 == other.0) {
            files.bind(&self, same);
        }
        files.bytes = self.bytes;
        files.folders.shrink_to_fit();
        files
    }
}

impl Files {
    /// Takes over what was filed under texts of one hash, which are one text as a rule.
    fn bind(&mut self, filing: &Filing, same: &[(u32, u32)]) {
        let (hash, first) = same[0];
        let text = filing.text(first);
        let known = part(&filing.bytes, &text);
        let is_known = |n: u32| part(&filing.bytes, &filing.text(n)) == known;
        let start = self.places.len() as u32;
        let mut others = Vec::new();
        for &(_, n) in same {
            if is_known(n) {
                self.places.push(filing.places[n as usize]);
            } else {
                others.push((hash, n));
            }
        }
        self.folders.push(Folder { text, places: start..self.places.len() as u32 });
        let (word, bit) = self.seen_at(hash);
        self.seen[word] |= bit;
        let mut at = self.first_slot(hash);
        while self.slots[at].1 > 0 {
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = (hash, self.folders.len() as u32);
        if !others.is_empty() {
            self.bind(filing, &others);
        }
    }

    fn first_slot(&self, hash: u32) -> usize {
        ((u64::from(hash) * self.slots.len() as u64) >> 32) as usize
    }

    fn seen_at(&self, hash: u32) -> (usize, u64) {
        let bit = (u64::from(hash) * self.seen.len() as u64) >> 26;
        ((bit >> 6) as usize, 1 << (bit & 63))
    }

    fn folder(&self, text: &[u8]) -> Option<&Folder> {
        if self.folders.is_empty() {
            return None;
        }
        let hash = hash(text);
        let (word, bit) = self.seen_at(hash);
        if self.seen[word] & bit == 0 {
            return None;
        }
        let mut at = self.first_slot(hash);
        loop {
            let (other, number) = self.slots[at];
            if number == 0 {
                return None;
            }
            if other == hash {
                let folder = &self.folders[number as usize - 1];
                if part(&self.bytes, &folder.text) == text {
                    return Some(folder);
                }
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// What is filed under a text; empty when nothing is.
    pub fn get(&self, text: &[u8]) -> &[u32] {
        self.folder(text).map_or(&[], |folder| part(&self.places, &folder.places))
    }

    pub fn contains(&self, text: &[u8]) -> bool {
        self.folder(text).is_some()
    }

    /// The texts under which something is filed, in no particular order.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.folders.iter().map(|folder| part(&self.bytes, &folder.text))
    }
}

fn part<'v, T>(all: &'v [T], range: &Range<u32>) -> &'v [T] {
    &all[range.start as usize..range.end as usize]
}

/// A hash that is quick for texts of few bytes, with the seed of the process.
fn hash(text: &[u8]) -> u32 {
    static SEED: OnceLock<u64> = OnceLock::new();
    let seed = *SEED.get_or_init(|| Quick::default().hash_one(0_u64));
    let mut hash = seed ^ text.len() as u64;
    if let Some(last) = text.last_chunk::<8>() {
        for chunk in text[..(text.len() - 1) / 8 * 8].chunks_exact(8) {
            hash = mixed(hash ^ u64::from_le_bytes(chunk.try_into().unwrap_or_default()));
        }
        hash ^= u64::from_le_bytes(*last);
    } else if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        hash ^= u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last));
    } else {
        hash ^= text.iter().fold(0, |value, &byte| value << 8 | u64::from(byte));
    }
    (mixed(hash) >> 32) as u32
}

fn mixed(value: u64) -> u64 {
    let wide = u128::from(value) * 0x9e37_79b9_7f4a_7c15;
    (wide as u64) ^ (wide >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::{Filing, Keys};

    #[test]
    fn what_is_filed_comes_back_in_its_order() {
        let mut filing = Filing::default();
        let texts: Vec<Vec<u8>> =
            (0..1000_u32).map(|n| n.to_string().repeat(n as usize % 5).into_bytes()).collect();
        for round in 0..3 {
            for (text, n) in texts.iter().zip(0..) {
                filing.file(text, round * 1000 + n);
            }
        }
        let files = filing.done();
        assert_eq!(files.get(&texts[7]), [7, 1007, 2007]);
        assert_eq!(files.get(b"").len(), 600);
        assert!(files.get(b"1000").is_empty());
        assert!(Filing::default().done().get(b"1").is_empty());
    }

    #[test]
    fn a_text_is_numbered_once() {
        let mut keys = Keys::default();
        let numbers: Vec<u32> =
            ["a", "b", "a", "", "b"].iter().map(|text| keys.enter(text.as_bytes())).collect();
        assert_eq!(numbers, [0, 1, 0, 2, 1]);
        assert_eq!(keys.text(1), b"b");
        assert_eq!(keys.find(b"c"), None);
    }
}
