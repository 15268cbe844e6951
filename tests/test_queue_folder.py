"""The queue’s folder: every file appears whole, and no damaged one stops a worker."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.conf import settings
from kombu import Connection, Exchange, Queue

from skinhealth.operations.queue_folder import DAMAGED, Transport, read_table

# A first start: declares queues of its own, and looks at the table all the time.
START = """
import sys
from kombu import Connection, Exchange, Queue
import skinhealth.celery
folder, number = sys.argv[1:]
options = {name: f"{folder}/messages" for name in ("data_folder_in", "data_folder_out")}
options["control_folder"] = f"{folder}/control"
sys.stdin.readline()
with Connection("filesystem://", transport_options=options) as connection:
    channel = connection.default_channel
    for kind in range(5):
        channel.get_table("tasks")
        queue = Queue(f"{number}-{kind}", Exchange("tasks"), routing_key=f"{number}-{kind}")
        queue.bind(channel).declare()
    assert len(channel.get_table("tasks")) >= 5
"""


def connect(folder):
    messages = str(folder / "messages")
    return Connection(
        transport=Transport,
        transport_options={
            "data_folder_in": messages,
            "data_folder_out": messages,
            "control_folder": str(folder / "control"),
        },
    )


@pytest.fixture
def channel(tmp_path):
    with connect(tmp_path) as connection:
        yield connection.default_channel


def declare(channel, name, exchange="tasks"):
    Queue(name, Exchange(exchange), routing_key=name).bind(channel).declare()


def queues_of(path):
    return {queue.queue for queue in read_table(path)}


def test_workers_that_start_together_lose_no_binding(tmp_path):
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", START, str(tmp_path), str(number)],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    for each in starting:
        each.stdin.write("go\n")
        each.stdin.flush()

    said = [each.communicate(timeout=120)[1] for each in starting]
    assert [each.returncode for each in starting] == [0] * 4, said
    bound = queues_of(tmp_path / "control" / "tasks.exchange")
    assert bound == {f"{number}-{kind}" for number in range(4) for kind in range(5)}


def test_whoever_reads_a_table_without_asking_finds_it_whole(tmp_path):
    path = tmp_path / "control" / "tasks.exchange"
    torn, is_over = [], threading.Event()

    def read():
        while not is_over.is_set():
            try:
                json.loads(path.read_bytes())
            except FileNotFoundError:
                pass
            except ValueError as error:
                torn.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    with connect(tmp_path) as connection:
        for number in range(60):
            declare(connection.default_channel, f"queue-{number}-{'x' * 200}")
    is_over.set()
    reader.join()

    assert not torn
    assert len(read_table(path)) == 60
    assert {each.name for each in path.parent.iterdir()} == {"tasks.exchange", ".lock"}


@pytest.mark.parametrize("content", [b"", b"[[", b"\xff\xfe", b"{}", b"[1]", b"[[1,2,3]]"])
def test_a_damaged_table_is_made_anew_and_nothing_is_lost(channel, tmp_path, content):
    declare(channel, "inference")
    path = tmp_path / "control" / "tasks.exchange"
    path.write_bytes(content)

    assert "inference" in {queue.queue for queue in channel.get_table("tasks")}
    for name in ("inference", "default"):
        declare(channel, name)

    assert queues_of(path) == {"inference", "default"}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b'{"body": ""}', b"\xff"])
def test_a_message_that_nobody_can_read_stops_no_worker(channel, tmp_path, content):
    declare(channel, "inference")
    folder = Path(tmp_path, "messages")
    (folder / "0000_foreign.inference.msg").write_bytes(content)
    with channel.connection.client.SimpleQueue("inference") as queue:
        queue.put({"photograph": 1})
        assert queue.get(timeout=5).payload == {"photograph": 1}

    assert [path.name for path in folder.iterdir() if path.name.endswith(DAMAGED)]


def test_a_deleted_queue_leaves_the_table(channel, tmp_path):
    for name in ("a", "b"):
        declare(channel, name)
    channel.queue_delete("a")

    assert queues_of(tmp_path / "control" / "tasks.exchange") == {"b"}
