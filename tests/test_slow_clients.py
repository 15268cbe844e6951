"""A client that sends or reads slowly makes nobody else wait, and is disconnected after a while."""

import os
import re
import socket
import threading
import time
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from types import SimpleNamespace

import pytest
from gunicorn.config import Config
from gunicorn.sock import create_sockets

from skinhealth import web_worker
from skinhealth.middleware import MAX_BODY_BYTES
from skinhealth.web_worker import BufferingWorker
from tests.machine import free_port
from tests.web_program import LOGIN, WebProgram
from tests.worker import wait_until

THREADS = 2
PIECE = b"x" * 1024


def site(environ, start_response):
    """Return the length of the body, or a long response."""
    body = environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/length":
        said = f"{environ.get('CONTENT_LENGTH') or 0} {len(body)}".encode()
    elif environ["PATH_INFO"] == "/breaks":
        raise RuntimeError("for a test")
    else:
        said = PIECE * int(environ["QUERY_STRING"] or 1)
    start_response("200 OK", [("Content-Length", str(len(said)))])
    return [said]


class Serving:
    """The worker of one process, in a thread of the test."""

    def __init__(self):
        cfg = Config()
        for name, value in {
            "bind": [f"127.0.0.1:{free_port()}"],
            "threads": THREADS,
            "keepalive": 2,
            "graceful_timeout": 4,
        }.items():
            cfg.set(name, value)
        self.log = SimpleNamespace(info=print, error=print, debug=print)
        self.sockets = create_sockets(cfg, self.log)
        self.port = self.sockets[0].getsockname()[1]
        self.worker = BufferingWorker(1, os.getppid(), self.sockets, None, 30, cfg, self.log)
        self.worker.wsgi = site
        self.thread = threading.Thread(target=self.worker.run)
        self.thread.start()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def ask(self, method, path, body=None, **headers):
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()

    def is_served(self):
        return self.ask("GET", "/length") == (200, b"0 0")

    def stop(self):
        self.worker.alive = False
        self.thread.join(20)
        assert not self.thread.is_alive()
        for each in self.sockets:
            each.close()


@pytest.fixture
def limits(monkeypatch):
    """Set limits that a test can wait for."""
    monkeypatch.setattr(web_worker, "HEADER_SECONDS", 1)
    monkeypatch.setattr(web_worker, "GRACE_SECONDS", 1)
    monkeypatch.setattr(web_worker, "LOOK_SECONDS", 0.1)
    return monkeypatch


@pytest.fixture
def serving(limits):
    started = Serving()
    yield started
    started.stop()


@contextmanager
def trickling(connections, data):
    """Send a little again and again, on every connection."""
    is_over = threading.Event()

    def send():
        while not is_over.wait(0.1):
            for connection in connections:
                with suppress(OSError):
                    connection.sendall(data)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        is_over.set()
        sender.join()


def one_answer(connection):
    """Return one complete response; head and body may arrive in two pieces."""
    told = connection.recv(65536)
    while told and (b"\r\n\r\n" not in told or told.endswith(b"\r\n\r\n")):
        more = connection.recv(65536)
        if not more:
            break
        told += more
    return told


def what_is_told(connection):
    """Read until the other side closes."""
    told = b""
    with suppress(ConnectionError):
        while more := connection.recv(65536):
            told += more
    return told


@pytest.mark.parametrize(
    ("begin", "data"),
    [
        (b"", b""),
        (b"GET /length HTTP/1.1\r\n", b"X: y\r\n"),
        (b"POST /length HTTP/1.1\r\nContent-Length: 90000\r\n\r\n", b"a"),
        (b"POST /length HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        (b"POST /length HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5", b";a=b"),
        (b"POST /length HTTP/1.1\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n", b""),
    ],
)
def test_slow_requests_take_no_thread_and_end(serving, begin, data):
    slow = [serving.connect() for _number in range(10 * THREADS)]
    for connection in slow:
        connection.sendall(begin)
    with trickling(slow, data):
        assert serving.is_served()
        told = [what_is_told(connection) for connection in slow]
    # A browser that opened a connection in advance would show the response as a page.
    assert all((b"HTTP/1.1 408 " in each) == bool(begin) for each in told)
    assert serving.is_served()


def test_slow_readers_take_no_thread_and_end(serving):
    slow = [serving.connect() for _number in range(10 * THREADS)]
    for connection in slow:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.sendall(b"GET /long?8192 HTTP/1.1\r\n\r\n")
    assert serving.is_served()
    server = next(iter(serving.worker.servers))
    wait_until(lambda: not server.active_channels, what="slow readers are let go of")
    assert serving.is_served()


def test_what_moves_is_waited_for(serving):
    connection = serving.connect()
    connection.sendall(b"POST /length HTTP/1.1\r\nContent-Length: 30720\r\n\r\n")
    for _second in range(30):
        time.sleep(0.1)
        connection.sendall(PIECE)
    assert one_answer(connection).endswith(b"30720 30720")


def test_what_moves_for_ever_is_not(serving, limits):
    limits.setattr(web_worker, "LONGEST_SECONDS", 2)
    connection = serving.connect()
    connection.sendall(b"POST /length HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n")
    with trickling([connection], PIECE):
        assert b"HTTP/1.1 408 " in what_is_told(connection)


def test_an_idle_connection_is_kept_and_then_let_go_of(serving):
    connection = serving.connect()
    for _time in range(2):
        connection.sendall(b"GET /length HTTP/1.1\r\n\r\n")
        assert one_answer(connection).endswith(b"0 0")
        time.sleep(1.3)
    assert what_is_told(connection) == b""


def test_whoever_waits_longest_makes_room_for_others(serving, limits):
    limits.setattr(web_worker, "MOST_CONNECTIONS", 20)
    limits.setattr(web_worker, "HEADER_SECONDS", 60)
    slow = []
    for _number in range(30):
        slow.append(serving.connect())
        slow[-1].sendall(b"GET /length HTTP/1.1\r\n")
    assert serving.is_served()
    for connection in slow[:10]:
        assert b"HTTP/1.1 408 " in what_is_told(connection)
    slow[-1].sendall(b"\r\n")
    assert one_answer(slow[-1]).endswith(b"0 0")


def test_bodies_in_memory_have_a_limit_together(serving, limits):
    limits.setattr(web_worker, "MOST_BYTES", 10 * 1024**2)
    limits.setattr(web_worker, "GRACE_SECONDS", 60)
    large = []
    for _number in range(6):
        connection = serving.connect()
        large.append(connection)
        connection.sendall(b"POST /length HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n")
        with suppress(ConnectionError):
            connection.sendall(bytes(3 * 1024**2))
        time.sleep(0.3)
    what_is_told(large[0])  # it is closed
    assert serving.is_served()
    large[-1].sendall(bytes(9_000_000 - 3 * 1024**2))
    assert one_answer(large[-1]).endswith(b"9000000 9000000")


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_comes_in_whole_and_one_that_is_too_large_by_its_length_alone(serving, is_chunked):
    for size, kept in ((15 * 1024**2, 15 * 1024**2), (MAX_BODY_BYTES + 1, 0)):
        piece = bytes(1024**2)
        pieces = [piece] * (size // 1024**2) + [piece[: size % 1024**2]] * bool(size % 1024**2)
        headers = {} if is_chunked else {"Content-Length": str(size)}
        status, said = serving.ask("POST", "/length", iter(pieces), **headers)
        assert (status, said) == (200, f"{size} {kept}".encode())


def test_no_body_lies_on_the_disk_while_it_comes_in(serving, limits, tmp_path):
    limits.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    assert serving.ask("POST", "/length", bytes(20 * 1024**2))[1].endswith(b" 20971520")
    assert len(serving.ask("GET", "/long?20480")[1]) == 20 * 1024**2


def test_an_endless_line_between_chunks_is_cut_off(serving):
    connection = serving.connect()
    connection.sendall(b"POST /length HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;a=")
    with suppress(ConnectionError):
        for _number in range(200):
            connection.sendall(PIECE * 64)
    assert serving.is_served()


def test_a_header_alone_is_answered_by_a_header_alone(serving):
    connection = serving.connect()
    connection.sendall(b"HEAD /long?2 HTTP/1.1\r\n\r\nGET /length HTTP/1.1\r\n\r\n")
    time.sleep(0.5)
    told = connection.recv(65536)
    assert b"Content-Length: 2048" in told
    assert PIECE not in told
    assert told.endswith(b"0 0")


@pytest.mark.parametrize(
    ("garbage", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"get /secret-of-a-link HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nSecret\rLine: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: minus\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nsecret\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ],
)
def test_what_is_not_http_is_refused_without_an_echo(serving, garbage, status):
    connection = serving.connect()
    connection.sendall(garbage)
    told = what_is_told(connection)
    assert f" {status} ".encode() in told[:20]
    assert b"ecret" not in told
    assert serving.is_served()


def test_what_breaks_is_logged_without_the_path(serving, caplog):
    status, said = serving.ask("GET", "/breaks?secret")
    assert status == 500
    assert "A request failed." in caplog.text
    assert "/breaks" not in caplog.text
    assert b"for a test" not in said


def test_a_stop_waits_for_what_has_begun_to_come_in(limits):
    serving = Serving()
    limits.setattr(web_worker, "GRACE_SECONDS", 20)
    connection, idle = serving.connect(), serving.connect()
    connection.sendall(b"POST /length HTTP/1.1\r\nContent-Length: 2\r\n\r\na")
    idle.sendall(b"GET /length HTTP/1.1\r\n\r\n")
    assert idle.recv(4096)
    time.sleep(0.3)
    serving.worker.alive = False
    time.sleep(1.5)
    connection.sendall(b"b")
    told = what_is_told(connection)
    assert told.endswith(b"2 2")
    assert b"Connection: close" in told
    serving.stop()


def test_a_hundred_slow_bodies_do_not_stop_the_web_program(tmp_path):
    program = WebProgram(tmp_path)
    slow = [program.connect() for _number in range(100)]
    for connection in slow:
        connection.sendall(LOGIN + b"Content-Length: 5000\r\n\r\na")
    with trickling(slow, b"a"):
        took = sorted(program.seconds_to_answer() for _time in range(20))
    # Alone it takes a hundredth of a second; this machine may be busy.
    assert took[10] < 1
    assert program.stop() == 0
    assert not re.search(r"Traceback|/login", program.log_path.read_text())
