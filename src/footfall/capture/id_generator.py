"""Gives every event its id, in the order of the journal."""

from typing import Final

from footfall.core.ids import EPOCH_MS, NODE_BITS, SEQUENCE_BITS, TIME_SHIFT, Clock, received_at

GIVEN_MS: Final = 60_000
"""So much later the last id was given at most, when it is not known better."""

COUNTED_MS: Final = 1_000
"""Likewise while ids count up from `ahead`, because the clock is behind: 4 million ids."""


class IdGenerator:
    """Gives strictly increasing ids, also when the clock stands still or steps back.

    `last` is the greatest id given before (from the journal): after a restart with the clock
    set back, ids go on from there. While the clock is behind, sequences fill up the last
    millisecond and then the following ones, so an id may run ahead of the clock, never behind it.

    `given` is the greatest id that is known to have been given, a few seconds before the last of
    them: also for the end of a page that was read, behind which no event may appear. It is looked
    at when the clock says that it was set back. Ids then start at `ahead`, 0 otherwise: the next
    start is given it, so that restarts do not carry ids further away from the clock.
    """

    def __init__(
        self, clock: Clock, node: int = 0, last: int = 0, given: int = 0, ahead: int = 0
    ) -> None:
        self.ahead = 0
        if given and clock() < received_at(given):
            counted = ahead and 0 <= given - ahead < COUNTED_MS << TIME_SHIFT
            later = COUNTED_MS if counted else GIVEN_MS
            self.ahead = last = max(last, given + (later << TIME_SHIFT))
        if not 0 <= node < 1 << NODE_BITS:
            raise ValueError(f"node must be from 0 to {(1 << NODE_BITS) - 1}, not {node}")
        self._clock = clock
        self._node = node << SEQUENCE_BITS
        self._time = last >> TIME_SHIFT
        # The sequences of `last`'s millisecond count as used up: another node may have given it.
        self._sequence = (1 << SEQUENCE_BITS) - 1 if last else -1

    @property
    def last(self) -> int:
        """At least as great as any id that was given."""
        return self._time << TIME_SHIFT | self._node | max(self._sequence, 0)

    def go_on_from(self, last: int) -> None:
        """The next id is greater than this one."""
        if last > self.last:
            self._time, self._sequence = last >> TIME_SHIFT, (1 << SEQUENCE_BITS) - 1

    def next(self) -> int:
        now = self._clock() - EPOCH_MS
        if now > self._time:
            self._time = now
            self._sequence = 0
        elif self._sequence < (1 << SEQUENCE_BITS) - 1:
            self._sequence += 1
        else:
            self._time += 1
            self._sequence = 0
        return self._time << TIME_SHIFT | self._node | self._sequence

    def take(self, count: int) -> list[int]:
        """So many, as `next` would give them in this moment."""
        ids: list[int] = []
        while len(ids) < count:
            ids.append(self.next())
            # The rest of this millisecond's.
            run = min(count - len(ids), (1 << SEQUENCE_BITS) - 1 - self._sequence)
            ids += range(ids[-1] + 1, ids[-1] + 1 + run)
            self._sequence += run
        return ids
