"""The fast path: what many labels cite is found by a compiled kernel; all rules stay those of the fold.

The kernel proves two things of a label: that it cites nothing held here, or that it cites one whole number
and has no other digits. Whatever it is not sure of is read by `cite`. It needs numba; where that cannot be
used, everything goes the ordinary way and the decisions are the same.
"""


def is_available() -> bool:
    """Whether the kernel can be compiled here, and kept for the next time."""
    try:
        import core.reconciliation.columnar.kernel  # noqa: F401
    except (ImportError, RuntimeError):
        return False
    return True


def prepare() -> None:
    """Compiles the kernel, or loads what was compiled before; several processes then need not do it twice."""
    from core.reconciliation.columnar.evidence import Table
    from core.reconciliation.index import Index

    Table(Index(())).silent(["1"])
