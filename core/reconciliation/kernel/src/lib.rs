//! The compiled half of the reconciliation engine.
//!
//! Each module names at its head the Python module whose meaning it has, function by function, and mostly
//! bears its name: the Python one is the reference, and a property test compares their decisions byte by
//! byte. Words, patterns and numbers of the rules are not repeated here: Python hands them over (see
//! `words`).
//!
//! Without a Python module of their own are tables in and out (`arrow`, `ffi`, `piece`, `output`, `views`), lines read
//! in other threads (`ahead`), memory (`heap`), and what Python or its library has built in (`json`, `keys`, `map`,
//! `pattern`).

pub mod accounts;
pub mod ahead;
pub mod arrow;
pub mod bearers;
pub mod candidates;
pub mod case;
pub mod cite;
pub mod coincidence;
pub mod decision;
pub mod endings;
pub mod ffi;
pub mod fold;
pub mod gaps;
pub mod group;
mod heap;
pub mod hints;
pub mod hold;
pub mod identifiers;
pub mod index;
pub mod joint;
pub mod journal;
pub mod json;
pub mod keys;
pub mod label;
pub mod likeness;
pub mod lines;
pub mod map;
pub mod model;
pub mod names;
pub mod output;
pub mod pattern;
pub mod payer;
pub mod piece;
pub mod ready;
pub mod receipt;
pub mod replay;
pub mod returns;
pub mod review;
pub mod ruling;
pub mod scope;
pub mod sheet;
pub mod silent;
pub mod slips;
pub mod spelling;
pub mod text;
pub mod tiers;
pub mod views;
pub mod wall;
pub mod warm;
pub mod words;
