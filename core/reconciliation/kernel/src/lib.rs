//! The compiled half of the reconciliation engine.
//!
//! Every module has the name of the Python module whose meaning it has, function by function: the Python one
//! is the reference, and a property test compares their decisions byte by byte. Words, patterns and numbers of
//! the rules are not repeated here: Python hands them over (see `words`).

pub mod accounts;
pub mod ahead;
pub mod arrow;
pub mod candidates;
pub mod case;
pub mod cite;
pub mod coincidence;
pub mod decision;
pub mod ffi;
pub mod fold;
pub mod gaps;
pub mod group;
pub mod hold;
pub mod identifiers;
pub mod index;
pub mod joint;
pub mod json;
pub mod keys;
pub mod label;
pub mod likeness;
pub mod model;
pub mod names;
pub mod output;
pub mod pattern;
pub mod piece;
pub mod receipt;
pub mod returns;
pub mod review;
pub mod scope;
pub mod silent;
pub mod slips;
pub mod text;
pub mod tiers;
pub mod words;
