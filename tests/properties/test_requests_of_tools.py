"""The request that a tool's answer shows is the one that was sent, whatever was asked for."""

import json
import shlex
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.core.errors import InvalidRequest
from footfall.mcp.openqr import TOOLS as OPENQR
from footfall.mcp.tools import ToolCall, read_arguments, request_of

BASE = "http://localhost:3000"
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)
PAIRS = st.lists(st.tuples(TEXT.filter(bool), TEXT), max_size=4)
CHANGE = next(one for one in OPENQR if one.name == "update_dynamic_qr")


@given(PAIRS, st.none() | st.dictionaries(TEXT, TEXT | st.integers() | st.none(), max_size=4))
def test_a_shell_reads_the_command_as_it_was_meant(
    query: list[tuple[str, str]], body: dict[str, object] | None
) -> None:
    asked = ToolCall(method="POST", path="/reports", query=tuple(query), body=body)
    words = shlex.split(asked.curl(BASE))
    url = urlsplit(next(word for word in words if word.startswith(BASE)))
    assert parse_qsl(url.query, keep_blank_values=True) == query
    assert "Authorization: Bearer $KEY" in words
    if body is not None:
        assert json.loads(words[words.index("-d") + 1]) == body


@given(TEXT)
def test_no_id_leads_to_another_path(id: str) -> None:
    try:
        asked = request_of(CHANGE, read_arguments(CHANGE, {"id": id, "label": "x"}))
    except InvalidRequest:
        return
    assert asked.path == f"/v1/dynamic/{id}"
    assert asked.path.count("/") == 3
    assert asked.body == {"label": "x"}


@pytest.mark.parametrize("id", ["", "..", "a/b", "a?b", "a%2Fb", "a\n", "x" * 81])
def test_what_is_no_id_is_refused(id: str) -> None:
    with pytest.raises(InvalidRequest, match="id"):
        read_arguments(CHANGE, {"id": id})
