"""The page of phones in a real browser, and pages of other origins that try to use it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from loopback import Loopback, answers
from pictures import take_picture
from playwright.sync_api import expect

import msgnb

EVIL = "<img src=x onerror=document.title='evil'> $5 or $6"


@pytest.fixture
def world() -> Iterator[Any]:
    with msgnb.testing.serve(ui=True) as served:
        yield served


@pytest.fixture
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1300, "height": 820})
    page = context.new_page()
    yield page
    take_picture(page, request.node.name)
    context.close()


def test_a_conversation_goes_both_ways(world: Any, page: Any) -> None:
    """By keyboard alone: search a phone, answer as its owner; what a client sends appears by itself."""
    who = world.blip.sessions()["session"].iloc[0]
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.goto(world.credentials["ui"])
    page.get_by_label("Search phones").press_sequentially(who)
    page.keyboard.press("Enter")
    page.locator(".phones a").first.focus()
    page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name="Reply as")
    field.wait_for()
    world.blip.send_text(who, EVIL)
    page.locator(".lines .theirs").get_by_text(EVIL).wait_for()
    field.press_sequentially("I am at home")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".lines .mine").get_by_text("I am at home").wait_for()
    assert "I am at home" in set(world.blip.messages(who, limit=3)["text"])
    assert "evil" not in page.title()
    assert not troubles


def test_the_token_does_not_stay_in_the_address(world: Any, page: Any) -> None:
    """The page takes it out, and goes on with a cookie that no script can read, and another secret."""
    sent: list[Any] = []
    page.on("request", lambda request: sent.append(request))  # noqa: PLW0108 - it must be a function
    page.goto(world.credentials["ui"])
    page.get_by_label("Search phones").wait_for()
    page.wait_for_url("**/phones/?view=*")
    page.reload()
    page.get_by_text("Phones of the mock platforms").click()
    page.get_by_label("Search phones").wait_for()
    assert page.evaluate("document.cookie") == ""
    assert world.credentials["token"] not in page.content()
    assert not [each.url for each in sent[1:] if world.credentials["token"] in each.url]
    assert not any(each.headers.get("referer") for each in sent)


def show_elsewhere(page: Any, content: str) -> None:
    """Open a page of another site, which is not fetched from anywhere."""
    page.route("http://site.example/", lambda route: route.fulfill(body=content, content_type="text/html"))
    page.goto("http://site.example/")


def test_a_link_on_another_page_opens_the_page(world: Any, page: Any) -> None:
    """As from JupyterLab: the page works from there on, by cookie."""
    show_elsewhere(page, f"<a href='{world.credentials['ui']}'>Phones</a>")
    page.get_by_text("Phones").click()
    page.get_by_role("button", name="+1 day").click()
    page.get_by_text("Tue 03 Nov 2026").wait_for()


EMBEDDED = """<img src="{url}"><script src="{url}"></script><iframe src="{url}"></iframe>
<link rel="prefetch" href="{url}"><link rel="stylesheet" href="{url}"><object data="{url}"></object>
<script>fetch("{url}", {{mode: "no-cors"}}).catch(() => 0); navigator.sendBeacon("{url}", "step=day")</script>
<form method="post" action="{url}" target="frame"><input name="step" value="day"></form>
<iframe name="frame"></iframe><script>document.forms[0].submit()</script>"""


@pytest.mark.parametrize("target", ["mock", "page"])
def test_what_another_site_embeds_changes_nothing(world: Any, page: Any, target: str) -> None:
    """Images, scripts, frames, forms and fetches: no fault is used up, and no request is noted."""
    world.clock.freeze()
    rule, noon = world.faults.add("500"), world.clock.now()
    before = len(world.journal)
    found = world.credentials
    url = f"{found['smsdrop']['url']}/auth/login" if target == "mock" else found["ui"].replace("?", "clock?")
    asked: list[str] = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: asked.append(request.url))
    show_elsewhere(page, EMBEDDED.format(url=url))
    page.wait_for_load_state("networkidle")
    assert asked.count(url) >= 5
    assert (rule.fired, len(world.journal), world.clock.now()) == (0, before, noon)


def test_what_is_being_typed_stays(world: Any, page: Any) -> None:
    """While requests come and the page renews itself, no letter of a reply gets lost."""
    page.goto(f"{world.credentials['ui']}&q=blip")
    page.locator(".phones a").first.click()
    field = page.get_by_role("textbox", name="Reply as")
    field.click()
    for letter in "abcdefgh":
        page.keyboard.press(letter)
        world.smsdrop.read_me()
    page.locator(".journal li").nth(7).wait_for()
    expect(field).to_have_value("abcdefgh")


def test_the_switches_work(world: Any, page: Any) -> None:
    """A fault that is added hits the next request, and the clock's buttons move it."""
    page.goto(world.credentials["ui"])
    page.get_by_label("What goes wrong").select_option("429-retry-after")
    page.get_by_label("Operation").fill("smsdrop.login")
    page.get_by_label("Only the nth").fill("1")
    page.get_by_role("button", name="Add").click()
    page.get_by_text("429-retry-after at smsdrop.login: 0 times").wait_for()
    before = world.clock.now()
    page.get_by_role("button", name="+1 day").click()
    page.get_by_text("Tue 03 Nov 2026").wait_for()
    assert (world.clock.now() - before).days == 1
    world.smsdrop.connection.http.pause = lambda seconds: world.clock.advance(seconds=seconds)
    world.smsdrop.read_me()
    page.get_by_text("429-retry-after at smsdrop.login: 1 times").wait_for()


ATTACK = """async ([url, path, token]) => {
    const told = [];
    const tries = [
        {method: "GET"},
        {method: "POST", body: new URLSearchParams({step: "day", text: "evil"})},
        {method: "POST", body: "[]", headers: {"Content-Type": "text/plain"}},
        {method: "POST", body: "{}", headers: {"Content-Type": "application/json", "Authorization": token}},
        {method: "POST", body: "{}", mode: "no-cors"},
    ];
    for (const each of tries) {
        try {
            const answer = await fetch(url + path, each);
            told.push(answer.type === "opaque" ? "opaque" : await answer.text());
        } catch (error) { told.push("refused"); }
    }
    const form = Object.assign(document.createElement("form"), {method: "post", action: url + path});
    form.append(Object.assign(document.createElement("input"), {name: "step", value: "day"}));
    document.body.append(form);
    setTimeout(() => form.submit());
    return told;
}"""


@pytest.mark.parametrize("target", ["ui", "smsdrop", "listener"])
def test_another_origin_reads_and_drives_nothing(world: Any, page: Any, target: str) -> None:
    """A page of another site gets no answer to read, and nothing that it sends has an effect."""
    world.clock.freeze()
    noon = world.clock.now()
    with Loopback([answers(b"<p>another site</p>")]) as site, msgnb.Listener() as listener:
        events: list[Any] = []
        path = {"ui": "/phones/clock", "smsdrop": "/auth/login"}.get(target, "")
        if target == "listener":
            url = listener.add_route(events.append)
        else:
            found = world.credentials[target]
            url = found.partition("/phones")[0] if target == "ui" else found["url"]
        page.goto(site.url)
        before = len(world.journal)
        with page.expect_request(lambda sent: sent.is_navigation_request()) as submitted:
            told = page.evaluate(ATTACK, [url, path, "Bearer stolen"])
        assert submitted.value.response().status in {403, 404}
        assert told == ["refused", "refused", "refused", "refused", "opaque"]
        assert events == []
    asked = [entry.path for entry in world.journal.entries[before:]]
    assert asked in ([], ["/favicon.ico"])  # which the browser itself wants for the refusal
    assert world.clock.now() == noon
