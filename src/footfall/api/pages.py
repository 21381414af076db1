"""The few pages a person meets instead of a redirect. No script, no third party, nothing cached."""

from html import escape
from string import Template
from typing import Final

_PAGE: Final = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>$title</title>
<style>
  :root { color-scheme: light dark }
  body { font: 1.05rem/1.5 system-ui, sans-serif; max-width: 26rem;
         margin: 18vh auto; padding: 0 1.5rem }
  h1 { font-size: 1.4rem }
  input, button { font: inherit; padding: .6rem .8rem; width: 100%;
                  box-sizing: border-box; margin-top: .6rem }
  .alert { color: light-dark(#a3122d, #ff8fa3) }$styles
</style>
<h1>$title</h1>
$body
</html>
""")


def page(title: str, body: str, styles: str = "") -> bytes:
    """A whole page: `body` is HTML, `styles` are rules for it."""
    return _PAGE.substitute(title=escape(title), body=body, styles=styles).encode()


UNKNOWN: Final = page(
    "Nothing here", "<p>This code or link is not known. Check that it was typed in full.</p>"
)
INACTIVE: Final = page(
    "Not active", "<p>This code is not active at the moment. Try again later.</p>"
)
WELCOME: Final = page(
    "Footfall is running",
    "<p>Make a code, scan it and read its numbers: the README has the three commands.</p>"
    '<p>State of this server: <a href="health">/health</a></p>',
)


def documents(items: str) -> bytes:
    """Links to documents, each an `li` that is HTML already."""
    return page(
        "Documents of the APIs",
        "<p>What each API takes and answers, as OpenAPI 3.1: for people to read, and for tools"
        f" that make clients.</p><ul>{items}</ul>"
        '<p>More: the list as JSON at <a href="/openapi">/openapi</a>, the <a href="/dashboard/">'
        'dashboard</a>, the state of this server at <a href="/health">/health</a>. On the'
        " server's machine: <code>footfall --help</code> and <code>footfall config</code>.</p>",
    )


def unlock(hint: str, *, pin: bool, problem: str = "") -> bytes:
    """The form that asks for a locked code's password or PIN."""
    kind = 'inputmode="numeric" pattern="[0-9]{4}" maxlength="4"' if pin else ""
    word = "PIN" if pin else "Password"
    return page(
        "This code is locked",
        (f"<p>{escape(hint)}</p>" if hint else "")
        + (f'<p class="alert" role="alert">{escape(problem)}</p>' if problem else "")
        + f'<form method="post"><label>{word}<input type="password" name="word" required '
        f'autofocus autocomplete="off" {kind}></label><button>Open</button></form>',
    )


NOT_BUILT: Final = page(
    "The dashboard is not built",
    "<p>Install Node.js 20 or later and run <code>make dashboard</code>, then start the server "
    "again. Everything else works without it: scans are recorded and every API answers.</p>",
)
