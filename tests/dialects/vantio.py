"""What the tests of the Vantio dialect share: a campaign, its scans, and what is refused."""

from typing import Any

import httpx

from tests.support.running import PHONE, RunningServer

LANDING = "https://example.org/join"


def call(server: RunningServer, method: str, path: str, **options: Any) -> Any:
    """The body of a success."""
    response = server.client.request(method, f"/api/v1{path}", **options)
    assert response.status_code == 200, response.text
    return response.json()


def refused(response: httpx.Response, status: int) -> str:
    """The answer is Vantio's error body with this status; returns its text."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/json")
    body = response.json()
    assert set(body) == {"error", "message"}
    assert body["error"] == httpx.codes(status).name.replace("_", " ").title()
    return str(body["message"])


class Campaign:
    """A program with one student and one poster."""

    def __init__(self, server: RunningServer, landing_url: str = LANDING) -> None:
        self.server = server
        self.program: str = call(
            server, "POST", "/programs", json={"name": "Spring", "landing_url": landing_url}
        )["id"]
        self.student = self.add_student("Sam")
        self.poster = self.add_poster(self.student, "Library, floor 1")

    def add_student(self, first_name: str) -> str:
        body = {
            "program_id": self.program,
            "first_name": first_name,
            "last_name": "Lee",
            "email": "sam@example.edu",
        }
        return str(call(self.server, "POST", "/users", json=body)["id"])

    def add_poster(self, student: str, location: str | None = None) -> dict[str, Any]:
        body = {"program_id": self.program, "student_id": student, "location": location}
        poster: dict[str, Any] = call(self.server, "POST", "/posters", json=body)
        return poster

    def scan(
        self, poster: dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> str:
        """The id of the impression that the landing page is given."""
        slug = (poster or self.poster)["short_url"].rpartition("/")[2]
        # Over a connection that is open already: a new one takes longer than the scan.
        phone = {"User-Agent": PHONE, **(headers or {})}
        answer = self.server.client.get(f"/s/{slug}", headers=phone)
        assert answer.status_code == 302
        return str(httpx.URL(answer.headers["location"]).params["impression_id"])

    def refer(self, impression: str = "", **fields: Any) -> dict[str, Any]:
        body = {
            "impression_id": impression or self.scan(),
            "first_name": "Ana",
            "last_name": "Diaz",
            "email": "ana@example.com",
            **fields,
        }
        referral: dict[str, Any] = call(self.server, "POST", "/referrals", json=body)
        return referral

    def convert(self, referral: str) -> dict[str, Any]:
        changed: dict[str, Any] = call(
            self.server, "PUT", f"/referrals/{referral}", json={"status": "converted"}
        )
        return changed

    def earn(self, referral: str, amount: int = 1250, **fields: Any) -> dict[str, Any]:
        body = {"referral_id": referral, "amount": amount, **fields}
        earning: dict[str, Any] = call(self.server, "POST", "/earnings", json=body)
        return earning

    def impressions(self, **query: Any) -> list[dict[str, Any]]:
        parameters = {"programId": self.program, **query}
        found: list[dict[str, Any]] = call(self.server, "GET", "/impressions", params=parameters)[
            "impressions"
        ]
        return found
