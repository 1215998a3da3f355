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

/// The columns of lines that were handed over together. Their rows count from `first` on: a wall that goes on
/// is handed lines again and again.
pub struct Columns<'t> {
    first: u32,
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
    /// Files have none.
    operation: Option<Texts<'t>>,
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
    pub fn new(table: &'t Table, first: u32) -> Result<Columns<'t>, String> {
        Ok(Columns {
            first,
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
            operation: table.texts("operation").ok(),
            booking_date: table.numbers("booking_date")?,
            value_date: table.numbers("value_date")?,
            booked_at: table.numbers("booked_at")?,
            amount: table.numbers("amount_minor")?,
            original_amount: table.numbers("original_amount_minor")?,
        })
    }

    pub fn rows(&self) -> std::ops::Range<u32> {
        self.first..self.first + self.height as u32
    }

    /// The tenant and the currency of a row.
    pub fn key(&self, row: u32) -> (&'t str, &'t str) {
        (text(&self.tenant_id, self.at(row)), text(&self.currency, self.at(row)))
    }

    fn at(&self, row: u32) -> usize {
        (row - self.first) as usize
    }

    pub fn line(&self, row: u32) -> Line<'_> {
        let at = self.at(row);
        Line {
            columns: self,
            row,
            booking_date: day(&self.booking_date, at),
            amount: self.amount.get(at).unwrap_or_default(),
            status: match self.status.get(at) {
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
    /// The row of the line among all that were ever handed over.
    pub row: u32,
    pub booking_date: Option<Day>,
    pub amount: i64,
    pub status: Status,
}

impl<'t> Line<'t> {
    fn at(&self) -> usize {
        self.columns.at(self.row)
    }

    pub fn id(&self) -> &'t str {
        text(&self.columns.id, self.at())
    }

    pub fn account_id(&self) -> &'t str {
        text(&self.columns.account_id, self.at())
    }

    pub fn value_date(&self) -> Option<Day> {
        day(&self.columns.value_date, self.at())
    }

    /// Microseconds since 1970, UTC.
    pub fn booked_at(&self) -> Option<i64> {
        self.columns.booked_at.get(self.at())
    }

    pub fn counterparty_name(&self) -> Option<&'t str> {
        self.columns.counterparty_name.get(self.at())
    }

    pub fn counterparty_iban(&self) -> Option<&'t str> {
        self.columns.counterparty_iban.get(self.at())
    }

    pub fn remittance(&self) -> Option<&'t str> {
        self.columns.remittance.get(self.at())
    }

    pub fn creditor_reference(&self) -> Option<&'t str> {
        self.columns.creditor_reference.get(self.at())
    }

    pub fn end_to_end_id(&self) -> Option<&'t str> {
        self.columns.end_to_end_id.get(self.at())
    }

    pub fn bank_reference(&self) -> Option<&'t str> {
        self.columns.bank_reference.get(self.at())
    }

    pub fn return_reason(&self) -> Option<&'t str> {
        self.columns.return_reason.get(self.at())
    }

    /// The canonical word for what the bank did.
    pub fn operation(&self) -> Option<&'t str> {
        self.columns.operation.as_ref()?.get(self.at())
    }

    pub fn original_amount(&self) -> Option<i64> {
        self.columns.original_amount.get(self.at())
    }

    pub fn original_currency(&self) -> Option<&'t str> {
        self.columns.original_currency.get(self.at())
    }
}

impl fmt::Debug for Line<'_> {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "Line({})", self.row)
    }
}

fn text<'t>(texts: &Texts<'t>, at: usize) -> &'t str {
    texts.get(at).unwrap_or_default()
}

fn day(days: &Numbers, at: usize) -> Option<Day> {
    days.get(at).map(|day| day as Day)
}
