//! Where a pattern surely does not match, found out byte by byte: what looks around counts as true and long
//! repeats as longer ones, so what passes may still be no match.
//!
//! The states are sets of places in the pattern. They are made when a text first leads there; when there are
//! too many, everything passes.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Mutex, PoisonError};

use super::parse::{Bytes, Node};
use super::program::First;

/// Repeats are counted up to this; the most states of a sieve.
const COUNTED: u32 = 12;
const MOST: usize = 1 << 12;

/// Entries of the table that are no states: not made yet, it passes, it does not.
const NEW: u16 = 0;
const PASSES: u16 = 1;
const FAILS: u16 = 2;

/// Places that are no bytes: a match may begin here, and one may begin anywhere.
const HERE: u32 = 0;
const ANYWHERE: u32 = 1;

#[derive(Debug)]
pub struct Sieve {
    /// The set of each place, and the places that may be behind it.
    sets: Vec<Bytes>,
    follow: Vec<Vec<u32>>,
    is_last: Vec<bool>,
    behind: First,
    /// Bytes that no set tells apart are one kind.
    kinds: [u8; 256],
    kind_count: usize,
    /// A state for each state and kind.
    table: Vec<AtomicU16>,
    states: Mutex<States>,
    here: u16,
    anywhere: u16,
    here_and_anywhere: u16,
}

type Places = BTreeSet<u32>;

#[derive(Debug, Default)]
struct States {
    all: Vec<Places>,
    known: HashMap<Places, u16>,
}

/// What a part of the pattern begins and ends with.
#[derive(Clone, Default)]
struct Piece {
    may_be_empty: bool,
    first: Vec<u32>,
    last: Vec<u32>,
}

impl Sieve {
    /// None for a pattern that repeats a group, or that may be empty.
    pub fn new(node: &Node, behind: First) -> Option<Sieve> {
        let mut sieve = Sieve {
            sets: vec![Bytes::NONE; 2],
            follow: vec![Vec::new(); 2],
            is_last: Vec::new(),
            behind,
            kinds: [0; 256],
            kind_count: 0,
            table: Vec::new(),
            states: Mutex::default(),
            here: FAILS,
            anywhere: FAILS,
            here_and_anywhere: FAILS,
        };
        let whole = sieve.piece(node)?;
        if whole.may_be_empty {
            return None;
        }
        sieve.follow[HERE as usize] = whole.first;
        sieve.is_last = vec![false; sieve.sets.len()];
        for place in whole.last {
            sieve.is_last[place as usize] = true;
        }
        sieve.tell_kinds();
        let most = MOST.min(16 + 8 * sieve.sets.len());
        sieve.table = (0..most * sieve.kind_count).map(|_| AtomicU16::new(NEW)).collect();
        sieve.states = Mutex::new(States { all: vec![Places::new(); 3], known: HashMap::new() });
        sieve.here = sieve.state(Places::from([HERE]));
        sieve.anywhere = sieve.state(Places::from([ANYWHERE]));
        sieve.here_and_anywhere = sieve.state(Places::from([HERE, ANYWHERE]));
        Some(sieve)
    }

    fn piece(&mut self, node: &Node) -> Option<Piece> {
        Some(match node {
            Node::One(set) => {
                let place = self.sets.len() as u32;
                self.sets.push(*set);
                self.follow.push(Vec::new());
                Piece { may_be_empty: false, first: vec![place], last: vec![place] }
            }
            Node::Row(row) => {
                let mut whole = Piece { may_be_empty: true, ..Piece::default() };
                for node in row {
                    let piece = self.piece(node)?;
                    whole = self.joined(whole, piece);
                }
                whole
            }
            Node::Either(ways) => {
                let mut whole = Piece::default();
                for way in ways {
                    let way = self.piece(way)?;
                    whole.may_be_empty |= way.may_be_empty;
                    whole.first.extend(way.first);
                    whole.last.extend(way.last);
                }
                whole
            }
            Node::Many { node, least, most, .. } => {
                let counted = (*least).min(COUNTED);
                let mut whole = Piece { may_be_empty: true, ..Piece::default() };
                for _ in 0..counted {
                    let piece = self.piece(node)?;
                    whole = self.joined(whole, piece);
                }
                if *most > counted {
                    let mut more = self.piece(node)?;
                    if *most > counted + 1 {
                        self.follows(&more.last, &more.first);
                    }
                    more.may_be_empty = true;
                    whole = self.joined(whole, more);
                }
                whole
            }
            Node::Group(_, node) => self.piece(node)?,
            Node::Same(_) => return None,
            Node::Look { .. } | Node::Begin | Node::End | Node::Edge(_) => {
                Piece { may_be_empty: true, ..Piece::default() }
            }
        })
    }

    fn joined(&mut self, mut one: Piece, mut other: Piece) -> Piece {
        self.follows(&one.last, &other.first);
        if one.may_be_empty {
            one.first.append(&mut other.first);
        }
        if other.may_be_empty {
            other.last.append(&mut one.last);
        }
        Piece { may_be_empty: one.may_be_empty && other.may_be_empty, first: one.first, last: other.last }
    }

    fn follows(&mut self, last: &[u32], first: &[u32]) {
        for &place in last {
            self.follow[place as usize].extend(first);
        }
    }

    fn tell_kinds(&mut self) {
        let mut known: HashMap<Vec<bool>, u8> = HashMap::new();
        for byte in 0..=u8::MAX {
            let sets = self.sets.iter().chain([&self.behind.bytes]);
            let told: Vec<bool> = sets.map(|set| set.has(byte)).collect();
            let next = known.len() as u8;
            self.kinds[usize::from(byte)] = *known.entry(told).or_insert(next);
        }
        self.kind_count = known.len();
    }

    /// Whether a match may begin exactly at `at`.
    pub fn passes_at(&self, text: &[u8], at: usize) -> bool {
        self.passes(self.here, &text[at..])
    }

    /// Whether a match may begin at `at` or later.
    pub fn passes_from(&self, text: &[u8], at: usize) -> bool {
        let may_begin =
            at.checked_sub(1).map_or(self.behind.at_end, |before| self.behind.bytes.has(text[before]));
        self.passes(if may_begin { self.here_and_anywhere } else { self.anywhere }, &text[at..])
    }

    fn passes(&self, mut state: u16, text: &[u8]) -> bool {
        for &byte in text {
            let entry = usize::from(state) * self.kind_count + usize::from(self.kinds[usize::from(byte)]);
            state = match self.table[entry].load(Ordering::Relaxed) {
                NEW => self.made(state, byte, entry),
                known => known,
            };
            if state <= FAILS {
                return state == PASSES;
            }
        }
        false
    }

    #[cold]
    fn made(&self, state: u16, byte: u8, entry: usize) -> u16 {
        let mut next = Places::new();
        {
            let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
            for &place in &states.all[usize::from(state)] {
                let follow = self.follow[place as usize].iter();
                next.extend(follow.filter(|&&place| self.sets[place as usize].has(byte)));
                if place == ANYWHERE {
                    next.insert(ANYWHERE);
                    next.extend(self.behind.bytes.has(byte).then_some(HERE));
                }
            }
        }
        let made = self.state(next);
        self.table[entry].store(made, Ordering::Relaxed);
        made
    }

    /// The state of these places.
    fn state(&self, places: Places) -> u16 {
        if places.is_empty() {
            return FAILS;
        }
        if places.iter().any(|&place| self.is_last[place as usize]) {
            return PASSES;
        }
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = states.known.get(&places) {
            return *known;
        }
        let new = states.all.len();
        if (new + 1) * self.kind_count > self.table.len() {
            return PASSES;
        }
        states.all.push(places.clone());
        states.known.insert(places, new as u16);
        new as u16
    }
}
