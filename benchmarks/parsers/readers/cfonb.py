"""python-cfonb: `StatementReader`. It joins the statements of one account into one: one balance."""

from pathlib import Path

from cfonb import StatementReader

from benchmarks.parsers.readers.serving import Given, balance, serve


def read(path: Path) -> Given:
    """Read as Latin-1, in which no file fails to decode."""
    with path.open(encoding="latin-1") as file:
        statements = StatementReader().parse(file)
    balances = (
        balance(one.header.prev_amount, (line.amount for line in one.lines), one.footer.next_amount)
        for one in statements
        if one.footer
    )
    entries = sum(len(one.lines) for one in statements)
    return Given(entries, tuple(part for parts in balances for part in parts))


if __name__ == "__main__":
    serve(read, "python-cfonb")
