//! Regular expressions as Python has them, over folded texts: the patterns are Python's own, handed over.
//!
//! Ways are tried in their order, as Python does, so the same match is found. Only what the patterns of the
//! rules have is understood; `\d`, `\w`, `\s` and `\b` are those of ASCII, as they are in folded texts.

mod parse;
mod program;
mod sieve;

use std::cell::Cell;

use parse::{is_word, Bytes, Parser};
use program::{behind_of, first_of, Do, First, Program};
use sieve::Sieve;

/// A pattern made ready.
#[derive(Debug)]
pub struct Pattern {
    program: Program,
    groups: Vec<String>,
    /// The bytes that a match can begin with.
    first: First,
    /// The bytes that a match can begin behind.
    behind: First,
    sieve: Option<Sieve>,
}

/// An end of a group: twice its number, and one more for its second end.
type Mark = (u16, usize);

/// Where a match stands, and its groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    pub start: usize,
    pub end: usize,
    marks: Box<[Mark]>,
}

impl Match {
    /// Where a group (counted from 1) stands, if it took part.
    pub fn group(&self, number: usize) -> Option<(usize, usize)> {
        placed(&self.marks, number as u16)
    }

    /// The group that closed last: Python's `lastindex`.
    pub fn last_group(&self) -> Option<usize> {
        self.marks.iter().rev().find(|(end, _)| end & 1 == 1).map(|(end, _)| usize::from(end / 2))
    }
}

fn placed(marks: &[Mark], number: u16) -> Option<(usize, usize)> {
    let end = marks.iter().rposition(|(end, _)| *end == number * 2 + 1)?;
    let (_, start) = marks[..end].iter().rev().find(|(start, _)| *start == number * 2)?;
    Some((*start, marks[end].1))
}

/// Where another way is left to try, and how many marks there were.
#[derive(Clone, Copy)]
struct Left {
    what: Way,
    at: usize,
    marks: usize,
}

#[derive(Clone, Copy)]
enum Way {
    /// The `next` of some ways, from `at` on.
    Another { ways: u16, next: u16 },
    /// Fewer of the repeat that is this step: it ends before `at`, and not before `least`.
    Fewer { step: u32, least: usize },
}

/// What a run needs, kept from one to the next.
#[derive(Default)]
struct Machine {
    left: Vec<Left>,
    marks: Vec<Mark>,
}

thread_local! {
    static SPARE: Cell<Machine> = Cell::default();
}

/// What a match must be besides.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Must {
    Nothing,
    ReachTheEnd,
    NotBeEmpty,
}

impl Pattern {
    /// Panics, naming the pattern, when it has something that is not understood.
    pub fn new(pattern: &str) -> Pattern {
        let mut parser = Parser::new(pattern);
        let made = parser.whole().and_then(|node| {
            let program = Program::new(&node)?;
            let any = First { bytes: Bytes::ALL, at_end: true };
            let (first, behind) = (first_of(&node, any), behind_of(&node));
            Ok(Pattern {
                program,
                groups: std::mem::take(&mut parser.groups),
                first,
                behind,
                sieve: Sieve::new(&node, behind),
            })
        });
        made.unwrap_or_else(|error| panic!("{error} is not understood in the pattern {pattern}"))
    }

    /// The number of a named group.
    pub fn group_named(&self, name: &str) -> Option<usize> {
        self.groups.iter().position(|group| group == name).map(|n| n + 1)
    }

    /// A match that begins exactly at `at`, in `text[..end]` (lookbehind sees what stands before `at`).
    pub fn match_at(&self, text: &[u8], at: usize, end: usize) -> Option<Match> {
        self.matched(text, at, end, Must::Nothing)
    }

    /// The first match from `at` on.
    pub fn search(&self, text: &[u8], at: usize, end: usize) -> Option<Match> {
        let text = &text[..end.min(text.len())];
        with_machine(|machine| self.first_from(machine, text, at, Must::Nothing))
    }

    /// A match of the whole of `text[at..end]`.
    pub fn full_match(&self, text: &[u8], at: usize, end: usize) -> Option<Match> {
        self.matched(text, at, end, Must::ReachTheEnd)
    }

    /// Whether it stands anywhere in the text.
    pub fn is_in(&self, text: &[u8]) -> bool {
        self.search(text, 0, text.len()).is_some()
    }

    /// All matches that do not overlap, as `re.finditer`.
    pub fn all(&self, text: &[u8]) -> Vec<Match> {
        self.all_from(text, 0)
    }

    /// All matches from `at` on.
    pub fn all_from(&self, text: &[u8], mut at: usize) -> Vec<Match> {
        let mut found: Vec<Match> = Vec::new();
        with_machine(|machine| {
            let mut must = Must::Nothing;
            while let Some(one) = self.first_from(machine, text, at, must) {
                at = one.end;
                must = if one.start == one.end { Must::NotBeEmpty } else { Must::Nothing };
                found.push(one);
            }
        });
        found
    }

    fn matched(&self, text: &[u8], at: usize, end: usize, must: Must) -> Option<Match> {
        let text = &text[..end.min(text.len())];
        if at > text.len() || !self.may_begin(text, at) {
            return None;
        }
        with_machine(|machine| self.from(machine, text, at, must))
    }

    fn may_begin(&self, text: &[u8], at: usize) -> bool {
        match text.get(at) {
            Some(&byte) => self.first.bytes.has(byte),
            None => self.first.at_end,
        }
    }

    fn may_follow(&self, text: &[u8], at: usize) -> bool {
        match at.checked_sub(1) {
            Some(before) => self.behind.bytes.has(text[before]),
            None => self.behind.at_end,
        }
    }

    /// The first match from `at` on; what it `must` be holds for one that begins at `at` only.
    fn first_from(&self, machine: &mut Machine, text: &[u8], at: usize, must: Must) -> Option<Match> {
        let sieve = self.sieve.as_ref();
        if sieve.is_some_and(|sieve| !sieve.passes_from(text, at)) {
            return None;
        }
        (at..=text.len()).find_map(|start| {
            let passes = self.may_begin(text, start)
                && self.may_follow(text, start)
                && sieve.is_none_or(|sieve| sieve.passes_at(text, start));
            let must = if start == at { must } else { Must::Nothing };
            passes.then(|| self.from(machine, text, start, must))?
        })
    }

    fn from(&self, machine: &mut Machine, text: &[u8], at: usize, must: Must) -> Option<Match> {
        machine.marks.clear();
        let end = self.run(machine, text, self.program.start, at, must)?;
        Some(Match { start: at, end, marks: machine.marks.as_slice().into() })
    }

    /// Where the match ends that begins with a step, the first in the order of the ways.
    fn run(&self, machine: &mut Machine, text: &[u8], start: u32, begin: usize, must: Must) -> Option<usize> {
        let bottom = machine.left.len();
        let (mut step, mut at) = (start, begin);
        loop {
            let this = self.program.steps[step as usize];
            let marks = machine.marks.len();
            let next = match this.what {
                Do::Done if must == Must::ReachTheEnd && at < text.len() => None,
                Do::Done if must == Must::NotBeEmpty && at == begin => None,
                Do::Done => {
                    machine.left.truncate(bottom);
                    return Some(at);
                }
                Do::Part(part) => {
                    let part = &self.program.parts[part as usize];
                    let ways = text.get(at).map_or(part.at_end, |&byte| part.by_byte[usize::from(byte)]);
                    self.another(machine, Left { what: Way::Another { ways, next: 0 }, at, marks })
                }
                Do::Many { set, least, most, .. } => {
                    let set = &self.program.sets[set as usize];
                    let most = (most as usize).min(text.len() - at);
                    let count = text[at..at + most].iter().take_while(|&&byte| set.has(byte)).count();
                    let what = Way::Fewer { step, least: at + least as usize };
                    self.fewer(machine, text, Left { what, at: at + count + 1, marks })
                }
                Do::Look { not, back, step } => {
                    let from = at.checked_sub(back as usize);
                    let found = from.and_then(|from| self.run(machine, text, step, from, Must::Nothing));
                    (found.is_some() != not).then_some((this.next, at))
                }
                Do::Mark(end) => {
                    machine.marks.push((end, at));
                    Some((this.next, at))
                }
                Do::Same(number) => placed(&machine.marks, number).and_then(|(start, end)| {
                    text[at..].starts_with(&text[start..end]).then_some((this.next, at + end - start))
                }),
                what => self.taken(what, text, at).map(|at| (this.next, at)),
            };
            (step, at) = next.or_else(|| self.back(machine, text, bottom))?;
        }
    }

    /// Where a step that has one way only ends.
    #[inline]
    fn taken(&self, what: Do, text: &[u8], at: usize) -> Option<usize> {
        let has =
            |set: u32, byte: Option<&u8>| byte.is_some_and(|&byte| self.program.sets[set as usize].has(byte));
        let before = |at: usize| at.checked_sub(1).map(|before| &text[before]);
        let fits = match what {
            Do::One(set) => return has(set, text.get(at)).then_some(at + 1),
            Do::Row { from, to } => {
                let row = &self.program.letters[from as usize..to as usize];
                return text[at..].starts_with(row).then_some(at + row.len());
            }
            Do::Ahead { not, set } => has(set, text.get(at)) != not,
            Do::Behind { not, set } => has(set, before(at)) != not,
            Do::BehindRow { not, from, to } => {
                let row = &self.program.behind[from as usize..to as usize];
                let start = at.checked_sub(row.len());
                let fits = |start| (start..at).zip(row).rev().all(|(at, &set)| has(set, text.get(at)));
                start.is_some_and(fits) != not
            }
            Do::Begin => at == 0,
            Do::End => at == text.len() || text[at..] == *b"\n",
            Do::Edge(is_one) => {
                let is_word = |byte: Option<&u8>| byte.is_some_and(|&byte| is_word(byte));
                !text.is_empty() && (is_word(before(at)) != is_word(text.get(at))) == is_one
            }
            Do::Done | Do::Part(_) | Do::Many { .. } | Do::Look { .. } | Do::Mark(_) | Do::Same(_) => false,
        };
        fits.then_some(at)
    }

    /// The step and the place to go on from, of what is left to try.
    fn back(&self, machine: &mut Machine, text: &[u8], bottom: usize) -> Option<(u32, usize)> {
        while machine.left.len() > bottom {
            let left = machine.left.pop()?;
            machine.marks.truncate(left.marks);
            let found = match left.what {
                Way::Another { .. } => self.another(machine, left),
                Way::Fewer { .. } => self.fewer(machine, text, left),
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }

    #[inline]
    fn another(&self, machine: &mut Machine, left: Left) -> Option<(u32, usize)> {
        let Way::Another { ways, next } = left.what else {
            return None;
        };
        let all = &self.program.ways[usize::from(ways)];
        let step = *all.get(usize::from(next))?;
        if usize::from(next) + 1 < all.len() {
            machine.left.push(Left { what: Way::Another { ways, next: next + 1 }, ..left });
        }
        Some((step, left.at))
    }

    #[inline]
    fn fewer(&self, machine: &mut Machine, text: &[u8], left: Left) -> Option<(u32, usize)> {
        let Way::Fewer { step, least } = left.what else {
            return None;
        };
        let this = self.program.steps[step as usize];
        let Do::Many { follow, at_end, fixed, .. } = this.what else {
            return None;
        };
        let follow = &self.program.sets[follow as usize];
        let goes_on = |at: &usize| text.get(*at).map_or(at_end, |&byte| follow.has(byte));
        let least_tried = if fixed { least.max(left.at - 1) } else { least };
        let at = (least_tried..left.at).rev().find(goes_on)?;
        if at > least_tried {
            machine.left.push(Left { at, ..left });
        }
        Some((this.next, at))
    }
}

/// Runs with what a run before this one left behind.
fn with_machine<T>(run: impl FnOnce(&mut Machine) -> T) -> T {
    let mut machine = SPARE.take();
    let found = run(&mut machine);
    machine.left.clear();
    SPARE.set(machine);
    found
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn found<'t>(pattern: &str, text: &'t str) -> Vec<&'t str> {
        let matches = Pattern::new(pattern).all(text.as_bytes());
        matches.iter().map(|m| &text[m.start..m.end]).collect()
    }

    #[test]
    fn of_several_ways_the_first_counts_and_not_the_longest() {
        assert_eq!(found("JAN|JANVIER", "JANVIER"), ["JAN"]);
        assert_eq!(found("(?:JANV|JAN)(?:IER)?", "JANIER JANV"), ["JANIER", "JANV"]);
    }

    #[test]
    fn a_repeat_gives_back_what_must_follow() {
        assert_eq!(found(r"\d+(?=\d,)\d", "1234,5"), ["1234"]);
        assert_eq!(found(r"(?: ?[A-Z0-9]){3,5}(?![A-Z0-9])", "AB CD EF"), ["AB CD"]);
    }

    #[test]
    fn a_group_may_come_again() {
        let pattern = Pattern::new(r"(\d\d?)([/.-])(\d\d?)(?:\2(\d{4}|\d\d))?(?!\d)");
        let date = pattern.search(b"LE 12/03/2024", 0, 13).expect("a date");
        assert_eq!((date.group(1), date.group(4), date.last_group()), (Some((3, 5)), Some((9, 13)), Some(4)));
        let short = pattern.search(b"LE 12/03-24", 0, 11).expect("a shorter one");
        assert_eq!((short.end, short.group(4)), (8, None));
    }

    #[test]
    fn what_stands_before_the_start_is_seen() {
        let pattern = Pattern::new(r"(?<![A-Z0-9])\d+");
        assert_eq!(pattern.match_at(b"A12", 1, 3), None);
        assert!(pattern.match_at(b" 12", 1, 2).is_some_and(|m| m.end == 2));
    }
}
