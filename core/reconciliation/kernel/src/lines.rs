//! Bank lines, as columns of the interchange files have them (see `core/reconciliation/line.py`).

use std::fmt;

use crate::arrow::{Numbers, Table, Texts};
use crate::model::Day;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Booked,
    Pending,
    Removed,
}

/// The columns of all lines that were handed over.
pub struct Columns<'t> {
    height: usize,
    id: Texts<'t>,
    tenant_id: Texts<'t>,
    account_id: Texts<'t>,
    currency: Texts<'t>,
    status: Texts<'t>,
    counterparty_name: Texts<'t>,
    counterparty_iban: Texts<'t>,
    remittance: Texts<'t>,
    creditor_reference: Texts<'t>,
    end_to_end_id: Texts<'t>,
    bank_reference: Texts<'t>,
    original_currency: Texts<'t>,
    return_reason: Texts<'t>,
    booking_date: Numbers<'t>,
    value_date: Numbers<'t>,
    booked_at: Numbers<'t>,
    amount: Numbers<'t>,
    original_amount: Numbers<'t>,
}

/// Columns that hold texts.
pub const TEXTS: [&str; 13] = [
    "transaction_id",
    "tenant_id",
    "account_id",
    "currency",
    "status",
    "counterparty_name",
    "counterparty_iban",
    "remittance",
    "creditor_reference",
    "end_to_end_id",
    "bank_reference",
    "original_currency",
    "return_reason",
];

impl<'t> Columns<'t> {
    pub fn new(table: &'t Table) -> Result<Columns<'t>, String> {
        Ok(Columns {
            height: table.height(),
            id: table.texts("transaction_id")?,
            tenant_id: table.texts("tenant_id")?,
            account_id: table.texts("account_id")?,
            currency: table.texts("currency")?,
            status: table.texts("status")?,
            counterparty_name: table.texts("counterparty_name")?,
            counterparty_iban: table.texts("counterparty_iban")?,
            remittance: table.texts("remittance")?,
            creditor_reference: table.texts("creditor_reference")?,
            end_to_end_id: table.texts("end_to_end_id")?,
            bank_reference: table.texts("bank_reference")?,
            original_currency: table.texts("original_currency")?,
            return_reason: table.texts("return_reason")?,
            booking_date: table.numbers("booking_date")?,
            value_date: table.numbers("value_date")?,
            booked_at: table.numbers("booked_at")?,
            amount: table.numbers("amount_minor")?,
            original_amount: table.numbers("original_amount_minor")?,
        })
    }

    pub fn rows(&self) -> std::ops::Range<u32> {
        0..self.height as u32
    }

    /// The tenant and the currency of a row.
    pub fn key(&self, row: u32) -> (&'t str, &'t str) {
        (text(&self.tenant_id, row), text(&self.currency, row))
    }

    pub fn line(&self, row: u32) -> Line<'_> {
        Line {
            columns: self,
            row,
            booking_date: day(&self.booking_date, row),
            amount: self.amount.get(row as usize).unwrap_or_default(),
            status: match self.status.get(row as usize) {
                Some("pending") => Status::Pending,
                Some("removed") => Status::Removed,
                _ => Status::Booked,
            },
        }
    }
}

/// A bank line: what every step asks for, and where the rest stands. Texts that were empty cells are `None`.
#[derive(Clone)]
pub struct Line<'t> {
    columns: &'t Columns<'t>,
    /// The row of the line among all that were handed over.
    pub row: u32,
    pub booking_date: Option<Day>,
    pub amount: i64,
    pub status: Status,
}

impl<'t> Line<'t> {
    pub fn id(&self) -> &'t str {
        text(&self.columns.id, self.row)
    }

    pub fn account_id(&self) -> &'t str {
        text(&self.columns.account_id, self.row)
    }

    pub fn value_date(&self) -> Option<Day> {
        day(&self.columns.value_date, self.row)
    }

    /// Microseconds since 1970, UTC.
    pub fn booked_at(&self) -> Option<i64> {
        self.columns.booked_at.get(self.row as usize)
    }

    pub fn counterparty_name(&self) -> Option<&'t str> {
        self.columns.counterparty_name.get(self.row as usize)
    }

    pub fn counterparty_iban(&self) -> Option<&'t str> {
        self.columns.counterparty_iban.get(self.row as usize)
    }

    pub fn remittance(&self) -> Option<&'t str> {
        self.columns.remittance.get(self.row as usize)
    }

    pub fn creditor_reference(&self) -> Option<&'t str> {
        self.columns.creditor_reference.get(self.row as usize)
    }

    pub fn end_to_end_id(&self) -> Option<&'t str> {
        self.columns.end_to_end_id.get(self.row as usize)
    }

    pub fn bank_reference(&self) -> Option<&'t str> {
        self.columns.bank_reference.get(self.row as usize)
    }

    pub fn return_reason(&self) -> Option<&'t str> {
        self.columns.return_reason.get(self.row as usize)
    }

    pub fn original_amount(&self) -> Option<i64> {
        self.columns.original_amount.get(self.row as usize)
    }

    pub fn original_currency(&self) -> Option<&'t str> {
        self.columns.original_currency.get(self.row as usize)
    }
}

impl fmt::Debug for Line<'_> {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "Line({})", self.row)
    }
}

fn text<'t>(texts: &Texts<'t>, row: u32) -> &'t str {
    texts.get(row as usize).unwrap_or_default()
}

fn day(days: &Numbers, row: u32) -> Option<Day> {
    days.get(row as usize).map(|day| day as Day)
}
