#!/usr/bin/python3
"""lost_answer.py PORT TIMES: a line to 127.0.0.1:PORT that breaks: of the first TIMES connections each is reset when the server
answers the first request on it, and nothing of the answer comes through. Later ones are whole. Prints its own port, and a line
for each connection that it breaks."""
import select
import socket
import struct
import sys

PORT, TIMES = int(sys.argv[1]), int(sys.argv[2])
SECONDS = 30


def relay(client, breaks):
    """The client speaks, then the server (the handshake), then the client again (its request): what comes then is the answer."""
    server = socket.create_connection(('127.0.0.1', PORT), SECONDS)
    turns, last = 0, None
    while True:
        ready = select.select([client, server], [], [], SECONDS)[0]
        if not ready:
            return
        for end in ready:
            data = end.recv(65536)
            turns += end is not last
            last = end
            if breaks and end is server and turns >= 4:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                print('broken', flush=True)
                return
            if not data:
                return
            (client if end is server else server).sendall(data)


listener = socket.create_server(('127.0.0.1', 0))
listener.settimeout(SECONDS)
print(listener.getsockname()[1], flush=True)
number = 0
while True:
    try:
        connection = listener.accept()[0]
    except TimeoutError:
        break
    number += 1
    with connection:
        try:
            relay(connection, number <= TIMES)
        except OSError:
            pass
