"""Crowds of clients trickle, stop, lie and send nonsense; the site still answers everybody else."""

import random
import socket
import time
from contextlib import ExitStack, suppress

import pytest

from tests.fuzz.budget import examples
from tests.web_program import LOGIN, WebProgram

SEED = 20261129
CROWD = 60
MOST_MEGABYTES = 600  # for two processes that have loaded everything


def content_length(draw):
    promised = draw.choice([1, 5000, 15 * 1024**2, 64 * 1024**2 + 1, 10**12])
    return LOGIN + f"Content-Length: {promised}\r\n\r\n".encode()


def beginnings(draw):
    """Draw something that a client may send first."""
    return draw.choice(
        [
            b"",
            b"G",
            b"\r\n" * draw.randrange(1, 2000),
            b"GET /healthz HTTP/1.1\r\n\r\n" * draw.randrange(1, 200),
            b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            b"HEAD /healthz HTTP/1.1\r\n\r\n",
            b"GET /login/ HTTP/1.1\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            LOGIN,
            content_length(draw),
            content_length(draw),
            LOGIN + b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n",
            LOGIN + b"Content-Length: 9\r\nContent-Length: 5\r\n\r\n",
            LOGIN + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
            LOGIN + b"Transfer-Encoding: chunked\r\n\r\n",
            LOGIN + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
            LOGIN + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
            draw.randbytes(draw.randrange(1, 4000)),
        ]
    )


def continuations(draw):
    """Draw something that a client may send next."""
    return draw.choice(
        [
            b"",
            b"a",
            b"X-A: b\r\n",
            b"1\r\na\r\n",
            b"1;" + b"a" * draw.randrange(1, 20_000),
            b"0\r\n\r\n",
            b"0\r\nTrailer: " + b"a" * draw.randrange(1, 20_000),
            b"\r\n\r\n",
            bytes(draw.randrange(1, 200_000)),
            draw.randbytes(draw.randrange(1, 2000)),
        ]
    )


def act(draw, connection):
    """Let a client do one thing, whether or not it still can."""
    with suppress(OSError):
        what = draw.random()
        if what < 0.8:
            connection.send(continuations(draw))
        elif what < 0.9:
            connection.recv(draw.choice([1, 65536]))
        elif what < 0.95:
            connection.shutdown(socket.SHUT_WR)
        else:
            connection.close()


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    started = WebProgram(tmp_path_factory.mktemp("web"))
    yield started
    assert started.stop() == 0


@pytest.mark.parametrize("number", range(examples(3, many=150)))
def test_a_crowd_of_bad_clients_keeps_nobody_waiting(program, number):
    draw = random.Random(SEED + number)
    before = {process.pid for process in program.processes()}
    with ExitStack() as crowd:
        clients = [crowd.enter_context(program.connect()) for _client in range(CROWD)]
        for client in clients:
            client.setblocking(False)
            with suppress(OSError):
                client.send(beginnings(draw))
        for _round in range(10):
            for client in draw.sample(clients, CROWD // 2):
                act(draw, client)
            assert program.is_alive(seconds=15), f"seed {SEED + number}"
            time.sleep(0.02)
        assert program.megabytes() < MOST_MEGABYTES, f"seed {SEED + number}"
    assert {process.pid for process in program.processes()} == before, f"seed {SEED + number}"
    assert "A connection failed" not in program.log_path.read_text(), f"seed {SEED + number}"
