"""What tests need from the machine they run on: a free port, servers and programs."""

import os
import socket

import pytest


def free_port():
    """Return a port on this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def missing(what):
    """Skip the test on a machine without it, but fail in the pipeline."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{what} is not there")
