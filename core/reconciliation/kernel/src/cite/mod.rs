//! Which invoices a text cites (see `core/reconciliation/cite`).

mod finder;
mod kinds;
mod near;
mod numbers;
mod rest;
mod series;
mod unglue;

pub use finder::cite;
pub use kinds::{Citation, Cited, Narrow};
pub use near::{is_slip, nearly};
