"""The clock: calls what it is handed, on time, and remembers nothing; only here is APScheduler known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from apscheduler.executors.pool import ThreadPoolExecutor  # type: ignore[import-untyped]  # it has no types
from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]  # it has no types
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]  # it has no types

from core.model import content_hash

GRACE_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Beat:
    """Something to call every so many seconds, first at once; calls of one beat never overlap."""

    name: str
    seconds: float
    action: Callable[[], object]


class Clockwork:
    """Runs beats in background threads. Missed calls (a frozen process) are made up by one call.

    An action that raises is reported to `failed` and called again at its next beat.
    """

    def __init__(
        self,
        beats: Sequence[Beat],
        failed: Callable[[str, Exception], None] = lambda name, error: None,
    ) -> None:
        self._failed = failed
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(max(1, len(beats)))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE_SECONDS},
        )
        for beat in beats:
            self._scheduler.add_job(
                self._call,
                IntervalTrigger(seconds=beat.seconds, timezone=UTC),
                args=(beat,),
                id=beat.name,
                next_run_time=datetime.now(UTC),
            )

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        """Returns when the calls under way are over."""
        self._scheduler.shutdown(wait=True)

    def _call(self, beat: Beat) -> None:
        try:
            beat.action()
        except Exception as error:  # noqa: BLE001  # one bad beat must not stop the clock
            self._failed(beat.name, error)


def next_run(*, name: str, slot: datetime, every: timedelta, jitter: timedelta, now: datetime) -> datetime:
    """The first slot after `now` on the grid that `slot` began, moved by up to half of `jitter` either
    way: always by the same amount for one `name` and slot."""
    trigger = IntervalTrigger(seconds=every.total_seconds(), start_date=slot, timezone=UTC)
    coming: datetime = trigger.get_next_fire_time(None, now)
    if coming <= now:
        coming += every
    fraction = int(content_hash([name, coming.isoformat()])[:8], 16) / 2**32 - 0.5
    moved = coming + jitter * fraction
    return moved if moved > now else coming
