"""Sending the examples of an OpenAPI document to a real server, as a reader would."""

import re
from collections.abc import Sequence
from typing import Any, Final

import httpx
import jsonschema

from footfall.api.openapi import Operation

ORDER: Final = ("POST", "GET", "PUT", "PATCH", "DELETE")
"""What is made first, what is deleted last."""


class Sender:
    """`made` has, by the path of a collection, the id of what the examples made there."""

    def __init__(self, client: httpx.Client, document: dict[str, Any]) -> None:
        self.client = client
        self.document = document
        self.made: dict[str, str] = {}

    def order(self, operations: Sequence[Operation]) -> list[Operation]:
        return sorted(operations, key=lambda one: (ORDER.index(one.method), one.path.count("/")))

    def send(self, one: Operation) -> httpx.Response:
        """The example's request, with the ids of what is there."""
        described = self.document["paths"][one.path][one.method.lower()]
        examples: dict[str, dict[str, str]] = {"path": {}, "query": {}}
        for parameter in described["parameters"]:
            if "example" in parameter and parameter["schema"].get("type") == "object":
                examples[parameter["in"]].update(parameter["example"])  # as OpenAPI writes it
            elif "example" in parameter:
                examples[parameter["in"]][parameter["name"]] = parameter["example"]
        body = described.get("requestBody", {}).get("content", {}).get("application/json", {})
        collection = one.path.partition("/{")[0]
        assert set(re.findall(r"{(\w+)}", one.path)) == set(examples["path"]), "no example"

        def fill(name: re.Match[str]) -> str:
            return examples["path"]["number"] if name[1] == "number" else self.made[collection]

        path = re.sub(r"{(\w+)}", fill, one.path)
        more = {"json": body["example"]} if body else {}
        response = self.client.request(one.method, path, params=examples["query"], **more)
        made = response.json() if "json" in response.headers.get("content-type", "") else None
        if one.method == "POST" and isinstance(made, dict):
            first = made if "id" in made else (made.get(collection.rpartition("/")[2]) or [{}])[0]
            if isinstance(first, dict) and "id" in first:
                self.made.setdefault(collection, str(first["id"]))
        return response

    def check(self, one: Operation, response: httpx.Response) -> None:
        """The status and the shape are those of the document, and so is the example's answer."""
        assert response.status_code == one.status, f"{one.method} {one.path}: {response.text}"
        described = self.document["paths"][one.path][one.method.lower()]
        content = described["responses"][str(one.status)].get("content", {})
        if not content:
            assert not response.content
            return
        shape = content[response.headers["content-type"].partition(";")[0]]
        if "schema" in shape:
            self.validate(response.json(), shape["schema"])
            assert "example" in shape, f"{one.method} {one.path} shows no answer"
            self.validate(shape["example"], shape["schema"])
            shown, found = shape["example"], response.json()
            if isinstance(shown, dict):
                assert set(shown) <= set(found), f"{one.method} {one.path}: {found}"
        if "requestBody" in described:
            body = described["requestBody"]["content"]["application/json"]
            self.validate(body["example"], body["schema"])

    def validate(self, value: Any, schema: dict[str, Any]) -> None:
        """What a schema says of its values, and that it leaves out none of them."""
        jsonschema.validate(value, {**schema, "components": self.document["components"]})
