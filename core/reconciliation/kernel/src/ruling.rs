//! What a tier says of a line: its shares, its proposals with what is told of them, and what stood in its way
//! (see `Proposal`, `Gate` and `Ruling` in `core/reconciliation/case.py`, and `propose` in `candidates.py`
//! for the signals).

use std::borrow::Cow;
use std::fmt::Write;

use crate::json::{write_text, Json};
use crate::model::Place;

/// An amount of the line for one item, in the item's sign.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    pub item: Place,
    pub amount: i64,
    pub gap: i64,
    pub gap_reason: Option<&'static str>,
}

impl Share {
    pub fn new(item: Place, amount: i64) -> Share {
        Share { item, amount, gap: 0, gap_reason: None }
    }
}

/// A possible answer; `score` ranks.
#[derive(Clone, Debug)]
pub struct Proposal {
    pub shares: Vec<Share>,
    pub score: f64,
    pub why: Why,
}

/// What is told of a proposal.
#[derive(Clone, Debug)]
pub enum Why {
    Proposed(Proposed),
    Told(Vec<(&'static str, Json)>),
}

/// The signals that speak for a proposal.
#[derive(Clone, Debug)]
pub struct Proposed {
    pub because: Cow<'static, str>,
    pub reference: Reference,
    pub level: Level,
    pub payer: i8,
    pub more: More,
}

/// The difference between what was paid and what is open.
#[derive(Clone, Debug)]
pub enum More {
    Nothing,
    /// So much, and what part of it may be for being late.
    Excess(i64, Vec<(&'static str, i64)>),
    /// So much, and its name.
    Gap(i64, Option<&'static str>),
}

impl Why {
    /// As JSON.
    pub fn write(&self, out: &mut String) {
        match self {
            Why::Proposed(why) => why.write(out),
            Why::Told(pairs) => Json::Map(pairs.clone()).write(out),
        }
    }
}

impl Proposed {
    fn write(&self, out: &mut String) {
        let number = |key: &str, number: i64, out: &mut String| {
            let _ = write!(out, ",\"{key}\":{number}");
        };
        let part = |key: &str, late: &[(&str, i64)], out: &mut String| {
            if let Some((_, value)) = late.iter().find(|(name, _)| *name == key) {
                number(key, *value, out);
            }
        };
        let level = LEVELS[self.level as usize].1;
        let _ = write!(out, "{{\"amount\":\"{level}\",\"because\":");
        write_text(&self.because, out);
        match &self.more {
            More::Nothing => {}
            More::Gap(gap, reason) => {
                number("gap_minor", *gap, out);
                if let Some(reason) = reason {
                    let _ = write!(out, ",\"gap_reason\":\"{reason}\"");
                }
            }
            More::Excess(excess, late) => {
                part("days_late", late, out);
                number("excess_minor", *excess, out);
                part("indemnity_minor", late, out);
                part("interest_or_other_minor", late, out);
            }
        }
        number("payer", i64::from(self.payer), out);
        let reference = REFERENCES[self.reference as usize].1;
        let _ = write!(out, ",\"reference\":\"{reference}\"");
        if let More::Excess(_, late) = &self.more {
            part("yearly_rate_bp", late, out);
        }
        out.push('}');
    }
}

/// How the text points to the items of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    Structured,
    Full,
    Long,
    Declared,
    Slip,
    Short,
    Counter,
    None,
    Elsewhere,
}

pub const REFERENCES: [(Reference, &str); 9] = [
    (Reference::Structured, "structured"),
    (Reference::Full, "full"),
    (Reference::Long, "long"),
    (Reference::Declared, "declared"),
    (Reference::Slip, "slip"),
    (Reference::Short, "short"),
    (Reference::Counter, "counter"),
    (Reference::None, "none"),
    (Reference::Elsewhere, "elsewhere"),
];

/// How near the money is to what is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    ExactAndRare,
    Exact,
    NamedGap,
    Indemnity,
    Excess,
    Short,
}

pub const LEVELS: [(Level, &str); 6] = [
    (Level::ExactAndRare, "exact and rare"),
    (Level::Exact, "exact"),
    (Level::NamedGap, "named gap"),
    (Level::Indemnity, "indemnity"),
    (Level::Excess, "excess"),
    (Level::Short, "short"),
];

/// What kept the payer and the amount from being enough.
#[derive(Clone, Debug)]
pub struct Gate {
    pub code: &'static str,
    pub coincidence: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Auto,
    Review,
    None,
}

/// What a tier says of a line, before it becomes a decision. `tier` is 0 to 10.
#[derive(Clone, Debug)]
pub struct Ruling {
    pub outcome: Outcome,
    pub tier: u8,
    pub reason: Cow<'static, str>,
    pub shares: Vec<Share>,
    pub coincidence: f64,
    pub proposals: Vec<Proposal>,
    pub rivals: Vec<Place>,
    pub caps: Vec<&'static str>,
    pub gate: Option<Gate>,
}

impl Ruling {
    /// One that decides, and has nothing else to say.
    pub fn auto(
        tier: u8,
        reason: impl Into<Cow<'static, str>>,
        shares: Vec<Share>,
        coincidence: f64,
    ) -> Ruling {
        Ruling {
            outcome: Outcome::Auto,
            tier,
            reason: reason.into(),
            shares,
            coincidence,
            proposals: Vec::new(),
            rivals: Vec::new(),
            caps: Vec::new(),
            gate: None,
        }
    }
}

/// What a rule says: a ruling, why not (T6 and T7), or nothing.
pub enum Answer {
    Ruling(Ruling),
    Gate(Gate),
}

impl From<Ruling> for Answer {
    fn from(ruling: Ruling) -> Answer {
        Answer::Ruling(ruling)
    }
}
