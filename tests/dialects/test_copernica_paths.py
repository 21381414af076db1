"""Paths that Copernica's API does not serve: in whose form they are refused."""

import pytest

from tests.dialects.copernica import Mailing, refused


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_a_path_that_is_not_served_is_refused_in_copernicas_form(
    mailing: Mailing, method: str
) -> None:
    token = {"access_token": mailing.key}
    for path in (
        *("/v1/condition/1", "/v1/database/1/nothing", "/v1//webhooks", "/v1/imports"),
        *("/v2/webhooks", "/v4/collection/1/miniviews", "/v1/webhooks", "/v1/impressions/x/y/z"),
    ):
        if "impressions" in path and method == "GET":
            continue
        for query in (token, {}):
            headers = {} if query else {"Authorization": f"Bearer {mailing.key}"}
            answer = mailing.anybody.request(method, path, params=query, headers=headers)
            assert refused(answer) == "Invalid method", f"{path} {query}"
    # What has no word of the vendor's is known by its parameter alone.
    for path in ("/v1/nothing", "/webhooks", "/nothing/at/all", "/v1x"):
        assert refused(mailing.anybody.request(method, path, params=token)) == "Invalid method"


def test_a_path_that_only_begins_like_one_of_copernicas_is_not_copernicas(
    mailing: Mailing,
) -> None:
    for path in ("/v1/databasesx", "/v1/nothing"):
        answer = mailing.anybody.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.text
