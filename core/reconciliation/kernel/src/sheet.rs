//! Tables that Python hands over as text, where it has no columns at hand: records of a column's name and its
//! cells.

use crate::arrow::{Batches, Column, Table};
use crate::words::{RECORD, UNIT};

/// Names of the columns, texts first; so many are texts, the others whole numbers.
pub struct Layout {
    pub names: &'static [&'static str],
    pub texts: usize,
}

/// Lines of one wall. Days are `date.toordinal()`, instants microseconds.
pub const LINES: Layout = Layout {
    names: &[
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
        "operation",
        "booking_date",
        "value_date",
        "booked_at",
        "amount_minor",
        "original_amount_minor",
    ],
    texts: 14,
};

/// Items of one wall.
pub const ITEMS: Layout = Layout {
    names: &[
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
        "expected_account_id",
        "amount_minor",
        "open_minor",
        "issue_date",
        "due_date",
        "whole_turnover",
        "discount_bp",
        "discount_until",
        "retention_bp",
    ],
    texts: 13,
};

/// Payer accounts of one tenant.
pub const ACCOUNTS: Layout = Layout { names: &["iban", "debtor_id"], texts: 2 };

/// The table of a text; an error when its columns are not these, or not of one height.
pub fn table(text: &str, layout: &Layout) -> Result<Table, String> {
    let mut columns: Vec<Column> = Vec::new();
    for (n, column) in text.split(RECORD).enumerate() {
        let mut cells = column.split(UNIT);
        let name = cells.next().unwrap_or_default();
        if layout.names.get(n) != Some(&name) {
            return Err(format!("the column {name} is not expected there"));
        }
        columns.push(if n < layout.texts { texts(cells) } else { numbers(cells, name)? });
    }
    let kinds: Vec<Column> = (0..layout.names.len())
        .map(|n| if n < layout.texts { Column::texts() } else { Column::with_gaps(&[]) })
        .collect();
    let height = columns.first().map_or(0, Column::height);
    if columns.len() != kinds.len() || columns.iter().any(|column| column.height() != height) {
        return Err("the columns of a table are not of one height".to_owned());
    }
    Table::of(Batches { names: layout.names, kinds, batches: vec![columns] })
}

fn texts<'t>(cells: impl Iterator<Item = &'t str>) -> Column {
    let mut column = Column::texts();
    cells.for_each(|cell| column.push_text(cell));
    column
}

fn numbers<'t>(cells: impl Iterator<Item = &'t str>, name: &str) -> Result<Column, String> {
    let number = |cell: &str| (!cell.is_empty()).then(|| cell.parse::<i64>()).transpose();
    let cells: Result<Vec<Option<i64>>, _> = cells.map(number).collect();
    cells.map(|cells| Column::with_gaps(&cells)).map_err(|_| format!("{name} has what is no whole number"))
}
