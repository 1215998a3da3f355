//! Decisions that stand take effect again, each at the very point of its day at which it was made (see
//! `core/reconciliation/replay.py`).

use std::collections::VecDeque;

use crate::decision::Decision;
use crate::fold::{order, Order};
use crate::lines::Line;
use crate::model::Day;
use crate::tiers::{FIRST_SILENT, TIERS};

/// A stage of a day, as `Stage` of `tiers.py` counts them.
pub type Stage = u8;
pub const PEOPLE: Stage = 1;
pub const JOINT: Stage = FIRST_SILENT as Stage + 2;
pub const RETURNS: Stage = TIERS.len() as Stage + 3;

/// The stage at which the tier of this place is asked.
pub fn stage_of_tier(place: usize) -> Stage {
    place as Stage + if place < FIRST_SILENT { 2 } else { 3 }
}

/// A decision that stands, without what is told of it.
#[derive(Clone)]
pub struct Standing {
    pub decision: Decision,
    pub by_engine: bool,
    pub stage: Stage,
    /// When its wait ended: it counts from then on, else from its line's own day.
    pub held_until: Option<Day>,
    /// The line that it takes back.
    pub returns: Option<u32>,
    /// The name under which the payer paid.
    pub payer: Option<String>,
}

impl Standing {
    /// The day from which it counts.
    pub fn effective_day(&self, line: &Line) -> Day {
        self.held_until.unwrap_or_else(|| day_of(line))
    }
}

/// The booking day; the first of all days for a line without one.
pub fn day_of(line: &Line) -> Day {
    line.booking_date.unwrap_or(1)
}

/// A line's turn at a stage: lines of earlier days, whose wait has ended, come first.
type Point<'f> = (Stage, Day, Order<'f>);

/// Where in the day the line is asked at this stage.
pub fn point<'f>(stage: Stage, line: &Line<'f>) -> Point<'f> {
    (stage, day_of(line), order(line))
}

/// The standing decisions that take effect on one day.
///
/// A line that is asked again thus finds what it found the first time: what was decided before it, and nothing
/// of what was decided after it. So it is answered the same.
#[derive(Default)]
pub struct Replay<'f> {
    ahead: VecDeque<(Point<'f>, &'f Line<'f>)>,
}

impl<'f> Replay<'f> {
    pub fn new(lines: impl Iterator<Item = (Stage, &'f Line<'f>)>) -> Replay<'f> {
        let mut ahead: Vec<_> = lines.map(|(stage, line)| (point(stage, line), line)).collect();
        ahead.sort_by(|one, other| one.0.cmp(&other.0));
        Replay { ahead: ahead.into() }
    }

    /// Whether any is left.
    pub fn is_ahead(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// The lines of those that are left.
    pub fn left(&self) -> impl Iterator<Item = &'f Line<'f>> + '_ {
        self.ahead.iter().map(|(_, line)| *line)
    }

    /// The next line decided before `line` had its turn at this stage; each comes once.
    pub fn before(&mut self, stage: Stage, line: &Line<'f>) -> Option<&'f Line<'f>> {
        let (next, _) = self.ahead.front()?;
        if *next < point(stage, line) {
            self.ahead.pop_front().map(|(_, line)| line)
        } else {
            None
        }
    }

    /// The next line of this stage and those before it.
    pub fn through(&mut self, stage: Stage) -> Option<&'f Line<'f>> {
        let (next, _) = self.ahead.front()?;
        if next.0 <= stage {
            self.ahead.pop_front().map(|(_, line)| line)
        } else {
            None
        }
    }
}
