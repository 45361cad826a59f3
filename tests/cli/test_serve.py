"""`xshot serve`: where it listens, before it loads anything."""

import socket

import pytest
from typer.testing import CliRunner

from xshot.cli.main import build
from xshot.cli.serve import _listen
from xshot.errors import UserError


@pytest.fixture
def serve(tmp_path, monkeypatch):
    """Serves where there is nothing to serve; errors come through as they are."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        done = CliRunner().invoke(build(["serve"]), ["serve", *map(str, arguments)])
        raise done.exception

    return run


def test_a_taken_port_is_told_before_anything_is_loaded(serve):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(
            UserError, match=f"^--port {port}: Address already in use; give another, or 0"
        ):
            serve("--port", port)


@pytest.mark.parametrize("host", ["300.1.1.1", "192.0.2.1", "::ffff:1:2:3", "a..b"])
def test_an_address_of_no_machine_or_another_is_told(serve, host):
    with pytest.raises(UserError, match=f"--host {host}: .*; give an address of this machine"):
        serve("--host", host, "--port", 0)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_every_address_is_those_of_ipv4_too():
    with _listen("::", 0) as listener:
        socket.create_connection(("127.0.0.1", listener.getsockname()[1]), timeout=5).close()


def test_what_is_to_be_served_is_looked_for_next(serve):
    with pytest.raises(UserError, match=r"params.yaml: No such file"):
        serve("--port", 0)


def test_what_is_saved_is_written_for_this_machine_only(serve, tmp_path):
    with pytest.raises(UserError, match=r"whoever reaches 0\.0\.0\.0 could write there"):
        serve("--host", "0.0.0.0", "--save", tmp_path / "grown")
    with pytest.raises(UserError, match=r"whoever reaches page\.example could write there"):
        serve("--allow-host", "page.example", "--save", tmp_path / "grown")
    assert not (tmp_path / "grown").exists()
