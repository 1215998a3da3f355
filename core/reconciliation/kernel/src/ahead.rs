//! Reading ahead: lines are read in other threads before their turn (see `ready::made_ready`), block by
//! block. No Python module does so over files.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

use crate::case::Ready;
use crate::label;
use crate::lines::{Line, Status};
use crate::model::Policy;
use crate::names::Memory;
use crate::ready::made_ready;
use crate::scope::Books;

/// So many blocks a wall must have for more threads to be started.
const WORTH_READING_AHEAD: usize = 10;

/// How the work is shared out: so many threads, and lines that are read at once (a block ends with a day).
#[derive(Clone, Copy)]
pub struct Crew {
    pub threads: usize,
    pub block: usize,
}

impl Crew {
    /// One thread, for what is small.
    pub const ALONE: Crew = Crew { threads: 1, block: 1 };

    /// Does two things: at once, where there are several threads.
    pub fn both<A, B: Send>(self, one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
        if self.threads < 2 {
            return (one(), other());
        }
        std::thread::scope(|scope| {
            let other = scope.spawn(other);
            (one(), other.join().expect("a panic ends both"))
        })
    }

    /// Whether a wall is read ahead by several threads: smaller ones have a thread each.
    pub fn is_worth_it(self, lines: usize) -> bool {
        self.threads > 1 && lines >= self.worth()
    }

    /// So many lines are worth several threads.
    pub fn worth(self) -> usize {
        WORTH_READING_AHEAD * self.block
    }
}

/// What was read of money in that is booked.
pub type Read<'a> = Option<Box<Ready<'a>>>;

/// The lines of a block, each with what was read of it, if it was.
pub type Block<'a> = (Range<usize>, Vec<Read<'a>>);

/// Gives `take` each block in the order of its days; `lines` are in that order.
pub fn in_order<'a>(
    books: &Books,
    lines: &[Line<'a>],
    policy: &Policy,
    crew: Crew,
    mut take: impl FnMut(Block<'a>),
) {
    let blocks = blocks(lines, crew.block);
    if !crew.is_worth_it(lines.len()) {
        let mut memory = Memory::default();
        for block in blocks {
            let ready = read(&lines[block.clone()], books, policy, &mut memory);
            take((block, ready));
        }
        return;
    }
    let next = AtomicUsize::new(0);
    let (done, finished) = sync_channel::<(usize, Vec<Read<'a>>)>(crew.threads);
    std::thread::scope(|scope| {
        for _ in 0..crew.threads {
            let (done, next, blocks) = (done.clone(), &next, &blocks);
            scope.spawn(move || {
                let mut memory = Memory::default();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(block) = blocks.get(at) else { return };
                    let ready = read(&lines[block.clone()], books, policy, &mut memory);
                    if done.send((at, ready)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        let mut early = HashMap::new();
        for (at, block) in blocks.iter().enumerate() {
            while !early.contains_key(&at) {
                let (read, ready) = finished.recv().expect("no reader ended before its time");
                early.insert(read, ready);
            }
            take((block.clone(), early.remove(&at).expect("it was just waited for")));
        }
    });
}

/// Some whole days at a time.
fn blocks(lines: &[Line], size: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for at in 1..=lines.len() {
        let ends = at == lines.len() || lines[at].booking_date != lines[at - 1].booking_date;
        if ends && (at - start >= size || at == lines.len()) {
            found.push(start..at);
            start = at;
        }
    }
    found
}

fn read<'a>(lines: &[Line<'a>], books: &Books, policy: &Policy, memory: &mut Memory) -> Vec<Read<'a>> {
    lines
        .iter()
        .map(|line| {
            let booked = line.status == Status::Booked && line.booking_date.is_some();
            (booked && line.amount > 0).then(|| {
                let label = label::read(line, policy.max_text);
                made_ready(line, label, books, policy, memory)
            })
        })
        .collect()
}
