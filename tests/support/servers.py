"""Real servers for tests: each on a free port, in a folder of its own, stopped at the end.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import functools
import http.server
import json
import os
import pathlib
import re
import resource
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

DEADLINE_S = 30


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(condition, what, deadline_s=DEADLINE_S):
    """Polls until the condition gives something true; never waits for a time as such."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"not within {deadline_s} s: {what}")
        time.sleep(0.02)


def stop(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def tool(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise FileNotFoundError(f"{name} is not installed")
    return path


@contextlib.contextmanager
def mariadb(database="user", user="user", password="test"):
    """A MariaDB with one database and one account; gives an object with port and query()."""
    folder = tempfile.mkdtemp(prefix="belt-mariadb-")
    data, sock = folder + "/data", folder + "/sock"
    as_root = ["--user=root"] if os.getuid() == 0 else []
    install = shutil.which("mariadb-install-db") or tool("mysql_install_db")
    server = shutil.which("mariadbd", path=os.environ.get("PATH", "") + ":/usr/sbin") or tool("mysqld")
    subprocess.run([install, "--no-defaults", *as_root, f"--datadir={data}", "--auth-root-authentication-method=normal",
                    "--skip-test-db"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    port = free_port()
    process = subprocess.Popen([server, "--no-defaults", *as_root, f"--datadir={data}", f"--socket={sock}", f"--port={port}",
                                "--bind-address=127.0.0.1", f"--pid-file={folder}/pid", "--innodb-flush-log-at-trx-commit=0",
                                "--character-set-server=utf8mb4"],
                               stdout=open(folder + "/log", "wb"), stderr=subprocess.STDOUT)
    client = shutil.which("mariadb") or tool("mysql")

    class Server:
        def __init__(self):
            self.port, self.process = port, process

        def query(self, sql, db=None):
            command = [client, "--no-defaults", f"--socket={sock}", "-uroot", "--batch", "--raw", "--skip-column-names",
                       "--default-character-set=utf8mb4"] + ([db] if db else [])
            done = subprocess.run(command, input=sql, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(done.stderr)
            return done.stdout.splitlines()

        def ready(self):
            if process.poll() is not None:
                raise RuntimeError(pathlib.Path(folder, "log").read_text(errors="replace")[-2000:])
            try:
                return self.query("SELECT 1")
            except RuntimeError:
                return None

    db = Server()
    try:
        wait_for(db.ready, "MariaDB answers")
        db.query(f"CREATE DATABASE `{database}` CHARACTER SET utf8mb4;"
                 f"CREATE USER '{user}'@'127.0.0.1' IDENTIFIED BY '{password}';"
                 f"CREATE USER '{user}'@'localhost' IDENTIFIED BY '{password}';"
                 f"GRANT ALL ON `{database}`.* TO '{user}'@'127.0.0.1'; GRANT ALL ON `{database}`.* TO '{user}'@'localhost';")
        yield db
    finally:
        stop(process)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def mosquitto(port=None):
    """A broker; gives its port."""
    folder = tempfile.mkdtemp(prefix="belt-mosquitto-")
    port = port or free_port()
    pathlib.Path(folder, "conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
                                            "max_queued_messages 0\n")
    process = subprocess.Popen([tool("mosquitto"), "-c", folder + "/conf"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)

    def connects():
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True

    try:
        wait_for(connects, "mosquitto listens")
        yield port
    finally:
        stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def publish(port, topic, lines):
    subprocess.run([tool("mosquitto_pub"), "-h", "127.0.0.1", "-p", str(port), "-t", topic, "-q", "1", "-l"],
                   input="".join(line + "\n" for line in lines), text=True, check=True)


class Daemon:
    """A running beltd."""

    def __init__(self, url, process, data_dir):
        self.url, self.process, self.data_dir = url, process, data_dir
        self.token = None

    def call(self, method, path, body=None):
        """(status, text)"""
        data = None if body is None else (body if isinstance(body, bytes) else json.dumps(body).encode())
        headers = {"Content-Type": "application/json"}
        if self.token is not None:
            headers["Authorization"] = self.token
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as reply:
            return reply.code, reply.read().decode()

    def must(self, method, path, body=None):
        status, text = self.call(method, path, body)
        assert status < 300, f"{method} {path}: {status} {text}"
        return text

    def get(self, path):
        return json.loads(self.must("GET", path))


@contextlib.contextmanager
def beltd(build, data_dir=None, env=None, args=(), descriptors=None):
    """descriptors: how many it may have."""
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    own = data_dir is None
    data_dir = data_dir or tempfile.mkdtemp(prefix="beltd-")
    process = subprocess.Popen([f"{build}/engine/daemon/beltd", "--data-dir", data_dir, "--listen", "127.0.0.1:0", *args],
                               stdout=subprocess.PIPE, text=True, env={**os.environ, **(env or {})},
                               preexec_fn=limit if descriptors else None)
    try:
        line = process.stdout.readline()
        match = re.match(r"listening on (\S+)", line)
        if not match:
            raise RuntimeError(f"beltd said {line!r}")
        yield Daemon(match[1], process, data_dir)
    finally:
        stop(process)
        if own:
            shutil.rmtree(data_dir, ignore_errors=True)


@contextlib.contextmanager
def files_over_http(folder):
    """Serves a folder; gives its address."""
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
