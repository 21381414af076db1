"""OpenQR's tools, prompts and presets, under the names of the vendor's MCP server.

https://openqr.uk/blog/openqr-mcp-server-for-ai-agents and the vendor's bridge name them;
docs/mcp.md says what was chosen where they do not say.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from footfall.core.accounts import Scope
from footfall.mcp.tools import Arguments, Name, Nothing, Tool

Destination = Annotated[str, Meta(description="Where a scan leads: a public http(s) URL.")]
Label = Annotated[str, Meta(description="A name for people, at most 200 characters.")]
Theme = Annotated[str, Meta(description="Id or name of a saved theme.")]
Limit = Annotated[int, Meta(ge=1, le=500, description="Rows at most; 50 by default.")]
Cursor = Annotated[str, Meta(description="`cut.next` of the answer before: goes on after it.")]
Key = Annotated[
    str, Meta(description="Any text of your own: sent again within a day, it makes nothing twice.")
]


class Symbol(Arguments, frozen=True):
    data: Annotated[str, Meta(description="What the symbol says, at most 2,000 characters.")]
    format: Annotated[Literal["png", "svg"], Meta(description="png is shown as an image.")] = "png"
    size: Annotated[int, Meta(description="Pixels, 64 to 4096; 512 by default.")] | UnsetType = (
        UNSET
    )
    margin: Annotated[int, Meta(description="Modules, 0 to 16; 4 by default.")] | UnsetType = UNSET
    dark: Annotated[str, Meta(description="Colour in hex, as 0f766e.")] | UnsetType = UNSET
    light: Annotated[str, Meta(description="Colour in hex, as ffffff.")] | UnsetType = UNSET
    theme: Theme | UnsetType = UNSET


class NewCode(Arguments, frozen=True):
    destination: Destination
    label: Label | UnsetType = UNSET
    theme: Theme | UnsetType = UNSET
    idempotency_key: Key | UnsetType = UNSET


class Row(Arguments, frozen=True):
    destination: Destination
    label: Label | UnsetType = UNSET
    theme: Theme | UnsetType = UNSET


class NewCodes(Arguments, frozen=True):
    codes: Annotated[list[Row], Meta(description="1 to 200 codes: all are made, or none.")]
    theme: Theme | UnsetType = UNSET
    idempotency_key: Key | UnsetType = UNSET


class Change(Arguments, frozen=True):
    """Only what is given changes; null takes it away."""

    id: Name
    destination: Destination | UnsetType = UNSET
    label: Label | UnsetType | None = UNSET
    slug: (
        Annotated[str, Meta(description="3 to 48 letters, numbers, hyphens. The old link ends.")]
        | UnsetType
    ) = UNSET
    tags: Annotated[list[str], Meta(description="At most 10; replaces all.")] | UnsetType = UNSET
    folder_id: Annotated[str, Meta(description="From list_folders.")] | UnsetType | None = UNSET
    theme: Theme | UnsetType | None = UNSET
    status: Literal["active", "paused"] | UnsetType = UNSET
    pause_until: (
        Annotated[str, Meta(description="ISO 8601, in the future: it resumes by itself.")]
        | UnsetType
        | None
    ) = UNSET
    password: Annotated[str, Meta(description="4 characters at least.")] | UnsetType | None = UNSET
    pin: Annotated[str, Meta(description="4 digits.")] | UnsetType | None = UNSET
    lock_hint: (
        Annotated[str, Meta(description="Shown where the password is requested.")]
        | UnsetType
        | None
    ) = UNSET
    ios_destination: Destination | UnsetType | None = UNSET
    android_destination: Destination | UnsetType | None = UNSET


class One(Arguments, frozen=True):
    id: Name


class Scans(Arguments, frozen=True, forbid_unknown_fields=False):
    """The vendor's own tool ignores other arguments, and its clients send some: the window is
    fixed, and the answer says so."""

    id: Name


class Listing(Arguments, frozen=True):
    limit: Limit | UnsetType = UNSET
    cursor: Cursor | UnsetType = UNSET
    search: (
        Annotated[str, Meta(description="A part of label, slug or destination.")] | UnsetType
    ) = UNSET


class NewFolder(Arguments, frozen=True):
    name: Annotated[str, Meta(description="At most 80 characters.")]


class NewTheme(Arguments, frozen=True):
    name: Annotated[str, Meta(description="At most 80 characters.")]
    style: Annotated[
        dict[str, Any],
        Meta(description="As the presets at openqr://preset/…: fgColor, bgColor, dotType and so."),
    ]


class Subdomain(Arguments, frozen=True):
    subdomain: Annotated[str, Meta(description="The name before the short host.")]


_CODE: Final = "/v1/dynamic/{id}"
_NO_SUBDOMAINS: Final = (
    "This server gives no subdomains. Whoever runs it may point any host at it and name that in "
    "the setting short_url; every short link is then on that host."
)

TOOLS: Final = (
    Tool(
        name="generate_qr",
        description="Draw a QR code as an image. Nothing is kept and no scan is counted: to count "
        "scans, make a dynamic code and draw its short_url.",
        arguments=Symbol,
        method="POST",
        path="/v1/qr",
    ),
    Tool(
        name="create_dynamic_qr",
        description="Make a short link whose scans are counted and whose destination can be "
        "changed later. Draw its short_url with generate_qr.",
        arguments=NewCode,
        scope=Scope.WRITE,
        method="POST",
        path="/v1/dynamic",
    ),
    Tool(
        name="update_dynamic_qr",
        description="Change a code: destination, label, slug, tags, folder, theme, pause, "
        "password. The next scan meets the change.",
        arguments=Change,
        scope=Scope.WRITE,
        method="PATCH",
        path=_CODE,
        destroys=True,
    ),
    Tool(
        name="get_dynamic_qr",
        description="Everything about one code, but for its scans.",
        arguments=One,
        path=_CODE,
    ),
    Tool(
        name="get_scans",
        description="Scans of one code: totals of all time, and by day, country, device and "
        "referrer within the last 30 days (UTC, today included). The window is fixed: for another "
        "one, or to compare codes, use run_report.",
        arguments=Scans,
        path=_CODE + "/scans",
        fixed={"days": 30},
        left_out="Days and breakdowns hold the last 30 days; totals hold all time. The request "
        "takes days=1 to 365, run_report any window.",
    ),
    Tool(
        name="list_dynamic_qr",
        description="Dynamic codes, newest first.",
        arguments=Listing,
        path="/v1/dynamic",
        rows="codes",
        next="next_cursor",
    ),
    Tool(
        name="delete_dynamic_qr",
        description="Delete a code and erase its scans, for good. Its short link ends at once.",
        arguments=One,
        scope=Scope.WRITE,
        method="DELETE",
        path=_CODE,
        destroys=True,
    ),
    Tool(
        name="bulk_create_dynamic_qr",
        description="Make 1 to 200 dynamic codes at once: all of them, or none.",
        arguments=NewCodes,
        scope=Scope.WRITE,
        method="POST",
        path="/v1/dynamic/bulk",
        rows="codes",
    ),
    Tool(name="list_folders", description="Folders.", arguments=Nothing, path="/v1/folders"),
    Tool(
        name="create_folder",
        description="Make a folder. update_dynamic_qr puts codes into it.",
        arguments=NewFolder,
        scope=Scope.WRITE,
        method="POST",
        path="/v1/folders",
    ),
    Tool(
        name="delete_folder",
        description="Delete a folder. Its codes stay, in no folder.",
        arguments=One,
        scope=Scope.WRITE,
        method="DELETE",
        path="/v1/folders/{id}",
        destroys=True,
    ),
    Tool(
        name="list_themes",
        description="Saved themes.",
        arguments=Nothing,
        path="/v1/themes",
        rows="themes",
    ),
    Tool(
        name="create_theme",
        description="Save a style under a name. Its two colours are drawn; the rest is kept for "
        "clients that draw themselves.",
        arguments=NewTheme,
        scope=Scope.WRITE,
        method="POST",
        path="/v1/themes",
    ),
    Tool(
        name="delete_theme",
        description="Delete a theme. Its codes stay, without one.",
        arguments=One,
        scope=Scope.WRITE,
        method="DELETE",
        path="/v1/themes/{id}",
        destroys=True,
    ),
    Tool(
        name="get_subdomain",
        description="The account's subdomain: this server gives none.",
        arguments=Nothing,
        answer={"subdomain": None, "note": _NO_SUBDOMAINS},
    ),
    Tool(
        name="set_subdomain",
        description="Choose a subdomain: this server gives none, and says what to do instead.",
        arguments=Subdomain,
        scope=Scope.WRITE,
        refusal=_NO_SUBDOMAINS,
    ),
    Tool(
        name="clear_subdomain",
        description="Give up the subdomain: there is none.",
        arguments=Nothing,
        scope=Scope.WRITE,
        answer={"subdomain": None, "note": _NO_SUBDOMAINS},
    ),
)


# ── presets ───────────────────────────────────────────────────────────────────────────────────

PRESETS: Final[Mapping[str, Mapping[str, str]]] = {
    "classic": {"fgColor": "#000000", "bgColor": "#ffffff", "dotType": "square"},
    "teal": {"fgColor": "#0f766e", "bgColor": "#ffffff", "dotType": "square"},
    "high-contrast": {"fgColor": "#000000", "bgColor": "#ffff00", "dotType": "square"},
    "dots": {"fgColor": "#111827", "bgColor": "#ffffff", "dotType": "dots"},
    "classy": {
        "fgColor": "#1f2937",
        "bgColor": "#ffffff",
        "dotType": "classy",
        "cornerSquareType": "extra-rounded",
    },
}
"""By name: styles as create_theme takes them, at `openqr://preset/{name}`."""

PRESET_PREFIX: Final = "openqr://preset/"


# ── prompts ───────────────────────────────────────────────────────────────────────────────────


class PromptArgument(msgspec.Struct, frozen=True):
    name: str
    description: str
    required: bool = False
    default: str = ""


class Prompt(msgspec.Struct, frozen=True):
    """`text` names its arguments in braces."""

    name: str
    description: str
    arguments: tuple[PromptArgument, ...]
    text: str


PROMPTS: Final = (
    Prompt(
        "create_tracked_qr",
        "Make a code whose scans are counted, and draw it.",
        (
            PromptArgument("destination", "Where a scan leads.", required=True),
            PromptArgument("label", "A name for people.", default="one that says what it is for"),
        ),
        "Make a QR code that leads to {destination} and counts its scans. Its label: {label}.\n"
        "1. create_dynamic_qr with the destination and the label.\n"
        "2. generate_qr with the short_url of the answer as data, size 1024.\n"
        "Show the image, the short link and the id, and say that get_scans reads its scans.",
    ),
    Prompt(
        "bulk_qr_for_print",
        "Make many codes for print.",
        (
            PromptArgument("destinations", "Links, one a line or with commas.", required=True),
            PromptArgument("label_prefix", "How each label begins.", default="Print"),
        ),
        "Make one code for each of these links, for print:\n{destinations}\n"
        "1. bulk_create_dynamic_qr with all of them (200 at most at once), each with a label that "
        "begins with '{label_prefix}' and tells it from the others.\n"
        "2. For each, generate_qr with its short_url as data, format svg, margin 4.\n"
        "3. A table: label, short link, destination, id.\n"
        "For print say: 2 cm at least, a quiet margin of 4 modules, dark on light.",
    ),
    Prompt(
        "brand_a_qr",
        "Draw a code in a brand's colours.",
        (
            PromptArgument("data", "What the code says, or its short link.", required=True),
            PromptArgument("colour", "The brand's colour in hex.", default="of your choice"),
        ),
        "Draw a QR code for {data} in the brand's colour {colour}.\n"
        "1. Read the presets at openqr://preset/… and list_themes: take a style that fits, or\n"
        "   create_theme with the brand's colour as fgColor and white as bgColor.\n"
        "2. generate_qr with the data and the theme.\n"
        "The contrast between both colours must be 4:1 at least, dark on light. Dot styles and "
        "logos are kept with a theme but not drawn by this server: say so when one is wished.",
    ),
    Prompt(
        "qr_scan_report",
        "Tell how codes were scanned.",
        (PromptArgument("id", "One code's id.", default="every code: list_dynamic_qr"),),
        "Report on the scans of {id}.\n"
        "1. get_scans for each code (its window is the last 30 days). For another window, to "
        "compare codes or spans of time: get_report_schema, then run_report.\n"
        "2. Say totals, the trend by day, top countries, devices and referrers.\n"
        "3. Where a number surprises, explain_count shows from received to counted.\n"
        "Name the window, what was cut and how fresh the numbers are: each answer says so in "
        "`cut` and `fresh`. Invent no number.",
    ),
)
