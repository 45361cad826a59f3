"""The server answers to its own names, and lets no other site's page change anything."""

import pytest
from starlette.testclient import TestClient

from tests.serve.asking import png, refusal
from xshot.errors import UserError
from xshot.serve.app import create_app
from xshot.serve.guard import host_name


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_can_change_nothing(client, site):
    headers = {"sec-fetch-site": site}
    refusal(client.post("/api/classes", data={"name": "a"}, headers=headers), 403)
    refusal(client.delete("/api/classes/a", headers=headers), 403)
    refusal(client.delete("/api/classes?name=a", headers=headers), 403)
    refusal(client.post("/api/search/image", content=png(), headers=headers), 403)
    assert client.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:80", "", ":80", "[::2]"])
def test_the_server_answers_to_its_own_names_only(client, host):
    message = refusal(client.get("/", headers={"host": host}), 400)
    assert "is not served; ask for localhost, or start with --allow-host " in message


@pytest.mark.parametrize("host", ["localhost", "LocalHost:8000", "localhost:"])
def test_whatever_the_port_and_the_case(client, host):
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["[::1]", "[::1]:8000", "127.0.0.1:8000"])
def test_addresses_are_names(served, host):
    with TestClient(create_app(served, hosts=["[::1]", "127.0.0.1"])) as client:
        assert client.get("/", headers={"host": host}).status_code == 200


def test_any_name_where_that_is_asked_for(served):
    with TestClient(create_app(served, hosts=["*"])) as client:
        assert client.get("/", headers={"host": "any.example"}).status_code == 200


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("hub.example.org", "hub.example.org"),
        ("https://Hub.example.org/user/me/", "hub.example.org"),
        ("hub.example.org:8888", "hub.example.org"),
        ("[::1]:8000", "[::1]"),
        ("*", "*"),
    ],
)
def test_a_name_is_taken_from_an_address(given, name):
    assert host_name(given) == name


@pytest.mark.parametrize("given", ["", "http://", "http://[bad"])
def test_what_holds_no_name_is_told(given):
    with pytest.raises(UserError, match=r"no name of one; give it as in hub\.example\.org"):
        host_name(given)
