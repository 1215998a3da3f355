"""Where camt.052, .053 and .054 say what: the elements read of a statement, an entry and its details.

One table serves the versions .001.01 to .001.14: alternatives stand side by side, and
the first that has text counts. What no table names is not read.
"""

from collections.abc import Mapping
from typing import Any, Literal

from lxml import etree

Found = dict[str, Any]
"""What was found under each name: a text, a list of texts, an amount with its currency, or groups."""
Kind = Literal["one", "many", "money", "group"]
_MAX_DEPTH = 64
_MAX_TAGS = 512
"""Distinct element names remembered below one element; a real file has fewer than forty."""


class Step(dict[str, "Step"]):
    """A place in a layout: the steps below it by qualified element name, found as they are met."""

    __slots__ = ("below", "kind", "name")

    def __init__(self) -> None:
        super().__init__()
        self.name: str | None = None
        self.kind: Kind = "one"
        self.below: dict[str, Step] = {}

    def __missing__(self, tag: object) -> "Step":
        local = tag.rpartition("}")[2] if isinstance(tag, str) else ""
        found = self.below.get(local, IGNORED)
        if isinstance(tag, str) and len(self) < _MAX_TAGS:
            self[tag] = found
        return found


IGNORED = Step()


def layout(
    *,
    one: Mapping[str, str] = {},
    many: Mapping[str, str] = {},
    money: Mapping[str, str] = {},
    group: Mapping[str, tuple[str, Step]] = {},
) -> Step:
    """A layout from names to paths, alternatives separated by blanks. `one` keeps the first text,
    `many` all, `money` the first with its Ccy; a `group` is read by its own layout, once per element."""
    root = Step()
    kinds: tuple[tuple[Kind, Mapping[str, str]], ...] = (("one", one), ("many", many), ("money", money))
    for kind, names in kinds:
        for name, paths in names.items():
            for path in paths.split():
                step = _descend(root, path)
                step.name, step.kind = name, kind
    for name, (paths, inner) in group.items():
        for path in paths.split():
            step = _descend(root, path)
            step.name, step.kind, step.below = name, "group", inner.below
    return root


def _descend(step: Step, path: str) -> Step:
    for name in path.split("/"):
        step = step.below.setdefault(name, Step())
    return step


class TooDeepError(ValueError):
    """The document is nested deeper than any camt is."""


def read(element: etree._Element, step: Step) -> Found:
    """What a layout finds in an element; raises TooDeepError."""
    found: Found = {}
    _fill(element, step, found, 0)
    return found


def _fill(element: etree._Element, step: Step, found: Found, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise TooDeepError
    for child in element:
        at = step[child.tag]
        name = at.name
        if at.kind == "group":
            inner: Found = {}
            found.setdefault(name, []).append(inner)  # type: ignore[arg-type]  # a group has a name
            _fill(child, at, inner, depth + 1)
        elif not name or (at.below and len(child)):
            _fill(child, at, found, depth + 1)
        elif (text := child.text) and (text := text.strip()):
            if at.kind == "many":
                found.setdefault(name, []).append(text)
            elif name not in found:
                found[name] = (text, child.get("Ccy")) if at.kind == "money" else text


def _party(side: str) -> str:
    """A party's name: directly, in `Pty` (from .07), or a bank's."""
    at = f"RltdPties/{side}"
    return f"{at}/Nm {at}/Pty/Nm {at}/Agt/FinInstnId/Nm"


def _account(side: str) -> str:
    at = f"RltdPties/{side}Acct/Id"
    return f"{at}/IBAN {at}/Othr/Id"


def _bic(side: str) -> str:
    at = f"RltdAgts/{side}Agt/FinInstnId"
    return f"{at}/BICFI {at}/BIC"


_CREDITOR_ID = layout(one={"id": "Id", "scheme": "SchmeNm/Prtry"})
_STRUCTURED = layout(
    many={
        "documents": "RfrdDocInf/Nb RfrdDocInf/RfrdDocNb",
        "references": "CdtrRefInf/Ref CdtrRefInf/CdtrRef",
        "texts": "AddtlRmtInf",
    },
)
_CHARGE = layout(one={"side": "CdtDbtInd"}, money={"amount": "Amt"})
_CHARGES = layout(
    one={"side": "CdtDbtInd"},
    money={"amount": "Amt TtlChrgsAndTaxAmt"},
    group={"records": ("Rcrd", _CHARGE)},
)
_DETAIL = layout(
    one={
        "side": "CdtDbtInd",
        "message_id": "Refs/MsgId",
        "bank_reference": "Refs/AcctSvcrRef",
        "payment_information_id": "Refs/PmtInfId",
        "instruction_id": "Refs/InstrId",
        "end_to_end_id": "Refs/EndToEndId",
        "transaction_id": "Refs/TxId",
        "mandate_id": "Refs/MndtId",
        "cheque_number": "Refs/ChqNb",
        "uetr": "Refs/UETR",
        "purpose": "Purp/Cd Purp/Prtry",
        "debtor": _party("Dbtr"),
        "debtor_account": _account("Dbtr"),
        "debtor_bic": _bic("Dbtr"),
        "creditor": _party("Cdtr"),
        "creditor_account": _account("Cdtr"),
        "creditor_bic": _bic("Cdtr"),
        "ultimate_debtor": _party("UltmtDbtr"),
        "ultimate_creditor": _party("UltmtCdtr"),
        "domain": "BkTxCd/Domn/Cd",
        "family": "BkTxCd/Domn/Fmly/Cd",
        "subfamily": "BkTxCd/Domn/Fmly/SubFmlyCd",
        "reason": "RtrInf/Rsn/Cd RtrInf/Rsn/Prtry RtrInf/RtrRsn/Cd RtrInf/RtrRsn/Prtry",
        "returned_by": "RtrInf/Orgtr/Nm RtrInf/RtrOrgtr/Nm RtrInf/Orgtr/Id/OrgId/AnyBIC"
        " RtrInf/Orgtr/Id/OrgId/BICOrBEI",
        "returned_domain": "RtrInf/OrgnlBkTxCd/Domn/Cd",
        "returned_family": "RtrInf/OrgnlBkTxCd/Domn/Fmly/Cd",
        "returned_subfamily": "RtrInf/OrgnlBkTxCd/Domn/Fmly/SubFmlyCd",
        "exchange_rate": "AmtDtls/InstdAmt/CcyXchg/XchgRate AmtDtls/TxAmt/CcyXchg/XchgRate"
        " AmtDtls/CntrValAmt/CcyXchg/XchgRate",
    },
    many={
        "free": "RmtInf/Ustrd",
        "reason_texts": "RtrInf/AddtlInf RtrInf/AddtlRtrRsnInf",
        "texts": "AddtlTxInf",
    },
    money={
        "amount": "Amt",
        "share": "AmtDtls/TxAmt/Amt",
        "instructed": "AmtDtls/InstdAmt/Amt",
        "countervalue": "AmtDtls/CntrValAmt/Amt",
    },
    group={
        "structured": ("RmtInf/Strd", _STRUCTURED),
        "creditor_ids": (
            "RltdPties/Cdtr/Id/PrvtId/Othr RltdPties/Cdtr/Pty/Id/PrvtId/Othr",
            _CREDITOR_ID,
        ),
        "charges": ("Chrgs", _CHARGES),
    },
)
ENTRY = layout(
    one={
        "side": "CdtDbtInd",
        "reference": "NtryRef",
        "reversal": "RvslInd",
        "status": "Sts Sts/Cd Sts/Prtry",
        "booked": "BookgDt/Dt BookgDt/DtTm",
        "value": "ValDt/Dt ValDt/DtTm",
        "bank_reference": "AcctSvcrRef",
        "domain": "BkTxCd/Domn/Cd",
        "family": "BkTxCd/Domn/Fmly/Cd",
        "subfamily": "BkTxCd/Domn/Fmly/SubFmlyCd",
        "proprietary": "BkTxCd/Prtry/Cd",
        "issuer": "BkTxCd/Prtry/Issr",
        "batch_message_id": "NtryDtls/Btch/MsgId Btch/MsgId",
        "batch_payment_information_id": "NtryDtls/Btch/PmtInfId Btch/PmtInfId",
    },
    many={"texts": "AddtlNtryInf"},
    money={"amount": "Amt", "instructed": "AmtDtls/InstdAmt/Amt"},
    group={"details": ("NtryDtls/TxDtls TxDtls", _DETAIL)},
)
_BALANCE = layout(
    one={"kind": "Tp/CdOrPrtry/Cd Tp/Cd", "side": "CdtDbtInd", "on": "Dt/Dt Dt/DtTm"},
    money={"amount": "Amt"},
)
HEAD = layout(
    one={
        "iban": "Acct/Id/IBAN",
        "number": "Acct/Id/Othr/Id Acct/Id/PrtryAcct/Id",
        "currency": "Acct/Ccy",
        "account_name": "Acct/Nm",
        "owner": "Acct/Ownr/Nm Acct/Ownr/Pty/Nm",
        "bic": "Acct/Svcr/FinInstnId/BICFI Acct/Svcr/FinInstnId/BIC",
        "copy": "CpyDplctInd",
        "entries": "TxsSummry/TtlNtries/NbOfNtries",
    },
    group={"balances": ("Bal", _BALANCE)},
)
"""Read without the entries, which come one by one before it ends."""
