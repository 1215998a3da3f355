"""The commands of docs/api.md, run as they stand against a real server."""

import os
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from core.model import Candidate
from core.usecases.companies import add_company
from tests.hub.conftest import Api
from tests.hub.world import decision, event, financed, invoice, line, share

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
STATEMENT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-20T08:00:00</CreDtTm></GrpHdr>
<Stmt><Id>S1</Id><CreDtTm>2026-11-20T08:00:00</CreDtTm>
<Acct><Id><IBAN>FR1420041010050500013M02606</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">10.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-19</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">15.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-20</Dt></Dt></Bal>
<Ntry><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><Dt>2026-11-20</Dt></BookgDt><ValDt><Dt>2026-11-20</Dt></ValDt>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls><TxDtls><RmtInf><Ustrd>FA-802</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
</Stmt></BkToCstmrStmt></Document>
"""


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")
def test_the_tour_runs(api: Api, tmp_path: Path) -> None:
    client = api.tenant()
    _prepare(api, client.tenant_id)
    (tmp_path / "statement.xml").write_text(STATEMENT)
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 8
    environment = {"PATH": os.environ["PATH"], "LETTRAGE": api.url, "KEY": client.key}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for words in ("whsec_", '"delivery_ids":["dlv_', "person:Inès Moreau", '"new":1', "unknown parameter"):
        assert words in done.stdout, words
    assert "Money, to the cent" in (tmp_path / "reconciliation.html").read_text()
    assert (tmp_path / "reconciliation.csv").read_text("utf-8-sig").startswith("section,")


def _prepare(api: Api, tenant_id: str) -> None:
    """What a sync would have brought: an invoice to finance, one that was paid, a line that waits."""
    company, _ = add_company(api.store, tenant_id, legal_name="Ateliers Brunoy SAS", siren="732829320")
    mine = {"company_id": company.id}
    open_one, paid = (
        invoice("FA-802", 220400, date(2026, 11, 30), "Ruel Conseil", number_normalized="FA802", **mine),
        invoice("FA-700", 50000, date(2026, 10, 30), "Ruel Conseil", number_normalized="FA700", **mine),
    )
    with api.store.begin(tenant_id) as unit:
        unit.put([open_one, paid])
        unit.put([of := line("doc", 220000, date(2026, 11, 19), "RUEL CONSEIL", "FA 802", **mine)])
        one = Candidate(rank=1, shares=(share(open_one, 220000),), score=0.6, why={"because": "part"})
        unit.put([decision(of, "review", "T9", "partial_payment", candidates=(one,), **mine)])
        unit.put([loan := financed(paid, "LN-7", 40000)])
        unit.append([event(loan, 1, "invoice.paid", date(2026, 11, 2), 0, 50000, said="Nothing is open.")])
