//! Hash maps and sets that are quick for short keys: where Python has dictionaries and sets.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher};
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
