//! Words, patterns and numbers of the rules, handed over by Python, so that they stand in one place only.
//!
//! `core/reconciliation/kernel/words.py` lists what is handed over: a value has the key `module.NAME`, the
//! module counted from `core.reconciliation`. A pattern or a number is one text, a set or a tuple is its
//! texts (a set in ascending order), a dictionary is `key<TAB>value` texts.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::map::Lexicon;

static WORDS: OnceLock<HashMap<String, Vec<String>>> = OnceLock::new();

pub const UNIT: char = '\u{1f}';
pub const RECORD: char = '\u{1e}';

/// Records as Python writes them: a key and its texts.
pub fn records(text: &str) -> impl Iterator<Item = (String, Vec<String>)> + '_ {
    text.split(RECORD).filter(|record| !record.is_empty()).map(|record| {
        let mut parts = record.split(UNIT).map(str::to_owned);
        (parts.next().unwrap_or_default(), parts.collect())
    })
}

/// Takes what Python hands over. Only the first call counts.
pub fn take(text: &str) {
    WORDS.get_or_init(|| records(text).collect());
}

/// The texts of a set, a tuple or a dictionary. Panics, naming the key, when Python did not hand it over.
pub fn list(key: &str) -> &'static [String] {
    let words = WORDS.get_or_init(from_file);
    words.get(key).unwrap_or_else(|| panic!("{key} was not handed over: see kernel/words.py"))
}

/// The keys of a dictionary and what stands behind each, in its order.
pub fn pairs(key: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    list(key).iter().map(|pair| pair.split_once('\t').unwrap_or((pair, "")))
}

/// The texts of a set or a tuple, to look up words in.
pub fn set(key: &str) -> Lexicon<&'static [u8]> {
    list(key).iter().map(String::as_bytes).collect()
}

/// One text: a pattern.
pub fn text(key: &str) -> &'static str {
    &list(key)[0]
}

/// A whole number.
pub fn whole<T: std::str::FromStr>(key: &str) -> T {
    text(key).parse().unwrap_or_else(|_| panic!("{key} is not a whole number"))
}

/// Whole numbers of a set or a tuple.
pub fn wholes<T: std::str::FromStr>(key: &str) -> Vec<T> {
    list(key).iter().map(|one| one.parse().unwrap_or_else(|_| panic!("{key} is not whole numbers"))).collect()
}

/// A number with a point.
pub fn number(key: &str) -> f64 {
    text(key).parse().unwrap_or_else(|_| panic!("{key} is not a number"))
}

/// Tests read a file in which `words()` of Python was written (see the Makefile).
fn from_file() -> HashMap<String, Vec<String>> {
    let path = std::env::var("LETTRAGE_WORDS").expect("nothing was handed over");
    records(&std::fs::read_to_string(path).expect("the file of words cannot be read")).collect()
}
