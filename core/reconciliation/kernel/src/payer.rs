//! Who paid, as far as is known: debtors surely, maybe, and clearly nobody else (see
//! `core/reconciliation/payer.py`).

use crate::model::Ids;

/// Who paid: debtors surely he is (2), debtors he may be (1), any clear debtor; and whether he has paid here
/// before, for anybody, under this account or name. Nobody is known by default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Payer {
    pub sure: Ids,
    pub likely: Ids,
    pub clearly: Ids,
    pub has_paid: bool,
}

impl Payer {
    /// 2 = this debtor, 1 = clearly nearest, 0 = unknown, -1 = clearly another known debtor.
    pub fn grade(&self, debtor: u32) -> i8 {
        if holds(&self.sure, debtor) {
            2
        } else if holds(&self.likely, debtor) {
            1
        } else if self.clearly.is_empty() {
            0
        } else {
            -1
        }
    }

    /// All he may be.
    pub fn all(&self) -> Ids {
        union(&self.sure, &self.likely)
    }

    pub fn likely(likely: Ids) -> Payer {
        Payer { likely, ..Payer::default() }
    }
}

/// Account history and name together: an account that is known makes its debtors sure.
///
/// It makes them rivals of all others only where no name stands beside it: under somebody else's name, or one
/// that is only near, it is that of a treasury, a factor or a relative, who paid for them once and pays for
/// others too.
pub fn joined(by_account: Option<&Ids>, by_name: Payer, named: bool) -> Payer {
    let Some(by_account) = by_account else {
        return by_name;
    };
    let clearly = if named { by_name.clearly } else { union(&by_name.clearly, by_account) };
    Payer { sure: union(&by_name.sure, by_account), likely: by_name.likely, clearly, has_paid: true }
}

/// Whether one is among some.
pub fn holds(ids: &Ids, one: u32) -> bool {
    ids.binary_search(&one).is_ok()
}

fn union(one: &Ids, other: &Ids) -> Ids {
    if one.is_empty() || one == other {
        return other.clone();
    }
    if other.is_empty() {
        return one.clone();
    }
    let mut all = [&one[..], &other[..]].concat();
    all.sort_unstable();
    all.dedup();
    all.into()
}
