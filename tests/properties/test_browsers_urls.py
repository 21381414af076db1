"""A destination that was taken leads where a browser goes with what was given."""

import json
import subprocess

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some

from footfall.core.destinations import DestinationRules, read_destination
from footfall.core.errors import InvalidRequest

RULES = DestinationRules(("https://go.example.org/",), allow_private=True)
OPENED = """
const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
const open = (text) => { try { return new URL(text).href } catch { return null } };
console.log(JSON.stringify(given.map(open)));
"""
LABELS = some.one_of(
    some.sampled_from(
        ["example", "💩", "i❤", "faß", "BÜCHER", "ｅx", "xn--ls8h", "127", "0x7f", "1"]
    ),
    # Of letters that Node's version of Unicode knows: it refuses the others in a host.
    some.text(some.characters(exclude_categories=["Cn", "Cs"]), min_size=1, max_size=8),
    some.text("abc-_%0123456789·ßς・", min_size=1, max_size=8),
)
HOSTS = some.lists(LABELS, min_size=1, max_size=4).map(".".join)
PATHS = some.text(max_size=20) | some.text("/.%2eEaü?#'\"<>`{}|^[]", max_size=20)
URLS = some.builds(
    "{}{}{}{}".format,
    some.sampled_from(["http://", "https://", "HTTPS://", "http:", "//"]),
    HOSTS,
    some.sampled_from(["", ":80", ":443", ":8080", ":", "."]),
    PATHS.map(lambda path: f"/{path}") | PATHS,
)


def opened_by_a_browsers_rules(urls: list[str]) -> list[str | None]:
    done = subprocess.run(
        ["node", "-e", OPENED], input=json.dumps(urls), capture_output=True, text=True, check=True
    )
    found: list[str | None] = json.loads(done.stdout)
    return found


@settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.generate],  # to shrink an example takes a process each time
    suppress_health_check=list(HealthCheck),
)
@given(some.lists(URLS, min_size=150, max_size=200))
def test_a_destination_leads_where_a_browser_goes(urls: list[str]) -> None:
    taken = {}
    for url in urls:
        try:
            taken[url] = read_destination(url, RULES)
        except InvalidRequest:
            continue
    kept = opened_by_a_browsers_rules(list(taken.values()))
    meant = opened_by_a_browsers_rules([url.strip() for url in taken])

    assert None not in kept
    # The standard encodes `^` in paths since 2023; Node 20 does not.
    assert [str(url).replace("%5E", "^") for url in kept] == [
        str(url).replace("%5E", "^") for url in meant
    ]
