"""timing.py DATABASE CA PORT COUNT: asks for dead links and times the answers; see timing."""
import base64
import hashlib
import http.client
import math
import random
import secrets
import socket
import sqlite3
import ssl
import statistics
import sys
import time

DATABASE, CA, PORT, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
T_MOST = 4.5
BATCH = 250  # of each kind: what waits to lapse is made just before it is asked for, and the clerk comes every ten seconds
OPEN = 10000  # orders that live
DAY = 86400

# What of a used order is another: of (now) the columns that change; None: no row is made.
KINDS = {
    "unknown": None,
    "used": lambda now: {},
    "cancelled": lambda now: {"state": "cancelled", "link_hash": None},
    "lapsed": lambda now: {"state": "lapsed", "link_hash": None, "claim_hash": None},
    "ended, not yet lapsed": lambda now: {"state": "offered", "link_until": now - 1, "claim_hash": None, "claimed_at": None},
    "ended, claimed": lambda now: {"state": "collecting", "link_until": now - 1, "claimed_at": now},
}


def new_token():
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")


class Orders:
    """Rows made of the one whose recipient went all the way."""

    def __init__(self):
        self.db = sqlite3.connect(DATABASE, timeout=10, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.used = dict(self.db.execute("SELECT * FROM orders WHERE received_at IS NOT NULL").fetchone())

    def add(self, rows):
        """rows: (token, changes)"""
        columns = list(self.used)
        sql = f"INSERT INTO orders ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        self.db.execute("BEGIN IMMEDIATE")
        for token, changes in rows:
            row = self.used | {
                "id": "timing" + "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(10)),
                "link_hash": hashlib.sha256(token.encode()).digest(),
                "claim_hash": secrets.token_bytes(32),
            } | changes
            self.db.execute(sql, [row[c] for c in columns])
        self.db.execute("COMMIT")

    def forget_what_ended(self):
        self.db.execute("DELETE FROM orders WHERE id LIKE 'timing%' AND state IN ('offered', 'collecting', 'lapsed')"
                        " AND link_until < ?", (int(time.time()) + 1,))


class Asker:
    """One connection that is kept; opened again when the server has enough of it."""

    def __init__(self):
        self.context = ssl.create_default_context(cafile=CA)
        self.opened = 0
        self.connect()

    def connect(self):
        raw = socket.create_connection(("127.0.0.1", PORT))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.link = self.context.wrap_socket(raw, server_hostname="localhost")
        self.opened += 1

    def ask(self, token):
        """(nanoseconds, status, body)"""
        request = f"GET /d/{token} HTTP/1.1\r\nHost: localhost:{PORT}\r\nAccept: text/html\r\n\r\n".encode()
        began = time.perf_counter_ns()
        self.link.sendall(request)
        first = self.link.recv(65536)
        took = time.perf_counter_ns() - began
        head, _, body = first.partition(b"\r\n\r\n")
        headers = http.client.parse_headers(_Lines(head.split(b"\r\n")[1:]))
        while len(body) < int(headers["Content-Length"]):
            body += self.link.recv(65536)
        if headers.get("Connection", "").lower() == "close":
            self.link.close()
            self.connect()
        return took, int(head.split(b" ")[1]), body


class _Lines:
    def __init__(self, lines):
        self.lines = [line + b"\r\n" for line in lines] + [b"\r\n"]

    def readline(self, _most=-1):
        return self.lines.pop(0) if self.lines else b""


def without_slowest(times):
    return sorted(times)[: len(times) * 95 // 100]


def welch(one, other):
    spread = statistics.variance(one) / len(one) + statistics.variance(other) / len(other)
    return (statistics.fmean(one) - statistics.fmean(other)) / math.sqrt(spread)


def measure(orders, asker):
    times = {kind: [] for kind in KINDS}
    answers = set()
    for _ in range(-(-COUNT // BATCH)):
        now = int(time.time())
        asked = [(kind, new_token()) for kind in KINDS for _ in range(BATCH)]
        orders.add((token, KINDS[kind](now)) for kind, token in asked if KINDS[kind])
        random.shuffle(asked)
        for _ in range(20):  # what the transaction has left cold
            asker.ask(new_token())
        for kind, token in asked:
            took, status, body = asker.ask(token)
            times[kind].append(took)
            answers.add((status, body))
        orders.forget_what_ended()
    return times, answers


def main():
    orders, asker = Orders(), Asker()
    orders.add((new_token(), {"state": "offered", "link_until": int(time.time()) + DAY, "claim_hash": None, "claimed_at": None})
               for _ in range(OPEN))
    times, answers = measure(orders, asker)
    kept = {kind: without_slowest(some) for kind, some in times.items()}
    wrong = 0
    for kind, some in kept.items():
        t = welch(some, kept["unknown"])
        wrong += abs(t) >= T_MOST
        print(f"row|links: {len(times[kind])} {kind}|{statistics.fmean(some) / 1000:.1f} us on average, t {t:+.1f}"
              f"|{int(abs(t) >= T_MOST)}", flush=True)
    odd = int(len(answers) != 1 or next(iter(answers))[0] != 404)
    print(f"row|links: answers to all of them|{len(answers)} different, over {asker.opened} connections|{odd}")
    sys.exit(1 if wrong or odd else 0)


main()
