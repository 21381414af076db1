"""Signing in, members and keys: for the native API's OpenAPI document."""

from typing import Any, Final

from footfall.api.openapi import Example, Operation
from footfall.dialects.native import keys, members, session
from footfall.dialects.native.current_key import KeyShown
from footfall.dialects.native.describing import describe
from footfall.dialects.native.places import PlaceDatabaseList
from footfall.dialects.native.zones import TimeZoneList

ACCOUNT: Final = {"id": 1, "name": "Owner", "privacy": "coarse"}
MEMBER: Final = {
    "id": 2,
    "email": "bo@example.org",
    "name": "Bo",
    "role": "editor",
    "joined": False,
    "created_at": "2026-07-03T14:05:09Z",
    "last_seen_at": None,
}
INVITED: Final = {
    **MEMBER,
    "link": "http://localhost:3000/dashboard/welcome#viwfpX-6BiJywxu6t8WclTijvWBH3pqTURAn-QiAULA",
    "link_days": 7,
}
SESSION: Final = {
    "member": {**MEMBER, "joined": True},
    "account": ACCOUNT,
    "role": "editor",
    "scopes": ["capture", "read", "write"],
    "csrf": "b7f3af7564a2582da6acb2055fafd9be87a4ee6d3ef31af227e12c8464a8111d",
}
TOKEN: Final = "viwfpX-6BiJywxu6t8WclTijvWBH3pqTURAn-QiAULA"  # noqa: S105 (nobody's)
PASSWORD: Final = "correct horse"  # noqa: S105 (nobody's)
KEY: Final = {
    "id": 7,
    "name": "reports",
    "begins": "oqr_AbCdEf",
    "scopes": ["read"],
    "usable": True,
    "creations_per_hour": None,
    "created_at": "2026-07-03T14:05:09Z",
    "expires_at": None,
    "last_used_at": None,
    "revoked_at": None,
}


def _open(method: str, path: str, summary: str, answer: Any, **more: Any) -> Operation:
    """Of a path that takes no key."""
    return describe(method, path, summary, answer, keyless=True, **more)


_SESSION: Final = (
    _open(
        "POST",
        "/session",
        "Sign in with e-mail and password",
        session.SessionShown,
        example=Example(body={"email": "bo@example.org", "password": PASSWORD}, answer=SESSION),
        body=session.SignInRequest,
    ),
    _open(
        "GET",
        "/session",
        "Who is signed in, by cookie",
        session.SessionShown,
        example=Example(answer=SESSION),
    ),
    _open("DELETE", "/session", "Sign out", None, example=Example(), status=204),
    _open(
        "POST",
        "/session/link",
        "See what a one-time link is for",
        session.LinkShown,
        example=Example(
            body={"token": TOKEN},
            answer={
                "account": ACCOUNT,
                "email": "bo@example.org",
                "name": "Bo",
                "role": "editor",
                "joined": False,
                "invited_by": "ada@example.org",
                "expires_at": "2026-07-10T14:05:09Z",
            },
        ),
        body=session.LinkRequest,
    ),
    _open(
        "POST",
        "/session/welcome",
        "Use a one-time link: choose a password, and be signed in",
        session.SessionShown,
        example=Example(body={"token": TOKEN, "name": "Bo", "password": PASSWORD}, answer=SESSION),
        body=session.WelcomeRequest,
        errors=(409,),
    ),
    _open(
        "POST",
        "/session/password",
        "Change the own password",
        session.SessionShown,
        example=Example(body={"old": PASSWORD, "new": "battery staple"}, answer=SESSION),
        body=session.PasswordRequest,
    ),
)

_MEMBERS: Final = (
    describe(
        "GET",
        "/members",
        "List who may sign in",
        members.MemberList,
        Example(answer={"members": [MEMBER]}),
    ),
    describe(
        "POST",
        "/members",
        "Invite somebody",
        members.MemberInvited,
        Example(body={"email": "bo@example.org", "name": "Bo", "role": "editor"}, answer=INVITED),
        body=members.MemberRequest,
        status=201,
        errors=(409,),
    ),
    describe(
        "PATCH",
        "/members/{member_id}",
        "Change a member's name or role",
        session.MemberShown,
        Example(path={"member_id": "2"}, body={"role": "editor"}, answer=MEMBER),
        body=members.MemberChange,
        errors=(409,),
    ),
    describe(
        "DELETE",
        "/members/{member_id}",
        "Remove a member, and end the sessions",
        members.MemberRemoved,
        Example(path={"member_id": "2"}, answer={"id": 2, "removed": True}),
        errors=(409,),
    ),
    describe(
        "POST",
        "/members/{member_id}/link",
        "Make a new one-time link for a member",
        members.MemberInvited,
        Example(path={"member_id": "2"}, answer=INVITED),
    ),
)

_PLACES: Final = (
    describe(
        "GET",
        "/places",
        "List the databases of places in use, with their age and attribution",
        PlaceDatabaseList,
        Example(
            answer={
                "places": [
                    {
                        "name": "bundled",
                        "type": "country ipvAll",
                        "date": "2026-06-01",
                        "days_old": 31,
                        "attribution": "IP Geolocation by DB-IP",
                        "url": "https://db-ip.com",
                    }
                ],
                "warning": "",
            }
        ),
    ),
    describe(
        "GET",
        "/zones",
        "List the time zones by their names of today, with their offsets from UTC",
        TimeZoneList,
        Example(
            answer={
                "zones": [
                    {
                        "name": "Asia/Kolkata",
                        "utc_offset": "+05:30",
                        "country": "IN",
                        "aliases": ["Asia/Calcutta"],
                    }
                ]
            }
        ),
    ),
)

_KEYS: Final = (
    describe(
        "GET",
        "/key",
        "Whose key this is, and what it may do",
        KeyShown,
        Example(
            answer={
                "account": ACCOUNT,
                "name": "unnamed",
                "begins": "oqr_AbCdEf",
                "scopes": ["read"],
                "expires_at": None,
            }
        ),
        errors=(404,),
    ),
    describe("GET", "/keys", "List API keys", keys.KeyList, Example(answer={"keys": [KEY]})),
    describe(
        "POST",
        "/keys",
        "Make an API key, whose secret is shown once",
        keys.KeyMade,
        Example(
            body={"name": "reports", "scopes": ["read"]},
            answer={**KEY, "secret": "oqr_AbCdEf…"},
        ),
        body=keys.KeyRequest,
        status=201,
        errors=(409,),
    ),
    describe(
        "DELETE",
        "/keys/{key_id}",
        "Revoke an API key",
        keys.KeyBody,
        Example(
            path={"key_id": "7"},
            answer={**KEY, "usable": False, "revoked_at": "2026-07-04T09:00:00Z"},
        ),
    ),
)

OPERATIONS: Final = (*_SESSION, *_MEMBERS, *_KEYS, *_PLACES)
