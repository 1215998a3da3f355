"""Money as integer minor units, each currency with its own exponent (ISO 4217)."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

_EXPONENT_0: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_EXPONENT_3: Final = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENT_4: Final = "CLF UYW"
_EXPONENT_2: Final = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL "
    "MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR "
    "PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP "
    "TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG BGN HRK"
)
EXPONENTS: Final[dict[str, int]] = {
    code: exponent
    for exponent, codes in ((0, _EXPONENT_0), (2, _EXPONENT_2), (3, _EXPONENT_3), (4, _EXPONENT_4))
    for code in codes.split()
}
MAX_MINOR: Final = 2**63 - 1


class MoneyError(ValueError):
    """An amount or currency that cannot be read exactly; the message says which and why."""


def exponent(currency: str) -> int:
    """Digits after the decimal point of `currency`; raises MoneyError for an unknown code.

    >>> exponent("EUR"), exponent("JPY"), exponent("TND")
    (2, 0, 3)
    """
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise MoneyError(f"unknown currency {currency[:40]!r}: expected an ISO 4217 code") from None


def to_minor(amount: str | int | Decimal, currency: str) -> int:
    """Major units to integer minor units, exactly; raises MoneyError when digits would be lost.

    >>> to_minor("1875.6", "EUR"), to_minor("600.0", "JPY")
    (187560, 600)
    """
    try:
        value = Decimal(amount)
    except (InvalidOperation, ValueError, TypeError):
        raise MoneyError(f"unreadable amount {str(amount)[:40]!r}") from None
    if not value.is_finite() or abs(value.adjusted()) > 30:
        raise MoneyError(f"unreadable amount {str(amount)[:40]!r}")
    minor = value.scaleb(exponent(currency))
    if abs(minor) > MAX_MINOR:
        raise MoneyError(f"amount {str(amount)[:40]} is out of range")
    if minor != minor.to_integral_value() or to_major(int(minor), currency) != value:
        raise MoneyError(f"{str(amount)[:40]} has more decimals than {currency} allows")
    return int(minor)


def to_major(minor: int, currency: str) -> Decimal:
    """Integer minor units to an exact decimal in major units.

    >>> to_major(187346, "EUR")
    Decimal('1873.46')
    """
    return Decimal(minor).scaleb(-exponent(currency))


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units of one currency; arithmetic across currencies raises MoneyError."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        exponent(self.currency)

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise MoneyError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.minor + other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __str__(self) -> str:
        return f"{to_major(self.minor, self.currency):,f} {self.currency}".replace(",", " ")
