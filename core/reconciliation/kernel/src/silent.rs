//! T6 and T7: a payment that cites nothing, from one sure debtor whose every invoice is known here (see
//! `core/reconciliation/silent.py`).

use std::rc::Rc;
use std::sync::OnceLock;

use crate::case::{Case, Owed, State};
use crate::coincidence::{amount_odds, by_everything, by_group};
use crate::gaps::is_left_over;
use crate::group::{groups, Bounds};
use crate::index::is_digits;
use crate::label::forms::Role;
use crate::label::zones::zones_of;
use crate::label::{is_year, parted, Field, Word};
use crate::model::{Day, Place};
use crate::payer::holds;
use crate::ruling::{Answer, Gate, Ruling, Share};
use crate::text::shown;
use crate::words;

struct Rules {
    otherwise: f64,
    close_days: Day,
    early_days: Day,
    usual_early: Day,
    usual_late: Day,
    late_days: Day,
    in_time_early: Day,
    in_time_late: Day,
    in_time: f64,
    out_of_time: f64,
    apart_days: Day,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules {
        otherwise: words::number("silent.OTHERWISE"),
        close_days: words::whole("silent.CLOSE_DAYS"),
        early_days: words::whole("silent.EARLY_DAYS"),
        usual_early: words::whole("silent.USUAL_EARLY"),
        usual_late: words::whole("silent.USUAL_LATE"),
        late_days: words::whole("silent.LATE_DAYS"),
        in_time_early: words::whole("silent.IN_TIME_EARLY"),
        in_time_late: words::whole("silent.IN_TIME_LATE"),
        in_time: words::number("silent.IN_TIME"),
        out_of_time: words::number("silent.OUT_OF_TIME"),
        apart_days: words::whole("silent.APART_DAYS"),
    })
}

/// How many payments of a sure payer, whose every invoice is known, close none of them exactly.
pub fn otherwise() -> f64 {
    rules().otherwise
}

/// Whether no token of the text could be a reference: a payer who cites something means it.
pub fn is_silent(case: &Case, state: &State) -> bool {
    case.for_good(|known| &mut known.silent, || find_silent(case, state))
}

fn find_silent(case: &Case, state: &State) -> bool {
    let cited = &case.cited;
    if !(cited.citations.is_empty() && cited.caps.is_empty() && other_numbers(case, state).is_empty()) {
        return false;
    }
    let booked = case.line.booking_date;
    let mut zones = None;
    for stretch in &case.label.stretches {
        let parts = parted(stretch);
        for (text, &start) in parts.texts.iter().zip(&parts.starts) {
            let is_word = text.iter().all(u8::is_ascii_alphabetic);
            let is_number = text.iter().all(u8::is_ascii_digit);
            if is_word || (is_number && booked.is_some_and(|on| is_year(text, on))) {
                continue;
            }
            let zones = zones.get_or_insert_with(|| machine_zones(case));
            if !is_by_machine(case, state, zones, (stretch.field, start, text)) {
                return false;
            }
        }
    }
    true
}

/// The numbers in the text that are not held, but for identifiers that software fills in. Digits alone are
/// noted only behind letters that lead to a number.
pub fn other_numbers<'c>(case: &'c Case, state: &State) -> Vec<&'c Word> {
    let unknown = &case.cited.unknown;
    if unknown.is_empty() {
        return Vec::new();
    }
    let zones = machine_zones(case);
    let by_machine = |w: &&Word| is_by_machine(case, state, &zones, (w.field, w.start, &w.text));
    unknown.iter().filter(|word| is_digits(&word.text) || !by_machine(word)).collect()
}

/// Whether software filled a word in: it stands where that does, and is not like the payer's numbers (like
/// anybody's, when nobody knows who pays).
fn is_by_machine(
    case: &Case,
    state: &State,
    zones: &[(usize, usize)],
    (field, start, text): (Field, usize, &[u8]),
) -> bool {
    if field != Field::EndToEndId && !zones.iter().any(|&(a, b)| a <= start && start < b) {
        return false;
    }
    if case.payer_is_unknown() {
        return !state.index().has_shape(text);
    }
    let mut payers = case.payer.sure.iter().chain(&case.payer.likely[..]);
    !payers.any(|&debtor| state.index().has_form(debtor, text))
}

fn machine_zones(case: &Case) -> Vec<(usize, usize)> {
    zones_of(&case.label.folded)
        .zones
        .iter()
        .filter(|zone| zone.role == Role::Reference)
        .map(|zone| (zone.start, zone.end))
        .collect()
}

/// The one debtor who surely pays, provided that every invoice to him is known here.
pub fn sole_debtor(case: &Case, state: &State) -> Option<u32> {
    let payer = &case.payer;
    let &[debtor] = &payer.sure[..] else {
        return None;
    };
    let is_alone = payer.likely.iter().chain(&payer.clearly[..]).all(|&other| other == debtor);
    let is_known = !state.scope.books.partly_known.get(debtor as usize).is_some_and(|&partly| partly);
    (is_alone && is_known).then_some(debtor)
}

/// Searches what the sole debtor owes for groups that make the amount; within the policy's caps.
pub fn owed_by_payer(case: &Case, state: &State) -> Rc<Owed> {
    case.until_he_pays(state, |lately| &mut lately.owed, || Rc::new(find_owed(case, state)))
}

fn find_owed(case: &Case, state: &State) -> Owed {
    let policy = state.policy;
    let owed: &[Place] = match sole_debtor(case, state) {
        None => &[],
        Some(debtor) => match state.scope.owed(debtor, policy.max_group_items) {
            Some(owed) => owed,
            None => {
                let cap = Some("max_group_items");
                return Owed { cap, ..Owed::default() };
            }
        },
    };
    let mut pool = case.there(state, owed);
    pool.sort_unstable_by_key(|&n| legal_order(case, state, n));
    let amounts: Vec<i64> = pool.iter().map(|&n| state.open(n)).collect();
    let total: i128 = amounts.iter().map(|&amount| i128::from(amount)).sum();
    if total == i128::from(case.paid) && amounts.iter().min().is_some_and(|&least| least > 0) {
        return Owed { found: vec![pool.clone()], pool, cap: None };
    }
    let bounds = Bounds {
        size: policy.max_group_size,
        steps: policy.max_group_steps,
        most: policy.max_group_items,
        alike: policy.legal_order,
    };
    let result = groups(&amounts, case.paid, bounds);
    let items = |found: &Vec<usize>| found.iter().map(|&i| pool[i]).collect();
    Owed { found: result.found.iter().map(items).collect(), pool, cap: result.cap }
}

/// `date.max`: of what has no day.
const LAST_DAY: Day = 3_652_059;

/// Civil code, article 1342-10: what is due first, and of that the oldest.
fn legal_order(case: &Case, state: &State, n: Place) -> (bool, Day, Day, Place) {
    let item = state.item(n);
    let issued = item.issue_date.unwrap_or(LAST_DAY);
    let due = item.due_date.unwrap_or(issued);
    let day = case.line.booking_date.unwrap_or(LAST_DAY);
    (due > day, due, issued, n)
}

/// The only group of what is owed that makes the amount.
struct Claim {
    owed: Rc<Owed>,
}

impl Claim {
    fn items(&self) -> &[Place] {
        &self.owed.found[0]
    }
}

/// What may be taken without a reference, or why nothing may; None when that is plain beforehand.
fn claim(case: &Case, state: &State) -> Option<Result<Claim, Gate>> {
    if sole_debtor(case, state).is_none() || !is_silent(case, state) {
        return None;
    }
    if !case.twins.is_empty() && !state.policy.legal_order {
        return Some(Err(gate("twin_payments")));
    }
    let owed = owed_by_payer(case, state);
    if owed.cap.is_some() {
        return Some(Err(gate("cap_reached")));
    }
    let [items] = &owed.found[..] else {
        let code = if owed.found.is_empty() { "no_group_fits" } else { "several_groups_fit" };
        return Some(Err(gate(code)));
    };
    let mut doubts = items.iter().filter_map(|&n| doubt(case, state, n));
    Some(match doubts.next() {
        Some(doubt) => Err(gate(doubt)),
        None if !one_seller_each(state, &owed, items) => Err(gate("several_sellers")),
        None => Ok(Claim { owed }),
    })
}

fn gate(code: &'static str) -> Gate {
    Gate { code, coincidence: 0.0 }
}

/// Why the payer and the amount were not enough for a line that no rule decided.
pub fn gate_of(case: &Case, state: &State) -> Option<Gate> {
    if !is_silent(case, state) {
        return Some(gate("something_cited"));
    }
    if sole_debtor(case, state).is_some() {
        return case.gate.clone();
    }
    let payer = &case.payer;
    let Some(&first) = payer.sure.first() else {
        return Some(gate("payer_not_sure"));
    };
    let mut possible = payer.sure.iter().chain(&payer.likely[..]).chain(&payer.clearly[..]);
    let single = possible.all(|&debtor| debtor == first);
    Some(gate(if single { "turnover_not_whole" } else { "several_debtors_possible" }))
}

/// Items left out although their amount is that of one that was taken.
fn alike<'o>(state: &'o State, owed: &'o Owed, items: &'o [Place]) -> impl Iterator<Item = Place> + 'o {
    let is_taken = |amount| items.iter().any(|&m| state.open(m) == amount);
    let left_out = owed.pool.iter().copied().filter(|n| !items.contains(n));
    left_out.filter(move |&n| is_taken(state.open(n)))
}

/// Items of one amount stand for each other only when the money goes to the same seller.
fn one_seller_each(state: &State, owed: &Owed, items: &[Place]) -> bool {
    let goes_to = |n: Place| (state.open(n), state.index().seller(n));
    alike(state, owed, items).all(|n| items.iter().any(|&m| goes_to(m) == goes_to(n)))
}

/// What speaks against an item: a credit note that nobody cited, one to be paid on another account, one
/// issued after it was paid, one that fell due long before that, or falls due long after.
fn doubt(case: &Case, state: &State, n: Place) -> Option<&'static str> {
    let (item, line) = (state.item(n), case.line);
    if state.open(n) < 0 {
        return Some("credit_note_not_cited");
    }
    if item.expected_account_id.is_some_and(|account| account != line.account_id()) {
        return Some("other_account");
    }
    let later =
        matches!((item.issue_date, line.booking_date), (Some(issued), Some(booked)) if issued > booked);
    if later {
        return Some("issued_later");
    }
    is_far_from_due(case, state, item.due_date).then_some("far_from_due")
}

/// Whether nobody would pay on that day unasked; by the legal order the oldest is paid, however old.
pub fn is_far_from_due(case: &Case, state: &State, due: Option<Day>) -> bool {
    let (Some(due), Some(booked), false) = (due, case.line.booking_date, state.policy.legal_order) else {
        return false;
    };
    !(-rules().early_days..=rules().late_days).contains(&(booked - due))
}

/// Whether it is paid when it is due.
pub fn is_close_to_due(case: &Case, due: Option<Day>) -> bool {
    matches!((due, case.line.booking_date), (Some(due), Some(booked))
        if (booked - due).abs() <= rules().close_days)
}

/// Whether most are paid so long before or after the due day, as far as that is known.
pub fn is_usual(case: &Case, due: Option<Day>) -> bool {
    let (Some(due), Some(booked)) = (due, case.line.booking_date) else {
        return true;
    };
    (-rules().usual_early..=rules().usual_late).contains(&(booked - due))
}

/// Whether a punctual payer pays on that day.
fn is_in_time(case: &Case, due: Option<Day>) -> bool {
    matches!((due, case.line.booking_date), (Some(due), Some(booked))
        if (-rules().in_time_early..=rules().in_time_late).contains(&(booked - due)))
}

/// What chance counts for on that day: accidents do not keep to due days. Items are in time when each of them is,
/// and out of time when none is paid when most are; by the legal order no day tells anything.
fn by_day(case: &Case, state: &State, items: &[Place]) -> f64 {
    let mut due = items.iter().map(|&n| state.item(n).due_date);
    if state.policy.legal_order {
        1.0
    } else if !due.clone().any(|day| is_usual(case, day)) {
        rules().out_of_time
    } else if due.all(|day| is_in_time(case, day)) {
        rules().in_time
    } else {
        1.0
    }
}

/// Somebody of another name, whose account paid for this debtor before: he may pay for others too.
pub fn is_third_party(case: &Case) -> bool {
    case.label.payer.is_some() && case.payer.likely.is_empty()
}

/// The share of payments that are no payment of these items; from an account not known as his, more where the
/// name is one that namesakes bear.
fn otherwise_of(case: &Case, state: &State, debtor: u32) -> f64 {
    let known = state.scope.accounts.debtors(case.iban.as_deref());
    if known.is_some_and(|known| holds(known, debtor)) {
        return otherwise();
    }
    let debtors = &state.scope.books.debtors;
    otherwise().max(match case.label.payer.as_deref() {
        Some(name) => debtors.namesakes(debtor, name),
        None => debtors.namesakes(debtor, &shown(case.label.run())),
    })
}

/// What speaks against item `n`, although it alone makes the amount: what is left of another one, or other
/// documents of the debtor of that amount, or of twice as much.
fn against(case: &Case, state: &State, n: Place) -> Option<&'static str> {
    if is_left_over(state.item(n), case.paid) {
        return Some("left_over");
    }
    let billed = state.index().billed_to(state.index().debtor(n), case.paid);
    let mut others = billed.iter().copied().filter(|&m| m != n && !state.policy.legal_order).peekable();
    if others.clone().any(|m| was_paid_lately(case, state, m)) {
        return Some("paid_lately");
    }
    if others.peek().is_some() && !is_told_by_its_day(case, state, n, others) {
        return Some("amount_billed_again");
    }
    may_be_half(case, state, n).then_some("half_of_another")
}

/// Whether item `n` was paid about then: it may be that payment once more.
fn was_paid_lately(case: &Case, state: &State, n: Place) -> bool {
    matches!((state.scope.changed_on[n as usize], case.line.booking_date), (Some(paid), Some(booked))
        if (booked - paid).abs() < rules().apart_days)
}

/// Whether the day of payment tells item `n` from others of its amount: it is in time for this one, and each of
/// them is yet to come, or settled and due at another time.
fn is_told_by_its_day(case: &Case, state: &State, n: Place, mut others: impl Iterator<Item = Place>) -> bool {
    let due = state.item(n).due_date.filter(|&due| is_in_time(case, Some(due)));
    due.is_some_and(|due| others.all(|m| is_of_another_time(case, state, m, due)))
}

fn is_of_another_time(case: &Case, state: &State, n: Place, due: Day) -> bool {
    let is_apart = |other: Day| (other - due).abs() >= rules().apart_days;
    !case.is_issued(state, n) || (state.open(n) == 0 && state.item(n).due_date.is_some_and(is_apart))
}

/// Whether it may be an instalment of an item of twice the amount: unless item `n` is paid in time, and that one
/// would be far out of time.
fn may_be_half(case: &Case, state: &State, n: Place) -> bool {
    let (debtor, most) = (state.index().debtor(n), state.policy.max_group_items);
    let Some(double) = case.paid.checked_mul(2) else {
        return false;
    };
    let doubles = state.scope.owed_at(debtor, double, most);
    if !doubles.is_empty() && !is_in_time(case, state.item(n).due_date) {
        return true;
    }
    doubles.iter().any(|&m| is_usual(case, state.item(m).due_date))
}

/// T6: the exact amount of one open item, which nothing else he owes makes, and a rare one.
pub fn payer_and_amount(case: &Case, state: &State) -> Option<Answer> {
    let claim = match claim(case, state)? {
        Ok(claim) => claim,
        Err(gate) => return Some(Answer::Gate(gate)),
    };
    let (owed, items) = (&claim.owed, claim.items());
    let &[n] = items else {
        return None;
    };
    if is_third_party(case) && state.scope.held(case.paid, 1).is_none() {
        return Some(Answer::Gate(gate("third_party")));
    }
    if let Some(code) = against(case, state, n) {
        return Some(Answer::Gate(gate(code)));
    }
    let debtor = state.index().debtor(n);
    let odds = amount_odds(state.index(), case.paid, state.currency());
    let reason = reason_of(state, owed, items, "payer_and_amount");
    let chance =
        otherwise_of(case, state, debtor) * owed.pool.len() as f64 * odds * by_day(case, state, items);
    Some(ruling(state, 6, reason, items, chance))
}

/// T7: everything he owes, or the only few items that make the amount.
pub fn payer_and_group(case: &Case, state: &State) -> Option<Answer> {
    let claim = match claim(case, state)? {
        Ok(claim) => claim,
        Err(gate) => return Some(Answer::Gate(gate)),
    };
    let (owed, items) = (&claim.owed, claim.items());
    if items.len() < 2 {
        return None;
    }
    if is_third_party(case) {
        return Some(Answer::Gate(gate("third_party")));
    }
    if items.iter().any(|&n| is_left_over(state.item(n), state.open(n))) {
        return Some(Answer::Gate(gate("left_over")));
    }
    let amounts: Vec<i64> = owed.pool.iter().map(|&n| state.open(n)).collect();
    let (currency, otherwise) = (state.currency(), otherwise_of(case, state, state.index().debtor(items[0])));
    let other = otherwise * one_for_another(state, items);
    let late = by_day(case, state, items).max(1.0);
    if items.len() == owed.pool.len() {
        let chance = otherwise * by_everything(&amounts, currency) + other;
        return Some(ruling(state, 7, "payer_owes_this", items, chance * late));
    }
    let in_a_row = in_a_row(state, owed, items);
    let chance = by_group(items.len(), &amounts, case.paid, currency, in_a_row);
    let chance = chance * if in_a_row { otherwise } else { otherwise.max(1.0) } + other;
    let reason = reason_of(state, owed, items, "payer_and_group");
    Some(ruling(state, 7, reason, items, chance * late))
}

fn reason_of(state: &State, owed: &Owed, items: &[Place], plain: &'static str) -> &'static str {
    let one_of_equals = alike(state, owed, items).next().is_some();
    if one_of_equals {
        "legal_order"
    } else {
        plain
    }
}

/// How many of the group are such that something else is as large by accident; one of them must be told from
/// all others by its amount.
fn one_for_another(state: &State, items: &[Place]) -> f64 {
    let odds_of = |&n: &Place| amount_odds(state.index(), state.open(n), state.currency());
    let mut odds: Vec<f64> = items.iter().map(odds_of).collect();
    odds.sort_unstable_by(f64::total_cmp);
    odds[1..].iter().fold(0.0, |sum, one| sum + one)
}

/// Whether the group skips nothing that fell due between its first and its last item, of what he owes to the
/// same sellers: so people pay, and there are few such groups to meet an amount by accident.
fn in_a_row(state: &State, owed: &Owed, items: &[Place]) -> bool {
    let is_paid = |n: Place| items.iter().any(|&m| state.index().seller(m) == state.index().seller(n));
    let mine = owed.pool.iter().filter(|&&n| is_paid(n));
    let mut places = mine.enumerate().filter(|(_, n)| items.contains(n)).map(|(at, _)| at);
    let first = places.next().unwrap_or(0);
    places.last().unwrap_or(first) - first < items.len()
}

fn ruling(state: &State, tier: u8, reason: &'static str, items: &[Place], chance: f64) -> Answer {
    if chance > state.policy.max_coincidence {
        return Answer::Gate(Gate { code: "coincidence_bound", coincidence: chance });
    }
    let share = |&n: &Place| Share { item: n, amount: state.open(n), gap: 0, gap_reason: None };
    Answer::Ruling(Ruling::auto(tier, reason, items.iter().map(share).collect(), chance))
}
