"""Work done ahead: in order, by several processes, and never silently incomplete."""

import os
import signal

import pytest

from hub.interchange.ahead import CAN_FORK, in_forks

if not CAN_FORK:
    pytest.skip("processes are not forked here", allow_module_level=True)


@pytest.mark.parametrize("count", [0, 1, 2, 9])
@pytest.mark.parametrize("processes", [1, 3])
def test_answers_come_in_order_whatever_their_size(count: int, processes: int) -> None:
    values = [str(n) * (n % 3 * 100_000) for n in range(count)]
    found = list(in_forks(lambda text: (os.getpid(), text[::-1]), values, processes=processes))
    assert [(value, answer) for value, (_, answer) in found] == [(value, value[::-1]) for value in values]
    assert len({process for _, (process, _) in found} - {os.getpid()}) == min(count, processes)


def test_no_more_than_one_value_a_process_is_taken_ahead() -> None:
    values = iter(range(20))
    answers = in_forks(abs, values, processes=2)
    assert next(answers) == (0, 0)
    assert next(values) == 3
    answers.close()


def test_a_process_that_is_killed_or_fails_is_an_error() -> None:
    killed = in_forks(lambda n: os.kill(os.getpid(), signal.SIGKILL), [1, 2, 3], processes=2)
    with pytest.raises(RuntimeError, match="has ended"):
        list(killed)
