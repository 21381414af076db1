"""Labels and coupon codes in other cases and normal forms."""

import unicodedata

from tests.dialects.everflow import Network, refused


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def test_a_coupon_is_known_in_every_spelling(network: Network) -> None:
    code = f"Café-Straße-{network.account}"
    made = {"network_offer_id": network.offer, "network_affiliate_id": network.affiliate}
    network.make("couponcodes", coupon_code=decomposed(code), **made)
    for typed in (code, code.upper(), decomposed(code).lower()):
        found = network.fire(oid="undefined", affid="", __cc=typed).json()
        assert found["oid"] == network.offer, typed
        body = {"coupon_code": typed, "coupon_status": "active", **made}
        taken = network.client.post("/v1/networks/couponcodes", json=body)
        assert "is taken" in refused(taken, 409), taken.text


def test_offers_share_a_label_in_every_spelling(network: Network) -> None:
    for spelled in (["Été", decomposed("Été")], ["ÉTÉ"], [decomposed("été")]):
        offer = network.make_offer(labels=spelled)
        assert network.call("GET", f"/v1/networks/offers/{offer}")["labels"] == ["Été"]
    labels = network.call("GET", "/v1/networks/labels")["labels"]
    assert [one["name"] for one in labels] == ["Été"]
    taken = network.client.post("/v1/networks/labels", json={"name": "été"})
    assert "already" in refused(taken, 409)
