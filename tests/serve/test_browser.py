"""The page in a real browser: type, drop, teach, be refused; in light and dark, wide and narrow."""

from io import BytesIO

import pytest
from PIL import Image

from tests.report.test_palette import contrast
from xshot.serve.limits import MAX_BODY

pytestmark = pytest.mark.browser

WAIT_MS = 30_000


@pytest.fixture(params=["light-1280", "dark-390"])
def page(request, browser, address):
    scheme, width = request.param.split("-")
    page = browser.new_page(
        viewport={"width": int(width), "height": 850}, color_scheme=scheme, base_url=address
    )
    page.set_default_timeout(WAIT_MS)
    troubles = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("requestfailed", lambda r: r.failure != "net::ERR_ABORTED" and troubles.append(r.url))
    foreign = []
    page.on("request", lambda r: r.url.startswith((address, "blob:", "data:")) or foreign.append(r))
    page.goto("/")
    yield page
    assert troubles == []
    assert foreign == []
    page.close()


def cards(page, system="model"):
    return page.locator(f"section[aria-labelledby=answer-{system}] .hit")


def type_query(page, text):
    page.get_by_label("Search by text").fill(text)
    status(page, "12 results")


def status(page, text):
    page.locator("#status", has_text=text).wait_for()


def problem(page):
    page.locator("#problem").wait_for(state="visible")
    return page.locator("#problem").inner_text()


def a_picture(colour="red"):
    buffer = BytesIO()
    Image.new("RGB", (40, 40), colour).save(buffer, "PNG")
    return {"name": "query.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


def drop(page, picture):
    """What the browser does when a file is let go over the page."""
    page.evaluate(
        """([bytes, type, name]) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], name, { type }));
            for (const kind of ["dragenter", "dragover", "drop"]) {
                const options = { dataTransfer: data, bubbles: true, cancelable: true };
                document.body.dispatchEvent(new DragEvent(kind, options));
            }
        }""",
        [list(picture["buffer"]), picture["mimeType"], picture["name"]],
    )


def test_typing_shows_pictures_and_a_switch_puts_clip_beside_the_model(page):
    type_query(page, "a red bird")
    assert cards(page).count() == 12
    picture = cards(page).first.locator("img")
    page.wait_for_function(
        "image => image.complete && image.naturalWidth > 0", arg=picture.element_handle()
    )
    page.get_by_text("both", exact=True).click()
    status(page, "24 results")
    assert cards(page, "clip").count() == 12
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_dropped_image_asks_and_can_be_taken_away(page):
    drop(page, a_picture())
    status(page, "12 results")
    assert page.locator("#asked").is_visible()
    assert page.locator("input[name=find][value=text]").is_checked()
    page.get_by_label("Remove the image").click()
    page.locator("#welcome").wait_for()
    assert not page.locator("#asked").is_visible()


def test_examples_make_a_class_that_results_are_seen_as(page):
    type_query(page, "a red bird")
    boxes = cards(page).locator("input")
    boxes.nth(0).check()
    boxes.nth(1).check()
    assert "2 examples" in page.locator("#examples").inner_text()
    page.get_by_label("Name of the new class").fill("brand <new>")
    page.get_by_role("button", name="Add class").click()
    page.locator("#added-list li", has_text="brand <new>").wait_for()
    assert page.locator(".guess.new").first.inner_text().startswith("seen as brand <new>")
    page.get_by_label("Remove the class brand <new>").click()
    page.locator("#added").wait_for(state="hidden")


def test_a_class_can_start_from_its_name_and_suggested_examples(page):
    page.get_by_role("button", name="name it").click()
    page.get_by_label("Name of the new class").fill("a red bird")
    page.get_by_role("button", name="Suggest examples").click()
    status(page, "3 suggestions")
    first = [
        card.get_attribute("data-row") for card in cards(page, "suggested").locator("input").all()
    ]
    cards(page, "suggested").locator("input").nth(1).check()
    page.get_by_role("button", name="Suggest examples").click()
    page.wait_for_function(
        "row => !document.querySelector(`input[data-row='${row}']`)", arg=first[0]
    )
    again = [
        card.get_attribute("data-row") for card in cards(page, "suggested").locator("input").all()
    ]
    assert not set(first) & set(again)
    page.get_by_role("button", name="Add class").click()
    page.locator("#added-list li[title^='1 images']", has_text="a red bird").wait_for()
    page.get_by_label("Remove the class a red bird").click()
    page.locator("#added").wait_for(state="hidden")


def test_the_image_that_asks_is_an_example_by_itself(page):
    drop(page, a_picture())
    status(page, "12 results")
    assert page.locator("#examples").inner_text() == "1 example, the image that asks, of"
    page.get_by_label("Name of the new class").fill("cats/dogs")
    page.get_by_role("button", name="Add class").click()
    page.locator("#added-list li[title^='1 images']", has_text="cats/dogs").wait_for()
    assert not page.locator("#teach").is_visible()
    page.get_by_label("Remove the class cats/dogs").click()
    page.locator("#added").wait_for(state="hidden")


def test_a_bad_upload_is_refused_in_words(page):
    text = {"name": "fake.png", "mimeType": "image/png", "buffer": b"no image at all"}
    page.locator("#image").set_input_files(text)
    assert "not an image" in problem(page)
    large = {**text, "buffer": b"\0" * (MAX_BODY + 1)}
    page.locator("#image").set_input_files(large)
    page.locator("#problem", has_text="at most 10 MiB").wait_for()
    page.locator("#image").set_input_files(a_picture())
    status(page, "12 results")
    assert not page.locator("#problem").is_visible()


def test_everything_can_be_done_from_the_keyboard(page):
    keys = page.keyboard
    assert page.evaluate("document.activeElement.id") == "text"
    keys.type("a red bird")
    status(page, "12 results")
    seen = []
    for _ in range(8):
        keys.press("Tab")
        seen.append(
            page.evaluate(
                """() => {
                    // What is drawn in place of a file or radio input shows its focus.
                    const element = document.activeElement;
                    const drawn = element.type === "file" ? element.previousElementSibling
                        : element.type === "radio" ? element.nextElementSibling : element;
                    return [element.id || element.name, getComputedStyle(drawn).outlineStyle];
                }"""
            )
        )
        if seen[-1][0].startswith("model-"):
            break
    assert [name for name, _ in seen][:3] == ["image", "system", "find"]
    assert all(outline == "solid" for _, outline in seen), seen
    keys.press("Space")
    assert "1 example" in page.locator("#examples").inner_text()
    page.get_by_label("Name of the new class").focus()
    keys.type("from the keys")
    keys.press("Enter")
    page.locator("#added-list li", has_text="from the keys").wait_for()
    page.get_by_label("Remove the class from the keys").focus()
    keys.press("Enter")
    page.locator("#added").wait_for(state="hidden")


def test_every_word_on_the_page_can_be_read(page):
    """WCAG AA, computed from what the browser has drawn."""
    type_query(page, "a red bird")
    cards(page).locator("input").first.check()
    colours = page.evaluate(
        """() => {
            const channels = (text) => text.match(/[\\d.]+/g).map(Number);
            const behind = (element) => {
                for (; element; element = element.parentElement) {
                    const [r, g, b, a = 1] = channels(getComputedStyle(element).backgroundColor);
                    if (a > 0) return [r, g, b];
                }
                return [255, 255, 255];
            };
            const found = [];
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
                const element = walker.currentNode.parentElement;
                if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
                if (element.closest("script, style")) continue;
                const front = channels(getComputedStyle(element).color).slice(0, 3);
                found.push([walker.currentNode.textContent.trim(), front, behind(element)]);
            }
            return found;
        }"""
    )
    assert len(colours) > 40
    for text, front, behind in colours:
        one, other = ("#" + "".join(f"{round(c):02x}" for c in rgb) for rgb in (front, behind))
        assert contrast(one, other) >= 4.5, (text, one, other)
