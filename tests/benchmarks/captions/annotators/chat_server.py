"""A server on this machine that speaks the chat API's wire format, misbehaves on purpose, and counts what would be paid for."""

import base64
import json
import socket
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.captions.schema.attribute import AttributeType, Frequency, Group, ImageKey, Schema

PNG = b"\x89PNG\r\n\x1a\n"

SOON = {"retry-after-ms": "5"}
"""What keeps the tests fast: the client waits as long as the server says."""

COLOUR = AttributeType("colour", Group.CLOTHING, ("black", "dark blue", "red"), {"RGB": Frequency.LOW}, "colour of the coat")
HAT = AttributeType(
    "hat", Group.ACCESSORIES, ("no", "cap"), {"RGB": Frequency.HIGH, "NIR": Frequency.HIGH, "TIR": Frequency.HIGH}, "headgear"
)
CARRYING = AttributeType(
    "carrying", Group.ACCESSORIES, ("backpack",), {"RGB": Frequency.HIGH, "NIR": Frequency.HIGH}, "what is carried", open=True
)
SCHEMA = Schema("person", {kind.name: kind for kind in (COLOUR, HAT, CARRYING)})


def image_of(item):
    """The bytes of an image that the server knows again; no picture, which nobody looks at."""
    return PNG + item.encode()


def images_of(count, modality="RGB"):
    """Images by key, with what reads them."""
    return [(ImageKey("train", modality, item), lambda item=item: image_of(item)) for item in names(count)]


def names(count):
    return [f"{number:06d}.png" for number in range(count)]


def good(item="", **changes):
    """A valid answer for a visible-light image; keyword None leaves an attribute out."""
    colour = COLOUR.values[sum(item.encode()) % 3]
    values = {"colour": (colour, 0.9), "hat": ("no", 0.8), "carrying": ("backpack", 0.7), **changes}
    return json.dumps({name: {"value": v[0], "confidence": v[1]} for name, v in values.items() if v is not None})


def completion(content, finish="stop", **message):
    """A body of status 200."""
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": content, **message}}
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    return json.dumps({"id": "x", "object": "chat.completion", "model": "m", "choices": [choice], "usage": usage})


@dataclass
class Response:
    """What a request is answered with."""

    body: str = ""
    status: int = 200
    headers: dict = field(default_factory=dict)
    wait: float = 0.0
    cut: bool = False
    """Whether the connection is closed in the middle of the body."""


def answer(content, **options):
    return Response(completion(content, **options))


def error(status, message="no", headers=None, **fields):
    return Response(json.dumps({"error": {"message": message, **fields}}), status, headers or {})


class ChatServer:
    """Answers by image: `script[item]` holds the responses to its requests one after the other, the last for ever.

    Attributes:
        paid: answers of status 200 that were sent whole, by (model, item, round); the round counts what the model said before.
        requests: (headers, body) of every request.
    """

    def __init__(self):
        self.script, self.paid, self.requests = {}, Counter(), []
        self.wait = 0.0
        self.most_at_once = self._at_once = 0
        self._asked, self._lock = defaultdict(int), threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                server.handle(self, body)

            def log_message(self, *arguments):
                """Keep quiet."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.handle_error = lambda *arguments: None
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def response(self, item, nth):
        script = self.script.get(item, [answer(good(item))])
        return script[min(nth, len(script) - 1)]

    def handle(self, handler, body):
        item, rounds = subject(body), sum(message["role"] == "assistant" for message in body["messages"]) + 1
        with self._lock:
            self.requests.append(({name.lower(): value for name, value in handler.headers.items()}, body))
            nth = self._asked[body["model"], item]
            self._asked[body["model"], item] += 1
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        response = self.response(item, nth)
        if response.wait or self.wait:
            time.sleep(response.wait or self.wait)
        with self._lock:
            self._at_once -= 1
            if response.status == 200 and not response.cut and not response.wait:
                self.paid[body["model"], item, rounds] += 1  # counted before it is sent: a reader that was killed paid too
        reply(handler, response)


def reply(handler, response):
    data = response.body.encode()
    handler.send_response(response.status)
    for name, value in {"content-type": "application/json", "content-length": len(data), **response.headers}.items():
        handler.send_header(name, str(value))
    handler.end_headers()
    handler.wfile.write(data[: len(data) // 2] if response.cut else data)
    handler.wfile.flush()
    if response.cut:
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)


def subject(body):
    """Which image a request is about, or the text of a request without one."""
    content = body["messages"][0]["content"]
    if isinstance(content, str):
        return content
    url = content[1]["image_url"]["url"]
    return base64.b64decode(url.partition("base64,")[2])[len(PNG) :].decode()
