"""The forms of bank labels as two tables: how labels open, and the tags that part them.

To teach the parser a bank: add the opening of its labels to FORMS, its tags to TAGS, and a real-looking
label with what must be read from it to the table of the tests.
"""

from typing import Final, Literal, NamedTuple

Role = Literal[
    "payer", "payee", "text", "reference", "payer_and_text", "payee_and_text", "identifier", "date", "address"
]
"""What a stretch of a label holds. `payer_and_text` runs both together; an `identifier` (of a mandate or
creditor) is one word, a `date` may have a time behind it, and then comes text."""

Event = Literal[
    "transfer_in", "transfer_out", "transfer", "own_transfer", "direct_debit", "card", "card_takings",
    "cheque", "cheque_deposit", "bill", "loan", "fee", "tax", "return",
]  # fmt: skip

READ_FOR_REFERENCES: Final = frozenset({"text", "reference", "payer_and_text", "payee_and_text"})
RUN_TOGETHER: Final = frozenset({"payer_and_text", "payee_and_text"})


class Form(NamedTuple):
    """A form of label: who writes it, what it tells, what follows its opening, how openings are written.

    In `written` a blank is any run of blanks and full stops, `#` is a number of the bank's own, `*` any
    letters, of `(A|B)` one is there, and what stands in `(...)?` may be missing.
    """

    bank: str
    event: Event
    opens: Role
    written: tuple[str, ...]


FORMS: Final[tuple[Form, ...]] = (
    Form(
        "BNP Paribas",
        "transfer_in",
        "payer_and_text",
        (
            "VIR(EMENT)? SEPA( INST)? RECU",
            "VIR(EMENT)? FAVEUR TIERS",
            "VIR(EMENT)? RECU TIERS",
            "VIR(EMENT)? EUROPEEN",
        ),
    ),
    Form(
        "BNP Paribas",
        "transfer_out",
        "payee_and_text",
        ("VIR(EMENT)? SEPA( INST)? EMIS", "VR PERMANENT"),
    ),
    Form("BNP Paribas", "own_transfer", "text", ("VIR(EMENT)? CPTE A CPTE( EMIS| RECU)?",)),
    Form(
        "Societe Generale",
        "transfer_in",
        "payer_and_text",
        ("VIR(EMENT)?( INST(ANTANE)?)? RECU( #)?", "VIR INST RE( #)?"),
    ),
    Form(
        "Societe Generale",
        "transfer_out",
        "payee_and_text",
        ("# VIR( PERM(ANENT)?)?", "VIR PERM(ANENT)?", "VIR INSTANTANE EMIS( LOGITEL)?"),
    ),
    Form("Societe Generale", "direct_debit", "payee_and_text", ("PRELEVEMENT EUROPEEN( #)?",)),
    Form(
        "Credit Agricole",
        "transfer_in",
        "payer_and_text",
        ("VIR(EMENT)? EN VOTRE FAVEUR", "VIR INST DE"),
    ),
    Form("Credit Agricole", "transfer_out", "payee_and_text", ("WEB",)),
    Form("Banque Populaire", "transfer_in", "payer_and_text", ("EVI",)),
    Form("Caisse d'Epargne", "transfer_out", "payee_and_text", ("VIREMENT PERIODIQUE",)),
    Form("La Banque Postale", "transfer_in", "payer_and_text", ("VIREMENT( INSTANTANE)? DE",)),
    Form("La Banque Postale", "transfer_out", "payee_and_text", ("VIREMENT( INSTANTANE)? POUR",)),
    Form("Credit du Nord", "transfer_in", "payer_and_text", ("VIR SEPA DE",)),
    Form("Credit du Nord", "transfer_out", "payee_and_text", ("E-VIREMENT INTERNET",)),
    Form("Credit Mutuel, CIC", "transfer_out", "payee_and_text", ("VIREMENT VERS",)),
    Form(
        "a factor",
        "transfer_in",
        "text",
        ("VIREMENT BANCAIRE EN VOTRE FAVE(U(R)?)?", "MONTANT FINANCE PAR VIREMENT( #)?"),
    ),
    Form(
        "from abroad",
        "transfer_in",
        "payer_and_text",
        ("VIR(EMENT)?( RECU)?( DE)? (L')?ETRANGER", "VIR(EMENT)?( RECU)? INTERNATIONAL"),
    ),
    Form("any bank", "transfer", "payer_and_text", ("VIR(EMENT)?(S)?( SEPA)?( INST(ANTANE)?)?",)),
    Form(
        "any bank",
        "return",
        "payer_and_text",
        (
            "IMPAYE(S)?",
            "RETOUR (VIREMENT|VIR|PVL|FONDS|PRLV)",
            "REJET (VIREMENT|VIR|PRLV|CHEQUE)( SEPA)?",
            "RET SDD",
            "PRLV IMPAYE",
            "CHEQUE IMPAYE",
            "CHQ IRREGULIER",
            "RAPPEL",
        ),
    ),
    Form(
        "any bank",
        "direct_debit",
        "payee_and_text",
        (
            "PRLV( EUROPEEN)?( SEPA)?( B2B)?( DE)?",
            "PRELEV(EMENT)?( SEPA)?( DE)?",
            "PRELEV EUROPEEN( DE)?",
            "B2B",
        ),
    ),
    Form(
        "any bank",
        "card",
        "text",
        (
            "FACTURE CARTE",
            "PAIEMENT (CB|PSC|MOB)",
            "ACHAT(S)? (CB|CARTE)",
            "RELEVE (CB|CARTE|DIFFERE CARTE)( AU)?",
            "DEBIT MENSUEL CARTE",
            "DEBIT CARTE BANCAIRE DIFFERE",
            "TOTAL DES FACTURES",
            "CARTE( (X)?#)?",
            "CB",
        ),
    ),
    Form("any bank", "card_takings", "text", ("REMISE(S)?( DE)? (CB|CARTE(S)?)( #)?", "REMISES #")),
    Form(
        "any bank",
        "cheque_deposit",
        "text",
        ("REM(ISE)?(S)?( DE)? (CHEQUE(S)?|CHQ)( #)?",),
    ),
    Form("any bank", "cheque", "text", ("(CHEQUE|CHQ)( #)?",)),
    Form(
        "any bank",
        "bill",
        "text",
        (
            "LCR DOMICILIEE",
            "RELEVE LCR( DOMICIL*| ECH)?",
            "EFFET",
            "REMISE D'EFFETS",
            "REMISE ESCOMPTE PTF",
        ),
    ),
    Form(
        "any bank",
        "loan",
        "text",
        ("ECH(EANCE)? PRET( #)?", "ECHEANCEPRET( #)?", "REMBOURSEMENT DE PRET( #)?"),
    ),
    Form(
        "any bank",
        "fee",
        "text",
        (
            "COMMISSION(S)?",
            "COTISATION",
            "F (COTIS|FRAIS|COMMISSION)",
            "FRAIS",
            "FACTURE SGT#",
            "DONT TVA",
        ),
    ),
    Form("any bank", "tax", "text", ("URSSAF",)),
)
"""Of the openings that fit a label the longest gives its form, of two that are alike the first."""


class Tag(NamedTuple):
    """A mark that opens a stretch. `style`: `/` = `/DE `, `:` = `DE:` or `DE :`, `+` = `SVWZ+`,
    `=` = `MDT/` after a blank, a line feed = at the start of a line."""

    word: str
    styles: str
    opens: Role


TAGS: Final[tuple[Tag, ...]] = (
    Tag("DE", "/:", "payer"),
    Tag("FRM", "/:", "payer"),
    Tag("LIBDE", ":\n", "payer"),
    Tag("VIREMENT DE", "\n", "payer"),
    Tag("NAME", "/", "payer"),
    Tag("ORDP", "/", "payer"),
    Tag("DEBT", "+", "identifier"),
    Tag("ABWA", "+", "payer"),
    Tag("BEN", "/:", "payee"),
    Tag("BENM", "/", "payee"),
    Tag("POUR", ":", "payee"),
    Tag("VIREMENT VERS", "\n", "payee"),
    Tag("MOTIF", "/:", "text"),
    Tag("MOTIFS", ":", "text"),
    Tag("MOTIF(S)", ":", "text"),
    Tag("RNF", "/", "text"),
    Tag("URI", "/", "text"),
    Tag("REMI", "/", "text"),
    Tag("SVWZ", "+", "text"),
    Tag("DATE", ":", "date"),
    Tag("REF", "/:", "reference"),
    Tag("REFERENCE", ":", "reference"),
    Tag("REFDO", "/", "reference"),
    Tag("REFBEN", "/", "reference"),
    Tag("LIBREF", ":\n", "reference"),
    Tag("ROC", "/", "reference"),
    Tag("RFB", "/", "reference"),
    Tag("EID", "/", "reference"),
    Tag("EREF", "/+", "reference"),
    Tag("KREF", "+", "reference"),
    Tag("PREF", "/", "identifier"),
    Tag("MDT", "/:=", "identifier"),
    Tag("MARF", "/", "identifier"),
    Tag("MREF", "+", "identifier"),
    Tag("RUM", "/:=", "identifier"),
    Tag("ID", "/:=", "identifier"),
    Tag("ICS", "/:=", "identifier"),
    Tag("CSID", "/", "identifier"),
    Tag("CRED", "+", "identifier"),
    Tag("BIC", "/:+", "identifier"),
    Tag("ECH", "/=", "date"),
)

ABROAD: Final = next(f for f in FORMS if f.bank == "from abroad")
ROLES: Final[dict[str, Role]] = {t.word: t.opens for t in TAGS}
