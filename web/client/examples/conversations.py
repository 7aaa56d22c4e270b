"""Writes every conversation of a workspace as CSV, and notes on each that it was exported.

    ROMASHKA_URL=https://support.example.com ROMASHKA_KEY=rmk_live_… python3 conversations.py > conversations.csv

Needs nothing but Python 3.9. The key needs the scopes conversations:read and conversations:write.
"""

import csv
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

URL = os.environ.get("ROMASHKA_URL", "http://127.0.0.1:3000").rstrip("/")
KEY = os.environ["ROMASHKA_KEY"]
ATTEMPTS = 4


class Problem(Exception):
    """What the server refuses, in its words: a problem document (RFC 9457)."""


def call(method, path, body=None):
    """One request, repeated after 429, 503 and a lost connection. A POST keeps its Idempotency-Key, so it is done once."""
    headers = {"Authorization": f"Bearer {KEY}", "Accept": "application/json"}
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    if method == "POST":
        headers["Idempotency-Key"] = str(uuid.uuid4())
    for attempt in range(1, ATTEMPTS + 1):
        request = urllib.request.Request(URL + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response) if response.status != 204 else None
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503) or attempt == ATTEMPTS:
                problem = json.load(error) if "json" in error.headers.get("Content-Type", "") else {}
                raise Problem(f"{problem.get('code', error.code)}: {problem.get('detail') or problem.get('title', '')}") from None
            time.sleep(float(error.headers.get("Retry-After") or 2**attempt))
        except OSError:
            if attempt == ATTEMPTS:
                raise
            time.sleep(2**attempt)


def rows(path, **query):
    """Every row of a list, page after page."""
    while True:
        page = call("GET", f"{path}?{urllib.parse.urlencode(query)}")
        yield from page["data"]
        if not page.get("next_cursor"):
            return
        query["cursor"] = page["next_cursor"]


def main():
    columns = ["id", "status", "channel_type", "created_at"]
    table = csv.writer(sys.stdout)
    table.writerow(columns)
    for conversation in rows("/api/v1/conversations", limit=100):
        table.writerow([conversation[column] for column in columns])
        call("POST", f"/api/v1/conversations/{conversation['id']}/notes", {"content": "Exported."})


if __name__ == "__main__":
    try:
        main()
    except Problem as problem:
        sys.exit(str(problem))
