//! A pattern as steps, each with the next one; where ways part, the byte that is there says which can go on.

use std::collections::HashMap;

use super::parse::{Bytes, Node, ANY};

/// What a step does. Sets are places in `Program::sets`.
#[derive(Clone, Copy, Debug)]
pub enum Do {
    /// The end.
    Done,
    One(u32),
    /// These bytes of `Program::letters`.
    Row {
        from: u32,
        to: u32,
    },
    /// As many of the set as there are, then fewer; what follows begins with `follow`. `fixed`: fewer never
    /// help.
    Many {
        set: u32,
        least: u32,
        most: u32,
        follow: u32,
        at_end: bool,
        fixed: bool,
    },
    /// The ways of `Program::parts` in their order.
    Part(u32),
    /// An end of a group: twice its number, and one more for its second end.
    Mark(u16),
    Same(u16),
    Ahead {
        not: bool,
        set: u32,
    },
    Behind {
        not: bool,
        set: u32,
    },
    /// Sets of `Program::behind`.
    BehindRow {
        not: bool,
        from: u32,
        to: u32,
    },
    /// Another run, from so many bytes before.
    Look {
        not: bool,
        back: u32,
        step: u32,
    },
    Begin,
    End,
    Edge(bool),
}

#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub what: Do,
    pub next: u32,
}

/// Which ways can go on, by the byte that is there: places in `Program::ways`.
#[derive(Debug)]
pub struct Part {
    pub by_byte: [u16; 256],
    pub at_end: u16,
}

/// With which byte, or whether at the end of the text, something may begin.
#[derive(Clone, Copy, Debug)]
pub struct First {
    pub bytes: Bytes,
    pub at_end: bool,
}

impl First {
    const ANY: First = First { bytes: Bytes::ALL, at_end: true };

    fn or(self, other: First) -> First {
        First { bytes: self.bytes.or(other.bytes), at_end: self.at_end || other.at_end }
    }

    fn and(self, other: First) -> First {
        First { bytes: self.bytes.and(other.bytes), at_end: self.at_end && other.at_end }
    }
}

/// The steps of a pattern; the first step is `Done`.
#[derive(Debug, Default)]
pub struct Program {
    pub steps: Vec<Step>,
    pub start: u32,
    pub sets: Vec<Bytes>,
    pub letters: Vec<u8>,
    pub behind: Vec<u32>,
    pub parts: Vec<Part>,
    pub ways: Vec<Box<[u32]>>,
    known_ways: HashMap<Box<[u32]>, u16>,
    known_sets: HashMap<Bytes, u32>,
}

impl Program {
    pub fn new(node: &Node) -> Result<Program, String> {
        let mut program = Program::default();
        program.ways_of(&[]);
        let done = program.add(Do::Done, 0);
        program.start = program.of(node, done, First::ANY)?;
        Ok(program)
    }

    fn add(&mut self, what: Do, next: u32) -> u32 {
        self.steps.push(Step { what, next });
        self.steps.len() as u32 - 1
    }

    fn set(&mut self, set: Bytes) -> u32 {
        let sets = &mut self.sets;
        *self.known_sets.entry(set).or_insert_with(|| {
            sets.push(set);
            sets.len() as u32 - 1
        })
    }

    fn ways_of(&mut self, ways: &[u32]) -> u16 {
        if let Some(known) = self.known_ways.get(ways) {
            return *known;
        }
        let new = self.ways.len() as u16;
        self.ways.push(ways.into());
        self.known_ways.insert(ways.into(), new);
        new
    }

    /// The first step of a node; `next` is the step behind it, and `follow` what that begins with.
    fn of(&mut self, node: &Node, next: u32, follow: First) -> Result<u32, String> {
        Ok(match node {
            Node::One(set) => {
                let set = self.set(*set);
                self.add(Do::One(set), next)
            }
            Node::Row(row) => self.row(row, next, follow)?,
            Node::Either(ways) => {
                let mut parts = Vec::new();
                for way in ways {
                    parts.push((self.of(way, next, follow)?, first_of(way, follow)));
                }
                self.part(&parts)
            }
            Node::Many { node, least, most, lazy } => {
                self.many(node, (*least, *most), *lazy, next, follow)?
            }
            Node::Group(number, node) => {
                let end = self.add(Do::Mark(number * 2 + 1), next);
                let start = self.of(node, end, follow)?;
                self.add(Do::Mark(number * 2), start)
            }
            Node::Same(number) => self.add(Do::Same(*number), next),
            Node::Look { behind, not, node } => self.look(node, *behind, *not, next)?,
            Node::Begin => self.add(Do::Begin, next),
            Node::End => self.add(Do::End, next),
            Node::Edge(is_one) => self.add(Do::Edge(*is_one), next),
        })
    }

    fn row(&mut self, row: &[Node], mut next: u32, mut follow: First) -> Result<u32, String> {
        let letter = |node: &Node| {
            if let Node::One(set) = node {
                set.only()
            } else {
                None
            }
        };
        let mut left = row;
        while let Some((last, before)) = left.split_last() {
            let count = left.iter().rev().map_while(letter).count();
            if count > 1 {
                let (before, letters) = left.split_at(left.len() - count);
                let from = self.letters.len() as u32;
                self.letters.extend(letters.iter().filter_map(letter));
                let to = self.letters.len() as u32;
                next = self.add(Do::Row { from, to }, next);
                follow = first_of(&letters[0], follow);
                left = before;
            } else {
                next = self.of(last, next, follow)?;
                follow = first_of(last, follow);
                left = before;
            }
        }
        Ok(next)
    }

    /// Where ways part that begin as told, in their order.
    fn part(&mut self, ways: &[(u32, First)]) -> u32 {
        if let [(only, _)] = ways {
            return *only;
        }
        let part = self.parted(ways);
        self.parts.push(part);
        self.add(Do::Part(self.parts.len() as u32 - 1), 0)
    }

    fn parted(&mut self, ways: &[(u32, First)]) -> Part {
        let mut chosen = |can: &dyn Fn(First) -> bool| {
            let can: Vec<u32> = ways.iter().filter(|(_, first)| can(*first)).map(|(step, _)| *step).collect();
            self.ways_of(&can)
        };
        let by_byte = std::array::from_fn(|byte| chosen(&|first| first.bytes.has(byte as u8)));
        Part { by_byte, at_end: chosen(&|first| first.at_end) }
    }

    fn many(
        &mut self,
        node: &Node,
        (least, most): (u32, u32),
        lazy: bool,
        next: u32,
        follow: First,
    ) -> Result<u32, String> {
        if let (Node::One(set), false) = (node, lazy) {
            let fixed = set.and(follow.bytes) == Bytes::NONE;
            let (set, first) = (self.set(*set), self.set(follow.bytes));
            return Ok(
                self.add(Do::Many { set, least, most, follow: first, at_end: follow.at_end, fixed }, next)
            );
        }
        if most > 1 && node.width().0 == 0 {
            return Err("a repeat of what may be empty".to_owned());
        }
        let again = first_of(node, First::ANY);
        let ordered = |more: (u32, First), end: (u32, First)| if lazy { [end, more] } else { [more, end] };
        let mut step = next;
        let mut start = follow;
        if most == ANY {
            let part = self.parts.len();
            self.parts.push(Part { by_byte: [0; 256], at_end: 0 });
            step = self.add(Do::Part(part as u32), 0);
            start = again.or(follow);
            let more = self.of(node, step, start)?;
            self.parts[part] = self.parted(&ordered((more, again), (next, follow)));
        } else {
            for _ in least..most {
                let more = (self.of(node, step, start)?, first_of(node, start));
                step = self.part(&ordered(more, (next, follow)));
                start = more.1.or(follow);
            }
        }
        for _ in 0..least {
            step = self.of(node, step, start)?;
            start = first_of(node, start);
        }
        Ok(step)
    }

    fn look(&mut self, node: &Node, behind: bool, not: bool, next: u32) -> Result<u32, String> {
        let what = match (behind, node.singles().as_deref()) {
            (false, Some([set])) => Do::Ahead { not, set: self.set(*set) },
            (true, Some([set])) => Do::Behind { not, set: self.set(*set) },
            (true, Some(row @ [_, ..])) => {
                let from = self.behind.len() as u32;
                for set in row {
                    let set = self.set(*set);
                    self.behind.push(set);
                }
                Do::BehindRow { not, from, to: self.behind.len() as u32 }
            }
            _ => {
                let step = self.of(node, 0, First::ANY)?;
                Do::Look { not, back: if behind { node.width().0 } else { 0 }, step }
            }
        };
        Ok(self.add(what, next))
    }
}

/// What a node begins with when `follow` comes behind it (or more than that).
pub fn first_of(node: &Node, follow: First) -> First {
    match node {
        Node::One(set) => First { bytes: *set, at_end: false },
        Node::Row(row) => row.iter().rev().fold(follow, |follow, node| first_of(node, follow)),
        Node::Either(ways) => {
            ways.iter().map(|way| first_of(way, follow)).reduce(First::or).unwrap_or(follow)
        }
        Node::Many { node, least, most, .. } => {
            let behind = if *most > 1 { First::ANY } else { follow };
            let first = first_of(node, behind);
            if *least > 0 {
                first
            } else {
                first.or(follow)
            }
        }
        Node::Group(_, node) => first_of(node, follow),
        Node::Look { behind: false, not, node } => match (not, &**node) {
            (true, Node::One(set)) => First { bytes: follow.bytes.and(set.not()), ..follow },
            (true, _) => follow,
            (false, node) => follow.and(first_of(node, First::ANY)),
        },
        Node::End => follow.and(First { bytes: Bytes::one(b'\n'), at_end: true }),
        Node::Same(_) => First::ANY,
        Node::Look { .. } | Node::Begin | Node::Edge(_) => follow,
    }
}

/// Behind which byte, or whether at the beginning of the text, a node may begin (or more than that).
pub fn behind_of(node: &Node) -> First {
    match node {
        Node::Row(row) => {
            let mut found = First::ANY;
            for node in row {
                found = found.and(behind_of(node));
                if node.width().1 > 0 {
                    break;
                }
            }
            found
        }
        Node::Either(ways) => ways.iter().map(behind_of).reduce(First::or).unwrap_or(First::ANY),
        Node::Many { node, least, .. } if *least > 0 => behind_of(node),
        Node::Group(_, node) => behind_of(node),
        Node::Look { behind: true, not, node } => match (not, node.singles().as_deref()) {
            (true, Some([set])) => First { bytes: set.not(), at_end: true },
            (false, Some([.., set])) => First { bytes: *set, at_end: false },
            _ => First::ANY,
        },
        _ => First::ANY,
    }
}
