#!/usr/bin/python3
"""sms_gateway.py DIR CERTIFICATE KEY [PORT]: SMS gateways that answer as Twilio, Vonage, Infobip and a web service of one's
own document it, by TLS on 127.0.0.1. Writes DIR/port when it listens.

DIR/sent      a JSON line for each message that would have reached a telephone
DIR/asked     a JSON line for each request: gateway, path, and what it was answered with
DIR/fault     what goes wrong, as one word and a number of requests ("error 3"; without a number: always):
  error       HTTP 503            auth     the gateway's way to say that it does not know us
  slow-down   its "too many"      never    its "this number cannot get messages"
  credit      its "no credit": a plain no that may be another tomorrow
  conflict    HTTP 409: the same is still being worked on
  hang        takes the message and never answers     took-500    takes it, and answers 500     took-drop   and hangs up
  garbage     HTTP success with a page of HTML    huge   with a megabyte    redirect   to elsewhere
"""
import base64
import hashlib
import hmac
import http.server
import json
import os
import re
import ssl
import sys
import threading
import time
import urllib.parse

DIR = sys.argv[1]
ACCOUNT, KEY, SECRET, SIGNING = 'AC0123456789abcdef0123456789abcdef', 'k3y', 's3cr3t-of-the-gateway', b'the-key-that-signs-requests'
LOCK = threading.Lock()
KNOWN = {}  # idempotency key -> answer
HANG_SECONDS = 20


def note(name, **what):
    with LOCK, open(os.path.join(DIR, name), 'a', encoding='utf-8') as f:
        f.write(json.dumps(what) + '\n')


def fault():
    """The fault for this request; its count goes down."""
    path = os.path.join(DIR, 'fault')
    with LOCK:
        try:
            with open(path, encoding='utf-8') as f:
                words = f.read().split()
        except FileNotFoundError:
            return None
        if not words:
            return None
        if len(words) > 1:
            left = int(words[1]) - 1
            with open(path + '.new', 'w', encoding='utf-8') as f:
                f.write(f'{words[0]} {left}' if left > 0 else '')
            os.rename(path + '.new', path)
        return words[0]


class Gateway:
    """One hand-over: read() gives what was asked, the others the answers as (status, JSON)."""

    def __init__(self, handler, body):
        self.handler, self.body = handler, body

    def form(self):
        fields = urllib.parse.parse_qs(self.body.decode(), strict_parsing=True)
        return {k: v[0] for k, v in fields.items()}


class Twilio(Gateway):
    name = 'twilio'

    def known(self):
        want = base64.b64encode(f'{ACCOUNT}:{SECRET}'.encode()).decode()
        return self.handler.headers.get('Authorization') == f'Basic {want}' and ACCOUNT in self.handler.path

    def read(self):
        f = self.form()
        return {'to': f['To'], 'text': f['Body'], 'from': f['From'], 'key': None, 'receipt': f.get('StatusCallback')}

    @staticmethod
    def problem(status, code):
        return status, {'code': code, 'message': 'The \'To\' number +4791234567 is not ...', 'status': status,
                        'more_info': f'https://www.twilio.com/docs/errors/{code}'}

    def sent(self, m):
        if not re.fullmatch(r'\+[1-9]\d{7,14}', m['to']):
            return self.problem(400, 21211)
        sid = 'SM' + hashlib.md5(os.urandom(16)).hexdigest()
        m['reference'] = sid
        return 201, {'sid': sid, 'status': 'queued', 'error_code': None, 'to': m['to'], 'body': m['text']}

    def faults(self):
        return {'auth': self.problem(401, 20003), 'slow-down': self.problem(429, 20429), 'never': self.problem(400, 21610),
                'credit': self.problem(429, 20429), 'garbage': (201, '<html>welcome</html>'), 'huge': (201, ' ' * (1 << 20))}


class Vonage(Gateway):
    name = 'vonage'

    def known(self):
        f = self.form()
        return f['api_key'] == KEY and f['api_secret'] == SECRET

    def read(self):
        f = self.form()
        return {'to': '+' + f['to'], 'text': f['text'], 'from': f['from'], 'key': None, 'receipt': f.get('callback')}

    @staticmethod
    def answer(status, **more):
        return 200, {'message-count': '1', 'messages': [{'status': str(status), **more}]}

    def sent(self, m):
        m['reference'] = os.urandom(8).hex().upper()
        return self.answer(0, to=m['to'][1:], **{'message-id': m['reference'], 'remaining-balance': '1.0'})

    def faults(self):
        return {'auth': self.answer(4, **{'error-text': 'Bad Credentials'}), 'slow-down': self.answer(1), 'never': self.answer(7),
                'credit': self.answer(9), 'garbage': (200, '<html>welcome</html>'), 'huge': (200, ' ' * (1 << 20))}


class Infobip(Gateway):
    name = 'infobip'

    def known(self):
        return self.handler.headers.get('Authorization') == f'App {SECRET}'

    def read(self):
        m = json.loads(self.body)['messages'][0]
        d = m['destinations'][0]
        return {'to': '+' + d['to'], 'text': m['content']['text'], 'from': m['sender'], 'key': d['messageId'],
                'receipt': m.get('webhooks', {}).get('delivery', {}).get('url')}

    @staticmethod
    def answer(group, code, key='x'):
        return 200, {'bulkId': 'b', 'messages': [{'messageId': key, 'destination': '47', 'status': {
            'groupId': group, 'groupName': 'G', 'id': code, 'name': 'N', 'description': 'about +4791234567'}}]}

    def sent(self, m):
        m['reference'] = m['key']
        if m['key'] in KNOWN:
            m['again'] = True
            return self.answer(5, 23, m['key'])
        KNOWN[m['key']] = True
        return self.answer(1, 26, m['key'])

    def faults(self):
        return {'auth': (401, {'errorCode': 'E401', 'description': 'x'}), 'slow-down': (429, {'errorCode': 'E429'}),
                'never': self.answer(5, 52), 'credit': self.answer(5, 12), 'garbage': (200, '<html>welcome</html>'),
                'huge': (200, ' ' * (1 << 20))}


class Webhook(Gateway):
    name = 'webhook'

    def known(self):
        h = self.handler.headers
        signed = re.fullmatch(r't=(\d+),v1=([0-9a-f]{64})', h.get('Counterfoil-Signature', ''))
        if not signed or h.get('Authorization') != f'Bearer {SECRET}':
            return False
        want = hmac.new(SIGNING, signed[1].encode() + b'.' + self.body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(want, signed[2])

    def read(self):
        m = json.loads(self.body)
        return {'to': m['recipient'], 'text': m['message'], 'from': m.get('by'), 'key': self.handler.headers['Idempotency-Key'],
                'receipt': m.get('report')}

    def sent(self, m):
        if m['key'] in KNOWN:
            m['again'] = True
            return KNOWN[m['key']]
        m['reference'] = 'w-' + m['key']
        KNOWN[m['key']] = 200, {'id': m['reference']}
        return KNOWN[m['key']]

    def faults(self):
        return {'auth': (401, {}), 'slow-down': (429, {}), 'never': (422, {}), 'credit': (429, {}), 'garbage': (404, '<html>'),
                'huge': (200, ' ' * (1 << 20))}


ROUTES = [(r'/2010-04-01/Accounts/[^/]+/Messages\.json', Twilio), (r'/sms/json', Vonage), (r'/sms/3/messages', Infobip),
          (r'/hook', Webhook)]


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def say(self, status, body):
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header('Content-Length', str(len(data)))
        if status == 307:
            self.send_header('Location', 'https://127.0.0.1:1/')
        self.end_headers()
        self.wfile.write(data)

    def answer(self, gateway, wrong):
        common = {'error': (503, 'come back later'), 'conflict': (409, {}), 'redirect': (307, '')}
        if not gateway.known():
            return gateway.faults()['auth']
        if wrong in common:
            return common[wrong]
        if wrong in gateway.faults():
            return gateway.faults()[wrong]
        m = gateway.read()
        answer = gateway.sent(m)
        if not m.pop('again', None) and answer[0] < 300:
            note('sent', gateway=gateway.name, **m)
        return answer

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', '0')))
        made = [g for pattern, g in ROUTES if re.fullmatch(pattern, self.path)]
        if not made:
            self.say(404, {})
            return
        gateway, wrong = made[0](self, body), fault()
        status, answer = self.answer(gateway, wrong)
        note('asked', gateway=gateway.name, path=self.path, status=status, fault=wrong, at=time.time())
        if wrong == 'took-500':
            self.say(500, {})
            return
        if wrong == 'took-drop':
            self.close_connection = True
            return
        if wrong == 'hang':
            time.sleep(HANG_SECONDS)
            return
        self.say(status, answer)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):  # a client that hangs up is no news
        pass


def main():
    server = Server(('127.0.0.1', int(sys.argv[4]) if len(sys.argv) > 4 else 0), Handler)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[2], sys.argv[3])
    # the handshake belongs to the connection's thread: one that never comes must not stop the others
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with open(os.path.join(DIR, 'port.new'), 'w', encoding='utf-8') as f:
        f.write(str(server.server_address[1]))
    os.rename(os.path.join(DIR, 'port.new'), os.path.join(DIR, 'port'))
    server.serve_forever()


main()
