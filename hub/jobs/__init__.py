"""Durable jobs behind a small port; only this package knows the engine (DBOS)."""

from hub.jobs.outbox import Job, Jobs
from hub.jobs.quarantine import quarantined, release
from hub.jobs.rhythm import STEADY, Rhythm
from hub.jobs.schedules import Ticker, align
from hub.jobs.setup import prepare
from hub.jobs.standing import Standing, standing
from hub.jobs.worker import Ended, Handler, Worker, sentence

__all__ = [
    "STEADY",
    "Ended",
    "Handler",
    "Job",
    "Jobs",
    "Rhythm",
    "Standing",
    "Ticker",
    "Worker",
    "align",
    "prepare",
    "quarantined",
    "release",
    "sentence",
    "standing",
]
