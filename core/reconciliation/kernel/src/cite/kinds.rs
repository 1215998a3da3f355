//! What citing finds, and the text it looks at, word by word (see `core/reconciliation/cite/kinds.py`).

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::index::{is_digits, is_letters, Index};
use crate::label::{Field, Stretch, Word};
use crate::map::Lexicon;
use crate::model::{Place, Policy};
use crate::words;

/// A stretch of text and the items it may mean. `how`: see the Python class.
#[derive(Clone, Debug, PartialEq)]
pub struct Citation {
    pub text: Vec<u8>,
    pub field: Field,
    pub start: usize,
    pub end: usize,
    pub strength: u8,
    pub items: Vec<Place>,
    pub how: &'static str,
}

impl Citation {
    /// The number that stands there, as numbers are compared.
    pub fn number(&self) -> Vec<u8> {
        self.text.iter().copied().filter(|&byte| byte != b' ').collect()
    }
}

/// Everything a text says about invoices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cited {
    pub citations: Vec<Citation>,
    /// Numbers that are not held, or by too many to tell anything.
    pub unknown: Vec<Word>,
    /// Digits that may be the end of a number.
    pub counters: Vec<Word>,
    /// What stands where the text was cut.
    pub cut: Vec<Word>,
    /// Digits that look like numbers we hold.
    pub alike: Vec<Word>,
    /// What `a - b` means when it is a range.
    pub spans: Vec<Vec<Place>>,
    pub caps: Vec<&'static str>,
}

/// Keeps, of items that share a key, those the payer or the amount point to; else all, or none of too many.
pub type Narrow<'n> = dyn FnMut(&[Place]) -> Vec<Place> + 'n;

/// Words `first` to `after` (excluded) are a number that these items have.
#[derive(Clone, Copy, Debug)]
pub struct Hit<'t> {
    pub strength: u8,
    pub first: usize,
    pub after: usize,
    pub items: &'t [Place],
    pub how: &'static str,
}

pub struct Rules {
    joins: Lexicon<&'static [u8]>,
    tight: Lexicon<&'static [u8]>,
    other_papers: Lexicon<&'static [u8]>,
    pub max_words: usize,
    pub max_range: usize,
}

pub fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        joins: words::set("cite.kinds.JOINS"),
        tight: words::set("cite.kinds.TIGHT"),
        other_papers: words::set("cite.kinds.OTHER_PAPERS"),
        max_words: words::whole("cite.kinds.MAX_WORDS"),
        max_range: words::whole("cite.kinds.MAX_RANGE"),
    })
}

/// A word: where it ends in `Words::dense`, and what the methods of these tell.
struct Each<'t> {
    end: usize,
    start: usize,
    glue: Cow<'t, [u8]>,
    zone: usize,
    is_plain: bool,
    joins: bool,
    is_tight: bool,
}

/// The words of one label that may cite, one behind the other without what stands between them.
#[derive(Default)]
pub struct Words<'t> {
    dense: Vec<u8>,
    each: Vec<Each<'t>>,
    /// Places of words that end where a bank may have cut the text, in ascending order.
    pub cut: Vec<usize>,
}

impl<'t> Words<'t> {
    pub fn len(&self) -> usize {
        self.each.len()
    }

    pub fn is_empty(&self) -> bool {
        self.each.is_empty()
    }

    /// With room for so many letters and digits, before it grows.
    pub fn with_room(bytes: usize) -> Words<'t> {
        Words { dense: Vec::with_capacity(bytes), each: Vec::with_capacity(bytes / 4), cut: Vec::new() }
    }

    pub fn push(&mut self, text: &[u8], start: usize, glue: Cow<'t, [u8]>, zone: usize) {
        self.dense.extend_from_slice(text);
        self.each.push(Each {
            end: self.dense.len(),
            start,
            zone,
            is_plain: is_letters(text),
            joins: rules().joins.contains(&*glue),
            is_tight: rules().tight.contains(&*glue),
            glue,
        });
    }

    /// Where a word begins in its field.
    pub fn start(&self, at: usize) -> usize {
        self.each[at].start
    }

    /// What stands before a word.
    pub fn glue(&self, at: usize) -> &[u8] {
        &self.each[at].glue
    }

    /// The stretch in which a word stands.
    pub fn zone(&self, at: usize) -> usize {
        self.each[at].zone
    }

    /// Whether a word has letters only.
    pub fn is_plain(&self, at: usize) -> bool {
        self.each[at].is_plain
    }

    /// Whether a word may go on the number of the word before.
    pub fn joins(&self, at: usize) -> bool {
        self.each[at].joins
    }

    /// Whether a word makes one number with the word before.
    pub fn is_tight(&self, at: usize) -> bool {
        self.each[at].is_tight
    }

    /// One word.
    pub fn text(&self, at: usize) -> &[u8] {
        self.joined(at, at + 1)
    }

    /// The words as one, as numbers are compared.
    pub fn joined(&self, first: usize, after: usize) -> &[u8] {
        let start = if first == 0 { 0 } else { self.each[first - 1].end };
        &self.dense[start..self.each[after - 1].end]
    }

    pub fn is_cut(&self, at: usize) -> bool {
        self.cut.contains(&at)
    }

    pub fn glue_is(&self, at: usize, glue: &[u8]) -> bool {
        self.glue(at) == glue
    }
}

/// The words, which of them are spoken for, what they are looked up in, and what was found.
pub struct Text<'t> {
    pub words: &'t Words<'t>,
    pub stretches: &'t [Stretch],
    pub index: &'t Index<'t>,
    pub policy: &'t Policy,
    pub narrow: &'t mut Narrow<'t>,
    pub cited: Cited,
    pub used: Vec<bool>,
    /// How many words with digits are not spoken for.
    pub free: usize,
}

impl<'t> Text<'t> {
    pub fn new(
        words: &'t Words<'t>,
        stretches: &'t [Stretch],
        index: &'t Index<'t>,
        policy: &'t Policy,
        narrow: &'t mut Narrow<'t>,
        cited: Cited,
    ) -> Text<'t> {
        let used = vec![false; words.len()];
        let free = words.each.iter().filter(|word| !word.is_plain).count();
        Text { words, stretches, index, policy, narrow, cited, used, free }
    }

    /// Whether a word has digits and is not spoken for.
    pub fn is_free(&self, at: usize) -> bool {
        !self.words.is_plain(at) && !self.used[at]
    }

    pub fn spend(&mut self, first: usize, after: usize) {
        for at in first..after {
            self.free -= usize::from(self.is_free(at));
            self.used[at] = true;
        }
    }

    /// The word before the one at `at` in its zone, as far as both may belong together.
    pub fn word_before(&self, at: usize) -> Option<&'t [u8]> {
        (at > 0 && self.words.joins(at)).then(|| self.words.text(at - 1))
    }

    /// Whether a word before a number tells that it is no invoice's, unless ours begin so.
    pub fn is_other_paper(&self, prefix: Option<&[u8]>) -> bool {
        prefix.is_some_and(|word| rules().other_papers.contains(word) && !self.index.prefixes.contains(word))
    }

    /// The words with what stands between them.
    pub fn printed(&self, first: usize, after: usize) -> Vec<u8> {
        let mut printed = self.words.text(first).to_vec();
        for at in first + 1..after {
            printed.extend_from_slice(self.words.glue(at));
            printed.extend_from_slice(self.words.text(at));
        }
        printed
    }

    /// The field in which a word stands.
    pub fn field_of(&self, at: usize) -> Field {
        self.stretches[self.words.zone(at)].field
    }

    /// Where the word before `after` ends in its field.
    pub fn end(&self, after: usize) -> usize {
        self.words.start(after - 1) + self.words.text(after - 1).len()
    }

    /// Notes a citation.
    pub fn add(&mut self, first: usize, after: usize, strength: u8, items: Vec<Place>, how: &'static str) {
        let mut text = self.words.text(first).to_vec();
        for at in first + 1..after {
            text.push(b' ');
            text.extend_from_slice(self.words.text(at));
        }
        self.cited.citations.push(Citation {
            text,
            field: self.field_of(first),
            start: self.words.start(first),
            end: self.end(after),
            strength,
            items,
            how,
        });
    }

    /// The words as one word, for what is not held.
    pub fn whole(&self, first: usize, after: usize) -> Word {
        self.word(first, self.words.joined(first, after), self.end(after))
    }

    /// A word that begins where the one at `at` does.
    pub fn word(&self, at: usize, text: &[u8], end: usize) -> Word {
        Word { text: text.to_vec(), start: self.words.start(at), end, field: self.field_of(at) }
    }

    /// Items that share a key, narrowed when there are several.
    pub fn meant(&mut self, items: &[Place]) -> Vec<Place> {
        if items.len() > 1 {
            (self.narrow)(items)
        } else {
            items.to_vec()
        }
    }

    /// Whether a word is digits only.
    pub fn is_number(&self, at: usize) -> bool {
        is_digits(self.words.text(at))
    }
}
