"""Behind a proxy the page works under any path: of notebooks, of nginx, of hosts of demos."""

import re
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from xshot.serve.app import create_app
from xshot.serve.page import render_page, security_policy

PREFIX = "/user/me/proxy/8000"


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


class Proxy(BaseHTTPRequestHandler):
    """Passes on what stands under the prefix, with the name that it was asked by."""

    target = ""

    def pass_on(self):
        if not self.path.startswith(PREFIX):
            self.send_error(404, "not under the prefix")
            return
        body = self.rfile.read(int(self.headers.get("content-length") or 0)) or None
        request = urllib.request.Request(
            self.target + (self.path.removeprefix(PREFIX) or "/"),
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
@pytest.mark.parametrize("slash", ["/", ""])
def test_search_pictures_and_classes_work_under_a_prefix(proxied, browser, slash, repository):
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
    page.fill("#name", "a class of mine")
    page.click("#teach button[type=submit]")
    page.wait_for_selector("#added-list li")
    page.click("#added-list li button")
    page.wait_for_selector("#added", state="hidden")
    page.close()
    assert failed == []
