"""The clock calls what it is handed, alone and again and again, whatever happens."""

import threading
import time

from scheduler.clock import Beat, Clockwork


def test_beats_go_on_though_one_of_them_fails() -> None:
    heard: list[str] = []
    failed: list[tuple[str, str]] = []
    enough = threading.Event()

    def good() -> None:
        heard.append("good")
        if heard.count("good") == 3:
            enough.set()

    def bad() -> None:
        raise ValueError("bad")

    clock = Clockwork(
        [Beat("good", 0.02, good), Beat("bad", 0.02, bad)],
        failed=lambda name, error: failed.append((name, str(error))),
    )
    clock.start()
    assert enough.wait(5)
    clock.stop()
    assert len(failed) >= 2
    assert set(failed) == {("bad", "bad")}
    silent = len(heard)
    time.sleep(0.06)
    assert len(heard) == silent, "a stopped clock is silent"


def test_a_slow_beat_never_overlaps_itself() -> None:
    running, most = 0, 0
    runs = threading.Semaphore(0)

    def slow() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.05)
        running -= 1
        runs.release()

    clock = Clockwork([Beat("slow", 0.01, slow)])
    clock.start()
    assert all(runs.acquire(timeout=5) for _ in range(3))
    clock.stop()
    assert most == 1
