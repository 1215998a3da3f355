//! Items and the policy, as columns of the interchange files have them (see
//! `core/reconciliation/line.py`).
//!
//! Days are counted from 1 January of year 1 (`date.toordinal`). Amounts are signed minor units.

use std::ops::Deref;
use std::sync::Arc;

/// A day, as `date.toordinal()` counts.
pub type Day = i32;
/// Where an item stands in the index of its scope (items are sorted by id).
pub type Place = u32;
/// Numbers of debtors or sellers in a scope, in ascending order, each once. They are given in the order of
/// the ids, so that sorting numbers is sorting ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ids(Option<Arc<[u32]>>);

impl Deref for Ids {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl<T: AsRef<[u32]>> From<T> for Ids {
    fn from(ids: T) -> Ids {
        let ids = ids.as_ref();
        Ids((!ids.is_empty()).then(|| ids.into()))
    }
}

/// An invoice (amount > 0) or a credit note (amount < 0).
#[derive(Clone, Debug)]
pub struct Item<'a> {
    /// The row of the item among all that were handed over.
    pub row: u32,
    pub id: &'a str,
    /// Number of the seller in the scope.
    pub seller: u32,
    /// Number of the debtor in the scope.
    pub debtor: u32,
    pub seller_name: Option<&'a str>,
    pub debtor_name: &'a str,
    pub debtor_ibans: Option<&'a str>,
    pub number: &'a str,
    pub amount: i64,
    /// What was open before any line: `Item.initial_minor`.
    pub initial: i64,
    pub issue_date: Option<Day>,
    pub due_date: Option<Day>,
    pub creditor_reference: Option<&'a str>,
    pub buyer_reference: Option<&'a str>,
    pub whole_turnover: bool,
    pub discount_bp: Option<i64>,
    pub discount_until: Option<Day>,
    pub retention_bp: Option<i64>,
    pub replaces: Option<&'a str>,
    pub expected_account_id: Option<&'a str>,
}

/// Keys of `core/reconciliation/policy.py` that decide something in one run, and what a wall has in common.
#[derive(Clone, Debug)]
pub struct Policy {
    pub allow_partial: bool,
    pub charges_tolerance: i64,
    pub rounding_tolerance: i64,
    pub exchange_tolerance_bp: i64,
    pub commission_allowed: bool,
    pub legal_order: bool,
    pub joint_decisions: bool,
    pub indirect_collection: bool,
    pub hold_days: i64,
    pub max_coincidence: f64,
    /// `T1` to `T8` that may decide alone: bit n for Tn.
    pub automatic_tiers: u16,
    pub early_days: i64,
    pub return_window_days: i64,
    pub max_text: usize,
    pub max_references: usize,
    pub max_owed: usize,
    pub max_group_items: usize,
    pub max_group_size: usize,
    pub max_group_steps: usize,
    pub max_shared_key: usize,
    /// `Policy.version` and `CODE_VERSION`.
    pub version: String,
    pub code: String,
}

/// The currency of a wall: its code, and how many minor units one unit has (10 to the exponent).
#[derive(Clone, Debug)]
pub struct Currency {
    pub code: String,
    pub unit: i64,
    pub exponent: u32,
}
