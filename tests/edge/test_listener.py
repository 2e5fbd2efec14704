import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.contracts.model import Contracts
from tests.edge.edge_process import EdgeProcess, edge_process

pytestmark = pytest.mark.slow

ANSWERS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
NEXT = b"GET /livez HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n"
"""Follows every request: where the first is misread, this is answered, or a part of it is."""
CHUNKED = "Transfer-Encoding: chunked"


def get(*lines: str, line: str = "GET /livez HTTP/1.1", host: str | None = "Host: edge") -> bytes:
    head = [line, *([host] if host else []), *lines]
    return "".join(f"{text}\r\n" for text in [*head, ""]).encode("latin-1")


def post(*lines: str, body: bytes = b"", version: str = "1.1") -> bytes:
    return get(*lines, line=f"POST /v1/things HTTP/{version}") + body


def chunks(body: bytes) -> bytes:
    return post(CHUNKED, body=body)


OPENING = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
NOTHING = b"0\r\n\r\n"
ONE_CHUNK = b"2\r\n{}\r\n0\r\n\r\n"

REFUSED = {
    "length-and-chunks": post("Content-Length: 5", CHUNKED, body=NOTHING),
    "chunks-and-length": post(CHUNKED, "Content-Length: 5", body=NOTHING),
    "two-codings": post(CHUNKED, "Transfer-Encoding: identity", body=NOTHING),
    "the-same-coding-twice": post(CHUNKED, CHUNKED, body=NOTHING),
    "a-list-of-codings": post("Transfer-Encoding: gzip, chunked", body=NOTHING),
    "chunked-not-last": post("Transfer-Encoding: chunked, identity", body=NOTHING),
    "chunked-twice-in-a-list": post("Transfer-Encoding: chunked, chunked", body=NOTHING),
    "an-unknown-coding": post("Transfer-Encoding: xchunked", body=NOTHING),
    "a-quoted-coding": post('Transfer-Encoding: "chunked"', body=NOTHING),
    "a-vertical-tab-before-a-coding": post("Transfer-Encoding: \x0bchunked", body=NOTHING),
    "a-space-behind-a-name": post("Transfer-Encoding : chunked", body=NOTHING),
    "a-tab-behind-a-name": post("Transfer-Encoding\t: chunked", body=NOTHING),
    "no-coding": post("Transfer-Encoding:", body=NOTHING),
    "a-folded-coding": post("Transfer-Encoding:\r\n chunked", body=NOTHING),
    "a-coding-with-parameters": post("Transfer-Encoding: chunked;a=b", body=NOTHING),
    "chunks-in-http-1.0": post(CHUNKED, body=NOTHING, version="1.0"),
    "bare-lf": b"GET /livez HTTP/1.1\nHost: edge\n\n",
    "bare-lf-in-the-head": get("X: a\nY: b"),
    "bare-lf-at-the-end": get()[:-2] + b"\n",
    "bare-cr": b"GET /livez HTTP/1.1\rHost: edge\r\r",
    "bare-cr-in-a-value": get("X: a\rY: b"),
    "folded-by-a-space": get("X: a\r\n b"),
    "folded-by-a-tab": get("X: a\r\n\tb"),
    "folded-first": b"GET /livez HTTP/1.1\r\n X: y\r\nHost: edge\r\n\r\n",
    "no-host": get(host=None),
    "two-hosts": get("Host: edge"),
    "two-different-hosts": get("Host: other"),
    "an-empty-host": get(host="Host:"),
    "a-host-with-a-space": get(host="Host: a b"),
    "a-list-of-hosts": get(host="Host: a, b"),
    "a-host-with-a-user": get(host="Host: a@b"),
    "a-host-with-a-path": get(host="Host: a/b"),
    "a-negative-length": post("Content-Length: -2", body=b"{}"),
    "a-length-with-a-plus": post("Content-Length: +2", body=b"{}"),
    "a-length-with-a-space": post("Content-Length: 1 2", body=b"{}"),
    "a-length-in-hexadecimal": post("Content-Length: 0x2", body=b"{}"),
    "a-length-with-a-point": post("Content-Length: 2.0", body=b"{}"),
    "a-list-of-lengths": post("Content-Length: 2, 2", body=b"{}"),
    "the-same-length-twice": post("Content-Length: 2", "Content-Length: 2", body=b"{}"),
    "two-lengths": post("Content-Length: 2", "Content-Length: 3", body=b"{}"),
    "no-length": post("Content-Length:"),
    "a-length-past-64-bits": post("Content-Length: 18446744073709551618", body=b"{}"),
    "a-negative-chunk": chunks(b"-2\r\n{}\r\n" + NOTHING),
    "a-chunk-with-a-plus": chunks(b"+2\r\n{}\r\n" + NOTHING),
    "a-chunk-with-a-prefix": chunks(b"0x2\r\n{}\r\n" + NOTHING),
    "a-chunk-size-behind-a-space": chunks(b" 2\r\n{}\r\n" + NOTHING),
    "a-chunk-size-before-a-space": chunks(b"2 \r\n{}\r\n" + NOTHING),
    "a-chunk-size-before-lf": chunks(b"2\n{}\r\n" + NOTHING),
    "a-chunk-before-lf": chunks(b"2\r\n{}\n" + NOTHING),
    "a-chunk-before-cr": chunks(b"2\r{}\r\n" + NOTHING),
    "chunks-that-end-in-lf": chunks(b"2\r\n{}\r\n0\r\n\n"),
    "a-chunk-longer-than-it-says": chunks(b"2\r\n{}x\r\n" + NOTHING),
    "a-chunk-size-past-64-bits": chunks(b"10000000000000002\r\n{}\r\n" + NOTHING),
    "no-chunk-size": chunks(b"\r\n{}\r\n" + NOTHING),
    "lf-in-a-chunk-extension": chunks(b"2;a\nb\r\n{}\r\n" + NOTHING),
    "an-endless-chunk-extension": chunks(b"2;" + b"a" * 100_000),
    "a-length-among-trailers": chunks(b"2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n"),
    "a-coding-among-trailers": chunks(b"2\r\n{}\r\n0\r\nTransfer-Encoding: gzip\r\n\r\n"),
    "endless-trailers": chunks(b"2\r\n{}\r\n0\r\n" + b"X: y\r\n" * 20_000),
    "no-version": b"GET /livez\r\n\r\n",
    "http-2": get(line="GET /livez HTTP/2.0"),
    "http-1.2": get(line="GET /livez HTTP/1.2"),
    "http-1.10": get(line="GET /livez HTTP/1.10"),
    "http-in-lower-case": get(line="GET /livez http/1.1"),
    "the-preface-of-http-2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "the-hello-of-tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 60,
    "another-scheme": get(line="GET file:///etc/passwd HTTP/1.1"),
    "connect": get(line="CONNECT edge:443 HTTP/1.1"),
    "connect-to-a-path": get(line="CONNECT /livez HTTP/1.1"),
    "a-target-without-a-slash": get(line="GET livez HTTP/1.1"),
    "a-target-with-a-space": get(line="GET /liv ez HTTP/1.1"),
    "a-target-with-nul": get(line="GET /livez\x00 HTTP/1.1"),
    "a-target-with-obs-text": get(line="GET /liv\xe9z HTTP/1.1"),
    "a-target-with-a-fragment": get(line="GET /livez#a HTTP/1.1"),
    "a-method-in-lower-case": get(line="get /livez HTTP/1.1"),
    "a-method-with-a-bracket": get(line="GE(T /livez HTTP/1.1"),
    "no-method": get(line=" /livez HTTP/1.1"),
    "tabs-in-the-first-line": get(line="GET\t/livez\tHTTP/1.1"),
    "nul-in-a-value": get("X: a\x00b"),
    "nul-in-a-name": get("X\x00: b"),
    "a-control-character": get("X: a\x01b"),
    "obs-text-in-a-name": get("X\xe9: y"),
    "a-header-without-a-name": get(": y"),
    "a-header-without-a-colon": get("Xy"),
    "a-space-in-a-name": get("X y: z"),
    "nul-first": b"\x00" + get(),
    "endless-empty-lines": b"\r\n" * 60_000,
    "101-headers": get(*["X: y"] * 100),
    "33-KB-of-headers": get(f"X: {'y' * 33_000}"),
    "an-endless-header": get(f"X: {'y' * 200_000}")[:-4],
    "a-target-of-9-KB": get(line=f"GET /{'y' * 9_000} HTTP/1.1"),
    "an-endless-target": b"GET /" + b"y" * 200_000,
}

TAKEN = {
    "http-1.0": (get(line="GET /livez HTTP/1.0", host=None), b"200"),
    "absolute-form": (get(line="GET http://edge/livez HTTP/1.1"), b"200"),
    "a-star": (get(line="OPTIONS * HTTP/1.1"), b"404"),
    "obs-text-in-a-value": (get("X: \xe9\xff"), b"200"),
    "empty-lines-first": (b"\r\n\r\n" + get(), b"200"),
    "100-headers": (get(*["X: y"] * 99), b"200"),
    "a-body-that-reads-like-a-request": (
        get("Content-Length: 36") + b"GET /v1/none HTTP/1.1\r\nHost: edge\r\n\r\n"[:36], b"200",
    ),
    "an-unknown-upgrade": (get("Connection: Upgrade", "Upgrade: h2c"), b"200"),
    "a-chunk": (chunks(ONE_CHUNK), b"503"),
    "a-chunk-extension": (chunks(b"2;a=b\r\n{}\r\n" + NOTHING), b"503"),
    "a-trailer": (chunks(b"2\r\n{}\r\n0\r\nHost: other\r\n\r\n"), b"503"),
    "an-ipv6-host": (get(host="Host: [::1]:8080"), b"200"),
}  # fmt: skip


@pytest.fixture(scope="module")
def edge(probe: Contracts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeProcess]:
    image = tmp_path_factory.mktemp("edge") / "probe.binpb"
    image.write_bytes(probe.image)
    with edge_process(image) as found:
        yield found


@pytest.mark.parametrize("name", REFUSED)
def test_bar_44_a_request_that_can_be_misread_gets_one_problem_and_no_more(
    edge: EdgeProcess, name: str
) -> None:
    got = edge.talk(REFUSED[name] + NEXT)
    head, _, body = got.partition(b"\r\n\r\n")
    (status,) = ANSWERS.findall(got)
    assert status in (b"400", b"414", b"431")
    assert b"content-type: application/problem+json" in head
    problem = json.loads(body)
    assert problem["status"] == int(status)
    assert int(problem["traceId"], 16) and problem["title"]


def test_bar_44_holds_for_forty_requests_and_more() -> None:
    assert len(REFUSED) >= 40


@pytest.mark.parametrize("name", TAKEN)
def test_bar_44_a_request_in_order_gets_one_answer(edge: EdgeProcess, name: str) -> None:
    sent, status = TAKEN[name]
    assert ANSWERS.findall(edge.talk(sent + NEXT)) in ([status, b"200"], [status])


def test_requests_in_a_row_are_answered_in_their_order(edge: EdgeProcess) -> None:
    answers = edge.talk(get() + get(line="GET /v1/none HTTP/1.1") + NEXT)
    assert ANSWERS.findall(answers) == [b"200", b"404", b"200"]


def test_what_is_wrong_behind_a_request_does_not_take_its_answer(edge: EdgeProcess) -> None:
    assert ANSWERS.findall(edge.talk(get() + REFUSED["bare-lf"])) == [b"200"]


@pytest.mark.parametrize(
    "cut", [get()[:-2], post("Content-Length: 9", body=b"{}"), chunks(b"5\r\n{}"), b""]
)
def test_a_request_that_is_cut_short_gets_no_answer(edge: EdgeProcess, cut: bytes) -> None:
    assert edge.talk(cut, end=True) == b""


def test_a_client_that_waits_to_send_its_body_is_answered_once(edge: EdgeProcess) -> None:
    waiting = post("Content-Length: 9999999", "Expect: 100-continue")
    assert ANSWERS.findall(edge.talk(waiting + NEXT)) == [b"413"]
    sending = post("Content-Length: 2", "Expect: 100-continue", body=b"{}")
    assert ANSWERS.findall(edge.talk(sending + NEXT)) == [b"100", b"503"]


@pytest.mark.parametrize("length", ["Content-Length: 4000000", CHUNKED])
def test_bar_44_of_a_body_too_long_at_most_64_kb_are_read(edge: EdgeProcess, length: str) -> None:
    body = b"{" * 4_000_000 if length != CHUNKED else b"ffff\r\n" + b"{" * 0xFFFF + b"\r\n"
    before = edge.read_bytes
    answer = edge.talk(post(length, body=body if length != CHUNKED else body * 60))
    assert ANSWERS.findall(answer) == [b"413"]
    taken = edge.read_bytes - before
    assert taken <= 2**20 + 2**16


def test_a_client_may_read_the_refusal_before_it_is_cut_off(edge: EdgeProcess) -> None:
    with socket.create_connection((edge.host, edge.port), 10) as connection:
        connection.sendall(post("Content-Length: 4000000") + b"{" * 300_000)
        assert b"413" in connection.recv(65536)


def test_the_log_is_not_the_attackers(edge: EdgeProcess) -> None:
    before = len(edge.lines)
    for name in ("bare-lf", "two-hosts", "an-endless-header"):
        edge.talk(REFUSED[name])
    for path in ("/v1/things", "/graphql"):
        told = get(*OPENING, "Authorization: \xe9", line=f"GET {path} HTTP/1.1")
        assert edge.talk(told).startswith(b"HTTP/1.1 400")
    parent = f"traceparent: 00-{'a' * 32}-{'b' * 16}-01"
    told = edge.talk(get(parent, "tracestate: \xff", "Connection: close"))
    assert told.startswith(b"HTTP/1.1 200")
    assert edge.talk(NEXT).startswith(b"HTTP/1.1 200")
    assert edge.lines[before:] == []


def test_the_edge_listens_on_ipv6(probe: Contracts, tmp_path: Path) -> None:
    image = tmp_path / "probe.binpb"
    image.write_bytes(probe.image)
    with edge_process(image, host="::1") as found:
        assert ANSWERS.findall(found.talk(NEXT)) == [b"200"]
