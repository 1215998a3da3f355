"""The catalogue holds every event type, and its page is up to date."""

from core.repayment.catalogue import CATALOGUE, advice, missing
from docs.event_catalogue import PAGE, events, examples


def test_every_type_is_explained_and_shown() -> None:
    assert not missing()
    assert set(examples()) == set(CATALOGUE)
    assert all(advice(type, reverses=True) for type, entry in CATALOGUE.items() if entry.withdrawal)


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text("utf-8") == events(), "run `python -m docs.event_catalogue`"
