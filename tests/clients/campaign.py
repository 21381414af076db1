"""A mailing of which it is known what happened, and what every client has to count of it."""

from collections import Counter
from typing import Any, Final

from tests.dialects.copernica import GMAIL, SALE, Mailing

DESTINATIONS: Final = 23
EVENTS: Final = ("impressions", "clicks", "deliveries", "errors", "abuses", "unsubscribes")


class Sent:
    """23 mails, each to a profile of its own. Of the mail number n, from 0: every fifth bounces,
    the others are delivered; those are opened n modulo 4 times, the last time by Gmail's proxy;
    every third of them is clicked twice; number 7 complains, and 11 and 13 unsubscribe."""

    def __init__(self, mailing: Mailing) -> None:
        self.mailing = mailing
        profiles = [
            mailing.create("profiles", {"fields": {"email": f"{n}@example.org"}})
            for n in range(DESTINATIONS)
        ]
        made = mailing.address([{"profile": one} for one in profiles], [SALE])["data"]
        self.destinations: list[str] = [one["destination"] for one in made]
        self.profiles = dict(zip(self.destinations, profiles, strict=True))
        self.counts: dict[str, Counter[str]] = {name: Counter() for name in EVENTS}
        sent: list[dict[str, Any]] = []
        for n, one in enumerate(made):
            destination = one["destination"]
            for name, kind in self._observed(n):
                self.counts[name][destination] += 1
                references = {"destination": destination, "profile": profiles[n]}
                sent.append({"kind": kind, "unique": destination, "references": references})
            if n % 5 == 0:
                continue
            for number in range(n % 4):
                self.counts["impressions"][destination] += 1
                agent = {"user_agent": GMAIL} if number == n % 4 - 1 else {}
                mailing.fetch(one["pixel"], **agent)
            for _ in range(2 if n % 3 == 0 else 0):
                self.counts["clicks"][destination] += 1
                assert mailing.fetch(one["links"][0]).status_code == 302
        mailing.ingest(*sent)

    @staticmethod
    def _observed(n: int) -> list[tuple[str, str]]:
        """What the mail server saw of the mail number n: the list and the kind of the event."""
        found = [("errors", "bounce") if n % 5 == 0 else ("deliveries", "delivery")]
        if n == 7:
            found.append(("abuses", "complaint"))
        if n in (11, 13):
            found.append(("unsubscribes", "unsubscribe"))
        return found

    def statistics(self) -> dict[str, dict[str, int]]:
        """By list: how many events, and of how many destinations."""
        return {
            name: {"total": counts.total(), "unique": len(counts)}
            for name, counts in self.counts.items()
        }

    def rows(self, name: str) -> dict[str, int]:
        """By destination: how many rows a list has of it."""
        return dict(self.counts[name])
