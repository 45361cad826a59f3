"""Behind a proxy the page works under any path: of notebooks, of nginx, of hosts of demos."""

import re
import threading
import urllib.error
import urllib.request
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from posixpath import normpath
from urllib.parse import quote, unquote

import pytest

from tests.serve.asking import refusal
from xshot.serve.app import create_app
from xshot.serve.page import render_page, security_policy

PREFIX = "/user/me/proxy/8000"
LIMIT = 2**20  # bytes of a body that nginx lets through by default


def test_no_address_of_the_page_starts_at_the_hosts_root(served):
    page = render_page(served)
    assert not re.findall(r"""["'`(]/(?!/|/>)[\w.]""", page)


def test_a_page_behind_a_proxy_may_be_framed_and_another_not(served):
    page = render_page(served)
    assert "frame-ancestors 'none'" in security_policy(page, framed=False)
    assert "frame-ancestors" not in security_policy(page, framed=True)


def test_a_proxys_name_has_to_be_allowed(client, served):
    from starlette.testclient import TestClient

    refused = client.get("/", headers={"host": "hub.example.org"})
    assert refused.status_code == 400
    assert "--allow-host hub.example.org" in refused.json()["error"]
    app = create_app(served, hosts=["localhost", "hub.example.org"])
    with TestClient(app, base_url="http://hub.example.org:8888") as allowed:
        assert allowed.get("/").status_code == 200


@pytest.mark.parametrize(
    "path", ["", "/", "//", "/user/me", "/user/me/proxy/8000/", "/a.b/c/", "/api/v1/x/"]
)
def test_the_page_is_wherever_a_proxy_says_that_it_is(client, path):
    assert "<title>XShot search" in client.get(f"{client.base_url}{path}").text


@pytest.mark.parametrize("before", ["", "/", PREFIX, f"{PREFIX}/", "/api/v1/x/proxy"])
def test_so_are_its_requests(client, before):
    assert client.get(f"{client.base_url}{before}/api/classes").json() == {"added": []}


@pytest.mark.parametrize("path", ["/api", "/api/", "/user/api/what"])
def test_what_is_none_of_them_is_refused(client, path):
    refusal(client.post(path), 404 if path != "/api" else 405)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"connection": "Upgrade, HTTP2-Settings", "upgrade": "h2c"}, None),
        ({"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-key": "a"}, None),
        ({"content-type": "multipart/form-data; boundary=x"}, b"no such form"),
        ({"content-length": "many"}, None),
    ],
)
def test_what_clients_try_is_not_the_owners_affair(address, headers, body):
    connection = HTTPConnection(address.removeprefix("http://"), timeout=10)
    connection.request("POST" if body else "GET", "/api/classes", body, headers)
    assert connection.getresponse().status in (200, 400)
    connection.close()


class Proxy(BaseHTTPRequestHandler):
    """Passes on what stands under the prefix, with the name that it was asked by.

    Paths are decoded and made shorter on the way, as nginx does it, and bodies limited.
    """

    target = ""
    keeps_prefix = False
    logged_in = True

    def pass_on(self):
        if not self.path.startswith(PREFIX):
            self.send_error(404, "not under the prefix")
            return
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length) or None
        if length > LIMIT:
            self.send_error(413)
            return
        if not self.logged_in:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>Log in</title>")
            return
        path, mark, query = self.path.partition("?")
        path = quote(normpath(unquote(path)) + "/" * path.endswith("/"))
        if not self.keeps_prefix:
            path = path.removeprefix(PREFIX) or "/"
        request = urllib.request.Request(
            self.target + path + mark + query,
            body,
            {name: value for name, value in self.headers.items() if name.lower() != "connection"},
            method=self.command,
        )
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = pass_on  # noqa: N815 - the standard library's names

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def proxied(address):
    """The address of a proxy in front of `xshot serve`."""
    Proxy.target = address
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{proxy.server_port}"
    proxy.shutdown()


@pytest.mark.browser
@pytest.mark.parametrize("keeps_prefix", [False, True])
@pytest.mark.parametrize("slash", ["/", ""])
def test_search_pictures_and_classes_work_under_a_prefix(
    proxied, browser, slash, keeps_prefix, repository, monkeypatch
):
    monkeypatch.setattr(Proxy, "keeps_prefix", keeps_prefix)
    picture = next(Path(repository, "raw/images").iterdir())
    page = browser.new_page()
    failed = []
    page.on("response", lambda response: response.ok or failed.append(response.url))
    page.goto(proxied + PREFIX + slash)
    page.fill("#text", "a red bird")
    page.wait_for_selector(".hit img")
    page.wait_for_function("document.querySelector('.hit img').naturalWidth > 0")
    page.set_input_files("#image", str(picture))
    page.wait_for_selector("#teach:not([hidden])")
    page.fill("#name", "mine? #1/../50% //")
    page.click("#teach button[type=submit]")
    page.wait_for_selector("#added-list li")
    page.click("#added-list li button")
    page.wait_for_selector("#added", state="hidden")
    page.close()
    assert failed == []


@pytest.mark.browser
def test_what_a_proxy_answers_itself_is_told(proxied, browser, monkeypatch):
    page = browser.new_page()
    page.goto(f"{proxied}{PREFIX}/")
    large = {"name": "a.png", "mimeType": "image/png", "buffer": bytes(LIMIT + 1)}
    page.set_input_files("#image", large)
    page.locator("#problem", has_text="too large for a proxy").wait_for()
    monkeypatch.setattr(Proxy, "logged_in", False)
    page.fill("#text", "a red bird")
    page.locator(
        "#problem", has_text="in its place (200); load the page anew, and log in"
    ).wait_for()
    page.close()
