"""The misbehaving server and the settings that name it."""

import pytest

from benchmarks.captions.annotators.settings import EndpointSettings

from .chat_server import ChatServer


@pytest.fixture
def server():
    server = ChatServer()
    yield server
    server.close()


@pytest.fixture
def endpoint(server):
    """Settings of the server's endpoint, with changes."""

    def make(**changes):
        values = {"name": "local", "url": server.url, "model": "small", "retries": 2, "timeout": 5}
        return EndpointSettings(**{**values, "input_price": 2.0, "output_price": 10.0, **changes})

    return make
