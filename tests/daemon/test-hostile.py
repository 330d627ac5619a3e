#!/usr/bin/env python3
"""beltd: clients that mean harm neither fill its memory nor keep others out.

SPDX-License-Identifier: Apache-2.0
"""
import http.client
import json
import pathlib
import resource
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
import servers
from tap import Tap

BUILD = pathlib.Path(sys.argv[1]).resolve()
MEBIBYTE = 1 << 20
DESCRIPTORS = 256
tap = Tap()


def connect(daemon):
    host, port = daemon.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def peak_mib(daemon):
    for line in pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024


def answers(daemon):
    connection = http.client.HTTPConnection(daemon.url.removeprefix("http://"), timeout=30)
    connection.request("GET", "/ping")
    status = connection.getresponse().status
    connection.close()
    return status == 200


def body_without_end(daemon):
    chunk = b"100000\r\n" + b"x" * MEBIBYTE + b"\r\n"
    cut = False
    with connect(daemon) as client:
        client.sendall(b"POST /rules HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(1000):
                client.sendall(chunk)
        except OSError:
            cut = True
    tap.ok(cut, "a body without end is cut off")
    # What the address sanitizer has freed stays with it for a while.
    most = 768 if b"__asan_init" in (BUILD / "engine/daemon/beltd").read_bytes() else 160
    tap.ok(peak_mib(daemon) < most, "and takes no more memory than a large body", f"{peak_mib(daemon)} MiB")
    tap.ok(answers(daemon), "and others are answered")


def large_body(daemon):
    status, text = daemon.call("POST", "/rules", b"x" * (65 * MEBIBYTE))
    tap.equal((status, json.loads(text)["message"]), (413, "the body has 68157440 bytes, 67108864 at most"),
              "a body that is too large is refused")


def silent_connections(daemon):
    clients = [connect(daemon) for _ in range(4 * DESCRIPTORS)]
    tap.ok(answers(daemon), "more silent connections than there are descriptors: others are answered")
    used = len(list(pathlib.Path(f"/proc/{daemon.process.pid}/fd").iterdir()))
    tap.ok(used < DESCRIPTORS // 2, "and there are descriptors left for sources and sinks", f"{used} are used")
    for client in clients:
        client.close()
    tap.ok(answers(daemon), "and are when they have gone")


def kept_connection(daemon):
    """A connection that asks now and then outlives those that only take up room."""
    asking = http.client.HTTPConnection(daemon.url.removeprefix("http://"), timeout=30)
    clients = []
    served = 0
    for _ in range(4 * DESCRIPTORS):
        clients.append(connect(daemon))
        asking.request("GET", "/ping")
        served += asking.getresponse().read() is not None
        asking.auto_open = 0   # another connection would not be this one
    tap.equal(served, 4 * DESCRIPTORS, "a connection that asks now and then is kept among silent ones")
    for client in clients:
        client.close()


resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
with servers.beltd(BUILD) as running:
    body_without_end(running)
    large_body(running)
with servers.beltd(BUILD, descriptors=DESCRIPTORS) as running:
    silent_connections(running)
    kept_connection(running)
tap.done()
