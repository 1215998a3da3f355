//! Names of companies made comparable: their words, and the legal form apart (see
//! `core/reconciliation/spelling.py`).

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::map::Lexicon;
use crate::text;
use crate::words;

struct Rules {
    /// What may stand for `&`, which is no word.
    and: Lexicon<&'static str>,
    /// What companies of every legal form call themselves.
    any_form: Lexicon<&'static str>,
    common: Lexicon<&'static str>,
    titles: Lexicon<&'static str>,
    or: &'static str,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        and: set("spelling.AND"),
        any_form: set("spelling.ANY_FORM"),
        common: set("spelling.COMMON"),
        titles: set("spelling.TITLES"),
        or: words::text("spelling.OR"),
    })
}

/// What companies are before the law, as their names say it.
pub fn legal_forms() -> &'static Lexicon<&'static str> {
    static LEGAL_FORMS: OnceLock<Lexicon<&'static str>> = OnceLock::new();
    LEGAL_FORMS.get_or_init(|| set("spelling.LEGAL_FORMS"))
}

/// Whether a word of a name is everybody's.
pub fn is_common(word: &str) -> bool {
    rules().common.contains(word)
}

fn set(key: &str) -> Lexicon<&'static str> {
    words::list(key).iter().map(String::as_str).collect()
}

/// A name in its parts: the words that identify, in order and with a blank between two, and the legal form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    pub words: String,
    pub form: Option<&'static str>,
}

impl Name {
    pub fn each(&self) -> impl Iterator<Item = &str> {
        self.words.split(' ').filter(|word| !word.is_empty())
    }
}

/// The legal form, none for what companies of every form call themselves.
pub fn legal_form(form: Option<&'static str>) -> &'static str {
    form.filter(|form| !rules().any_form.contains(form)).unwrap_or_default()
}

/// Upper case, no accents, dotted forms joined, legal form in its own field, titles and `and` left out.
pub fn normalise(text: &str) -> Name {
    let ascii = if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text::ascii(text)) };
    let words = spelled_out(&ascii);
    let is_form = |word: &&str| legal_forms().contains(word);
    let Some(first) = words.split(' ').find(is_form) else {
        return Name { words: untitled(words), form: None };
    };
    let tells = |word: &&str| is_form(word) && !rules().any_form.contains(word);
    let form = words.split(' ').find(tells).unwrap_or(first);
    let form = legal_forms().get(form).copied();
    let mut core = String::with_capacity(words.len());
    for word in words.split(' ').filter(|word| !is_form(word)) {
        if !core.is_empty() {
            core.push(' ');
        }
        core.push_str(word);
    }
    if core.is_empty() {
        Name { words, form: None }
    } else {
        Name { words: untitled(core), form }
    }
}

/// The words behind the titles of one person or two (`M OU MME`), as long as two are left.
fn untitled(words: String) -> String {
    let Rules { titles, or, .. } = rules();
    let mut left = words.as_str();
    while let Some((first, behind)) = left.split_once(' ') {
        let is_first = left.len() == words.len();
        if !(titles.contains(first) || !is_first && first == *or) {
            break;
        }
        left = behind;
    }
    if left.len() < words.len() && left.contains(' ') {
        left.to_owned()
    } else {
        words
    }
}

fn is_and(word: &str) -> bool {
    (2..=3).contains(&word.len()) && rules().and.iter().any(|and| and.eq_ignore_ascii_case(word))
}

/// The words of a text, without `and`; single letters that stand side by side are one word: `S A R L`.
fn spelled_out(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    let mut letter_before = false;
    let is_of_word = |one: &u8| one.is_ascii_alphanumeric();
    let mut rest = text;
    while let Some(start) = rest.as_bytes().iter().position(is_of_word) {
        let after = rest.as_bytes()[start..].iter().position(|one| !is_of_word(one));
        let end = after.map_or(rest.len(), |size| start + size);
        if is_and(&rest[start..end]) {
            rest = &rest[end..];
            continue;
        }
        let is_letter = end - start == 1 && rest.as_bytes()[start].is_ascii_alphabetic();
        if !(words.is_empty() || is_letter && letter_before) {
            words.push(' ');
        }
        words.push_str(&rest[start..end]);
        letter_before = is_letter;
        rest = &rest[end..];
    }
    words.make_ascii_uppercase();
    words
}
