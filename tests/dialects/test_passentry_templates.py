"""Pass templates as the vendor's plugin for WooCommerce asks for them, and imported ones."""

import pytest

from tests.dialects.conftest import OpenVenue
from tests.dialects.passentry import Venue, refused
from tests.support.running import RunningServer


def test_templates_are_at_the_path_with_an_underscore_too(venue: Venue) -> None:
    asked = {"passTemplate": {"name": "Shop"}}
    made = venue.ask("POST", "/pass_templates", asked, status=202)["data"]["id"]
    for path in (f"/{{}}/{made}", "/{}", f"/{{}}/{made}?fields=name"):
        hyphen = venue.ask("GET", path.format("pass-templates"))
        assert venue.ask("GET", path.format("pass_templates"))["data"] == hyphen["data"]
    assert refused(venue.client.get("/pass_templates/nothing"), 404)


def test_a_template_keeps_the_id_that_its_caller_chose(
    venue: Venue, server: RunningServer, open_venue: OpenVenue
) -> None:
    id = f"import-{venue.template()[:8]}"
    assert venue.template(id=id) == id
    shown = venue.ask("GET", f"/pass-templates/{id}")["data"]
    assert shown["id"] == id
    assert "id" not in shown["attributes"]
    card = venue.card(id, "guest-1")
    attributes = venue.ask("GET", f"/passes/{card}")["data"]["attributes"]
    assert attributes["passTemplateUuid"] == id
    body = {"passTemplate": {"name": "Again", "id": id}}
    for client in (venue.client, open_venue(server).client):
        assert id in refused(client.post("/pass-templates", json=body), 409)
    assert len(venue.template(id=None)) == 24


@pytest.mark.parametrize("id", ["", "a/b", "a b", "x" * 81, 7, "id\n"])
def test_an_id_that_could_be_no_part_of_a_path_is_refused(venue: Venue, id: object) -> None:
    body = {"passTemplate": {"name": "Shop", "id": id}}
    assert "id" in refused(venue.client.post("/pass-templates", json=body), 400)
