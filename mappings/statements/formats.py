"""Tells what kind of file it is from its first bytes, never from its name."""

import re

from core.errors import BadInput
from mappings.statements.result import Format

HEAD = 65_536
"""Bytes that are looked at: comments and long headers may stand before what tells the format."""
_CFONB120 = re.compile(rb"0[13457][0-9A-Z]{5}.{4}[0-9A-Z ]{5}(?:[A-Z]{3}| {3})[0-9 ]")
_CFONB160 = re.compile(rb"03(?:02|08|22|27|28|29|60|76|80|81|85) ")
_CFONB240 = re.compile(rb"31\d{6}\d\d")
_MT940_BODY = re.compile(rb"\n:20:[^\n]*\n:25:")
_BALANCE = re.compile(rb"\n:6[02][FM]?:")
_INTERIM = re.compile(rb"\n:(?:34F|13[CD]?|90[CD]):")
_CAMT = re.compile(rb"camt\.05([234])\.001\.\d\d")
_CAMT_ROOT = re.compile(rb"<(?:[\w.-]+:)?BkToCstmr(Stmt|AcctRpt|DbtCdtNtfctn)")
_PAIN = re.compile(rb"pain\.00([128])\.001\.\d\d|<(?:[\w.-]+:)?Cstmr(CdtTrfInitn|DrctDbtInitn|PmtStsRpt)\b")
_PAIN_KINDS = {
    b"1": Format.PAIN001, b"2": Format.PAIN002, b"8": Format.PAIN008,
    b"CdtTrfInitn": Format.PAIN001, b"PmtStsRpt": Format.PAIN002, b"DrctDbtInitn": Format.PAIN008,
}  # fmt: skip
_CAMT_KINDS = {
    b"2": Format.CAMT052, b"3": Format.CAMT053, b"4": Format.CAMT054,
    b"AcctRpt": Format.CAMT052, b"Stmt": Format.CAMT053, b"DbtCdtNtfctn": Format.CAMT054,
}  # fmt: skip
_STARTS = (
    (re.compile(rb"%PDF-"), Format.PDF),
    (re.compile(rb"PK\x03\x04|PK\x05\x06"), Format.ZIP),
    (re.compile(rb"(?i)<!doctype\s+html|<html"), Format.HTML),
    (re.compile(rb"(?i)OFXHEADER|<\?OFX|<OFX>"), Format.OFX),
    (re.compile(rb"(?i)\"?JournalCode\"?[\t|;,]"), Format.FEC),
    (re.compile(rb"\{1:F\d\d|:20:|:25:"), Format.MT940),
    (_CFONB240, Format.CFONB240),
    (_CFONB160, Format.CFONB160),
    (_CFONB120, Format.CFONB120),
)
_INSTEAD = "import the statement that books it (CFONB 120 or camt.053) instead"
_WHAT_TO_DO = {
    Format.CFONB160: "a CFONB 160 remittance of transfers, direct debits or bills (LCR): an order to the"
    f" bank, not a statement; {_INSTEAD}",
    Format.PAIN001: f"a transfer order (pain.001), not a statement; {_INSTEAD}",
    Format.PAIN008: f"a direct debit order (pain.008), not a statement; {_INSTEAD}",
    Format.PAIN002: f"a status report on orders (pain.002), not a statement; {_INSTEAD}",
    Format.FEC: "a ledger (FEC), not a bank statement",
    Format.PDF: "a PDF: export CFONB 120 or camt.053 from the bank, a PDF cannot be proven",
    Format.ZIP: "a ZIP archive: unpack it and import the files in it",
    Format.HTML: "a web page, perhaps a login or error page saved in place of the file: download it again",
}


def recognise(head: bytes) -> Format:
    """The format of a file that begins with `head` (64 kB suffice); UNKNOWN is an answer."""
    start = _decoded(head[:HEAD]).lstrip(b" \t\r\n\x00\x01\x02\x03\x1a\x0b\x0c")
    body = _after_prolog(start)
    for pattern, found in _STARTS:
        if pattern.match(body):
            return _swift(start) if found is Format.MT940 else found
    if start.startswith(b"<"):
        return _camt(start)
    return _swift(start) if _MT940_BODY.search(start) else Format.UNKNOWN


def _decoded(head: bytes) -> bytes:
    """UTF-16 and a byte-order mark out of the way, so that patterns of ASCII bytes hold."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) // 2 * 2].decode("utf-16", "replace").encode("ascii", "replace")
    if head.startswith((b"<\x00", b"\x00<")):
        return head.replace(b"\x00", b"")
    return head.removeprefix(b"\xef\xbb\xbf")


def _after_prolog(start: bytes) -> bytes:
    """What follows the XML declaration and comments, found step by step: a pattern for this takes
    exponential time on a file with many comments."""
    while True:
        start = start.lstrip()
        for opening, closing in ((b"<?xml", b"?>"), (b"<!--", b"-->")):
            if start.startswith(opening) and closing in start:
                start = start.partition(closing)[2]
                break
        else:
            return start


def _camt(start: bytes) -> Format:
    by_root = _CAMT_ROOT.search(start)
    by_namespace = _CAMT.search(start)
    found = by_root or by_namespace
    if found:
        return _CAMT_KINDS[found.group(1)]
    order = _PAIN.search(start)
    return _PAIN_KINDS[order[1] or order[2]] if order else Format.UNKNOWN


def _swift(start: bytes) -> Format:
    """MT942 has no balances but a floor limit, a time or sums."""
    return Format.MT942 if _INTERIM.search(start) and not _BALANCE.search(start) else Format.MT940


def refusal(name: str, found: Format) -> BadInput:
    """Why a file is not read and what to do, in one sentence."""
    what = _WHAT_TO_DO.get(
        found,
        "in no format of bank files that is known: export CFONB 120, camt.053, MT940 or OFX from the bank",
    )
    return BadInput(f"{name} is {what}")
