//! How a label opens (see `core/reconciliation/label/openings.py`): the openings of all forms as one tree of
//! words.

use std::sync::OnceLock;

use super::forms::Form;
use crate::pattern::Pattern;
use crate::words;

/// What may be behind a word: the words of longer openings, and the form when an opening ends here.
#[derive(Default)]
struct Behind {
    more: Vec<(&'static [u8], Behind)>,
    /// The first letters of `more`: bit n for ASCII n.
    begins: u128,
    ends: Option<Form>,
}

struct Rules {
    openings: Behind,
    with_more: Vec<&'static str>,
    more: Pattern,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| {
        let mut openings = Behind::default();
        for (written, form) in words::pairs("label.openings._SPELLED") {
            openings.add(written, Form::of(form.split('\t')));
        }
        Rules {
            openings,
            with_more: words::list("label.openings._WITH_MORE").iter().map(String::as_str).collect(),
            more: Pattern::new(words::text("label.openings._MORE")),
        }
    })
}

/// The form of a folded label, if it has one, and how long its opening is.
pub fn opening(folded: &[u8]) -> (Option<Form>, usize) {
    let rules = rules();
    let Some((form, end)) = rules.openings.begin(folded, 0) else {
        return (None, 0);
    };
    let more = if rules.with_more.contains(&form.event) {
        rules.more.match_at(folded, end, folded.len())
    } else {
        None
    };
    (Some(form), more.map_or(end, |found| found.end))
}

impl Behind {
    fn add(&mut self, written: &'static str, form: Form) {
        let (word, others) = written.split_once(' ').unwrap_or((written, ""));
        let known = self.more.iter().position(|(one, _)| *one == word.as_bytes());
        let at = known.unwrap_or_else(|| {
            self.more.push((word.as_bytes(), Behind::default()));
            self.begins |= match word.as_bytes() {
                [b'*', ..] | [] => u128::MAX,
                [b'#', ..] => 0x3ff << b'0',
                [first, ..] => 1 << first,
            };
            self.more.len() - 1
        });
        let behind = &mut self.more[at].1;
        if others.is_empty() {
            behind.ends = Some(form);
        } else {
            behind.add(others, form);
        }
    }

    /// The longest opening that goes on with a word at this place, and its end.
    fn begin(&self, folded: &[u8], at: usize) -> Option<(Form, usize)> {
        let first = folded.get(at).filter(|first| first.is_ascii())?;
        if self.begins >> first & 1 == 0 {
            return None;
        }
        self.more.iter().find_map(|(word, behind)| {
            let end = end_of(word, folded, at)?;
            behind.go_on(folded, end)
        })
    }

    fn go_on(&self, folded: &[u8], at: usize) -> Option<(Form, usize)> {
        let next = at + count(&folded[at..], |one| matches!(one, b' ' | b'.'));
        let longer = if next > at { self.begin(folded, next) } else { None };
        longer.or_else(|| {
            let ends = !folded.get(at).is_some_and(u8::is_ascii_alphanumeric);
            self.ends.filter(|_| ends).map(|form| (form, at))
        })
    }
}

/// Where a word of an opening ends that begins here: `#` is a number of the bank's own, `*` any letters.
fn end_of(word: &[u8], folded: &[u8], mut at: usize) -> Option<usize> {
    for &sign in word {
        let rest = &folded[at..];
        at += match sign {
            b'*' => count(rest, |one| one.is_ascii_uppercase()),
            b'#' => {
                let digits = count(rest, |one| one.is_ascii_digit());
                if digits < 5 {
                    return None;
                }
                digits + usize::from(rest.get(digits).is_some_and(u8::is_ascii_uppercase))
            }
            _ => {
                if rest.first() != Some(&sign) {
                    return None;
                }
                1
            }
        };
    }
    Some(at)
}

fn count(text: &[u8], counts: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|&&one| counts(one)).count()
}
