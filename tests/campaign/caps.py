#!/usr/bin/python3
"""caps.py CA COUNT FILE: COUNT requests for a new code, by 20 recipients' addresses at once, to the links in FILE in turn, each
with its digits beside it. Prints how often each status came. Who is not answered asks again."""
import collections
import http.client
import itertools
import ssl
import sys
import threading
import time
import urllib.parse

CA, COUNT, FILE = sys.argv[1], int(sys.argv[2]), sys.argv[3]
ADDRESSES, AGAIN_MOST, EXPECTED = 20, 100, {200, 429}
CONTEXT = ssl.create_default_context(cafile=CA)


class Asker:
    def __init__(self, number, links):
        self.address = f'127.0.0.{2 + number}'
        self.links = links
        self.connection = None
        self.told = collections.Counter()

    def ask(self, link, digits):
        at = urllib.parse.urlsplit(link)
        if self.connection is None:
            self.connection = http.client.HTTPSConnection(at.hostname, at.port, context=CONTEXT, timeout=60,
                                                          source_address=(self.address, 0))
        self.connection.request('POST', f'{at.path}/new-code', f'digits={digits}', {
            'Host': at.netloc, 'Accept': 'application/json', 'Content-Type': 'application/x-www-form-urlencoded'})
        answer = self.connection.getresponse()
        answer.read()
        return answer.status

    def until_answered(self, link, digits):
        for _ in range(AGAIN_MOST):
            try:
                status = self.ask(link, digits)
                if status < 500:
                    return status
            except ssl.SSLCertVerificationError:
                raise
            except (OSError, http.client.HTTPException):
                self.connection = None
            time.sleep(0.1)
        return 0

    def run(self):
        for link, digits in self.links:
            self.told[self.until_answered(link, digits)] += 1


def main():
    with open(FILE, encoding='ascii') as f:
        links = [line.split() for line in f]
    askers = [Asker(n, itertools.islice(itertools.cycle(links), n, COUNT, ADDRESSES)) for n in range(ADDRESSES)]
    threads = [threading.Thread(target=a.run) for a in askers]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    told = sum((a.told for a in askers), collections.Counter())
    print(', '.join(f'{n} told {status}' for status, n in sorted(told.items())))
    sys.exit(0 if set(told) <= EXPECTED and sum(told.values()) == COUNT else 1)


main()
