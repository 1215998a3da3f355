"""Work done ahead: in order, by several processes, and never silently incomplete."""

import os
import signal

import pytest

from hub.interchange.ahead import CAN_FORK, in_forks

if not CAN_FORK:
    pytest.skip("processes are not forked here", allow_module_level=True)


@pytest.mark.parametrize("count", [0, 1, 2, 9])
@pytest.mark.parametrize("processes", [1, 2, 4])
def test_answers_come_in_order_whatever_their_size(count: int, processes: int) -> None:
    values = [str(n) * (n % 3 * 100_000) for n in range(count)]
    found = list(in_forks(lambda text: (os.getpid(), text[::-1]), values, processes=processes))
    assert [(value, answer) for value, (_, answer) in found] == [(value, value[::-1]) for value in values]
    assert len({process for _, (process, _) in found} - {os.getpid()}) == min(count, processes - 1)


def test_only_a_few_values_are_taken_ahead() -> None:
    values = iter(range(20))
    answers = in_forks(abs, values, processes=3)
    assert next(answers) == (0, 0)
    assert 3 <= next(values) <= 6
    answers.close()


def test_a_process_that_is_killed_is_an_error() -> None:
    here = os.getpid()

    def die_elsewhere(value: int) -> int:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return value

    with pytest.raises(RuntimeError, match="has ended"):
        list(in_forks(die_elsewhere, [1, 2, 3], processes=2))
