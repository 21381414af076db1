"""Every route of this dialect, for the OpenAPI document."""

from pathlib import Path
from typing import Any, Final

from footfall.api.openapi import Operation, document, recorded
from footfall.dialects.passentry.api.templates import PATHS
from footfall.dialects.passentry.wire import offline, passes, readers, scans, templates, webhooks
from footfall.dialects.passentry.wire.documents import ErrorBody, PageQuery

__all__ = ["OPERATIONS", "ErrorBody"]

BASE: Final = "/api/v1"
READS: Final = (400, 401, 403, 404, 429, 503)
WRITES: Final = (400, 401, 403, 404, 409, 413, 429, 503)
ENTITY: Final = "/entities/{entity_id}"
CONFIGURATION: Final = f"{ENTITY}/readerConfiguration"
READER: Final = "/readers/{reader_id}"
EVENT: Final = "/events/{event_id}"
CARD: Final = "/passes/{pass_id}"
LOYALTY: Final = "/loyalty/{pass_id}"
HOOKS: Final = "/webhook-subscriptions"
HOOK: Final = f"{HOOKS}/{{webhook_id}}"


def _list(path: str, summary: str, answer: Any, query: Any = PageQuery) -> Operation:
    return Operation(
        method="GET", path=BASE + path, summary=summary, query=query, answer=answer, errors=READS
    )


def _show(path: str, summary: str, answer: Any, query: Any = None) -> Operation:
    return _list(path, summary, answer, query)


def _change(method: str, path: str, summary: str, **more: Any) -> Operation:
    return Operation(method=method, path=BASE + path, summary=summary, errors=WRITES, **more)


def _delete(path: str, summary: str) -> Operation:
    return _change("DELETE", path, summary, status=204)


_ENTITIES: Final = (
    _list("/entities", "Entities, the oldest first", readers.EntityList),
    _change(
        "POST",
        "/entities",
        "Create an entity",
        body=readers.EntityRequest,
        answer=readers.EntityDocument,
        status=201,
    ),
    _show(ENTITY, "One entity", readers.EntityDocument),
    _change(
        "PATCH",
        ENTITY,
        "Rename an entity",
        body=readers.EntityRequest,
        answer=readers.EntityDocument,
    ),
    _delete(ENTITY, "Delete an entity"),
    _show(CONFIGURATION, "What an entity's readers go by", readers.ConfigurationDocument),
    _change(
        "PATCH",
        CONFIGURATION,
        "Change what an entity's readers go by",
        body=readers.ConfigurationRequest,
        answer=readers.ConfigurationDocument,
    ),
    _change(
        "PATCH",
        f"{CONFIGURATION}/rotate-key",
        "A new API key for an entity's readers, shown once",
        answer=readers.ConfigurationDocument,
    ),
    _list("/events", "Events, newest first", readers.EventList),
    _change(
        "POST",
        "/events",
        "Create an event",
        body=readers.EventRequest,
        answer=readers.EventDocument,
        status=201,
    ),
    _show(EVENT, "One event", readers.EventDocument),
    _change(
        "PATCH",
        EVENT,
        "Change an event",
        body=readers.EventRequest,
        answer=readers.EventDocument,
    ),
    _delete(EVENT, "Delete an event"),
)

_READERS: Final = (
    _change(
        "POST",
        f"{ENTITY}/readers",
        "Create a reader",
        body=readers.ReaderRequest,
        answer=readers.ReaderDocument,
        status=201,
    ),
    _list(f"{ENTITY}/readers", "An entity's readers", readers.ReaderList),
    _list("/readers", "Readers, the oldest first", readers.ReaderList),
    _show(READER, "One reader", readers.ReaderDocument),
    _change(
        "PATCH",
        READER,
        "Change a reader",
        body=readers.ReaderRequest,
        answer=readers.ReaderDocument,
    ),
    _delete(READER, "Delete a reader"),
    _change(
        "POST",
        f"{READER}/login",
        "Log a reader in",
        body=readers.LoginRequest,
        answer=readers.ReaderDocument,
    ),
    _change("POST", f"{READER}/logout", "Log a reader out", answer=readers.ReaderDocument),
    _show(f"{READER}/report", "What a reader's uploads came to", offline.ReportDocument),
)

_TEMPLATES: Final = tuple(
    one
    for path in PATHS
    for one in (
        _change(
            "POST",
            path,
            "Create a pass template",
            body=templates.TemplateRequest,
            answer=templates.ProcessingDocument,
            status=202,
        ),
        _list(path, "Pass templates, newest first", templates.TemplateList),
        _show(
            f"{path}/{{template_id}}",
            "One pass template",
            templates.TemplateDocument,
            templates.FieldsQuery,
        ),
    )
)

_PASSES: Final = (
    _change(
        "POST",
        "/passes",
        "Create a pass",
        query=passes.CreateQuery,
        body=passes.PassRequest,
        answer=passes.PassDocument,
        status=201,
    ),
    _list("/passes", "Passes, newest first", passes.PassList, passes.ListQuery),
    _show(CARD, "One pass, by id or extId", passes.PassDocument, passes.IncludeQuery),
    _change(
        "PATCH",
        CARD,
        "Change a pass",
        query=passes.IncludeQuery,
        body=passes.PassRequest,
        answer=passes.PassDocument,
    ),
    _delete(CARD, "Delete a pass and erase its scans"),
    _change(
        "POST",
        f"{CARD}/notification",
        "Send a message to a pass",
        body=passes.NotificationRequest,
        answer=passes.PassDocument,
    ),
    _change(
        "POST",
        f"{CARD}/installed",
        "A wallet has the pass",
        body=passes.InstalledRequest,
        answer=passes.PassDocument,
    ),
    _change("POST", f"{CARD}/removed", "No wallet has the pass", answer=passes.PassDocument),
    _show(LOYALTY, "The points of a pass", passes.PassDocument),
    _change(
        "PATCH",
        LOYALTY,
        "Change the points of a pass",
        body=passes.LoyaltyRequest,
        answer=passes.PassDocument,
    ),
)

_SCANS: Final = (
    _list("/scans", "Scans, the last received first", scans.ScanList, scans.ScansQuery),
    _change(
        "POST",
        "/scans",
        "Validate and record a scan",
        query=scans.ScanQuery,
        body=scans.ScanRequest,
        answer=scans.ScanAnswer,
    ),
    _change(
        "POST",
        "/scans/log",
        "Record a scan that another system validated",
        body=scans.LogRequest,
        answer=scans.LogAnswer,
    ),
    _change(
        "POST",
        "/scans/batch",
        "Upload scans that were made offline",
        body=offline.BatchRequest,
        answer=offline.BatchAnswer,
    ),
    _list("/scans/conflicts", "Double entries", offline.ConflictList, offline.ConflictsQuery),
)

_WEBHOOKS: Final = (
    _list(
        HOOKS,
        "Webhook subscriptions, newest first",
        webhooks.SubscriptionList,
        webhooks.SubscriptionsQuery,
    ),
    _change(
        "POST",
        HOOKS,
        "Create a webhook subscription",
        body=webhooks.SubscriptionRequest,
        answer=webhooks.SubscriptionDocument,
        status=201,
    ),
    _show(HOOK, "One webhook subscription", webhooks.SubscriptionDocument),
    _change(
        "PATCH",
        HOOK,
        "Change a webhook subscription",
        body=webhooks.SubscriptionRequest,
        answer=webhooks.SubscriptionDocument,
    ),
    _delete(HOOK, "Delete a webhook subscription"),
    _change("PATCH", f"{HOOK}/rotate-secret", "A new secret", answer=webhooks.SubscriptionDocument),
    _change("POST", f"{HOOK}/test", "Send a test", answer=webhooks.DeliveryDocument, status=202),
    _list(
        f"{HOOK}/deliveries",
        "What was sent, newest first",
        webhooks.DeliveryList,
        webhooks.DeliveriesQuery,
    ),
    _change(
        "POST",
        f"{HOOK}/deliveries/{{number}}/replay",
        "Send a message once more",
        answer=webhooks.DeliveryDocument,
        status=202,
    ),
)

_PAGE: Final = Operation(
    method="GET",
    path="/download",
    summary="The page of a pass",
    query=passes.DownloadQuery,
    media_type="text/html",
    errors=(404,),
    keyless=True,
)

OPERATIONS: Final = (*_ENTITIES, *_READERS, *_TEMPLATES, *_PASSES, *_SCANS, *_WEBHOOKS, _PAGE)

EXAMPLES: Final = Path(__file__).with_name("examples.json")

DOCUMENT: Final = document("PassEntry's API", ErrorBody, recorded(OPERATIONS, EXAMPLES))
