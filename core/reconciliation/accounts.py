"""What is learnt of payers: for each key of theirs (an account, a name) the debtors who were paid for."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

NOBODY: Final[frozenset[str]] = frozenset()


class Accounts:
    """Accounts that confirmed payments came from: a set of debtors each, learnt and forgotten by count."""

    def __init__(self, known: Iterable[tuple[str, str]]) -> None:
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        self._debtors: dict[str, frozenset[str]] = {}
        self.learnt = set[str | None]()
        """What was ever learnt after the beginning, forgotten or not."""
        for iban, debtor_id in known:
            self._counts[iban][debtor_id] += 1

    def debtors(self, iban: str | None) -> frozenset[str]:
        if not iban or iban not in self._counts:
            return NOBODY
        found = self._debtors.get(iban)
        if found is None:
            found = frozenset(d for d, n in self._counts[iban].items() if n > 0)
            self._debtors[iban] = found
        return found

    def learn(self, iban: str, debtor_id: str) -> None:
        self._count(iban, debtor_id, 1)
        self.learnt.add(iban)

    def forget(self, iban: str, debtor_id: str) -> None:
        self._count(iban, debtor_id, -1)

    def _count(self, iban: str, debtor_id: str, more: int) -> None:
        self._counts[iban][debtor_id] += more
        self._debtors.pop(iban, None)
