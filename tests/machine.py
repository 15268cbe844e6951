"""What tests ask of the machine they run on: a free port, and servers and programs."""

import os
import socket

import pytest


def free_port():
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def missing(what):
    """A machine without it leaves the test out, but never the pipeline."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{what} is not there")
