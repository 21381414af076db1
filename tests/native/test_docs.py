"""`GET /docs`, and what an unknown path says."""

import re

import httpx

from footfall.dialects.registry import APIS
from tests.support.running import RunningServer


def test_the_page_of_documents_links_to_each_and_to_nothing_elsewhere(
    server: RunningServer,
) -> None:
    answer = httpx.get(f"{server.url}/docs")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    links = re.findall(r'(?:href|src)="([^"]*)"', answer.text)
    assert {f"/openapi/{name}.json" for name in APIS} <= {*links}
    assert "http" not in "".join(links)
    assert "<script" not in answer.text
    for link in links:
        found = httpx.get(f"{server.url}{link}", follow_redirects=True)
        assert found.status_code == 200, link


def test_an_unknown_path_leads_to_the_documents_and_not_to_a_file(server: RunningServer) -> None:
    answer = httpx.get(f"{server.url}/nothing/here")
    assert answer.status_code == 404
    assert answer.json()["error"] == "There is nothing at this path. GET /docs lists what there is."
