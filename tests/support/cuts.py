#!/usr/bin/python3
"""cuts.py CA LINK CLAIM WHAT ...: a recipient whose line breaks, by sockets of its own.

cut ENCODING          asks for the package and hangs up after each kilobyte of what comes over the line, none and all but the
                      last byte among them: once by a close, once by a reset. Behind each cut the same claim takes it up again:
                      as a whole, and the rest alone. Prints "CUTS SIZE SHA-256", or what differed.
lose SHA256           acknowledges, and resets once the reply has come but for reading it
drop SHA256           acknowledges, and resets at once: it may have been done, or not
"""
import hashlib
import http.client
import select
import socket
import ssl
import struct
import sys
import urllib.parse

KILOBYTE, WHOLE = 1024, 1 << 20
SECONDS = 60
CA, LINK, CLAIM = sys.argv[1:4]
AT = urllib.parse.urlsplit(LINK)
CONTEXT = ssl.create_default_context(cafile=CA)


class Line:
    """TLS whose bytes on the line are taken by us: so many and no more."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.settimeout(SECONDS)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)  # what was not taken yet waits at the server
        self.socket.connect(('127.0.0.1', AT.port))
        self.had, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = CONTEXT.wrap_bio(self.had, self.out, server_hostname=AT.hostname)
        self.taken, self.answers = 0, Answers()
        self.step(self.tls.do_handshake)

    def step(self, what):
        while True:
            try:
                return what()
            except ssl.SSLWantReadError:
                self.socket.sendall(self.out.read())
                if not self.take(KILOBYTE):
                    raise ConnectionError('the server hung up')
            finally:
                self.socket.sendall(self.out.read())

    def take(self, most):
        data = self.socket.recv(most)
        self.taken += len(data)
        self.had.write(data)
        return len(data)

    def ask(self, method, path, headers='', body=''):
        self.step(lambda: self.tls.write((f'{method} {AT.path}{path} HTTP/1.1\r\nHost: {AT.netloc}\r\n'
                                          f'Accept: application/json\r\nAuthorization: Bearer {CLAIM}\r\n{headers}\r\n{body}').encode()))
        self.taken = 0

    def hang_up(self, reset):
        if reset:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.socket.close()


def cut(encoding, at, reset):
    """How many bytes of the answer had come over the line: at, unless it is shorter."""
    line = Line()
    line.ask('GET', f'/package/{encoding}')
    while line.taken < at:
        if not line.take(min(at - line.taken, KILOBYTE)):
            break
        if at == WHOLE and ends(line):
            break
    line.hang_up(reset)
    return line.taken


class Answers:
    """Reads what has come of an answer until it is whole."""

    def __init__(self):
        self.text = b''

    def whole(self, tls):
        try:
            while True:
                self.text += tls.read(65536)
        except ssl.SSLWantReadError:
            pass
        head, _, body = self.text.partition(b'\r\n\r\n')
        lengths = [line for line in head.lower().split(b'\r\n') if line.startswith(b'content-length:')]
        return bool(lengths) and len(body) >= int(lengths[0].split(b':')[1])


def ends(line):
    return line.answers.whole(line.tls)


def fetch(encoding, first=None):
    connection = http.client.HTTPSConnection(AT.hostname, AT.port, context=CONTEXT, timeout=SECONDS)
    headers = {'Authorization': f'Bearer {CLAIM}'} | ({} if first is None else {'Range': f'bytes={first}-'})
    connection.request('GET', f'{AT.path}/package/{encoding}', headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def taken_up(encoding, wanted, first):
    """What is wrong with the second try."""
    answer, body = fetch(encoding)
    if answer.status != 200 or body != wanted:
        return f'status {answer.status}, {len(body)} bytes, {hashlib.sha256(body).hexdigest()}'
    answer, body = fetch(encoding, first)
    if first >= len(wanted):
        return None if answer.status == 416 else f'behind the end: status {answer.status}'
    if answer.status != 206 or body != wanted[first:]:
        return f'the rest from {first}: status {answer.status}, {len(body)} bytes'
    told = answer.headers['Content-Range']
    return None if told == f'bytes {first}-{len(wanted) - 1}/{len(wanted)}' else f'Content-Range: {told}'


def cut_everywhere(encoding):
    answer, package = fetch(encoding)
    if answer.status != 200:
        sys.exit(f'status {answer.status}')
    length = cut(encoding, WHOLE, False)  # head, package and TLS
    places = sorted({*range(0, length, KILOBYTE), length - 1, length})
    cuts = 0
    for at in places:
        for reset in (False, True):
            had = cut(encoding, at, reset)
            wrong = taken_up(encoding, package, at) or (had != at and f'only {had} bytes came')
            if wrong:
                sys.exit(f'{encoding}, cut at {at} of {length} by {"reset" if reset else "close"}: {wrong}')
            cuts += 1
    print(cuts, len(package), hashlib.sha256(package).hexdigest())


def acknowledge(sha256, wait):
    line, body = Line(), f'sha256={sha256}'
    line.ask('POST', '/received', f'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n', body)
    if wait and not select.select([line.socket], [], [], SECONDS)[0]:
        sys.exit('no reply')
    line.hang_up(True)


def main():
    what, argument = sys.argv[4:]
    if what == 'cut':
        cut_everywhere(argument)
    else:
        acknowledge(argument, what == 'lose')


main()
