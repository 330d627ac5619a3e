#!/usr/bin/env python3
"""Protobuf from an HTTP source to HTTP sinks, with bytes that protoc makes and reads.

SPDX-License-Identifier: Apache-2.0
"""
import http.server
import json
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
import servers
from tap import Tap

SCHEMA = """syntax = "proto3";
message Reading {
  enum Kind { UNKNOWN = 0; HOT = 1; }
  string room = 1; double temperature = 2; sint64 delta = 3; repeated int32 codes = 4; Kind kind = 5;
  oneof extra { string note = 6; bytes raw = 7; }
  message Place { float x = 1; float y = 2; }
  Place place = 8; repeated Place path = 9; optional bool open = 10; fixed64 serial = 11;
}
"""
TEXT = """room: "küche" temperature: 21.5 delta: -3 codes: 7 codes: -1 kind: HOT note: "n" place { x: 1.5 }
path { y: 2 } path { x: 3 } serial: 9007199254740993"""
DEADLINE = 30
tap = Tap()


def protoc(folder, action, data):
    done = subprocess.run(["protoc", f"-I{folder}", f"--{action}=Reading", "reading.proto"], input=data,
                          capture_output=True, check=True)
    return done.stdout


class Handler(http.server.BaseHTTPRequestHandler):
    payload = b""
    got = {"/json": queue.Queue(), "/protobuf": queue.Queue()}

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.payload)))
        self.end_headers()
        self.wfile.write(self.payload)

    def do_POST(self):
        self.got[self.path].put(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def schemas_stay(build):
    """Schemas outlive the daemon; what is wrong with one is said by the rule that needs it."""
    with tempfile.TemporaryDirectory() as folder:
        with servers.beltd(build, data_dir=folder) as daemon:
            daemon.must("POST", "/schemas/protobuf", {"name": "a", "content": "import \"b.proto\"; message A { "
                                                                              "optional B b = 1; }", "version": "2"})
            daemon.must("POST", "/streams", {"sql": 'CREATE STREAM s () WITH (DATASOURCE="t", TYPE="memory", '
                                                    'FORMAT="protobuf", SCHEMAID="a.A")'})
            rule = {"id": "r", "sql": "SELECT * FROM s", "actions": [{"nop": {}}]}
            status, text = daemon.call("POST", "/rules", rule)
            tap.ok(status == 400 and "imports b.proto" in text, "a rule says which import is not there", text)
            daemon.must("POST", "/schemas/protobuf", {"name": "b", "content": "message B { optional int32 x = 1; }"})
            status, text = daemon.call("PUT", "/schemas/protobuf/a", {"content": "message A {}", "version": "1"})
            tap.ok(status == 400 and "newer version 2" in text, "an older version does not replace a newer", text)
        with servers.beltd(build, data_dir=folder) as daemon:
            tap.equal(sorted(daemon.get("/schemas/protobuf")), ["a", "b"], "schemas are there after a restart")
            tap.equal(daemon.get("/schemas/protobuf/a")["version"], "2", "with their versions")
            daemon.must("POST", "/rules", rule)
            tap.equal(daemon.get("/streams/s/schema"),
                      {"b": {"type": "struct", "index": 0, "properties": {"x": {"type": "bigint", "index": 0}}}},
                      "and with what they import")
            status, text = daemon.call("PUT", "/schemas/protobuf/b", {"content": "x", "soFile": "file:///x.so"})
            tap.ok(status == 400 and "plugin in Go" in text, "Go plugins are refused", text)


def main(build):
    tap.run(schemas_stay, build)
    if shutil.which("protoc") is None:
        tap.skip("protobuf end to end", "protoc is not there; on Debian: apt-get install protobuf-compiler")
        tap.done()
        return
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    with tempfile.TemporaryDirectory() as folder, servers.beltd(build) as daemon:
        (pathlib.Path(folder) / "reading.proto").write_text(SCHEMA)
        Handler.payload = protoc(folder, "encode", TEXT.encode())
        daemon.must("POST", "/schemas/protobuf", {"name": "reading", "content": SCHEMA})
        extra = json.dumps({"url": base, "interval": "100ms"}).replace('"', '\\"')
        daemon.must("POST", "/streams", {"sql": f'CREATE STREAM r () WITH (DATASOURCE="/", TYPE="httppull", FORMAT="protobuf", '
                                        f'SCHEMAID="reading.Reading", EXTRA="{extra}")'})
        sinks = [{"rest": {"url": f"{base}/json", "method": "POST", "sendSingle": True}},
                 {"rest": {"url": f"{base}/protobuf", "method": "POST", "sendSingle": True, "format": "protobuf",
                           "schemaId": "reading.Reading", "bodyType": "binary"}}]
        daemon.must("POST", "/rules", {"id": "r", "sql": "SELECT * FROM r", "actions": sinks})
        row = json.loads(Handler.got["/json"].get(timeout=DEADLINE))
        tap.equal(row, {"room": "küche", "temperature": 21.5, "delta": -3, "codes": [7, -1], "kind": 1, "note": "n",
                        "place": {"x": 1.5, "y": 0}, "path": [{"x": 0, "y": 2}, {"x": 3, "y": 0}],
                        "serial": 9007199254740993}, "what protoc wrote is the row")
        sent = Handler.got["/protobuf"].get(timeout=DEADLINE)
        tap.equal(protoc(folder, "decode", sent), protoc(folder, "decode", Handler.payload), "protoc reads it back")
        tap.equal(sent.hex(), Handler.payload.hex(), "byte for byte")
    tap.done()


main(sys.argv[1])
