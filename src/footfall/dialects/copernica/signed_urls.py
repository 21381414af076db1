"""The pixel and click URLs of a mail. They are signed, and name the tracker, the destination and
the profile, so nothing has to be looked up when a mail is opened (`capture.signed_links`)."""

import msgspec

from footfall.capture.signed_links import SignedLink, Signer
from footfall.core.events import EventKind
from footfall.dialects.copernica.tables import LinkRow


class Person(msgspec.Struct, frozen=True):
    """To whom a mail goes; None where that is not known."""

    profile: int | None
    subprofile: int | None


class UrlWriter:
    """Writes the pixel and click URLs of destinations. `base` is this server as the world knows
    it, without a slash at the end."""

    def __init__(self, signer: Signer, base: str) -> None:
        self._signer = signer
        self._base = base

    def pixel(self, tracker: int, destination: int, person: Person) -> str:
        link = SignedLink(
            tracker, EventKind.OPEN, _references(destination, person), str(destination)
        )
        return f"{self._base}/p/{self._signer.write(link)}.gif"

    def click(self, tracker: int, destination: int, person: Person, link: LinkRow) -> str:
        references = {**_references(destination, person), "link": str(link.id)}
        signed = SignedLink(tracker, EventKind.CLICK, references, str(destination), link.url)
        return f"{self._base}/l/{self._signer.write(signed)}"


def _references(destination: int, person: Person) -> dict[str, str]:
    references = {"destination": str(destination)}
    if person.profile is not None:
        references["profile"] = str(person.profile)
    if person.subprofile is not None:
        references["subprofile"] = str(person.subprofile)
    return references
