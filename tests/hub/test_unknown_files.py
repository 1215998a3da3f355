"""A file of no kind that is read is refused with what it looks like and what would be read."""

from io import BytesIO

import pytest

from core.errors import BadInput
from hub.door import kind_of


@pytest.mark.parametrize(
    ("content", "looks"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n\0", "is empty"),
        (b"date;libelle;montant\n2026-06-01;VIR;12,00\n", "is a table (CSV)"),
        ("\ufeffdate\tmontant\n1\t2\n".encode("utf-16-le"), "is a table (CSV)"),
        (b"<?xml version='1.0'?><!-- a --><n:Books xmlns:n='x'/>", "(its root is <Books>)"),
        (b"JournalCode,JournalLib\n", "is a ledger (FEC) with commas"),
        (b'{"lines": []}', "is JSON"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an Office document"),
        (b"\x1f\x8b\x08\0", "is a gzip archive, which must be unpacked first"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "is a picture"),
        (b"\x01\x02\0\xfe" * 9, "is no text and of no kind that is known"),
        (b"Bonjour, voici le releve.", "is text of no kind that is known"),
        (b"<" * 1000, "is text of no kind that is known"),
        (b"\xff\xfe\x00", "is text of no kind that is known"),
    ],
)
def test_what_it_looks_like(content: bytes, looks: str) -> None:
    with pytest.raises(BadInput) as caught:
        kind_of("june.dat", BytesIO(content))
    sentence = str(caught.value)
    assert sentence.startswith("june.dat ")
    assert looks in sentence
    assert len(sentence) < 400
    families = ("CFONB 120", "camt", "MT940", "OFX", "FEC", "Factur-X", "UBL", "CDAR", "ZIP")
    assert looks == "is empty" or all(family in sentence for family in families)
