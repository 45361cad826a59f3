"""Answers and refusals of the server, read."""

import json
from io import BytesIO

from PIL import Image


def answers(response):
    assert response.status_code == 200, response.text
    return {one["system"]: one["hits"] for one in map(json.loads, response.text.splitlines())}


def refusal(response, status):
    """The one line that says what is wrong."""
    assert response.status_code == status, response.text
    message = response.json()["error"]
    assert message
    assert "\n" not in message
    assert "Traceback" not in message
    return message


def png(size=(30, 20), colour="red", kind="PNG"):
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()
