"""Writes a camt.052, .053 or .054 of any version that its XML schema accepts, with all that we read."""

import re
from datetime import date

ROOTS = {
    52: ("BkToCstmrAcctRpt", "Rpt"),
    53: ("BkToCstmrStmt", "Stmt"),
    54: ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}
VERSIONS = range(2, 15)
DAY = date(2026, 4, 7)
IBAN, OTHER_IBAN = "FR1420041010050500013M02606", "FR7630003012340123456789057"
UETR = "eb6305c9-1f7f-49de-aed0-16487c27b42d"


def document(kind: int, version: int) -> str:
    """A statement that opens at 1 000.00 and closes at 2 550.00 euros: a transfer in a foreign
    currency with structured references, a return, a batch of three, and a pending debit."""
    root, holder = ROOTS[kind]
    body = "".join(
        (
            "<Id>S-2026-097</Id><ElctrncSeqNb>97</ElctrncSeqNb><CreDtTm>2026-04-07T20:00:00</CreDtTm>",
            "<CpyDplctInd>CODU</CpyDplctInd>",
            _account(version),
            "" if kind == 54 else _balance("OPBD", "1000.00") + _balance("CLBD", "2550.00"),
            "<TxsSummry><TtlNtries><NbOfNtries>4</NbOfNtries></TtlNtries></TxsSummry>",
            _transfer(version),
            _return(version),
            _batch(version),
            _pending(version),
        )
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.0{kind}.001.{version:02d}"><{root}>\n'
        "<GrpHdr><MsgId>M-1</MsgId><CreDtTm>2026-04-07T20:00:00</CreDtTm></GrpHdr>\n"
        f"<{holder}>{body}</{holder}>\n</{root}></Document>\n"
    )


_OLD_NAMES = (
    (r"camt\.053\.001\.02", "camt.053.001.01"), (r"(</?BkToCstmrStmt)>", r"\1V01>"),
    (r"</?NtryDtls>|<NtryRef>.*?</NtryRef>|</?CdOrPrtry>", ""),
    (r"<Ntry>(?:(?!</Ntry>).)*PDNG.*?</Ntry>", ""), (r"<NbOfNtries>4", "<NbOfNtries>3"),
    (r"(?<=<RfrdDocInf>)<Nb>(.*?)</Nb>", r"<RfrdDocNb>\1</RfrdDocNb>"),
    (r"Ref>(?=RF|</CdtrRefInf>)", "CdtrRef>"),
    (r"(?<=\d)</Ref>", "</CdtrRef>"), (r"(</?)Orgtr>", r"\1RtrOrgtr>"), (r"(</?)Rsn>", r"\1RtrRsn>"),
    (r"(</?)AddtlInf>", r"\1AddtlRtrRsnInf>"),
)  # fmt: skip


def first_version() -> str:
    """The statement as camt.053.001.01, which has other names and books everything it holds."""
    text = document(53, 2)
    for old, new in _OLD_NAMES:
        text = re.sub(old, new, text, flags=re.DOTALL)
    return text


def _account(version: int) -> str:
    bic = "BICFI" if version > 2 else "BIC"
    return (
        f"<Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy><Ownr><Nm>ATELIER DUPONT SARL</Nm></Ownr>"
        f"<Svcr><FinInstnId><{bic}>PSSTFRPPXXX</{bic}></FinInstnId></Svcr></Acct>\n"
    )


def _balance(code: str, amount: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_money(amount, 'CRDT')}"
        f"<Dt><Dt>{DAY}</Dt></Dt></Bal>\n"
    )


def _money(amount: str, side: str, currency: str = "EUR") -> str:
    return f'<Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>'


def _entry(
    version: int, reference: str, amount: str, side: str, *, family: str, details: str, status: str = "BOOK",
    reversal: bool = False, batch: str = "", text: str = "",
) -> str:  # fmt: skip
    stated = f"<Sts><Cd>{status}</Cd></Sts>" if version > 6 else f"<Sts>{status}</Sts>"
    domain, name, sub = family.split("-")
    code = f"<Domn><Cd>{domain}</Cd><Fmly><Cd>{name}</Cd><SubFmlyCd>{sub}</SubFmlyCd></Fmly></Domn>"
    booked = f"<BookgDt><Dt>{DAY}</Dt></BookgDt>" if status == "BOOK" else ""
    return (
        f"<Ntry><NtryRef>{reference}</NtryRef>{_money(amount, side)}"
        f"{'<RvslInd>true</RvslInd>' if reversal else ''}{stated}{booked}"
        f"<ValDt><Dt>{DAY}</Dt></ValDt><AcctSvcrRef>BANK-{reference}</AcctSvcrRef><BkTxCd>{code}</BkTxCd>"
        f"<NtryDtls>{batch}{details}</NtryDtls>"
        f"{f'<AddtlNtryInf>{text}</AddtlNtryInf>' if text else ''}</Ntry>\n"
    )


def _party(tag: str, name: str, version: int) -> str:
    return f"<{tag}><Pty><Nm>{name}</Nm></Pty></{tag}>" if version > 6 else f"<{tag}><Nm>{name}</Nm></{tag}>"


def _share(amount: str, side: str, version: int) -> str:
    """The amount of a detail: below AmtDtls in .02, an element of its own since."""
    if version == 2:
        return f'<AmtDtls><TxAmt><Amt Ccy="EUR">{amount}</Amt></TxAmt></AmtDtls>'
    return _money(amount, side)


def _transfer(version: int) -> str:
    own = "" if version == 2 else _money("1250.00", "CRDT")
    uetr = f"<UETR>{UETR}</UETR>" if version > 7 else ""
    details = (
        f"<TxDtls><Refs><InstrId>I-1</InstrId><EndToEndId>E2E-1</EndToEndId>{uetr}</Refs>{own}"
        '<AmtDtls><InstdAmt><Amt Ccy="USD">1350.00</Amt></InstdAmt></AmtDtls>'
        f"<RltdPties>{_party('Dbtr', 'KERVADEC SAS', version)}"
        f"<DbtrAcct><Id><IBAN>{OTHER_IBAN}</IBAN></Id></DbtrAcct>"
        f"{_party('UltmtDbtr', 'KERVADEC EXPORT', version)}</RltdPties>"
        "<Purp><Cd>GDDS</Cd></Purp>"
        "<RmtInf><Ustrd>SOLDE AVRIL</Ustrd><Strd><RfrdDocInf><Nb>FA-2026-0012</Nb></RfrdDocInf>"
        "<CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf>"
        "<AddtlRmtInf>MERCI</AddtlRmtInf></Strd></RmtInf></TxDtls>"
    )
    return _entry(version, "1", "1250.00", "CRDT", family="PMNT-RCDT-ESCT", details=details)


def _return(version: int) -> str:
    details = (
        f"<TxDtls><Refs><EndToEndId>E2E-2</EndToEndId></Refs>{_share('300.00', 'DBIT', version)}"
        f"<RltdPties>{_party('Dbtr', 'LEROY SARL', version)}"
        f"{_party('Cdtr', 'ATELIER DUPONT SARL', version)}</RltdPties>"
        "<RtrInf><OrgnlBkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>IDDT</Cd><SubFmlyCd>ESDD</SubFmlyCd></Fmly></Domn>"
        "</OrgnlBkTxCd><Orgtr><Nm>BANQUE LEROY</Nm></Orgtr><Rsn><Cd>AC04</Cd></Rsn>"
        "<AddtlInf>COMPTE CLOS</AddtlInf></RtrInf></TxDtls>"
    )
    return _entry(version, "2", "300.00", "DBIT", family="PMNT-IDDT-UPDD", details=details, reversal=True)


def _batch(version: int) -> str:
    details = "".join(
        f"<TxDtls><Refs><EndToEndId>E2E-3{letter}</EndToEndId></Refs>{_share(amount, 'CRDT', version)}"
        f"<RmtInf><Ustrd>FACTURE F26-{letter}</Ustrd></RmtInf></TxDtls>"
        for letter, amount in (("A", "100.00"), ("B", "200.00"), ("C", "300.00"))
    )
    batch = "<Btch><MsgId>REMISE-9</MsgId><PmtInfId>PMT-9</PmtInfId><NbOfTxs>3</NbOfTxs></Btch>"
    return _entry(version, "3", "600.00", "CRDT", family="PMNT-IDDT-ESDD", batch=batch, details=details)


def _pending(version: int) -> str:
    details = (
        f"<TxDtls>{_share('20.00', 'DBIT', version)}<RmtInf><Ustrd>CB EN COURS</Ustrd></RmtInf></TxDtls>"
    )
    return _entry(version, "4", "20.00", "DBIT", family="PMNT-CCRD-POSD", details=details, status="PDNG")
