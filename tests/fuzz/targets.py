"""Every parser with its seeds and the words of its format."""

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

from tests.cli.files import INVOICES
from tests.core.reconciliation.reading.table import TABLE, Row, rows
from tests.fuzz import checks
from tests.fuzz.outcome import Outcome
from tests.mappings.einvoice import golden as einvoice_samples
from tests.mappings.einvoice.writer import Said, Sale, cdar, cii, pdf, ubl, zugferd1
from tests.mappings.ledger import fuzzing as ledgers
from tests.mappings.statements import golden as statement_samples
from tests.mappings.statements.writers import Move, Period, camt, cfonb

DAY: Final = date(2026, 1, 12)
PERIOD: Final = Period(1_000, DAY, DAY, (Move(120_050, DAY, label="VIR FA-12"), Move(-450, DAY)))
SALE: Final = Sale(
    notes=(("PMT", "40 EUR"), ("ABU", "retenue de garantie de 60,00 EUR liberee le 01/09/2027")),
    preceding=(("FA-1", None),),
    prepaid=100,
    terms="#SKONTO#TAGE=14#PROZENT=2.00#",
    discount=("10", "3.00"),
)


@dataclass(frozen=True)
class Target:
    """A parser. `packs` puts a damaged input of another parser (one of `inner`) into a container;
    `is_stored`: its inputs are files that can be imported."""

    name: str
    seeds: Callable[[], Sequence[bytes]]
    tokens: Sequence[bytes]
    check: Callable[[bytes], Outcome]
    is_stored: bool = True
    inner: Callable[[], Sequence[bytes]] = list
    packs: Callable[[bytes], bytes] | None = None


def _bank(prefix: str, *written: bytes) -> list[bytes]:
    return [*_bytes(statement_samples.samples(), prefix), *written]


def _bytes(paths: Iterable[Path], *prefixes: str) -> list[bytes]:
    return [path.read_bytes() for path in paths if path.name.lower().startswith(prefixes)]


def _camt() -> list[bytes]:
    return _bank("camt", *(camt(PERIOD, version=version, kind=kind) for version, kind in ((2, 53), (8, 54))))


def _ubl() -> list[bytes]:
    return [*_bytes(einvoice_samples.samples(), "ubl"), ubl(SALE)]


def _cii() -> list[bytes]:
    return [*_bytes(einvoice_samples.samples(), "cii"), cii(SALE), zugferd1(SALE)]


def _cdar() -> list[bytes]:
    written = cdar(SALE, Sale(number="FA-2"), said=Said("212", amounts=(("MEN", "12", 2000),)))
    return [*_bytes(einvoice_samples.samples(), "status"), written]


def _pdfs() -> list[bytes]:
    return [path.read_bytes() for path in einvoice_samples.samples() if path.suffix == ".pdf"]


def _in_pdf(content: bytes) -> bytes:
    return pdf(("factur-x.xml", content))


def _files() -> list[bytes]:
    """One short file of each kind."""
    mt940, ofx = _bank("mt940")[0], _bank("ofx")[0]
    return [cfonb(PERIOD), camt(PERIOD), mt940, ofx, ledgers.seeds()[-1], ubl(SALE), INVOICES.encode()]


def _in_zip(content: bytes, method: int = zipfile.ZIP_STORED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("bank/june.txt", content)
        archive.writestr("july.txt", cfonb(PERIOD))
    return packed.getvalue()


def _zips() -> list[bytes]:
    methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    return [_in_zip(content, method) for content in _files()[:2] for method in methods]


def _labels() -> list[bytes]:
    found = [row for row in rows(TABLE.read_text("utf-8")) if isinstance(row, Row)]
    return ["\0".join([row.label, *row.fields.values()]).encode() for row in found]


_CFONB: Final = (
    b"01", b"04", b"05", b"07", b"{", b"}", b"A", b"J", b"R", b"LIB", b"NPY", b"NBE", b"MMO", b"RCN",
    b"EUR2", b"JPY0", b"   2", b"31", b"34", b"39", b"\r\n", b" " * 120, b"\x1a", b"0" * 14,
)  # fmt: skip
_CAMT: Final = (
    b"<Stmt>", b"</Stmt>", b"<Ntry>", b"</Ntry>", b"<Sts>PDNG</Sts>", b"<Sts><Cd>BOOK</Cd></Sts>",
    b"<RvslInd>true", b'Ccy="JPY"', b'Ccy=""', b"<CdtDbtInd>DBIT</CdtDbtInd>", b"OPBD", b"CLBD", b"PRCD",
    b"ITBD", b"camt.054", b"camt.052", b"001.13", b"<Dt>2026-01-12</Dt>",
    b"<DtTm>2026-01-12T24:00:00Z</DtTm>", b"<TxDtls/>", b"<Btch/>", b"<!---->", b"<?x?>", b"xmlns=''",
)  # fmt: skip
_MT: Final = (
    b":20:", b":25:", b":28C:1/1", b":60F:C260112EUR0,", b":60M:", b":62F:D", b":62M:",
    b":61:2601120112RC1,00NTRF", b":86:", b"?00", b"?20", b"?32", b"/ORDP/", b":13D:", b":34F:EURD0,",
    b":90D:", b"-\r\n", b"-}", b"{1:F01}", b"{4:", b"//", b",", b"\r\n:", b"NONREF",
)  # fmt: skip
_OFX: Final = (
    b"<OFX>", b"</OFX>", b"<STMTTRN>", b"</STMTTRN>", b"<TRNAMT>", b"<FITID>",
    b"<DTPOSTED>20260112120000[-5:EST]", b"<CURDEF>JPY", b"<LEDGERBAL>", b"<CCSTMTRS>", b"<BANKTRANLIST>",
    b"ENCODING:USASCII", b"CHARSET:1252", b"OFXHEADER:100", b"&nbsp;", b"&amp", b"<CORRECTFITID>",
    b"<CURRENCY><CURRATE>0", b"<INVSTMTRS>", b"\r\n\r\n",
)  # fmt: skip
_UBL: Final = (
    b"<cbc:", b"</cbc:ID>", b'currencyID="JPY"', b'currencyID=""', b"<cbc:InvoiceTypeCode>381",
    b"<cac:TaxTotal/>", b"CreditNote", b"<cbc:ChargeIndicator>true", b'schemeID="0002"', b"&lt;",
    b"xmlns:cbc=''", b"2026-02-30", b"-",
)  # fmt: skip
_CII: Final = (
    b"<ram:", b"</ram:ID>", b'format="102"', b'format="610"', b"20260230", b'currencyID="USD"',
    b"<ram:TypeCode>381", b"<udt:Indicator>", b'schemeID="0002"', b"urn:ferd",
    b"<ram:SpecifiedTradePaymentTerms/>", b"-", b"MEN", b"212", b"<ram:Percent>",
    b"<ram:ProcessConditionCode>",
)  # fmt: skip
_PDF: Final = (
    b"obj", b"endobj", b"stream\n", b"endstream", b"xref", b"trailer", b"startxref", b"%%EOF", b"/AF",
    b"/EF", b"/Kids", b"/Names", b"/Length 999999999", b"/Filter", b"/FlateDecode", b"/LZWDecode",
    b"/ASCII85Decode", b"/RunLengthDecode", b"/Encrypt", b"/Prev 0", b"/ObjStm", b"/XRef", b"1 0 R",
    b"9 0 R", b"<<", b">>", b"[", b"(", b"/DecodeParms",
)  # fmt: skip
_ZIP: Final = (
    b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08", b"\xff" * 4,
    b"\xff" * 8, b"\0\0", b"\x08\0", b"\x0c\0", b"\x0e\0", b"\x63\0", b"../", b"[Content_Types].xml",
    b"__MACOSX/", b"\x01\0",
)  # fmt: skip
_LABEL: Final = (
    b"VIR SEPA RECU", b"/DE ", b"/MOTIF ", b"/REF ", b"NOTPROVIDED", b"FA-801", b"2024-0001", b" A ",
    b" AU ", b"SAUF ", b"RF18539007547034", b"FR7630003012340123456789057", b"12/03/2024", b"1 234,56 EUR",
    b"+", b"\0", b"\n", b"CB*1234", "İ".encode(), "ﬁ".encode(), "ß".encode(), "œ".encode(), b"0" * 40, b"-",
    b"/",
)  # fmt: skip
_SHEET: Final = (
    b",",
    b'"',
    b'""',
    b"\n",
    b"\r",
    b";",
    b"{",
    b"}",
    b"[",
    b":",
    b"null",
    b"true",
    b"\\ud800",
    b"EUR",
)


def _rows_as_json() -> list[bytes]:
    head, *lines = INVOICES.splitlines()
    pairs = [zip(head.split(","), line.split(","), strict=True) for line in lines]
    return [b"".join(b"{" + b",".join(f'"{k}":"{v}"'.encode() for k, v in row) + b"}\n" for row in pairs)]


TARGETS: Final = (
    Target("cfonb120", lambda: _bank("cfonb120", cfonb(PERIOD)), _CFONB, checks.statements),
    Target("cfonb240", partial(_bank, "cfonb240"), _CFONB, checks.statements),
    Target("camt", _camt, _CAMT, checks.statements),
    Target("mt940", partial(_bank, "mt94"), _MT, checks.statements),
    Target("ofx", partial(_bank, "ofx"), _OFX, checks.statements),
    Target("fec", ledgers.seeds, ledgers.TOKENS, checks.ledger),
    Target("ubl", _ubl, _UBL, checks.einvoice),
    Target("cii", _cii, _CII, checks.einvoice),
    Target("cdar", _cdar, _CII, checks.einvoice),
    Target("pdf", _pdfs, _PDF, checks.einvoice, inner=_cii, packs=_in_pdf),
    Target("zip", _zips, _ZIP, checks.archive, is_stored=False, inner=_files, packs=_in_zip),
    Target("label", _labels, _LABEL, checks.label, is_stored=False),
    Target("csv", lambda: [INVOICES.encode()], _SHEET, checks.sheet(".csv"), is_stored=False),
    Target("jsonl", _rows_as_json, _SHEET, checks.sheet(".jsonl"), is_stored=False),
)
