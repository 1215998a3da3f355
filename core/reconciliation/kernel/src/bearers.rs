//! Where debtors are found by the words of their names: the tables of `Debtors` in
//! `core/reconciliation/names.py`.

use std::ops::Range;

use crate::map::Map;

/// A name that somebody bears.
pub struct Borne {
    pub debtor: u32,
    pub words: Box<[u32]>,
    pub form: Option<&'static str>,
}

/// Values by keys that are numbers: a list each, in the order in which they came.
pub struct Lists {
    starts: Vec<u32>,
    values: Vec<u32>,
}

impl Lists {
    /// A value that comes for a key several times without another between them counts once.
    pub fn new(keys: usize, pairs: impl Iterator<Item = (u32, u32)>) -> Lists {
        let mut last = vec![u32::MAX; keys];
        let mut is_new =
            move |&(key, value): &(u32, u32)| std::mem::replace(&mut last[key as usize], value) != value;
        let pairs: Vec<(u32, u32)> = pairs.filter(|pair| is_new(pair)).collect();
        let mut starts = vec![0; keys + 1];
        for &(key, _) in &pairs {
            starts[key as usize + 1] += 1;
        }
        for key in 0..keys {
            starts[key + 1] += starts[key];
        }
        let (mut at, mut values) = (starts.clone(), vec![0; pairs.len()]);
        for (key, value) in pairs {
            values[at[key as usize] as usize] = value;
            at[key as usize] += 1;
        }
        Lists { starts, values }
    }

    pub fn of(&self, key: u32) -> &[u32] {
        let key = key as usize;
        match self.starts.get(key..key + 2) {
            Some(&[start, end]) => &self.values[start as usize..end as usize],
            _ => &[],
        }
    }
}

/// Debtors by the first words of their names, however many: a tree.
#[derive(Default)]
pub struct Beginnings {
    next: Map<(u32, u32), u32>,
    /// By beginning: how many debtors, and the last of them. None bears no words at all.
    bearers: Vec<(u32, u32)>,
    /// By beginning: which of the names in the order of their words begin so.
    ranges: Vec<Range<u32>>,
}

impl Beginnings {
    pub fn new(names: &[Borne], in_order: &[u32]) -> Beginnings {
        let mut found = Beginnings { next: Map::default(), bearers: vec![(0, 0)], ranges: Vec::new() };
        for Borne { debtor, words, .. } in names {
            let mut at = 0;
            for &word in words {
                let new = found.bearers.len() as u32;
                at = *found.next.entry((at, word)).or_insert(new);
                if at == new {
                    found.bearers.push((0, 0));
                }
                let (count, last) = &mut found.bearers[at as usize];
                if *count == 0 || *last != *debtor {
                    (*count, *last) = (*count + 1, *debtor);
                }
            }
        }
        found.ranges = vec![0..0; found.bearers.len()];
        found.ranges[0] = 0..in_order.len() as u32;
        for (place, &n) in (0..).zip(in_order) {
            let mut at = 0;
            for &word in &names[n as usize].words {
                at = found.next[&(at, word)];
                let range = &mut found.ranges[at as usize];
                let is_first = range.end == 0;
                let start = if is_first { place } else { range.start };
                *range = start..place + 1;
            }
        }
        found
    }

    /// Those of the names in the order of their words that begin so.
    pub fn range(&self, words: &[u32]) -> Range<usize> {
        self.walk(words).map_or(0..0, |at| {
            let Range { start, end } = self.ranges[at as usize];
            start as usize..end as usize
        })
    }

    /// How many debtors have a name that begins so.
    pub fn count(&self, words: &[u32]) -> u32 {
        self.walk(words).map_or(0, |at| self.bearers[at as usize].0)
    }

    /// The one debtor who has a name that begins so.
    pub fn one(&self, words: &[u32]) -> Option<u32> {
        match self.bearers[self.walk(words)? as usize] {
            (1, one) => Some(one),
            _ => None,
        }
    }

    fn walk(&self, words: &[u32]) -> Option<u32> {
        words.iter().try_fold(0, |at, &word| self.next.get(&(at, word)).copied())
    }

    /// How many of these words, at most so many, somebody's name begins with.
    pub fn longest(&self, words: &[u32], most: usize) -> usize {
        let mut at = 0;
        let begins = |&&word: &&u32| match self.next.get(&(at, word)) {
            Some(&next) => {
                at = next;
                true
            }
            None => false,
        };
        words.iter().take(most).take_while(begins).count()
    }
}
