"""Changes that are made only when nobody changed the same meanwhile (RFC 9110, 13.1.1).

What is read has an `ETag`; a change that sends it as `If-Match` is refused with 412 when the tag is
another by now. Without the header a change is made as it is requested.
"""

import hashlib
import re
from typing import Any, ClassVar, Final

import msgspec
from litestar import Request, Response

from footfall.api.bodies import answer
from footfall.core.errors import FootfallError, InvalidRequest

_TAG: Final = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')

_MARK: Final = re.compile(r"[-:;]+[a-z0-9-]+$")
"""What a proxy appends to a digest."""


class PreconditionFailed(FootfallError):
    """It was changed since the caller read it."""

    code: ClassVar[str] = "precondition_failed"


def etag(content: Any) -> str:
    """The tag of what is answered: the same content has the same tag."""
    return f'"{_digest(content)}"'


def _digest(content: Any) -> str:
    """24 hexadecimal digits."""
    return hashlib.blake2b(msgspec.json.encode(content), digest_size=12).hexdigest()


def answer_tagged(
    content: Any, status: int = 200, headers: dict[str, str] | None = None
) -> Response[bytes]:
    """JSON, with its tag."""
    return answer(content, status, {"ETag": etag(content), **(headers or {})})


def check_match(request: Request[Any, Any, Any], current: Any) -> None:
    """Call within the transaction of the change, with what a read would answer now.

    A proxy that compresses an answer marks its tag: `W/"0f3a…"`, `"0f3a…-gzip"`, `"0f3a…;br"`. The
    tag is a digest of the content before any coding, so the marks are ignored, other than RFC 9110,
    13.1.1, says.

    Raises PreconditionFailed, and InvalidRequest for a header that names no tag.
    """
    wanted = request.headers.get("if-match")
    if wanted is None or wanted.strip() == "*":
        return
    tags = _TAG.findall(wanted)
    if not tags:
        raise InvalidRequest('If-Match: send the ETag of the last answer, such as "0f3a…", or *.')
    if _digest(current) not in {_MARK.sub("", tag) for tag in tags}:
        raise PreconditionFailed(
            "Somebody changed this since you read it, so nothing was changed. Read it again, "
            "and send the change with its new ETag."
        )
