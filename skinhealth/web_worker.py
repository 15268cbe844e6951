"""The site's gunicorn worker class: a request is complete before a thread works on it.

gunicorn manages the processes; in each, waitress reads and writes in one thread and hands complete
requests to the others. A slow client holds a connection and some memory, but never a thread.
"""

import logging
import os
import resource
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO
from typing import Any

from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import ChunkedReceiver, FixedStreamReceiver
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask

from skinhealth.middleware import MAX_BODY_BYTES

logger = logging.getLogger(__name__)

# All of these apply per process.
MOST_CONNECTIONS = 1000
MOST_BYTES = 256 * 1024**2  # of incoming requests and outgoing responses
HEADER_BYTES = 32 * 1024
CONTROL_LINE_BYTES = 8 * 1024  # between the chunks of a body
HEADER_SECONDS = 20
# The time for a body or response, and longer while data moves, as for photographs from phones.
GRACE_SECONDS = 30
SLOWEST_RATE = 4 * 1024  # bytes a second
LONGEST_SECONDS = 900
LOOK_SECONDS = 1
# A stopping process still accepts requests that were on their way or had started to arrive.
STOP_SECONDS = 1
STOP_UPLOAD_SECONDS = 5
EMPTY = b"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
TOO_SLOW = b"HTTP/1.1 408 Request Timeout" + EMPTY
BROKEN_OFF = b"HTTP/1.1 500 Internal Server Error" + EMPTY


class Body:
    """A request's body in memory: patient data is never written to disk as it was sent."""

    def __init__(self, expected: int = 0) -> None:
        self.file = BytesIO()
        self.length = 0
        self.is_kept = expected <= MAX_BODY_BYTES

    def append(self, data: bytes) -> None:
        """Keep the data; of a body that is too large only the length, for the site to refuse."""
        self.length += len(data)
        if self.length > MAX_BODY_BYTES and self.is_kept:
            self.is_kept, self.file = False, BytesIO()
        if self.is_kept:
            self.file.write(data)

    def __len__(self) -> int:
        return self.length

    def getfile(self) -> BytesIO:
        """Return the body from its beginning."""
        self.file.seek(0)
        return self.file

    def close(self) -> None:
        """Release the memory."""
        self.file.close()


class Request(HTTPRequestParser):  # type: ignore[misc]
    """An incoming request."""

    def parse_header(self, header_plus: bytes) -> None:
        """Receive the body into memory instead of waitress's files."""
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # a length of thousands of digits
            raise ParsingError("a number") from error
        if self.chunked:
            self.body_rcv = ChunkedReceiver(Body())
        elif self.content_length:
            self.body_rcv = FixedStreamReceiver(self.content_length, Body(self.content_length))

    @property
    def held(self) -> int:
        """Return the number of body bytes in memory."""
        body = self.body_rcv.getbuf() if self.body_rcv else None
        return len(body) if body and body.is_kept else 0

    @property
    def is_between_chunks_for_ever(self) -> bool:
        """Return whether a line between chunks grows without end."""
        receiver = self.body_rcv
        lines = (receiver.control_line, receiver.trailer) if self.chunked and receiver else ()
        return any(len(line) > CONTROL_LINE_BYTES for line in lines)


class Refusal(ErrorTask):  # type: ignore[misc]
    """The response to what is not HTTP, repeating nothing of it."""

    def execute(self) -> None:
        """Write the status, and its reason as text."""
        error = self.request.error
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "text/plain"))
        body = f"{error.reason}\n".encode()
        self.content_length = len(body)
        self.set_close_on_finish()
        self.write(body)


class Answer(WSGITask):  # type: ignore[misc]
    """A complete request, handled by a thread."""

    def service(self) -> None:
        """Respond, and log failures here, because waitress would log the path."""
        try:
            super().service()
        except ClientDisconnected:
            self.close_on_finish = True
        except Exception:
            logger.exception("A request failed.")
            self.close_on_finish = True
            if not self.wrote_header:
                self.channel.write_soon(BROKEN_OFF)

    def get_environment(self) -> dict[str, Any]:
        """Remove the file wrapper, so that files are closed by the thread that opened them."""
        environ: dict[str, Any] = super().get_environment()
        environ.pop("wsgi.file_wrapper", None)
        return environ

    def build_response_header(self) -> bytes:
        """Ask the client to reconnect while this process stops."""
        if not self.channel.server.accepting:
            self.set_close_on_finish()
        header: bytes = super().build_response_header()
        return header

    def write(self, data: bytes) -> None:
        """Send nothing after the header if only that was requested."""
        super().write(b"" if self.request.command == "HEAD" else data)


class Connection(HTTPChannel):  # type: ignore[misc]
    """One connection, and how long it has kept us waiting."""

    task_class, error_task_class, parser_class = Answer, Refusal, Request

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.answered = 0
        self.stage = ("request", 0)
        self.since = time.monotonic()
        self.moved = 0  # bytes in this stage
        super().__init__(*args, **kwargs)

    def received(self, data: bytes) -> bool:
        """Read what has arrived."""
        self.moved += len(data)
        is_taken: bool = super().received(data)
        if self.request is not None and self.request.is_between_chunks_for_ever:
            self.end()
        return is_taken

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Send some of the data."""
        sent: int = super().send(data, do_close=do_close)
        self.moved += sent
        return sent

    def service(self) -> None:
        """Answer one request, in a thread."""
        super().service()
        self.answered += 1

    def find_stage(self) -> str:
        """Return what this connection is waiting for."""
        if self.total_outbufs_len:
            return "answer"
        if self.requests:
            return "thread"
        return "request" if self.request is not None or not self.answered else "idle"

    @property
    def held(self) -> int:
        """Return the number of bytes in memory for this connection."""
        requests: list[Request] = [*self.requests]
        if self.request is not None:
            requests.append(self.request)
        return int(self.total_outbufs_len) + sum(request.held for request in requests)

    def is_too_slow(self, now: float, idle_seconds: float) -> bool:
        """Return whether the client has been waited for long enough."""
        stage = (self.find_stage(), self.answered)
        if stage != self.stage:
            self.stage, self.since, self.moved = stage, now, 0
        limits = {
            "thread": float("inf"),
            "idle": idle_seconds,
            "answer": self._moving_seconds(),
            "request": self._moving_seconds() if self._has_header() else HEADER_SECONDS,
        }
        return now - self.since > limits[stage[0]]

    def end(self) -> None:
        """Close the connection; a client in the middle of a request is told why."""
        if self.request is not None and self.find_stage() == "request":
            with suppress(OSError):
                self.socket.send(TOO_SLOW)
            self.request.close()
        self.will_close = True
        self.handle_close()

    def handle_error(self) -> None:
        """Close a connection that failed unexpectedly, without logging any of its data."""
        logger.exception("A connection failed.")
        self.handle_close()

    def _has_header(self) -> bool:
        return self.request is not None and self.request.headers_finished

    def _moving_seconds(self) -> float:
        return min(LONGEST_SECONDS, GRACE_SECONDS + self.moved / SLOWEST_RATE)


class Server(TcpWSGIServer):  # type: ignore[misc]
    """One address on which this process listens."""

    channel_class = Connection

    @property
    def connections(self) -> list[Connection]:
        """Return the open connections, the longest waiting first."""
        return sorted(self.active_channels.values(), key=lambda connection: connection.since)

    def handle_accept(self) -> None:
        """Accept a connection; if there are too many, replace the one that has waited longest."""
        super().handle_accept()
        if len(self.active_channels) > MOST_CONNECTIONS:
            self._end_first(self.connections)

    def end_slow(self, idle_seconds: float) -> None:
        """Close slow connections, and the longest waiting ones if all together hold too much."""
        now = time.monotonic()
        for connection in self.connections:
            if connection.is_too_slow(now, idle_seconds):
                connection.end()
        connections = self.connections
        held = sum(connection.held for connection in connections)
        while held > MOST_BYTES and connections:
            first = self._end_first([one for one in connections if one.held])
            held -= first.held if first else held
            connections = self.connections

    def _end_first(self, connections: Iterable[Connection]) -> Connection | None:
        waiting = (one for one in connections if one.find_stage() != "thread")
        first = next(waiting, None)
        if first is not None:
            first.end()
        return first


class BufferingWorker(Worker):  # type: ignore[misc]
    """A gunicorn process in which waitress serves."""

    def run(self) -> None:
        """Serve until the process is asked to stop, then finish what has started."""
        _allow_open_files(MOST_CONNECTIONS + 200)
        dispatcher = ThreadedTaskDispatcher()
        dispatcher.set_thread_count(self.cfg.threads)
        sockets: dict[int, Any] = {}
        self.servers = [self._listen(listener, dispatcher, sockets) for listener in self.sockets]
        looked_at = time.monotonic()
        while self.alive and self.ppid == os.getppid():
            self._turn(sockets)
            if time.monotonic() - looked_at >= LOOK_SECONDS:
                looked_at = time.monotonic()
                for server in self.servers:
                    server.end_slow(self.cfg.keepalive)
        self._finish(sockets)
        dispatcher.shutdown(timeout=STOP_SECONDS)
        wasyncore.close_all(sockets, ignore_all=True)

    def _listen(
        self, listener: Any, dispatcher: ThreadedTaskDispatcher, sockets: dict[int, Any]
    ) -> Server:
        settings = Adjustments(
            backlog=self.cfg.backlog,
            ident="",
            recv_bytes=64 * 1024,
            max_request_header_size=HEADER_BYTES,
            # The site itself refuses requests that are too large, with a page.
            max_request_body_size=sys.maxsize,
            # No temporary files, because an upload may be a patient's photograph.
            outbuf_overflow=sys.maxsize,
            # This module counts and closes connections.
            connection_limit=sys.maxsize,
            cleanup_interval=sys.maxsize,
            log_socket_errors=False,
            # For a demo behind a proxy on this machine; in service, Django reads the header.
            trusted_proxy="127.0.0.1",
            trusted_proxy_headers="x-forwarded-proto",
            clear_untrusted_proxy_headers=False,
        )
        address = (listener.family, listener.type, listener.proto, listener.getsockname())
        return Server(
            self.wsgi,
            map=sockets,
            _sock=listener,
            dispatcher=dispatcher,
            adj=settings,
            sockinfo=address,
            bind_socket=False,
        )

    def _turn(self, sockets: dict[int, Any]) -> None:
        self.notify()
        wasyncore.loop(timeout=0.5, use_poll=True, map=sockets, count=1)

    def _finish(self, sockets: dict[int, Any]) -> None:
        """Accept nothing new, and answer pending requests within gunicorn's time limit."""
        began = time.monotonic()
        for server in self.servers:
            wasyncore.dispatcher.close(server)
        while (waited := time.monotonic() - began) < self.cfg.graceful_timeout - STOP_SECONDS:
            stages = {one.find_stage() for server in self.servers for one in server.connections}
            if waited > STOP_UPLOAD_SECONDS:
                stages.discard("request")
            if not stages or (waited > STOP_SECONDS and stages == {"idle"}):
                break
            self._turn(sockets)


def _allow_open_files(number: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < number:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(number, hard), hard))
