//! How to go back to an earlier day: each change of a fold is noted, with what it was before (see
//! `core/reconciliation/warm/journal.py`).

use crate::fold::Entry;
use crate::hold::{Claim, Waits};
use crate::lines::Line;
use crate::model::{Day, Place};
use crate::wall::Lesson;

/// A change, as what takes it back.
pub enum Change<'f> {
    /// The item was open at this amount, since that day.
    Opened(Place, i64, Option<Day>),
    /// The line taught something, in place of what it had taught before.
    Learnt(u32, Option<Lesson>),
    Forgotten(Lesson),
    /// The line was decided, in place of what had been decided before.
    Put(u32, Option<Entry<'f>>),
    Offered(&'f Line<'f>),
    Left(Claim, u32),
    GivenBack(u32),
}

/// Where a day began: how much was noted before it, and who waited then.
struct Mark<'f> {
    day: Day,
    noted: usize,
    waiting: Vec<Waits<'f>>,
}

/// Changes in the order in which they were made, parted by the days that made them.
///
/// Days begin in their order. What is concluded once the known days are over, about cases that still wait, is
/// taken back by every way back: the next line may end their wait.
#[derive(Default)]
pub struct Journal<'f> {
    changes: Vec<Change<'f>>,
    days: Vec<Mark<'f>>,
    /// So many days, so many changes there were, and who waited, when the known days were over.
    over: (usize, usize, Vec<Waits<'f>>),
}

impl<'f> Journal<'f> {
    /// A change was made.
    pub fn note(&mut self, change: Change<'f>) {
        self.changes.push(change);
    }

    /// What is noted from here on belongs to that day.
    pub fn begin(&mut self, day: Day, waiting: Vec<Waits<'f>>) {
        self.days.push(Mark { day, noted: self.changes.len(), waiting });
    }

    /// The known days are over.
    pub fn end(&mut self, waiting: Vec<Waits<'f>>) {
        self.over = (self.days.len(), self.changes.len(), waiting);
    }

    /// The last day that began and was not taken back.
    pub fn reached(&self) -> Option<Day> {
        self.days.last().map(|mark| mark.day)
    }

    /// Whether some case still waited at the end.
    pub fn is_waiting(&self) -> bool {
        !self.over.2.is_empty()
    }

    /// Forgets this day and all after it (None: only the end): returns the changes, to be taken back from the
    /// last to the first, and who waited.
    pub fn back(&mut self, since: Option<Day>) -> (Vec<Change<'f>>, Vec<Waits<'f>>) {
        let (left, noted, waiting) = std::mem::take(&mut self.over);
        let first = since.map_or(left, |since| self.days.partition_point(|mark| mark.day < since));
        self.over = if first < left {
            let mark = &mut self.days[first];
            (first, mark.noted, std::mem::take(&mut mark.waiting))
        } else {
            (left, noted, waiting)
        };
        self.days.truncate(self.over.0);
        (self.changes.split_off(self.over.1), self.over.2.clone())
    }
}
