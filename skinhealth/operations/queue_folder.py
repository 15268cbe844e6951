"""The queue of an installation without servers: a folder of message files."""

import time
import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Kombu's folder queue, in which a message appears only once it is complete.

    Kombu creates a message under its final name and fills it afterwards. A worker that reads in
    between finds an empty file and gives up; we measured about one in a thousand messages.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for folder in (self.data_folder_in, self.data_folder_out, self.control_folder):
            Path(folder).mkdir(parents=True, exist_ok=True)

    # Kombu's own two base classes do not agree on these arguments.
    def _put(  # type: ignore[override]
        self, queue: str, payload: dict[str, Any], **kwargs: Any
    ) -> None:
        # The name begins with the time, because the oldest name is read first.
        name = f"{time.time_ns():020d}_{uuid.uuid4()}.{queue}.msg"
        whole = Path(self.data_folder_out, name)
        partial = whole.with_name(f"{name}.partial")
        try:
            partial.write_text(dumps(payload))
            partial.replace(whole)
        except OSError as error:
            raise ChannelError(f"Cannot add a message to {self.data_folder_out}") from error


class Transport(filesystem.Transport):
    """The transport for the broker address `filesystem://`."""

    Channel = Channel
