"""Numbers of OpenQR, Vantio, Copernica and PassEntry, and what they should be.

The SQL is written from the pages in docs/dialects.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from tests.system.numbers.raw import Demo, Row

# ── OpenQR ────────────────────────────────────────────────────────────────────────────────────


def codes(demo: Demo) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = demo.json("/v1/dynamic", limit=100)["codes"]
    return found


def of_codes(
    sentence: str, read: Callable[[dict[str, Any]], Sequence[Any]], sql: str, days: int = 30
) -> Row:
    """Something of the analytics of each code. `today` of the SQL is the last of its days."""

    def ask(demo: Demo) -> list[Any]:
        answers = [
            (code["id"], demo.json(f"/v1/dynamic/{code['id']}/scans", days=days))
            for code in codes(demo)
        ]
        ends = {answer["analytics"]["daily"][-1]["day"] for _, answer in answers}
        demo.keep("ends", "today DATE", [[date.fromisoformat(max(ends))]])
        return [(id, *row) for id, answer in answers for row in read(answer)]

    return Row(f"{sentence} of {days} days", ask, f"WITH s AS ({SCANS.format(days=days)}) {sql}")


SCANS = """
    SELECT *, t::DATE > today - {days} AS inside FROM e, ends
    WHERE source = 'openqr' AND kind = 'scan' AND counted"""


def breakdown(name: str, value: str) -> Row:
    """The eight greatest values of the window; those with the same count by the alphabet."""

    def read(answer: dict[str, Any]) -> list[Any]:
        return [(one["value"], one["n"]) for one in answer["analytics"][name]]

    sql = f"""
        SELECT code, value, n FROM (
            SELECT code, {value} AS value, count(*) AS n,
                row_number() OVER (PARTITION BY code ORDER BY count(*) DESC, {value}) AS place
            FROM s WHERE inside GROUP BY 1, 2)
        WHERE place <= 8"""
    return of_codes(f"scans {name} of each code", read, sql, 365)


OPENQR = [
    *(
        of_codes(
            "scans in all, of a week, and of a window",
            lambda answer: [
                (
                    answer["scans"]["total"],
                    answer["scans"]["last7"],
                    answer["analytics"]["window_total"],
                )
            ],
            "SELECT code, count(*), count(*) FILTER (t::DATE > today - 7),"
            " count(*) FILTER (inside) FROM s GROUP BY ALL",
            days,
        )
        for days in (1, 7, 30, 365)
    ),
    of_codes(
        "scans by day of each code",
        lambda answer: [(one["day"], one["n"]) for one in answer["analytics"]["daily"] if one["n"]],
        "SELECT code, strftime(t, '%Y-%m-%d'), count(*) FROM s WHERE inside GROUP BY ALL",
        90,
    ),
    of_codes(
        "the country and the device that most scans of each code are of",
        lambda answer: [(answer["scans"]["topCountry"], answer["scans"]["topDevice"])],
        """SELECT code, mode(if(country = '', 'Unknown', country)),
            mode(if(device = '', 'Unknown', device)) FROM s GROUP BY ALL""",
    ),
    breakdown("by_country", "if(country = '', 'Unknown', country)"),
    breakdown("by_device", "if(device = '', 'Unknown', device)"),
    breakdown("by_referrer", "if(referrer_host = '', 'Direct', referrer_host)"),
]


# ── Vantio ────────────────────────────────────────────────────────────────────────────────────


def paged(demo: Demo, name: str, **query: Any) -> list[dict[str, Any]]:
    """All rows of a list, as the vendor's own loop reads them."""
    found: list[dict[str, Any]] = []
    while len(found) % 100 == 0:
        rows = demo.json(f"/api/v1/{name}", limit=100, offset=len(found), **query)[name]
        if not rows:
            break
        found += rows
    return found


def impressions(sentence: str, where: str, **query: Any) -> Row:
    """Scans of posters that count, by poster and by day."""

    def ask(demo: Demo) -> list[Any]:
        found: dict[Any, int] = {}
        for one in paged(demo, "impressions", **query):
            key = (one["poster_id"], one["program_id"], one["student_id"], one["scanned_at"][:10])
            found[key] = found.get(key, 0) + 1
        return [(*key, events) for key, events in found.items()]

    sql = f"""
        SELECT poster, program, ambassador, strftime(t, '%Y-%m-%d'), count(*) FROM e
        WHERE source = 'vantio' AND kind = 'scan' AND counted AND {where} GROUP BY ALL"""
    return Row(sentence, ask, sql)


def steps(group: str, column: str, key: str) -> Row:
    """Each step of the funnel by its own time; what came of scans is read from its own lists."""

    def ask(demo: Demo) -> list[Any]:
        referrals = paged(demo, "referrals")
        of = {one["id"]: one for one in referrals}
        posters = dict(demo.sql("SELECT id, poster FROM e WHERE source = 'vantio'"))

        def group_of(one: dict[str, Any]) -> str:
            return str(posters[_event(one["impression_id"])] if key == "poster" else one[key])

        demo.keep(
            *("referrals", "who VARCHAR, status VARCHAR"),
            [[group_of(one), one["status"]] for one in referrals],
        )
        demo.keep(
            *("earnings", "who VARCHAR, amount BIGINT, status VARCHAR"),
            [
                [group_of(of[one["referral_id"]]), one["amount"], one["status"]]
                for one in paged(demo, "earnings")
            ],
        )
        answer = demo.json("/api/v1/funnel", groupBy=group)
        rows = [answer["total"], *answer["groups"]]
        return [
            (
                *(one[name] for name in ("id", "scans", "referrals", "converted")),
                one["earnings"]["count"],
                one["earnings"]["amounts"].get("EUR"),
                one["earnings"]["paid"].get("EUR"),
            )
            for one in rows
        ]

    sql = f"""
        WITH s AS (SELECT {column} AS who, count(*) AS scans FROM e
            WHERE source = 'vantio' AND counted GROUP BY ALL),
        r AS (SELECT who, count(*) AS referrals,
            count(*) FILTER (status IN ('converted', 'verified')) AS converted
            FROM referrals GROUP BY ALL),
        p AS (SELECT who, count(*) AS earnings, sum(amount) AS amount,
            coalesce(sum(amount) FILTER (status = 'paid'), 0) AS paid FROM earnings GROUP BY ALL),
        every AS (SELECT who, coalesce(scans, 0) AS scans, coalesce(referrals, 0) AS referrals,
            coalesce(converted, 0) AS converted, coalesce(earnings, 0) AS earnings, amount, paid
            FROM s FULL JOIN r USING (who) FULL JOIN p USING (who))
        SELECT who, scans, referrals, converted, earnings, amount::BIGINT, paid::BIGINT FROM every
        UNION ALL SELECT '', sum(scans), sum(referrals), sum(converted), sum(earnings),
            sum(amount), sum(paid) FROM every"""
    return Row(f"from scans to earnings, by {group}", ask, sql)


def _event(impression: str) -> str:
    """The event of `imp_` and thirteen digits of Crockford's alphabet."""
    digits = "0123456789abcdefghjkmnpqrstvwxyz"
    number = 0
    for letter in impression.removeprefix("imp_"):
        number = number * 32 + digits.index(letter)
    return str(number)


VANTIO = [
    impressions("scans of posters that count", "true"),
    impressions(
        "scans of posters in a window that is shorter than a day",
        "received_at >= '{d-20} 09:00' AND received_at < '{d-19} 17:30'",
        since="{d-20}T09:00:00Z",
        until="{d-19}T17:30:00Z",
    ),
    steps("program", "program", "program_id"),
    steps("student", "ambassador", "student_id"),
    steps("poster", "poster", "poster"),
]


# ── Copernica ─────────────────────────────────────────────────────────────────────────────────

KINDS = {
    "errors": "bounce",
    "abuses": "complaint",
    "unsubscribes": "unsubscribe",
    "clicks": "click",
    "impressions": "open",
    "deliveries": "delivery",
}
"""Lists and what their events are, the most decisive first."""
LISTED = "source = 'copernica' AND verdict IN ('counted', 'machine_open')"
AMSTERDAM = "local(t, 'Europe/Amsterdam')"
VERSIONS = ("", "/v1", "/v2/publisher", "/v2/ms", "/v3/publisher", "/v3/ms", "/v4/html", "/v4/ms")


def emailings(demo: Demo, path: str = "/v4/publisher") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = demo.json(f"{path}/emailings")["data"]
    return found


def mailed(path: str, where: str = "true", **query: Any) -> Row:
    """Totals, unique destinations and dominant results of each emailing."""

    def ask(demo: Demo) -> list[Any]:
        found = []
        for one in emailings(demo):
            sent = demo.json(f"{path}/emailing/{one['id']}/statistics", **query)
            for name in KINDS:
                unique = sent[name].get("unique")
                found.append((one["id"], name, sent[name]["total"], unique))
                found.append((one["id"], f"only {name}", sent["dominant_results"][name], None))
            found.append((one["id"], "unknown", sent["unknown"]["total"], None))
        sizes = [[one["id"], int(one["destinations"])] for one in emailings(demo)]
        demo.keep("sizes", "emailing VARCHAR, destinations BIGINT", sizes)
        return found

    names = ", ".join(f"('{name}', '{kind}', {n})" for n, (name, kind) in enumerate(KINDS.items()))
    sql = f"""
        WITH names(name, kind, rank) AS (VALUES {names}),
        m AS (SELECT e.*, name, rank FROM e JOIN names USING (kind) WHERE {LISTED} AND {where}),
        best AS (SELECT emailing, destination, arg_min(name, rank) AS name FROM m GROUP BY ALL),
        every AS (SELECT emailing, name FROM sizes, names)
        SELECT emailing, name, count(m.id), if(name = 'deliveries', NULL,
            count(DISTINCT m.destination)) FROM every LEFT JOIN m USING (emailing, name)
            GROUP BY emailing, name
        UNION ALL SELECT emailing, 'only ' || name, count(best.destination), NULL
            FROM every LEFT JOIN best USING (emailing, name) GROUP BY emailing, name
        UNION ALL SELECT emailing, 'unknown',
            any_value(destinations) - count(best.destination), NULL
            FROM sizes LEFT JOIN best USING (emailing) GROUP BY emailing"""
    return Row(f"what came of each emailing, {path} {query or ''}", ask, sql)


def listed(path: str, where: str = "true", **query: Any) -> Row:
    """How many rows each list has, and the id of the oldest."""

    def ask(demo: Demo) -> list[Any]:
        found = []
        for name in KINDS:
            answer = demo.json(f"{path}/{name}", limit=1, total="true", **query)
            found.append(
                (name, answer["total"], answer["data"][0]["ID"] if answer["data"] else None)
            )
        return found

    each = (
        f"SELECT '{name}', count(*), min(number)::TEXT FROM e"
        f" WHERE kind = '{kind}' AND {LISTED} AND {where}"
        for name, kind in KINDS.items()
    )
    return Row(f"rows of each list, {path} {query or ''}", ask, " UNION ALL ".join(each))


def destinations(path: str) -> Row:
    """What came of twenty single mails."""

    def ask(demo: Demo) -> list[Any]:
        ids = [id for (id,) in demo.sql(SOME_MAILS)]
        found = []
        for id in ids:
            sent = demo.json(f"{path}/{id}/statistics")
            found.append((id, *(sent[name]["total"] for name in KINDS), sent["retries"]["total"]))
        return found

    counts = ", ".join(f"count(*) FILTER (kind = '{kind}')" for kind in KINDS.values())
    sql = f"""
        SELECT destination, {counts}, 0 FROM e
        WHERE {LISTED} AND destination IN ({SOME_MAILS}) GROUP BY ALL"""
    return Row(f"what came of single mails, {path}", ask, sql)


SOME_MAILS = (
    f"SELECT destination FROM e WHERE {LISTED} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 20"
)

COPERNICA = [
    *(mailed(path) for path in VERSIONS),
    mailed(
        "/v4/publisher",
        f"{AMSTERDAM} >= '{{d-60}}' AND {AMSTERDAM} < '{{d-10}} 09:45'",
        begintime="{d-60}",
        endtime="{d-10} 09:45:00",
    ),
    *(listed(path) for path in VERSIONS),
    *(
        listed(
            path,
            f"{AMSTERDAM} >= '{{d-60}} 09:00' AND {AMSTERDAM} < '{{d-1}}'",
            begintime="{d-60} 09:00:00",
            endtime="{d-1}",
        )
        for path in ("/v2/ms", "/v4/ms")
    ),
    listed(
        "/v3/publisher",
        f"{AMSTERDAM} >= '{{d-60}} 09:00' AND hour({AMSTERDAM}) = 9",
        **{"fields[]": ["timestamp>={d-60} 09:00:00", "timestamp=~%% 09:%%"]},
    ),
    destinations("/v4/ms/message"),
    destinations("/v2/publisher/destination"),
]


# ── PassEntry ─────────────────────────────────────────────────────────────────────────────────

GATES = "source = 'passentry' AND kind = 'scan'"


def gated(sentence: str, where: str = "true", **query: Any) -> Row:
    """The counts of a list of scans. A word in place of a value is SQL that finds it."""

    def ask(demo: Demo) -> list[Any]:
        given = {
            name: demo.sql(value[1:])[0][0] if value[0] == "=" else value
            for name, value in query.items()
        }
        answer = demo.json("/api/v1/scans", perPage=1, **given)
        meta = answer["meta"]
        names = ("totalScans", "successfulScans", "failedScans", "readersCount", "totalPages")
        return [tuple(meta[name] for name in names)]

    sql = f"""
        SELECT count(*), count(*) FILTER (scan_status = 'successful'),
            count(*) FILTER (scan_status = 'failed'), count(DISTINCT reader), count(*)
        FROM e WHERE {GATES} AND {where}"""
    return Row(sentence, ask, sql)


def of_gates(name: str, column: str) -> Row:
    some = f"(SELECT min({column}) FROM e WHERE {GATES} AND {column} != '')"
    return gated(f"scans with one {name}", f"{column} = {some}", **{name: f"={some[1:-1]}"})


PASSENTRY = [
    gated("scans at all doors"),
    of_gates("entity", "entity"),
    of_gates("readerId", "reader"),
    of_gates("passId", "wallet_pass"),
    of_gates("eventId", "venue_event"),
    of_gates("groupTag", "group_tag"),
    of_gates("scanType", "scan_medium"),
    of_gates("validationType", "validation"),
    of_gates("status", "scan_status"),
    gated(
        "failed scans by chip of volunteers within a window",
        "received_at >= '{d-90} 06:30' AND received_at < '{d-1}' AND scan_status = 'failed'"
        " AND scan_medium = 'nfc' AND group_tag = 'Volunteers'",
        createdAfter="{d-90}T06:30:00Z",
        createdBefore="{d-1}T00:00:00Z",
        status="failed",
        scanType="nfc",
        groupTag="Volunteers",
    ),
]

ROWS = [*OPENQR, *VANTIO, *COPERNICA, *PASSENTRY]
