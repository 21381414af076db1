"""Has a running server archive: it alone may open its data directory."""

import time
from collections.abc import Callable
from typing import Any, Final

import httpx

from footfall.core.accounts import AgeBy
from footfall.core.errors import InvalidRequest, Unavailable

POLL_SECONDS: Final = 1.0
TIMEOUT_SECONDS: Final = 60.0


def archive(
    url: str,
    key: str,
    before: str,
    *,
    age_by: AgeBy = AgeBy.RECEIVED,
    remove: bool,
    on_wait: Callable[[str], None],
) -> dict[str, Any]:
    """Ask, wait until it is done, and return the deletion as the server tells it. `on_wait` hears
    each problem for which the server waits. Raises InvalidRequest, Unavailable."""
    if not key:
        raise InvalidRequest("Set FOOTFALL_KEY to a key with the scope admin.")
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_SECONDS) as client:
        body = {"before": before, "age_by": age_by, "remove": remove}
        accepted = _answer(client, "POST", "/archives", body)
        problem = ""
        while True:
            deletion = _answer(client, "GET", f"/deletions/{accepted['id']}")
            if deletion["step"] == "failed":
                raise Unavailable(f"The archive failed: {deletion['problem']}")
            if deletion["step"] == "done":
                return deletion
            if deletion["problem"] and deletion["problem"] != problem:
                problem = deletion["problem"]
                on_wait(problem)
            time.sleep(POLL_SECONDS)


def manifest(url: str, key: str) -> dict[str, Any]:
    """The account's archived months."""
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_SECONDS) as client:
        return _answer(client, "GET", "/archives")


def _answer(client: httpx.Client, method: str, path: str, body: Any = None) -> dict[str, Any]:
    try:
        response = client.request(method, path, json=body)
        answer: dict[str, Any] = response.json()
    except (httpx.HTTPError, ValueError) as error:
        raise Unavailable(f"{client.base_url} does not answer as a Footfall: {error}") from None
    if response.is_error:
        raise InvalidRequest(f"The server refused: {answer.get('error', response.status_code)}")
    return answer
