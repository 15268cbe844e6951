"""Anything at all in the files of the queue’s folder: no channel stops at it."""

import json
import random
from pathlib import Path

from kombu import Exchange, Queue

from tests.fuzz.budget import examples
from tests.test_queue_folder import connect, queues_of

GOOD = json.dumps([["a", "", "a"], ["b", "", "b"]]).encode()
MESSAGE = json.dumps(
    {
        "body": "e30=",
        "headers": {},
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "properties": {
            "body_encoding": "base64",
            "delivery_tag": "1",
            "delivery_info": {"exchange": "tasks", "routing_key": "a"},
        },
    }
).encode()
FOREIGN = [
    b"", b"\x00" * 64, b"null", b"[]", b"{}", b"[[]]", b"[null]", b'[["a", "b"]]', b'["abc"]',
    b'[["a", "", "a", "a"]]', b'[[1, 2, 3]]', b'[["a", "", null]]', b'"abc"', b"NaN", b"1e999",
    b"[" * 50_000, b"SQLite format 3\x00", "[[\"\u202e\", \"\", \"\ud7ff\"]]".encode(),
    b'{"__type__": "datetime", "__value__": "x"}',
    b'[["a", "", {"__type__": "uuid", "__value__": "1"}]]',
]  # fmt: skip


def torn(content, chance):
    """Return the content cut off, overwritten in part, doubled, or something foreign."""
    kind = chance.randrange(5)
    if kind == 0:
        return chance.choice(FOREIGN)
    if kind == 1:
        return content[: chance.randrange(len(content))]
    if kind == 2:
        return content + content[chance.randrange(len(content)) :]
    if kind == 3:
        return chance.randbytes(chance.randrange(200))
    damaged = bytearray(content)
    for _byte in range(chance.randrange(1, 8)):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def test_no_file_in_the_folder_of_the_queue_stops_a_channel(tmp_path):
    chance = random.Random(20261130)
    with connect(tmp_path) as connection:
        channel = connection.default_channel
        Queue("first", Exchange("tasks"), routing_key="first").bind(channel).declare()
        table = tmp_path / "control" / "tasks.exchange"
        for number in range(examples(150, many=20_000)):
            table.write_bytes(torn(GOOD, chance))
            message = Path(tmp_path, "messages", f"{number:08d}_x.first.msg")
            message.write_bytes(torn(MESSAGE, chance))
            channel.get_table("tasks")
            channel.basic_get("first", no_ack=True)
            name = f"queue-{number}"
            Queue(name, Exchange("tasks"), routing_key=name).bind(channel).declare()
            assert name in queues_of(table), number
            for left in message.parent.iterdir():
                left.unlink()
