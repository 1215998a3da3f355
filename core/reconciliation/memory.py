"""What was found out about a case is kept: tiers and reviews ask the same of it, one after the other."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar

from core.reconciliation.scope import Scope

Find = Callable[..., Any]


class Remembers(Protocol):
    """A case: its scope, and what is known of it for good and as of some state of the scope."""

    scope: Scope
    known: dict[Find, Any]
    lately: dict[Find, Any]
    as_of: int


_C = TypeVar("_C", bound=Remembers)
_T = TypeVar("_T")


def for_good(find: Callable[[_C], _T]) -> Callable[[_C], _T]:
    """Found out once: it rests on the line, the payer and what does not change of the items."""

    @wraps(find)
    def found(case: _C) -> _T:
        known = case.known
        if find not in known:
            known[find] = find(case)
        result: _T = known[find]
        return result

    return found


def until_paid(find: Callable[[_C], _T]) -> Callable[[_C], _T]:
    """Found out anew when an open amount of the scope has changed since: it rests on those as well."""

    @wraps(find)
    def found(case: _C) -> _T:
        if case.as_of != case.scope.changes:
            case.as_of = case.scope.changes
            case.lately.clear()
        lately = case.lately
        if find not in lately:
            lately[find] = find(case)
        result: _T = lately[find]
        return result

    return found
