#!/usr/bin/env python3
"""Deploy to a real beltd, read back, undo; and what a stock eKuiper is refused.

SPDX-License-Identifier: Apache-2.0
"""
import http.server
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
import servers
from tap import Tap

BUILD, SOURCE = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
BELT = str(BUILD / "engine/cli/belt")
tap = Tap()


def belt(*args):
    done = subprocess.run([BELT, *map(str, args)], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def copy_demo(folder):
    project = pathlib.Path(folder) / "cold-rooms"
    shutil.copytree(SOURCE / "data/examples/cold-rooms", project, ignore=shutil.ignore_patterns("target"))
    return project


def set_version(project, version):
    manifest = project / "beltworks.json"
    content = json.loads(manifest.read_text())
    content["plugins"][0]["version"] = version
    manifest.write_text(json.dumps(content, indent=2))


def deploys(folder):
    project = copy_demo(folder)
    first_sql = (project / "rules/overheat.sql").read_text().strip()
    with servers.beltd(BUILD) as daemon:
        code, out, err = belt("deploy", project, "overheat", "--to", daemon.url, "--plan")
        tap.ok(code == 0 and out.count("new ") >= 3, "the plan says what is new", out + err)
        tap.equal(daemon.get("/rules"), [], "and changes nothing")

        code, out, err = belt("deploy", project, "overheat", "--to", daemon.url)
        tap.ok(code == 0 and "rule overheat is running" in err, "it deploys and reads back", out + err)
        tap.equal(daemon.get("/plugins/functions/ema").get("version"), "1.0.0", "the plugin is there")
        tap.equal(daemon.get("/rules/overheat").get("sql"), first_sql, "the rule is there")
        code, out, err = belt("deploy", project, "overheat", "--to", daemon.url, "--plan")
        tap.ok(code == 0 and "same     Stream cold_rooms" in out and "same     Rule overheat" in out,
               "planned again, stream and rule are the same", out)

        set_version(project, "1.1.0")
        (project / "rules/overheat.sql").write_text(first_sql.replace("> 6", "> 7") + "\n")
        code, out, err = belt("deploy", project, "overheat", "--to", daemon.url)
        tap.ok(code == 0, "a second version deploys", out + err)
        tap.equal(daemon.get("/plugins/functions/ema").get("version"), "1.1.0", "the new plugin answers")
        tap.ok("> 7" in daemon.get("/rules/overheat").get("sql"), "the new rule is there")

        code, out, err = belt("deploy", project, "--undo", "--to", daemon.url)
        tap.ok(code == 0 and "version 1.0.0 again" in out, "undo says what is there again", out + err)
        tap.equal(daemon.get("/plugins/functions/ema").get("version"), "1.0.0", "the older plugin, read from the engine")
        tap.equal(daemon.get("/rules/overheat").get("sql"), first_sql, "the older rule, read from the engine")
        code, out, err = belt("deploy", project, "--undo", "--to", daemon.url)
        tap.ok(code == 1, "there is no second undo", out + err)


BOOK = 'syntax = "proto3"; import "author.proto"; message Book { string title = 1; int32 price = 2; Author author = 3; }'
AUTHOR = 'syntax = "proto3"; message Author { string name = 1; }'


def schemas(folder):
    """A rule of a protobuf stream brings its schema along, and what that imports."""
    project = pathlib.Path(folder) / "books"
    for name, text in {
        "beltworks.json": '{"format": 1}', "streams/book.proto": BOOK, "streams/author.proto": AUTHOR,
        "streams/sales.proto": 'syntax = "proto3"; message Sale { int32 price = 1; }',
        "streams/unused.proto": 'syntax = "proto3"; message Unused {}',
        "streams/books.sql": 'CREATE STREAM books () WITH (DATASOURCE="t", TYPE="memory", FORMAT="protobuf", '
                             'SCHEMAID="book.Book")',
        "rules/cheap.sql": "SELECT price, author->name AS who FROM books WHERE price < 10",
        "rules/cheap.json": json.dumps({"actions": [{"memory": {"topic": "o", "format": "protobuf",
                                                                "schemaId": "sales.Sale"}}]}),
        "tests/cheap.test": 'project ..\nrule cheap\nfeed books\n{"title": "a", "price": 3, "author": {"name": "Ann"}}\n'
                            '{"price": 30}\n{}\nexpect\n{"price": 3, "who": "Ann"}\n{"price": 0}\n',
    }.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    code, out, err = belt("check", project)
    tap.ok(code == 0, "the project has nothing to complain about", out + err)
    code, out, err = belt("test", project)
    tap.ok(code == 0, "its test says rows of the message in JSON", out + err)
    with servers.beltd(BUILD) as daemon:
        code, out, err = belt("deploy", project, "cheap", "--to", daemon.url)
        tap.ok(code == 0 and "rule cheap is running" in err, "it deploys", out + err)
        tap.equal(sorted(daemon.get("/schemas/protobuf")), ["author", "book", "sales"], "with the schemas it needs")
        tap.equal(daemon.get("/schemas/protobuf/book").get("content"), BOOK, "as they are")
        tap.equal(sorted(daemon.get("/streams/books/schema")), ["author", "price", "title"], "the stream has their columns")
        (project / "streams/book.proto").write_text(BOOK.replace("title", "name"))
        code, out, err = belt("deploy", project, "cheap", "--to", daemon.url)
        tap.ok(code == 0 and "same     Schema author" in out, "a changed schema is replaced", out + err)
        tap.equal(sorted(daemon.get("/streams/books/schema")), ["author", "name", "price"], "and the columns follow")
        code, out, err = belt("deploy", project, "--undo", "--to", daemon.url)
        tap.equal(daemon.get("/schemas/protobuf/book").get("content"), BOOK, "undo brings the older one back")

    (project / "streams/author.proto").write_text("message Author {\n  string name = 1;\n}")
    code, out, err = belt("check", project)
    tap.ok(code != 0 and "streams/author.proto" in out + err and "2:3: found “string”" in out + err,
           "a wrong .proto has a place", out + err)
    (project / "streams/book.proto").unlink()
    code, out, err = belt("deploy", project, "cheap", "--to", "http://127.0.0.1:1")
    tap.ok(code != 0 and "streams/book.proto" in err, "a schema that is not there is named", out + err)


def undo_of_first(folder):
    project = pathlib.Path(folder) / "fresh"
    shutil.copytree(SOURCE / "data/examples/cold-rooms", project, ignore=shutil.ignore_patterns("target"))
    with servers.beltd(BUILD) as daemon:
        belt("deploy", project, "overheat", "--to", daemon.url)
        code, out, err = belt("deploy", project, "--undo", "--to", daemon.url)
        tap.ok(code == 0 and daemon.get("/rules") == [] and daemon.get("/streams") == [],
               "undo of a first deploy leaves nothing", out + err)


def stock_ekuiper(folder):
    """An engine that says of itself what a stock eKuiper says."""
    class Stock(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = b"{}" if self.path != "/" else b'{"version":"2.4.0","os":"linux","arch":"amd64","upTimeSeconds":1}'
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stock)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    project = pathlib.Path(folder) / "stock"
    shutil.copytree(SOURCE / "data/examples/cold-rooms", project, ignore=shutil.ignore_patterns("target"))
    code, out, err = belt("deploy", project, "overheat", "--to", url)
    tap.ok(code == 1 and "cannot load C plugins" in err + out and "ema" in err + out,
           "a rule with a C plugin is refused for a stock eKuiper, with a sentence", out + err)
    code, out, err = belt("deploy", project, "average", "--to", url, "--plan")
    tap.ok(code == 0 and "refused" not in out, "a rule without one is planned", out + err)
    server.shutdown()


def offline(folder):
    project = pathlib.Path(folder) / "cold-rooms"
    code, out, err = belt("deploy", project, "average", "--to", f"http://127.0.0.1:{servers.free_port()}")
    tap.ok(code == 1 and "did not answer" in err, "an engine that is not there", err)
    code, out, err = belt("engines", project)
    tap.ok(code == 1 and "offline" in out, "belt engines says who is offline", out + err)


def main():
    folder = tempfile.mkdtemp(prefix="belt-deploy-")
    try:
        for story in (deploys, schemas, undo_of_first, stock_ekuiper, offline):
            tap.run(story, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tap.done()


main()
