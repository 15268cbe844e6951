"""The queue of an installation without servers: a folder of message files."""

import fcntl
import logging
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem, virtual
from kombu.utils.json import dumps, loads

from ml.whole_files import write_whole

logger = logging.getLogger(__name__)

DIRECT = "amq.direct"  # Kombu's exchange where none is named
LOCK = ".lock"
TABLES = "*.exchange"
# Messages that nobody can read get this at the end of their name and stay for a look.
DAMAGED = ".damaged"
Table = list[filesystem.exchange_queue_t]


class Channel(filesystem.Channel):
    """Kombu's folder queue, in which every file appears only once it is complete.

    Kombu creates a message or a table of queues under its final name and fills it afterwards. Who
    reads in between finds an empty file and gives up; we measured about one in a thousand messages,
    and one table in thirty first starts of two workers.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tables_at: Path | None = None
        self.seen_messages: set[str] = set()
        for folder in (self.data_folder_in, self.data_folder_out, self.control_folder):
            Path(folder).mkdir(parents=True, exist_ok=True)

    @property
    def control_folder(self) -> Path:
        """The folder of tables; while this channel changes one, the folder of its own copies."""
        return self.tables_at or self.shared_folder

    @property
    def shared_folder(self) -> Path:
        """The folder of tables that all programs share."""
        return Path(self.transport_options["control_folder"])

    def get_table(self, exchange: str) -> Table:  # type: ignore[override]
        """Return the queues of an exchange; where the file is damaged, those known here."""
        table = self._read(exchange)
        if table is not None:
            return table
        known = (self.state.exchanges or {}).get(exchange, {}).get("table", ())
        return [
            filesystem.exchange_queue_t(key or "", pattern or "", queue)
            for key, pattern, queue in known
        ]

    def queue_bind(
        self,
        queue: str,
        exchange: str | None = None,
        routing_key: str = "",
        arguments: Any = None,
        **kwargs: Any,
    ) -> None:
        """Add a queue to the table of an exchange, also where the file has lost it."""
        exchange = exchange or DIRECT
        is_known = self.state.has_binding(queue, exchange, routing_key)
        # Every publication asks for it again.
        if is_known and queue in {row.queue for row in self._read(exchange) or ()}:
            return
        with self._changed_tables():
            if is_known:
                kind = self.typeof(exchange)
                row = kind.prepare_bind(queue, exchange, routing_key, arguments)
                self._queue_bind(exchange, *row)  # type: ignore[call-arg]
            else:
                super().queue_bind(queue, exchange, routing_key, arguments, **kwargs)

    def queue_delete(self, *args: Any, **kwargs: Any) -> None:
        """Remove a queue, also from the tables."""
        with self._changed_tables():
            super().queue_delete(*args, **kwargs)

    def drain_events(self, *args: Any, **kwargs: Any) -> Any:
        """Deliver messages, after those that nobody can read are set aside."""
        self._set_damaged_aside()
        return super().drain_events(*args, **kwargs)

    def basic_get(self, *args: Any, **kwargs: Any) -> Any:
        """Return one message, after those that nobody can read are set aside."""
        self._set_damaged_aside()
        return super().basic_get(*args, **kwargs)

    # Kombu's own two base classes do not agree on these arguments.
    def _put(  # type: ignore[override]
        self, queue: str, payload: dict[str, Any], **kwargs: Any
    ) -> None:
        # The name begins with the time, because the oldest name is read first.
        name = f"{time.time_ns():020d}_{uuid.uuid4()}.{queue}.msg"
        try:
            write_whole(Path(self.data_folder_out, name), dumps(payload))
        except OSError as error:
            raise ChannelError(f"Cannot add a message to {self.data_folder_out}") from error

    def _read(self, exchange: str) -> Table | None:
        # Also checks the name.
        path = self.shared_folder / self._exchange_file(exchange).name  # type: ignore[attr-defined]
        with self._locked(fcntl.LOCK_SH):
            return read_table(path)

    @contextmanager
    def _locked(self, kind: int) -> Iterator[None]:
        try:
            self.shared_folder.mkdir(parents=True, exist_ok=True)
            lock = (self.shared_folder / LOCK).open("a")
        except OSError as error:
            raise ChannelError(f"Cannot lock {self.shared_folder}") from error
        with lock:
            fcntl.flock(lock, kind)
            yield

    @contextmanager
    def _changed_tables(self) -> Iterator[None]:
        """Let Kombu change copies of the tables, then put each changed one in place as a whole."""
        with self._locked(fcntl.LOCK_EX):
            try:
                with TemporaryDirectory(dir=self.shared_folder, prefix=".") as copies:
                    self.tables_at = Path(copies)
                    for path in self.shared_folder.glob(TABLES):
                        if read_table(path) is not None:
                            shutil.copyfile(path, self.tables_at / path.name)
                        else:
                            logger.error("The table of queues %s is damaged: made anew", path.name)
                    yield
                    for path in self.tables_at.glob(TABLES):
                        original = self.shared_folder / path.name
                        content = path.read_bytes()
                        if not original.exists() or original.read_bytes() != content:
                            write_whole(original, content)
            except OSError as error:
                raise ChannelError(f"Cannot change {self.shared_folder}") from error
            finally:
                self.tables_at = None

    def _set_damaged_aside(self) -> None:
        """Rename messages that are cut off or not ours, so that no worker stops at them."""
        folder = Path(self.data_folder_in)
        try:
            found = {path.name for path in folder.iterdir() if path.suffix == ".msg"}
        except OSError:
            return  # Kombu says what is wrong with the folder
        for name in found - self.seen_messages:
            path = folder / name
            try:
                virtual.Message(loads(path.read_bytes().decode()), channel=self)
            except FileNotFoundError:
                continue  # another worker has taken it
            except Exception:  # noqa: BLE001  whatever it is, it must not stop the worker
                logger.error("A message that cannot be read was set aside: %s", name)
                path.replace(path.with_name(f"{name}{DAMAGED}"))
        self.seen_messages = found


def read_table(path: Path) -> Table | None:
    """Return the queues in a file, nothing where there is none, None where it is damaged."""
    try:
        rows = loads(path.read_bytes().decode())
        table = [filesystem.exchange_queue_t(*row) for row in rows]
    except FileNotFoundError:
        return []
    except Exception:  # noqa: BLE001  anything may be in a damaged file
        return None
    is_ours = isinstance(rows, list) and all(isinstance(word, str) for row in table for word in row)
    return table if is_ours else None


class Transport(filesystem.Transport):
    """The transport for the broker address `filesystem://`."""

    Channel = Channel
