"""ofxparse: `OfxParser.parse` over the open file, told to go on after a flaw (`fail_fast=False`).

OFX states no opening balance: nothing to prove.
"""

from pathlib import Path

from ofxparse import OfxParser

from benchmarks.parsers.readers.serving import Given, serve


def read(path: Path) -> Given:
    """The transactions of all accounts."""
    with path.open("rb") as file:
        statements = [account.statement for account in OfxParser.parse(file, fail_fast=False).accounts]
    discarded = tuple(entry["error"] for one in statements for entry in one.discarded_entries)
    return Given(sum(len(one.transactions) for one in statements), kept_back=discarded)


if __name__ == "__main__":
    serve(read, "ofxparse")
