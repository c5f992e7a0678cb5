"""Fuzzes the API of a fresh `greentick serve --sandbox` against its own contract: no 5xx, no status that the contract
does not tell, no answer of another shape. Usage: fuzz_api.py BINARY SECONDS [SEED]"""

import http.cookiejar
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

# All checks but those that would need to know which credentials Meta takes, or what is created where.
# A precondition may fail before the body is judged, and so may its size. A test answers 200 also when a rule is broken.
SETTINGS = """[checks]
positive_data_acceptance.enabled = false
use_after_free.enabled = false
ensure_resource_availability.enabled = false

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429]

[[operations]]
include-path = "/api/settings/whatsapp/test"
checks.negative_data_rejection.enabled = false

"""
OURS = re.compile(r"^(GREENTICK_|WHATSAPP_|META_|DATABASE_URL$|REDIS_URL$)")


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def await_ready(base: str, server: subprocess.Popen) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if server.poll() is not None:
            sys.exit("error: greentick stopped while starting; its own words are above.")
        try:
            urllib.request.urlopen(f"{base}/readyz", timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    sys.exit("error: greentick was not ready after 30 seconds.")


def make_key(base: str) -> str:
    """As an admin does it: enters the sandbox and makes a key that may write."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def post(path: str, form: dict[str, str]) -> str:
        body = urllib.parse.urlencode(form).encode()
        return browser.open(urllib.request.Request(base + path, body, {"Origin": base})).read().decode()

    door = browser.open(f"{base}/login").read().decode()
    admin = next(form for form in door.split("<form")[1:] if "admin" in form)
    post("/login/demo", {"user": re.search(r'name="user" value="([^"]+)"', admin)[1]})
    page = post("/settings/api-keys", {"name": "Fuzzer", "scope": "write", "days": "30"})
    return re.search(r'id="made-key"[^>]*>(gt_\w+)', page)[1]


def send(method: str, url: str, body: dict, key: str = "") -> dict:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)
    return json.load(urllib.request.urlopen(request))


def connect(base: str, sandbox: str, key: str) -> str:
    """Saves credentials that work, so that there is something to read, change and refresh."""
    token = send("POST", f"{sandbox}/_sandbox/api/tokens", {"life": "permanent"})["token"]
    return send("PUT", f"{base}/api/settings/whatsapp", {"accessToken": token}, key)["id"]


def fuzz(base: str, key: str, seconds: int, folder: str, connection: str | None) -> bool:
    settings = SETTINGS
    if connection:
        settings += f'[parameters]\n"query.connection" = "{connection}"\n"path.connection" = "{connection}"\n'
    pathlib.Path(folder, "schemathesis.toml").write_text(settings)
    program = pathlib.Path(sys.executable).with_name("schemathesis")
    words = [
        *("run", f"{base}/api/openapi.json", "--header", f"Authorization: Bearer {key}"),
        *("--phases", "examples,coverage,fuzzing", "--max-time", str(seconds), "--request-timeout", "20", "--warnings", "off"),
        *(["--seed", sys.argv[3]] if len(sys.argv) > 3 else []),
    ]
    return subprocess.run([program, *words], cwd=folder, timeout=seconds + 60, check=False).returncode == 0


def main() -> int:
    binary, seconds = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    port, sandbox_port = free_ports(2)
    base, sandbox = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}"
    results = []
    with tempfile.TemporaryDirectory(prefix="greentick-fuzz-") as folder:
        environment = {name: value for name, value in os.environ.items() if not OURS.match(name)}
        environment |= {
            "GREENTICK_ADDR": f"127.0.0.1:{port}",
            "GREENTICK_SANDBOX_ADDR": f"127.0.0.1:{sandbox_port}",
            "GREENTICK_DATA_DIR": f"{folder}/data",
            "GREENTICK_LOG": "error",
        }
        server = subprocess.Popen([binary, "serve", "--sandbox"], cwd=folder, env=environment, stdout=subprocess.DEVNULL)
        try:
            await_ready(base, server)
            results.append(fuzz(base, make_key(base), seconds // 3, folder, None))
            key = make_key(base)
            connection = connect(base, sandbox, key)
            results.append(fuzz(base, key, seconds - seconds // 3, folder, connection))
            results.append(server.poll() is None)
        finally:
            server.terminate()
            server.wait(10)
    print(f"fuzz: {results.count(True)} passed, {results.count(False)} failed")
    return int(not all(results))


if __name__ == "__main__":
    sys.exit(main())
