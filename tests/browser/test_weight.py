"""What the first load weighs, and that nothing of it comes from elsewhere. The bytes are counted,
not the time: see `make bench ARGS="--only dashboard"` for that."""

from playwright.sync_api import Browser, Response, StorageState

from tests.browser.conftest import home
from tests.support.running import RunningServer

BYTES_MAX = 250_000
REQUESTS_MAX = 40


def test_the_first_load_is_small_and_all_of_it_ours(
    product: RunningServer, chrome: Browser, signed_in: StorageState
) -> None:
    """Everything until the overview stands: page, scripts, styles, map and answers."""
    context = chrome.new_context(base_url=home(product), storage_state=signed_in)
    page = context.new_page()
    responses: list[Response] = []
    page.on("response", lambda one: responses.append(one))
    page.goto("/dashboard/")
    page.get_by_role("listbox", name="Countries").wait_for()
    page.wait_for_function("() => !document.querySelector('.loading')")
    files = [one for one in responses if "/events/live" not in one.url]
    assert len(files) <= REQUESTS_MAX, [one.url for one in files]
    assert {one.url.split("/")[2] for one in files} == {f"localhost:{product.port}"}
    sent = sum(one.request.sizes()["responseBodySize"] for one in files)
    assert 20_000 < sent <= BYTES_MAX
    scripts = [one for one in files if one.url.endswith((".js", ".css"))]
    plain = [one for one in scripts if one.header_value("content-encoding") is None]
    assert all(one.request.sizes()["responseBodySize"] < 1_000 for one in plain)
    assert len(plain) < len(scripts) // 2
    context.close()
