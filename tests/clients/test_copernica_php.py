"""Copernica's PHP, as its users run it: the samples of its pages, with a client as it describes."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.campaign import DESTINATIONS, Sent
from tests.dialects.copernica import Mailing
from tests.support.programs import php

CLIENT = Path(__file__).with_name("copernica_rest_api.php")

SAMPLE = """
// dependencies
require_once('copernica_rest_api.php');

// change this into your access token
$api = new CopernicaRestApi("your-access-token"%s);

// parameters to pass to the call
$parameters = array(
    'limit'     =>  100
);

// do the call, and print result
print_r($api->get("%s", $parameters));
"""
"""Of the page "REST API: fetch all registered impressions", and of its later versions."""


def run(mailing: Mailing, code: str, directory: Path) -> str:
    """What a script prints that has the client beside it."""
    shutil.copy(CLIENT, directory)
    (directory / "script.php").write_text("<?php" + code)
    done = subprocess.run(
        [php(), "-d", "display_errors=stderr", "script.php"],
        cwd=directory,
        env={"PATH": os.environ["PATH"], "HOST": mailing.server.url, "TOKEN": mailing.key},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


def call(mailing: Mailing, code: str, directory: Path, version: int = 4) -> Any:
    """The value of an expression with `$api` in it."""
    script = f"""
    require_once('copernica_rest_api.php');
    $api = new CopernicaRestAPI(getenv('TOKEN'), {version});
    echo json_encode({code});
    """
    return json.loads(run(mailing, script, directory))


@pytest.fixture
def opened(mailing: Mailing) -> Mailing:
    """Three destinations, each of which opened its mail."""
    for one in mailing.address([{}, {}, {}])["data"]:
        mailing.fetch(one["pixel"])
    return mailing


@pytest.mark.parametrize(
    ("version", "resource"),
    [
        (", 1", "impressions"),
        ("", "impressions"),
        (", 4", "impressions"),
        ("", "publisher/impressions/"),
        (", 3", "publisher/impressions"),
        (", 4", "ms/impressions"),
    ],
)
def test_the_sample_of_the_page_prints_the_impressions(
    opened: Mailing, tmp_path: Path, version: str, resource: str
) -> None:
    code = (SAMPLE % (version, resource)).replace("your-access-token", opened.key)
    printed = run(opened, code, tmp_path)
    assert printed.startswith("Array\n(\n    [start] => 0\n    [limit] => 100\n    [count] => 3\n")
    for row in opened.rows("publisher/impressions"):
        assert f"[ID] => {row['ID']}\n" in printed
    assert "[total] => 3\n" in printed
    agent = "user-agent" if resource == "impressions" else "useragent"
    assert f"[{agent}] => Mozilla/5.0 (iPhone;" in printed


def test_the_un_versioned_path_answers_a_client_that_reads_it(opened: Mailing) -> None:
    answer = httpx.get(
        f"{opened.server.url}/impressions", params={"access_token": opened.key, "limit": 100}
    )
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["total"] == 3


@pytest.mark.parametrize("version", [2, 3, 4])
def test_false_true_null_and_arrays_arrive_as_php_writes_them(
    opened: Mailing, tmp_path: Path, version: int
) -> None:
    first, second, third = (row["ID"] for row in opened.rows("publisher/impressions"))
    parameters = "'limit' => 2, 'total' => false, 'start' => null"
    found = call(
        opened, f"$api->get('publisher/impressions', array({parameters}))", tmp_path, version
    )
    assert "total" not in found
    assert (found["start"], found["limit"], found["count"]) == (0, 2, 2)
    fields = f"array('ID>{first}', 'ID<={third}', 'timestamp>2020-01-01 00:00:00')"
    code = f"$api->get('publisher/impressions', array('total' => true, 'fields' => {fields}))"
    found = call(opened, code, tmp_path, version)
    assert [row["ID"] for row in found["data"]] == [second, third]
    assert found["total"] == 2


def test_a_loop_over_all_rows_by_id_finds_each_once(opened: Mailing, tmp_path: Path) -> None:
    for one in opened.address([{}] * 5)["data"]:
        opened.fetch(one["pixel"])
    code = """
    (function () use ($api) {
        $found = array();
        $last = 0;
        do {
            $page = $api->get('publisher/impressions', array(
                'limit' => 3, 'total' => false, 'fields' => array("ID>{$last}"),
            ));
            foreach ($page['data'] as $row) $found[] = $last = $row['ID'];
        } while ($page['count'] == 3);
        return $found;
    })()
    """
    rows = opened.rows("publisher/impressions")
    assert call(opened, code, tmp_path) == [row["ID"] for row in rows]
    assert len(rows) == 8


def test_an_error_comes_as_an_array(mailing: Mailing, tmp_path: Path) -> None:
    assert call(mailing, "$api->get('publisher/emailing/0')", tmp_path) == {
        "error": {"message": "No entity with supplied ID"}
    }
    code = "(new CopernicaRestAPI('wrong', 2))->get('identity')"
    assert call(mailing, code, tmp_path) == {"error": {"message": "Invalid access token"}}


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_what_is_made_is_known_by_the_id_that_the_client_finds(
    mailing: Mailing, tmp_path: Path, version: int
) -> None:
    product = "" if version == 1 else "publisher/"
    made = call(
        mailing, f"$api->post('{product}emailings', array('subject' => 'Hi'))", tmp_path, version
    )
    assert mailing.get(f"publisher/emailing/{made}")["subject"] == "Hi"
    path = f"{product}emailing/{made}"
    put = f"$api->put('{path}', array('subject' => 'Ho'))"
    assert call(mailing, put, tmp_path, version) is True
    assert mailing.get(f"publisher/emailing/{made}")["subject"] == "Ho"
    wrong = f"$api->post('{path}', array('type' => 'none'))"
    assert call(mailing, wrong, tmp_path, version) is False
    assert call(mailing, f"$api->delete('{path}')", tmp_path, version) is True
    gone = mailing.client.get(f"/v4/publisher/emailing/{made}")
    assert gone.json() == {"error": {"message": "No entity with supplied ID"}}


# ── a report, with all of its numbers ─────────────────────────────────────────────────────────

REPORT = """
function by_id($api, $resource, $limit) {
    $found = array();
    $last = 0;
    do {
        $page = $api->get($resource, array(
            'limit' => $limit, 'total' => false, 'fields' => array("ID>{$last}"),
        ));
        foreach ($page['data'] as $row) {
            $found[] = $row;
            $last = $row['ID'];
        }
    } while ($page['count'] == $limit);
    return $found;
}

function by_start($api, $resource, $limit) {
    $found = array();
    do {
        $page = $api->get($resource, array('start' => count($found), 'limit' => $limit));
        if ($page['start'] !== count($found) || $page['limit'] !== $limit
            || $page['count'] !== count($page['data'])
            || $page['start'] + $page['count'] > $page['total']) {
            throw new Exception('Unexpected page: ' . json_encode($page));
        }
        $found = array_merge($found, $page['data']);
    } while (count($found) < $page['total']);
    return $found;
}

function per_destination($rows) {
    $found = array();
    foreach ($rows as $row) {
        $destination = $row['destination'];
        $found[$destination] = isset($found[$destination]) ? $found[$destination] + 1 : 1;
    }
    return $found;
}

$lists = array();
foreach (explode(' ', 'impressions clicks deliveries errors abuses unsubscribes') as $name) {
    $resource = PRODUCT . 'emailing/' . EMAILING . "/$name";
    $rows = by_start($api, $resource, 7);
    if (by_id($api, $resource, 5) !== $rows) throw new Exception($name);
    $lists[$name] = per_destination($rows);
}
echo json_encode(array(
    'lists' => $lists,
    'statistics' => $api->get(PRODUCT . 'emailing/' . EMAILING . '/statistics'),
    'emailing' => $api->get(PRODUCT . 'emailing/' . EMAILING),
));
"""


@pytest.mark.parametrize(
    ("version", "product"),
    [(1, ""), (2, "publisher/"), (3, "ms/"), (4, "publisher/"), (4, "html/"), (4, "draganddrop/")],
)
def test_a_report_in_php_counts_what_happened(
    sent: Sent, tmp_path: Path, version: int, product: str
) -> None:
    script = f"""
    require_once('copernica_rest_api.php');
    define('PRODUCT', '{product}');
    define('EMAILING', '{sent.mailing.emailing}');
    $api = new CopernicaRestAPI(getenv('TOKEN'), {version});
    """
    found = json.loads(run(sent.mailing, script + REPORT, tmp_path))
    for name, rows in found["lists"].items():
        assert rows == sent.rows(name), name
    expected = sent.statistics()
    statistics = found["statistics"]
    assert statistics["destinations"] == DESTINATIONS
    assert statistics["deliveries"] == {"total": expected["deliveries"]["total"]}
    for name in ("errors", "impressions", "clicks", "unsubscribes", "abuses"):
        assert statistics[name] == expected[name], name
    assert int(found["emailing"]["destinations"]) == DESTINATIONS
    if product not in ("ms/", "draganddrop/"):
        for name in ("errors", "impressions", "clicks", "unsubscribes", "abuses"):
            assert found["emailing"][name] == str(expected[name]["total"]), name
