"""timing.py DATABASE CA PORT COUNT: looks at dead links, posts to them, and times the answers; see timing."""
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
BATCH = 100  # of each kind: what waits to lapse is made just before it is asked for, and the clerk comes every ten seconds
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


# What is done to each link: (method, what stands behind the token, the form).
ACTIONS = {
    "GET": ("GET", "", None),
    "POST code": ("POST", "/code", "code=ABCD2345"),
    "POST new-code": ("POST", "/new-code", "digits=4567"),
    "POST prepare": ("POST", "/prepare", ""),
    "POST received": ("POST", "/received", "sha256=" + 64 * "5"),
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

    def ask(self, token, action="GET"):
        """(nanoseconds, status, body)"""
        method, what, form = ACTIONS[action]
        of_form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n" if form is not None else ""
        request = (f"{method} /d/{token}{what} HTTP/1.1\r\nHost: localhost:{PORT}\r\nAccept: text/html\r\n{of_form}\r\n"
                   f"{form or ''}").encode()
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


def border(times):
    """Beyond it is the slowest twentieth of all. One border for every kind: were each cut at its own, Welch's t would take the
    cut for certain, and a burst of the machine's own for a difference."""
    return sorted(times)[len(times) * 95 // 100]


def welch(one, other):
    spread = statistics.variance(one) / len(one) + statistics.variance(other) / len(other)
    return (statistics.fmean(one) - statistics.fmean(other)) / math.sqrt(spread)


def measure(orders, asker):
    times = {(action, kind): [] for action in ACTIONS for kind in KINDS}
    answers = {action: set() for action in ACTIONS}
    for _ in range(-(-COUNT // BATCH)):
        now = int(time.time())
        links = [(kind, new_token()) for kind in KINDS for _ in range(BATCH)]
        orders.add((token, KINDS[kind](now)) for kind, token in links if KINDS[kind])
        asked = [(action, kind, token) for action in ACTIONS for kind, token in links]
        random.shuffle(asked)
        for _ in range(20):  # what the transaction has left cold
            for action in ACTIONS:
                asker.ask(new_token(), action)
        for action, kind, token in asked:
            took, status, body = asker.ask(token, action)
            times[action, kind].append(took)
            answers[action].add((status, body))
        orders.forget_what_ended()
    return times, answers


def main():
    orders, asker = Orders(), Asker()
    orders.add((new_token(), {"state": "offered", "link_until": int(time.time()) + DAY, "claim_hash": None, "claimed_at": None})
               for _ in range(OPEN))
    times, answers = measure(orders, asker)
    wrong = 0
    borders = {action: border([took for kind in KINDS for took in times[action, kind]]) for action in ACTIONS}
    for (action, kind), some in times.items():
        kept = [took for took in some if took < borders[action]]
        t = welch(kept, [took for took in times[action, "unknown"] if took < borders[action]])
        over = int(abs(t) >= T_MOST)
        wrong += over
        print(f"row|links, {action}: {len(some)} {kind}|{statistics.fmean(kept) / 1000:.1f} us on average, t {t:+.1f}|{over}",
              flush=True)
    odd = sum(len(some) != 1 or next(iter(some))[0] != 404 for some in answers.values())
    different = "/".join(str(len(some)) for some in answers.values())
    print(f"row|links: answers to all of them|{different} different, over {asker.opened} connections|{odd}")
    sys.exit(1 if wrong or odd else 0)


main()
