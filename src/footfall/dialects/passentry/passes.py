"""Passes and their points."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromPath, RawBody
from msgspec import UNSET, UnsetType

from footfall.api.bodies import answer, decode
from footfall.core.errors import InvalidRequest
from footfall.dialects.passentry import telling
from footfall.dialects.passentry.face import Answer, Asked, Face, OurFace, query_of, required
from footfall.dialects.passentry.nouns import passes as nouns
from footfall.dialects.passentry.nouns.entities import page
from footfall.dialects.passentry.nouns.tables import PassRow
from footfall.dialects.passentry.wallets import PLATFORMS, Platform, WalletPass
from footfall.dialects.passentry.wire import barcodes
from footfall.dialects.passentry.wire import passes as wire
from footfall.dialects.passentry.wire.documents import clean, read_id, read_paging


@post("/passes", sync_to_thread=True)
def create_pass(request: Asked, face: OurFace, body: RawBody) -> Answer:
    """A pass of the template that the query names, or the default one, with an extId of the
    caller's own."""
    query = query_of(request)
    template_id = query.get("passTemplate")
    ext_id = read_id(query["extId"], "extId") if query.get("extId") else ""
    if len(ext_id) > 200:
        raise InvalidRequest("extId is too long: at most 200 characters.")
    changes, asked = _read(body)
    now = face.parts.clock()
    with face.writing() as session:
        account = request.auth.account.id
        if template_id:
            template = nouns.find_template(session, account, template_id)
        else:
            template = nouns.default_template(session, account, now)
        row = nouns.create_pass(session, template, ext_id, changes, now)
        _act(row, asked, now)
        barcodes.check_barcode(row)
        told = telling.tell_pass(session, face.base, "passCreated", row, now)
    if told:
        face.parts.wake_webhooks()
    return _answer(face, row, query, 201, message=asked.message)


def _read(body: bytes) -> tuple[nouns.Changes, wire.PassRequest]:
    asked = decode(body, wire.PassRequest)
    raw = decode(body, dict[str, Any]).get("pass", {})
    return wire.read_changes(asked.fields, raw, asked.message), asked


def _act(row: PassRow, asked: wire.PassRequest, now: int) -> None:
    action = asked.fields.pass_action
    if action == "deactivate":
        nouns.deactivate(row, now)
    elif action == "reactivate":
        nouns.reactivate(row)


def _answer(
    face: Face,
    row: PassRow,
    query: Mapping[str, str],
    status: int = 200,
    *,
    message: str | UnsetType | None = UNSET,
    loyalty: bool = False,
) -> Answer:
    """The pass; with a message, what became of it."""
    headers: dict[str, str] = {}
    notifications: wire.Notifications | UnsetType = UNSET
    if message:
        notifications = notify(face, row)
        headers["X-Notification-Status"] = notifications.status
    meta: wire.PassMeta | UnsetType = UNSET
    if loyalty or notifications is not UNSET:
        balance = wire.Loyalty(wire.shown_points(row.balance)) if loyalty else UNSET
        meta = wire.PassMeta(notifications, balance)
    data = wire.pass_body(row, face.base, query, _source(face, row, query))
    return answer(wire.PassDocument(data, meta), status, headers)


def _source(
    face: Face, row: PassRow, query: Mapping[str, str]
) -> dict[str, str | None] | UnsetType:
    """The signed pass of each wallet that the query names, `apple`, `google` or both with a comma
    between; null while no wallet is connected (`wallets.py`)."""
    named = {one.strip() for one in query.get("includePassSource", "").lower().split(",")}
    platforms: list[Platform] = [one for one in PLATFORMS if one in named]
    if not platforms or row.status == nouns.PassStatus.ACTIVE:
        return UNSET
    wallets = {platform: face.wallets.get(platform) for platform in platforms}
    return {
        platform: None if wallet is None else wallet.source(for_wallet(row))
        for platform, wallet in wallets.items()
    }


def for_wallet(row: PassRow) -> WalletPass:
    barcode = barcodes.barcode_body(row)
    return WalletPass(
        id=row.id,
        pass_type=nouns.PASS_TYPES[row.template.type],
        template=row.template.definition,
        content=row.content,
        barcode_value="" if barcode is None else barcode.value,
        message=row.latest_message or "",
    )


def notify(face: Face, row: PassRow) -> wire.Notifications:
    """Bring a message to the phone that has the pass. It is kept on the pass in any case."""
    if row.status != nouns.PassStatus.ACTIVE:
        return wire.Notifications("notDelivered", "Pass has not been added to the wallet")
    wallet = face.wallets.get("apple" if row.device_type == "iphone" else "google")
    if wallet is None:
        return wire.Notifications("notDelivered", "No wallet is connected to this server")
    if not wallet.push(for_wallet(row)):
        return wire.Notifications("notDelivered", "The wallet did not take the message")
    return wire.Notifications("delivered", "The wallet took the message")


@get("/passes", sync_to_thread=True)
def list_passes(request: Asked, face: OurFace) -> Answer:
    """Newest first; `status`, `passTemplate` and `groupTag` narrow it."""
    query = query_of(request)
    account, paging = request.auth.account.id, read_paging(query)
    selected = nouns.passes_of(account)
    if status := query.get("status"):
        if status not in list(nouns.PassStatus):
            raise InvalidRequest(f"status must be one of {', '.join(nouns.PassStatus)}.")
        selected = selected.where(PassRow.status == status)
    if template := query.get("passTemplate"):
        selected = selected.where(PassRow.template_id == template)
    if tag := query.get("groupTag"):
        selected = selected.where(PassRow.group_tag == tag)
    with face.reading() as session:
        rows, total = page(session, selected, paging.page, paging.size)
        data = [wire.pass_body(row, face.base, query) for row in rows]
    return answer(wire.PassList(data, paging.meta(total), face.links(request, paging, total)))


@get("/passes/{pass_id:str}", sync_to_thread=True)
def show_pass(request: Asked, face: OurFace, pass_id: FromPath[str]) -> Answer:
    """By UUID or extId."""
    with face.reading() as session:
        row = nouns.find_pass(session, request.auth.account.id, pass_id)
        return _answer(face, row, query_of(request))


@patch("/passes/{pass_id:str}", sync_to_thread=True)
def change_pass(request: Asked, face: OurFace, pass_id: FromPath[str], body: RawBody) -> Answer:
    """What is sent; `passAction` deactivates and reactivates, a `message` is shown on it."""
    changes, asked = _read(body)
    now = face.parts.clock()
    with face.writing() as session:
        row = nouns.find_pass(session, request.auth.account.id, pass_id)
        nouns.change_pass(session, row, changes)
        _act(row, asked, now)
        barcodes.check_barcode(row)
    return _changed(face, row, query_of(request))


def _changed(face: Face, row: PassRow, query: Mapping[str, str]) -> Answer:
    """The vendor tells of notifications after every change."""
    status = notify(face, row)
    data = wire.pass_body(row, face.base, query, _source(face, row, query))
    document = wire.PassDocument(data, wire.PassMeta(status))
    return answer(document, 200, {"X-Notification-Status": status.status})


@delete("/passes/{pass_id:str}", status_code=204, sync_to_thread=True)
def delete_pass(request: Asked, face: OurFace, pass_id: FromPath[str]) -> None:
    """The pass is gone at once, its scans are then erased."""
    with face.writing() as session:
        row = nouns.find_pass(session, request.auth.account.id, pass_id)
        nouns.delete_pass(session, row, face.parts.clock())
    face.parts.wake_upkeep()


@post("/passes/{pass_id:str}/notification", status_code=200, sync_to_thread=True)
def send_notification(
    request: Asked, face: OurFace, pass_id: FromPath[str], body: RawBody
) -> Answer:
    """A message to who has the pass."""
    message = clean(decode(body, wire.NotificationRequest).notification.message, "message")
    with face.writing() as session:
        row = nouns.find_pass(session, request.auth.account.id, pass_id)
        row.latest_message = message
    return _changed(face, row, query_of(request))


# ── what wallets report ───────────────────────────────────────────────────────────────────────


@post("/passes/{pass_id:str}/installed", status_code=200, sync_to_thread=True)
def report_installed(
    request: Asked, face: OurFace, pass_id: FromPath[str], body: RawBody
) -> Answer:
    """A wallet integration says that a phone has the pass now."""
    device = decode(body, wire.InstalledRequest).fields.device_type
    now = face.parts.clock()
    with face.writing() as session:
        row = nouns.find_pass(session, request.auth.account.id, pass_id)
        nouns.install(row, device, now)
        told = telling.tell_pass(session, face.base, "passInstalled", row, now)
    if told:
        face.parts.wake_webhooks()
    return _answer(face, row, {})


@post("/passes/{pass_id:str}/removed", status_code=200, sync_to_thread=True)
def report_removed(request: Asked, face: OurFace, pass_id: FromPath[str]) -> Answer:
    """A wallet integration says that no phone has the pass any longer."""
    now = face.parts.clock()
    with face.writing() as session:
        row = nouns.find_pass(session, request.auth.account.id, pass_id)
        nouns.remove(row, now)
        told = telling.tell_pass(session, face.base, "passRemoved", row, now)
    if told:
        face.parts.wake_webhooks()
    return _answer(face, row, {})


# ── points ────────────────────────────────────────────────────────────────────────────────────


@get("/loyalty/{pass_id:str}", sync_to_thread=True)
def show_loyalty(request: Asked, face: OurFace, pass_id: FromPath[str]) -> Answer:
    """The pass and its points."""
    with face.reading() as session:
        row = nouns.find_pass(session, request.auth.account.id, pass_id)
        return _answer(face, row, {}, loyalty=True)


@patch("/loyalty/{pass_id:str}", sync_to_thread=True)
def change_loyalty(request: Asked, face: OurFace, pass_id: FromPath[str], body: RawBody) -> Answer:
    """Add to the points (`balance`), or set them (`overrideBalance`)."""
    asked = decode(body, wire.LoyaltyRequest)
    change, override = asked.balance, asked.override_balance
    if (change is UNSET) == (override is UNSET):
        raise InvalidRequest("Send one of balance and overrideBalance.")
    message = clean(asked.message, "message") if asked.message else ""
    with face.writing() as session:
        row = nouns.find_pass(session, request.auth.account.id, pass_id)
        if isinstance(override, msgspec.UnsetType):
            nouns.change_balance(row, wire.read_points(required(change, "balance")))
        else:
            nouns.change_balance(row, wire.read_points(override) - row.balance)
        if message:
            row.latest_message = message
    return _answer(face, row, {}, message=message, loyalty=True)


HANDLERS = (
    create_pass,
    list_passes,
    show_pass,
    change_pass,
    delete_pass,
    send_notification,
    report_installed,
    report_removed,
    show_loyalty,
    change_loyalty,
)
