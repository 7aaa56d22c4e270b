#!/usr/bin/env python3
"""Bridges a messenger to a ROMASHKA channel of the kind "api". Python 3.9 or newer, nothing to install.

  ROMASHKA_URL      https://support.example.com
  ROMASHKA_KEY      an API key with the scope channels:write and the role agent
  ROMASHKA_CHANNEL  the channel's id
  ROMASHKA_SECRET   its secret (whsec_...)
  MESSENGER_URL     where the messenger takes messages: POST {"to", "text"} -> {"id"}
  BRIDGE_PORT       where this program listens (8090), BRIDGE_DATA where it remembers what it sent (bridge.sqlite)

  POST /messenger   the messenger calls this: {"id", "from", "name", "text", "file_url"?}, or {"receipt", "status"}
  POST /romashka    the channel's url: ROMASHKA posts answers here
"""
import base64, hashlib, hmac, json, os, sqlite3, threading, time, urllib.error, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CHANNEL = os.environ["ROMASHKA_URL"].rstrip("/") + "/api/v1/channels/" + os.environ["ROMASHKA_CHANNEL"]
KEY = os.environ["ROMASHKA_KEY"]
SECRET = base64.b64decode(os.environ["ROMASHKA_SECRET"].removeprefix("whsec_"))
MESSENGER = os.environ["MESSENGER_URL"]
LIMIT = 1 << 20

# What was sent, by webhook-id: a repeated post is answered and not sent again.
sent = sqlite3.connect(os.environ.get("BRIDGE_DATA", "bridge.sqlite"), check_same_thread=False)
sent.execute("create table if not exists sent (webhook_id text primary key, id text not null)")
one_at_a_time = threading.Lock()


def post(url, body, headers=()):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", **dict(headers)})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"{}")


def is_signed(headers, body):
    identity, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not moment.isdigit() or abs(time.time() - int(moment)) > 300:
        return False
    digest = hmac.new(SECRET, f"{identity}.{moment}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    return any(hmac.compare_digest(expected, given) for given in headers.get("webhook-signature", "").split())


def from_messenger(event):
    """A customer's message, or what became of ours. The ids make a repetition harmless."""
    authorization = [("Authorization", "Bearer " + KEY)]
    if "receipt" in event:
        post(CHANNEL + "/reports", {"external_id": event["receipt"], "status": event["status"]}, authorization)
        return
    files = [{"url": event["file_url"]}] if event.get("file_url") else []
    post(CHANNEL + "/messages", {
        "customer": {"external_id": event["from"], "name": event.get("name")},
        "external_message_id": event["id"], "content": event.get("text", ""), "attachments": files,
    }, authorization)


def to_messenger(webhook_id, event):
    """An answer of ROMASHKA: status and body of what it is told."""
    if event["type"] != "channel.message":
        return 200, {}
    with one_at_a_time:
        row = sent.execute("select id from sent where webhook_id = ?", (webhook_id,)).fetchone()
        if row is None:
            message = event["data"]
            try:
                answer = post(MESSENGER, {"to": message["customer"]["external_id"], "text": message["content"]})
            except urllib.error.HTTPError as error:
                if error.code == 404:
                    return 422, {"error": {"class": "recipient", "message": "The messenger does not know this person."}}
                return 503, {"error": {"message": f"The messenger answered {error.code}."}}
            except OSError:
                return 503, {"error": {"message": "The messenger cannot be reached."}}
            row = (answer["id"],)
            sent.execute("insert into sent values (?, ?)", (webhook_id, row[0]))
            sent.commit()
        return 200, {"id": row[0]}


class Bridge(BaseHTTPRequestHandler):
    timeout = 15

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > LIMIT:
            return self.answer(413, {})
        body = self.rfile.read(length)
        try:
            if self.path == "/messenger":
                from_messenger(json.loads(body))
                return self.answer(200, {})
            if self.path == "/romashka":
                if not is_signed(self.headers, body):
                    return self.answer(401, {})
                return self.answer(*to_messenger(self.headers["webhook-id"], json.loads(body)))
            self.answer(404, {})
        except urllib.error.HTTPError as error:
            self.answer(502 if error.code >= 500 else 400, {})
        except OSError:
            self.answer(502, {})
        except (ValueError, KeyError):
            self.answer(400, {})

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass  # texts and addresses of customers do not belong into logs


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("BRIDGE_PORT", "8090"))), Bridge)
    print(server.server_address[1], flush=True)
    server.serve_forever()
