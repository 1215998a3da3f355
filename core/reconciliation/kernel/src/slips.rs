//! T5, too: a number that was cut, or has one slip of the finger (see `core/reconciliation/slips.py`).

use std::sync::OnceLock;

use crate::case::{Case, Shared, State};
use crate::cite::{is_slip, nearly, Citation};
use crate::coincidence::amount_odds;
use crate::model::{Day, Place};
use crate::ruling::{Ruling, Share};
use crate::words;

struct Rules {
    little_cut: usize,
    much_nearer: Day,
    otherwise: f64,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        little_cut: words::whole("slips.LITTLE_CUT"),
        much_nearer: words::whole("slips.MUCH_NEARER"),
        otherwise: words::number("silent.OTHERWISE"),
    })
}

/// Whether there are numbers that are not held, and a payer who may mean his own by them.
pub fn may_be_near(case: &Case) -> bool {
    let cited = &case.cited;
    let is_told = !(cited.unknown.is_empty() && cited.cut.is_empty() && cited.alike.is_empty());
    is_told && !case.payer_is_unknown()
}

/// What the numbers that are not held may mean among the payer's open items.
pub fn near(case: &Case, state: &State) -> Shared<Citation> {
    if !may_be_near(case) {
        return Shared::default();
    }
    case.until_he_pays(
        state,
        |lately| &mut lately.near,
        || {
            let owed = state.scope.of_payer(&case.payer, state.policy.max_owed);
            if owed.is_empty() {
                return Shared::default();
            }
            nearly(&case.cited, state.index(), &owed).into()
        },
    )
}

/// Open items of the debtor at the amount paid whose number is one slip from that of item `n`, and which were
/// due earlier and nearer to the day of payment, or later and much nearer: a recurring amount, and maybe the
/// number of another month.
pub fn meant_instead(case: &Case, state: &State, n: Place) -> Vec<Place> {
    let (Some(booked), Some(due)) = (case.line.booking_date, state.index().due(n)) else {
        return Vec::new();
    };
    let number = |n: Place| state.index().number(n).compact;
    let is_nearer = |other: Day| {
        let closer = (booked - due).abs() - (booked - other).abs();
        if other < due {
            closer > 0
        } else {
            closer >= rules().much_nearer
        }
    };
    let found = state.scope.owed_at(state.index().debtor(n), case.paid, state.policy.max_shared_key);
    found
        .iter()
        .copied()
        .filter(|&m| state.index().due(m).is_some_and(is_nearer) && is_slip(number(n), number(m)))
        .collect()
}

/// T5: of what the payer owes one item has a number like the one in the text, and the exact amount.
pub fn near_and_amount(case: &Case, state: &State) -> Option<Ruling> {
    let near = near(case, state);
    let mut found: Option<(Place, &Citation)> = None;
    for citation in near.iter() {
        for &n in citation.items.iter().filter(|&&n| state.open(n) == case.paid) {
            if found.is_some_and(|(m, _)| m != n) {
                return None;
            }
            found = Some((n, citation));
        }
    }
    let (n, citation) = found?;
    if case.grade(state, n) < 1 || !may_be_meant(state, n, citation) {
        return None;
    }
    let (debtor, policy, index) = (state.index().debtor(n), state.policy, state.index());
    let partly_known = state.scope.books.partly_known[debtor as usize];
    let billed = index.billed_to(debtor, case.paid);
    let billed = &billed[..billed.len().min(policy.max_group_items + 1)];
    let most = if partly_known { 1 } else { policy.max_group_items };
    if billed.len() > most {
        return None;
    }
    let elsewhere = |c: &Citation| !c.items.contains(&n) || c.items.len() > 1;
    if nearly(&case.cited, index, billed).iter().any(elsewhere) {
        return None;
    }
    let odds = amount_odds(index, case.paid, state.currency());
    let mut chance = citation.items.len() as f64 * odds;
    if !partly_known {
        chance *= rules().otherwise;
    }
    if chance > policy.max_coincidence {
        return None;
    }
    let reason = match citation.how {
        "cut" => "cut_and_amount",
        _ => "typo_and_amount",
    };
    Some(Ruling::auto(5, reason, vec![Share::new(n, case.paid)], chance))
}

/// Not when the payer also pays invoices unknown here, and the text could be the number of one, or the
/// beginning of many; nor when the number was cut before what tells it from others that begin so.
fn may_be_meant(state: &State, n: Place, citation: &Citation) -> bool {
    let number = state.index().number(n);
    let before = digits(number.compact) - number.running().len();
    if citation.how == "cut" && citation.items.len() > 1 && digits(&citation.text) <= before {
        return false;
    }
    if !state.scope.books.partly_known[state.index().debtor(n) as usize] {
        return true;
    }
    let index = state.index();
    let (told, whole) = (digits(&citation.text), digits(index.number(n).compact));
    if citation.how == "cut" {
        whole + index.longer_by(n) <= told + rules().little_cut
    } else {
        told != whole
    }
}

fn digits(text: &[u8]) -> usize {
    text.iter().filter(|c| c.is_ascii_digit()).count()
}
