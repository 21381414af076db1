"""The functions of the vendor's List Impressions page as integrators write them in PHP with curl.

https://docs.vantio.app/api-reference/impressions/list-impressions
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import StartServer
from tests.dialects.vantio import Campaign
from tests.support.programs import php
from tests.support.running import RunningServer

FUNCTIONS = """<?php
function ask($path, $filters = array(), &$headers = null) {
    $curl = curl_init(getenv('BASE') . "/api/v1/$path?" . http_build_query($filters));
    $headers = array();
    curl_setopt_array($curl, array(
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_HTTPHEADER => array('Authorization: Bearer ' . getenv('KEY')),
        CURLOPT_HEADERFUNCTION => function ($curl, $line) use (&$headers) {
            $parts = explode(':', $line, 2);
            if (count($parts) == 2) $headers[strtolower($parts[0])] = trim($parts[1]);
            return strlen($line);
        },
    ));
    $answer = curl_exec($curl);
    curl_close($curl);
    return json_decode($answer, true);
}

function poster_stats($program) {
    $stats = array();
    $found = ask('impressions', array('programId' => $program, 'limit' => 1000));
    foreach ($found['impressions'] as $one) {
        $poster = $one['poster_id'];
        $stats[$poster] = isset($stats[$poster]) ? $stats[$poster] + 1 : 1;
    }
    return $stats;
}

function funnel($poster) {
    $found = ask('impressions', array('posterId' => $poster, 'limit' => 1000));
    $funnel = array('scans' => count($found['impressions']), 'signups' => 0, 'conversions' => 0);
    foreach ($found['impressions'] as $one) {
        $referrals = ask('referrals', array('impression_id' => $one['id']));
        foreach ($referrals['referrals'] as $referral) {
            $funnel['signups']++;
            if ($referral['status'] == 'converted') $funnel['conversions']++;
        }
    }
    return $funnel;
}

function export_all($program) {
    $all = array();
    $limit = 100;
    do {
        $page = ask('impressions', array(
            'programId' => $program, 'limit' => $limit, 'offset' => count($all),
        ));
        $all = array_merge($all, $page['impressions']);
    } while (count($page['impressions']) === $limit);
    return $all;
}

function follow_links($program) {
    $ids = array();
    $filters = array('programId' => $program, 'limit' => 1000);
    do {
        $page = ask('impressions', $filters, $headers);
        foreach ($page['impressions'] as $one) $ids[] = $one['id'];
        $next = isset($headers['link'])
            && preg_match('/<([^>]+)>; rel="next"/', $headers['link'], $found);
        if ($next) parse_str(parse_url($found[1], PHP_URL_QUERY), $filters);
    } while ($next);
    return $ids;
}
"""


def run(server: RunningServer, call: str, directory: Path) -> Any:
    script = directory / "script.php"
    script.write_text(f"{FUNCTIONS}\necho json_encode({call});")
    done = subprocess.run(
        [php(), "-d", "display_errors=stderr", script],
        env={"PATH": os.environ["PATH"], "BASE": server.url, "KEY": server.key},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return json.loads(done.stdout)


@pytest.mark.parametrize(("rows_max", "right"), [(100, False), (1_000, True)])
def test_numbers_in_php_are_right_or_the_answer_says_that_it_is_cut(
    start_server: StartServer, tmp_path: Path, rows_max: int, right: bool
) -> None:
    server = start_server(vantio_rows_max=rows_max)
    campaign = Campaign(server)
    second = campaign.add_poster(campaign.student)
    scanned = [campaign.scan() for _ in range(104)] + [campaign.scan(second) for _ in range(3)]
    for number, impression in enumerate(scanned[101:104]):
        referral = campaign.refer(impression)
        if number:
            campaign.convert(referral["id"])
    first, other = campaign.poster["id"], second["id"]
    stats = run(server, f"poster_stats('{campaign.program}')", tmp_path)
    assert (stats == {first: 104, other: 3}) is right
    whole = {"scans": 104, "signups": 3, "conversions": 2}
    assert (run(server, f"funnel('{first}')", tmp_path) == whole) is right
    small = {"scans": 3, "signups": 0, "conversions": 0}
    assert run(server, f"funnel('{other}')", tmp_path) == small
    # What goes on by offset, or by the link of a page that is cut, is right in both.
    exported = run(server, f"export_all('{campaign.program}')", tmp_path)
    assert [one["id"] for one in exported] == scanned
    assert run(server, f"follow_links('{campaign.program}')", tmp_path) == scanned
    (last,) = [one for one in exported if one["id"] == scanned[-1]]
    assert (last["poster_id"], last["student_id"]) == (other, campaign.student)


def test_a_wrong_key_is_refused_as_the_page_shows(server: RunningServer, tmp_path: Path) -> None:
    call = "(function () { putenv('KEY=sk_wrong'); return ask('impressions'); })()"
    assert run(server, call, tmp_path) == {
        "error": "Unauthorized",
        "message": "Invalid or missing API key",
    }
