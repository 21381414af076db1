"""v4's login: an access token is exchanged for a JSON Web Token."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest

from footfall.bootstrap import open_catalog
from footfall.capture.signed_links import Signer
from footfall.config import Settings
from footfall.core.accounts import ApiKey
from footfall.core.errors import Unauthorized
from footfall.dialects.copernica.login import VALID_SECONDS, Logins
from tests.dialects.copernica import Mailing, refused


def log_in(mailing: Mailing) -> str:
    answer = mailing.anybody.post("/", data={"access_token": mailing.key})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.text


def read(part: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def test_who_logs_in_is_known_by_the_token_until_the_key_ends(mailing: Mailing) -> None:
    token = log_in(mailing)
    header, claims, _ = token.split(".")
    assert read(header)["alg"] == "HS256"
    assert abs(int(str(read(claims)["exp"])) - time.time() - 24 * 3600) < 120
    bearer = {"Authorization": f"Bearer {token}"}
    for path in ("/v4/identity", "/v4/publisher/impressions", "/v2/ms/clicks"):
        answer = mailing.anybody.get(path, headers=bearer)
        assert (answer.status_code, answer.json()) == (200, mailing.client.get(path).json())
        assert mailing.anybody.get(path, params={"access_token": token}).status_code == 200
    assert mailing.anybody.post("/v4/profiles", json={}, headers=bearer).status_code == 201
    catalog = open_catalog(Settings(data=str(mailing.server.data)))
    key = catalog.authenticate(mailing.key).who.id
    catalog.revoke_key(key)
    catalog.close()
    answer = mailing.anybody.get("/v4/identity", headers=bearer)
    assert refused(answer) == "Invalid access token"


def test_a_token_that_this_server_did_not_write_is_refused(mailing: Mailing) -> None:
    header, claims, code = log_in(mailing).split(".")
    none = base64.urlsafe_b64encode(b'{"alg": "none"}').decode().rstrip("=")
    other = base64.urlsafe_b64encode(b'{"sub": "1", "exp": 9999999999}').decode().rstrip("=")
    for token in (
        *(f"{header}.{claims}.{code[:-4]}AAAA", f"{header}.{other}.{code}", f"{none}.{other}."),
        *("a.b.c", ".."),
    ):
        headers = {"Authorization": f"Bearer {token}"}
        answer = mailing.anybody.get("/v4/identity", headers=headers)
        assert refused(answer) == "Invalid access token"


def test_a_login_is_a_form_of_either_kind_or_json(mailing: Mailing) -> None:
    """curl's `-d` and `-F`; PHP sends the second kind for an array."""
    taken: list[dict[str, Any]] = [
        {"files": {"access_token": (None, mailing.key)}},
        {"json": {"access_token": mailing.key}},
        {"params": {"access_token": mailing.key}},
    ]
    for options in taken:
        answer = mailing.anybody.post("/", **options)
        assert answer.status_code == 200, answer.text
        assert len(answer.text.split(".")) == 3
    json_type = {"Content-Type": "application/json"}
    wrong: list[dict[str, Any]] = [
        {"files": {"access_token": ("token.txt", mailing.key)}},
        {"files": {"token": (None, mailing.key)}},
        {"json": {"access_token": [mailing.key]}},
        {"json": [mailing.key]},
        {"content": b"{", "headers": json_type},
        {"content": b"\xff", "headers": json_type},
        {"content": b"--", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"--", "headers": {"Content-Type": "multipart/form-data"}},
    ]
    for options in wrong:
        assert refused(mailing.anybody.post("/", **options))


def test_a_login_without_a_good_token_is_refused(mailing: Mailing) -> None:
    for form in ({}, {"access_token": ""}, {"access_token": "oqr_wrong"}, {"token": mailing.key}):
        assert refused(mailing.anybody.post("/", data=form)) == "Invalid access token"


def test_a_token_ends_with_its_day(tmp_path: Path) -> None:
    now = [1_800_000_000_000]
    catalog = open_catalog(Settings(data=str(tmp_path)))
    _, secret = catalog.create_account("Shop", "mail@example.org")
    caller = catalog.authenticate(secret)
    assert isinstance(caller.who, ApiKey)
    logins = Logins(Signer(b"k" * 32), catalog, lambda: now[0])
    token = logins.write(caller.who)
    now[0] += VALID_SECONDS * 1000 - 1
    assert logins.find_caller(token).id == caller.id
    now[0] += 1
    with pytest.raises(Unauthorized):
        logins.find_caller(token)
    catalog.close()
