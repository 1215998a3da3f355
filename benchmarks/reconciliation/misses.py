"""Shows what a run got wrong and what it left, with the lines themselves, for whoever improves the rules."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.reconciliation.files import Files
from benchmarks.reconciliation.score import Outputs, by_tier, judge, outputs, score

EXAMPLES = 3
MOST_WRONG = 60
MOST_CAUSES = 40
_KIND = ("kind", "cited", "payer")
_DECIDED = ("outcome", "tier", "reason")


class Telling:
    """A world's lines and items, to be told in words."""

    def __init__(self, world: Files, out: Outputs) -> None:
        self.items = {r["item_id"]: r for r in pl.read_parquet(world.items).to_dicts()}
        self.judged = judge(world, out)
        texts = pl.read_parquet(world.transactions).drop("tenant_id", "currency")
        self.lines = self.judged.lines.join(texts, on="transaction_id").sort("transaction_id")
        proposed = pl.read_parquet(out.candidates).filter(pl.col("rank") == 1)
        self.first = dict(proposed.select("transaction_id", "item_ids").iter_rows())

    def item(self, id: str) -> str:
        """One item on one line."""
        d = self.items[id]
        closed = "closed" if d["whole_turnover"] else "open"
        owed = f"{d['number']} {d['open_minor'] / 100:.2f} {d['currency']}"
        return f"{owed} ({d['debtor_name']}; {closed}, due {d['due_date']}, {d['item_id']})"

    def _named(self, ids: str) -> str:
        found = [self.item(i.split("=")[0]) for i in ids.split("|") if i]
        return " + ".join(found[:6]) + (" …" if len(found) > 6 else "") or "nothing"

    def line(self, row: dict[str, Any]) -> Iterator[str]:
        """The line, what was decided and what is true."""
        fields = ("counterparty_name", "counterparty_iban", "creditor_reference", "end_to_end_id")
        more = "; ".join(f"{f}={row[f]}" for f in fields if row[f])
        money = f"{row['line_minor'] / 100:.2f} {row['currency']}"
        where = f"`{row['transaction_id']}` {row['tenant_id']} {row['booking_date']}"
        yield f"- {where} {money} `{row['remittance']}` {more}"
        kind, decided = (" ".join(row[n] or "-" for n in names) for names in (_KIND, _DECIDED))
        yield f"  - {kind}: decided {decided}: {self._named(row['given'])}"
        yield f"  - true: {self._named(row['item_ids'])}"
        if not row["auto"]:
            yield f"  - first proposed: {self._named(self.first.get(row['transaction_id']) or '')}"

    def wrong(self) -> Iterator[str]:
        """Every wrong automatic decision."""
        found = self.lines.filter(pl.col("auto") & ~pl.col("right"))
        yield f"\n### Wrong automatic decisions: {found.height}\n"
        for row in found.sort("tier", "kind").head(MOST_WRONG).iter_rows(named=True):
            yield from self.line(row)

    def left(self) -> Iterator[str]:
        """What a person could have decided and the run did not, by cause; then reviews of nothing."""
        left = self.lines.filter(pl.col("pays") & ~pl.col("auto") & (pl.col("expected") == "auto"))
        yield f"\n### Decidable, but left: {left.height}\n"
        yield from self._counts(left, "reason")
        yield from self._groups(left, ["kind", "cited", "reason"])
        lost = self.lines.filter(
            pl.col("pays") & ~pl.col("auto") & ~pl.col("any_shown") & (pl.col("expected") != "auto")
        )
        yield f"\n### Not decidable, and the true item is not among the proposed: {lost.height}\n"
        yield from self._groups(lost, ["kind", "cited", "reason"])
        empty = self.lines.filter(~pl.col("pays") & (pl.col("outcome") == "review"))
        yield f"\n### Reviews of lines that pay nothing of ours: {empty.height}\n"
        yield from self._counts(empty, "reason")
        yield from self._groups(empty, ["kind", "reason"])

    def _counts(self, frame: pl.DataFrame, by: str) -> Iterator[str]:
        counts = frame.group_by(by).len().sort("len", by, descending=[True, False])
        yield "; ".join(f"{name}: {count}" for name, count in counts.iter_rows())

    def _groups(self, frame: pl.DataFrame, by: list[str]) -> Iterator[str]:
        counts = frame.group_by(by).len().sort(["len", *by], descending=[True, *([False] * len(by))])
        for group in counts.head(MOST_CAUSES).iter_rows(named=True):
            yield f"\n**{' / '.join(str(group[b]) for b in by)}: {group['len']}**"
            mine = frame.filter(pl.all_horizontal(pl.col(b).eq_missing(group[b]) for b in by))
            for row in mine.head(EXAMPLES).iter_rows(named=True):
                yield from self.line(row)

    def told(self) -> Iterator[str]:
        """Rates, tiers, wrong, left."""
        for name, rate in score(self.judged).rates.items():
            yield f"- {name}: {'-' if rate is None else f'{rate:.5f}'}"
        for tier in by_tier(self.judged):
            yield f"- {tier}"
        yield from self.wrong()
        yield from self.left()


def main() -> None:
    """Tells of one run: `python -m benchmarks.reconciliation.misses WORLD_FOLDER OUT_FOLDER`."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("world", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    world = Files(*(given.world / f"{name}.parquet" for name in Files._fields))
    print("\n".join(Telling(world, outputs(given.out)).told()))


if __name__ == "__main__":
    main()
