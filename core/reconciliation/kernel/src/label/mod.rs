//! What a line's text says (see `core/reconciliation/label/reading.py`).
//!
//! Folded texts are bytes, one for each character of the text as it was given: upper-case ASCII, and
//! `text::EURO` for the euro sign; so a place in a folded text is a place in the text.

pub mod amounts;
pub mod forms;
pub mod noise;
pub mod openings;
pub mod reading;
pub mod structured;
pub mod tags;
pub mod zones;

pub use reading::{has_digit, is_year, parted, read, Parts};

use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    Remittance,
    EndToEndId,
    CreditorReference,
}

impl Field {
    pub fn name(self) -> &'static str {
        match self {
            Field::Remittance => "remittance",
            Field::EndToEndId => "end_to_end_id",
            Field::CreditorReference => "creditor_reference",
        }
    }
}

/// An upper-case word at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub text: Vec<u8>,
    pub start: usize,
    pub end: usize,
    pub field: Field,
}

/// Masked text to look for references in; `start` is its place in the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub field: Field,
    pub start: usize,
    pub text: Vec<u8>,
    pub cut: bool,
}

/// A reference whose check digits hold, without its separators, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structured {
    pub reference: Vec<u8>,
    pub field: Field,
    pub start: usize,
    pub end: usize,
}

/// What a line's text says: the payer, text that may cite, structured references and caps reached.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Label {
    pub payer: Option<String>,
    pub stretches: Vec<Stretch>,
    pub structured: Vec<Structured>,
    /// Where in `folded` payer and remittance run together.
    pub(super) run: Range<usize>,
    pub caps: Vec<&'static str>,
    pub folded: Vec<u8>,
}
