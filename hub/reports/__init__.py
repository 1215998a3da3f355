"""Reports for people: a query over one unit, a frozen value, pure renderings."""

from hub.reports.reconciliation import reconciliation
from hub.reports.render import FORMATS, MEDIA_TYPES, Format, render
from hub.reports.value import ReconciliationReport

REPORTS = {"reconciliation": reconciliation}
"""Every report by the name the API and the command line know it by."""

__all__ = [
    "FORMATS",
    "MEDIA_TYPES",
    "REPORTS",
    "Format",
    "ReconciliationReport",
    "reconciliation",
    "render",
]
