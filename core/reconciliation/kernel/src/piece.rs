//! A piece of work: lines, items and payer accounts of some tenants, decided wall by wall.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

use crate::ahead::Crew;
use crate::arrow::{Batches, Numbers, Table, Texts};
use crate::fold::decide_wall;
use crate::lines::{self, Columns, Status};
use crate::map::Map;
use crate::model::{Currency, Day, Item, Policy};
use crate::output::Output;
use crate::scope::{normal_iban, Books};
use crate::text;
use crate::words;

const ITEM_TEXTS: [&str; 12] = [
    "item_id",
    "tenant_id",
    "seller_id",
    "debtor_id",
    "currency",
    "seller_name",
    "debtor_name",
    "debtor_ibans",
    "number",
    "creditor_reference",
    "buyer_reference",
    "replaces",
];

/// The three tables.
pub struct Piece {
    lines: Table,
    items: Table,
    accounts: Table,
}

/// A payer account: its normal IBAN and its debtor.
type Account<'t> = (String, &'t str);

/// One tenant and currency.
type Key<'t> = (&'t str, &'t str);

/// The rows of one wall.
struct Rows<'t> {
    key: Key<'t>,
    lines: Vec<u32>,
    items: Vec<u32>,
    /// The last day on which a line of it was booked.
    last: Day,
}

impl<'t> Rows<'t> {
    fn new(key: Key<'t>) -> Rows<'t> {
        Rows { key, lines: Vec::new(), items: Vec::new(), last: 0 }
    }
}

impl Piece {
    pub fn new(lines: Table, items: Table, accounts: Table) -> Piece {
        Piece { lines, items, accounts }
    }

    /// Characters beyond ASCII of which nothing is known yet, in any text.
    pub fn unknown_characters(&self, crew: Crew) -> Result<BTreeSet<char>, String> {
        let mut columns = Vec::new();
        for (table, names) in [(&self.lines, &lines::TEXTS[..]), (&self.items, &ITEM_TEXTS[..])] {
            for name in names {
                columns.push((table.texts(name)?, table.height()));
            }
        }
        let unknown = |half: usize| {
            let mut found = BTreeSet::new();
            for (texts, height) in &columns {
                let rows = half * height / 2..(half + 1) * height / 2;
                text::add_unknown(rows.filter_map(|row| texts.get(row)), &mut found);
            }
            found
        };
        let (mut found, others) = crew.both(|| unknown(0), || unknown(1));
        found.extend(others);
        Ok(found)
    }

    /// Decisions, allocations and candidates, in the order of the files.
    pub fn decide(&self, policy: &str, crew: Crew) -> Result<[Batches; 3], String> {
        let (lines, items) = (Columns::new(&self.lines, 0)?, ItemColumns::new(&self.items)?);
        let walls = self.walls(&lines, &items);
        let given = Given {
            lines: &lines,
            items: &items,
            accounts: self.accounts_by_tenant()?,
            horizons: horizons(&walls),
            policy: policy_of(policy),
        };
        Ok(given.decide_all(walls, crew))
    }

    fn walls<'t>(&'t self, lines: &Columns<'t>, items: &ItemColumns<'t>) -> Vec<Rows<'t>> {
        let mut walls: Vec<Rows> = Vec::new();
        let mut places: Map<Key, usize> = Map::default();
        for row in lines.rows() {
            let key = lines.key(row);
            let place = *places.entry(key).or_insert_with(|| {
                walls.push(Rows::new(key));
                walls.len() - 1
            });
            walls[place].lines.push(row);
            let line = lines.line(row);
            if let (Status::Booked, Some(day)) = (line.status, line.booking_date) {
                walls[place].last = walls[place].last.max(day);
            }
        }
        for row in 0..self.items.height() as u32 {
            if let Some(&place) = places.get(&(items.text(1, row), items.text(4, row))) {
                walls[place].items.push(row);
            }
        }
        walls
    }

    fn accounts_by_tenant(&self) -> Result<Map<&str, Vec<Account<'_>>>, String> {
        let [tenants, ibans, debtors] =
            ["tenant_id", "iban", "debtor_id"].map(|name| self.accounts.texts(name));
        let (tenants, ibans, debtors) = (tenants?, ibans?, debtors?);
        let mut found: Map<&str, Vec<Account>> = Map::default();
        for row in 0..self.accounts.height() {
            if let Some(iban) = normal_iban(ibans.get(row)).map(Cow::into_owned) {
                let debtor = debtors.get(row).unwrap_or_default();
                found.entry(tenants.get(row).unwrap_or_default()).or_default().push((iban, debtor));
            }
        }
        Ok(found)
    }
}

/// All that walls are decided from.
struct Given<'t> {
    lines: &'t Columns<'t>,
    items: &'t ItemColumns<'t>,
    accounts: Map<&'t str, Vec<Account<'t>>>,
    horizons: HashMap<&'t str, Day>,
    policy: Policy,
}

impl<'t> Given<'t> {
    /// Big walls one after the other, by all threads; then small ones, each by one.
    fn decide_all(&self, mut walls: Vec<Rows<'t>>, crew: Crew) -> [Batches; 3] {
        walls.sort_by_key(|wall| std::cmp::Reverse(wall.lines.len()));
        let big = walls.partition_point(|wall| crew.is_worth_it(wall.lines.len()));
        let mut outputs = vec![Output::default()];
        for wall in &walls[..big] {
            self.decide(wall, crew, &mut outputs[0]);
        }
        let (next, done) = (AtomicUsize::new(big), Mutex::new(&mut outputs));
        std::thread::scope(|scope| {
            for _ in 0..crew.threads {
                scope.spawn(|| {
                    let mut output = Output::default();
                    while let Some(wall) = walls.get(next.fetch_add(1, Ordering::Relaxed)) {
                        self.decide(wall, Crew { threads: 1, ..crew }, &mut output);
                    }
                    done.lock().expect("no thread panics here").push(output);
                });
            }
        });
        Output::batches(outputs, crew)
    }

    fn decide(&self, wall: &Rows<'t>, crew: Crew, out: &mut Output<'t>) {
        let currency = currency_of(wall.key.1);
        let known = self.accounts.get(wall.key.0).map_or(&[][..], Vec::as_slice);
        let books = || self.items.books(wall, known, currency, crew);
        let (books, rows) = crew.both(books, || wall.lines.iter().map(|&row| self.lines.line(row)).collect());
        let until = self.horizons.get(wall.key.0).copied().unwrap_or(0);
        out.begin(wall.key);
        decide_wall(&books, rows, &self.policy, until, crew, out);
    }
}

/// The last booking day that is known of each tenant.
fn horizons<'t>(walls: &[Rows<'t>]) -> HashMap<&'t str, Day> {
    let mut found: HashMap<&str, Day> = HashMap::new();
    for wall in walls {
        let last = found.entry(wall.key.0).or_default();
        *last = (*last).max(wall.last);
    }
    found
}

struct ItemColumns<'t> {
    texts: Vec<Texts<'t>>,
    expected_account: Texts<'t>,
    numbers: Vec<Numbers<'t>>,
}

impl<'t> ItemColumns<'t> {
    fn new(table: &'t Table) -> Result<ItemColumns<'t>, String> {
        let texts = ITEM_TEXTS.iter().map(|name| table.texts(name)).collect::<Result<_, _>>()?;
        let numbers = [
            "amount_minor",
            "open_minor",
            "issue_date",
            "due_date",
            "whole_turnover",
            "discount_bp",
            "discount_until",
            "retention_bp",
        ]
        .iter()
        .map(|name| table.numbers(name))
        .collect::<Result<_, _>>()?;
        Ok(ItemColumns { texts, expected_account: table.texts("expected_account_id")?, numbers })
    }

    fn text(&self, column: usize, row: u32) -> &'t str {
        self.texts[column].get(row as usize).unwrap_or_default()
    }

    /// The books of a wall; debtors of `accounts` (normal IBAN, debtor) may have no items.
    fn books(&self, wall: &Rows, accounts: &[Account], currency: Currency, crew: Crew) -> Books<'t> {
        let debtor_ids = wall.items.iter().map(|&row| self.text(3, row));
        let debtors = numbered(debtor_ids.chain(accounts.iter().map(|(_, debtor)| *debtor)));
        let sellers = numbered(wall.items.iter().map(|&row| self.text(2, row)));
        let items = wall.items.iter().map(|&row| self.item(row, &debtors, &sellers)).collect();
        let known = accounts.iter().map(|(iban, debtor)| (iban.clone(), debtors[debtor])).collect();
        Books::new(items, debtors.len(), known, currency, crew)
    }

    fn item(&self, row: u32, debtors: &Map<&str, u32>, sellers: &Map<&str, u32>) -> Item<'t> {
        let at = row as usize;
        let given = |column: usize| self.texts[column].get(at);
        let number = |column: usize| self.numbers[column].get(at);
        let amount = number(0).unwrap_or_default();
        Item {
            row,
            id: self.text(0, row),
            seller: sellers[self.text(2, row)],
            debtor: debtors[self.text(3, row)],
            seller_name: given(5),
            debtor_name: self.text(6, row),
            debtor_ibans: given(7),
            number: self.text(8, row),
            amount,
            initial: number(1).unwrap_or(amount),
            issue_date: number(2).map(|day| day as Day),
            due_date: number(3).map(|day| day as Day),
            creditor_reference: given(9),
            buyer_reference: given(10),
            whole_turnover: number(4) == Some(1),
            discount_bp: number(5),
            discount_until: number(6).map(|day| day as Day),
            retention_bp: number(7),
            replaces: given(11),
            expected_account_id: self.expected_account.get(at),
        }
    }
}

/// Numbers in the order of the ids.
fn numbered<'t>(ids: impl Iterator<Item = &'t str>) -> Map<&'t str, u32> {
    let mut sorted: Vec<&str> = ids.collect();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.into_iter().enumerate().map(|(n, id)| (id, n as u32)).collect()
}

/// The books over all of these items, and accounts of one tenant.
pub fn books_of<'t>(items: &'t Table, accounts: &Table, currency: &str) -> Result<Books<'t>, String> {
    let (ibans, debtors) = (accounts.texts("iban")?, accounts.texts("debtor_id")?);
    let known = (0..accounts.height()).filter_map(|row| {
        let iban = normal_iban(ibans.get(row))?.into_owned();
        Some((iban, debtors.get(row).unwrap_or_default()))
    });
    let known: Vec<Account> = known.collect();
    let all = Rows { items: (0..items.height() as u32).collect(), ..Rows::new(("", currency)) };
    Ok(ItemColumns::new(items)?.books(&all, &known, currency_of(currency), Crew::ALONE))
}

fn currency_of(code: &str) -> Currency {
    let prefix = format!("{code}\t");
    let exponent = words::list("money.EXPONENTS")
        .iter()
        .find_map(|line| line.strip_prefix(&prefix))
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| panic!("{code} is no currency"));
    Currency { code: code.to_owned(), unit: 10_i64.pow(exponent), exponent }
}

/// The policy from `key, value` records.
pub fn policy_of(text: &str) -> Policy {
    let given: HashMap<String, Vec<String>> = words::records(text).collect();
    let texts = |key: &str| given.get(key).unwrap_or_else(|| panic!("the policy has no {key}"));
    let whole =
        |key: &str| texts(key)[0].parse::<i64>().unwrap_or_else(|_| panic!("{key} is no whole number"));
    let says = |key: &str| texts(key)[0] == "True";
    let count = |key: &str| whole(key) as usize;
    let earned = texts("earned_tiers");
    let automatic = texts("automatic_tiers").iter().filter(|tier| !earned.contains(tier));
    Policy {
        allow_partial: says("allow_partial"),
        charges_tolerance: whole("charges_tolerance_minor"),
        rounding_tolerance: whole("rounding_tolerance_minor"),
        exchange_tolerance_bp: whole("exchange_tolerance_bp"),
        commission_allowed: says("commission_allowed"),
        legal_order: says("legal_order"),
        joint_decisions: says("joint_decisions"),
        indirect_collection: says("indirect_collection"),
        hold_days: whole("hold_days"),
        max_coincidence: texts("max_coincidence")[0].parse().expect("max_coincidence is a number"),
        automatic_tiers: automatic.fold(0, |bits, tier| bits | 1 << tier[1..].parse::<u16>().unwrap_or(0)),
        early_days: whole("early_days"),
        return_window_days: whole("return_window_days"),
        max_text: count("max_text"),
        max_references: count("max_references"),
        max_owed: count("max_owed"),
        max_group_items: count("max_group_items"),
        max_group_size: count("max_group_size"),
        max_group_steps: count("max_group_steps"),
        max_shared_key: count("max_shared_key"),
        version: texts("version")[0].clone(),
        code: texts("code")[0].clone(),
    }
}
