#!/usr/bin/python3
"""A mail server on a free port, by aiosmtpd, that behaves as a file says.

mail_server.py FOLDER [--port N] [--certificate FILE --key FILE] [--implicit] [--newest TLSv1_1] [--user NAME --password TEXT]
	[--login] (it offers AUTH LOGIN alone) [--bare] (it has no TLS, and would take a password without)

FOLDER/port is written when it listens, FOLDER/log has a line for each command it was sent (never a password), and
FOLDER/1.eml, 2.eml ... what it took. FOLDER/mode, read at each command, makes it refuse: "rcpt 450 words", "mail 550
words", "data 552 words", "greet 421 words"; one recipient alone: "rcpt:ola@nordbank.example 550 words"; or take the mail
and never answer: "silent".
"""
import argparse
import asyncio
import os
import signal
import ssl

from aiosmtpd.smtp import SMTP, AuthResult


class Desk:
    """What it says to each command, and where the mail goes."""

    def __init__(self, folder):
        self.folder = folder
        self.taken = sum(name.endswith(".eml") for name in os.listdir(folder))

    def log(self, text):
        with open(os.path.join(self.folder, "log"), "a", encoding="utf-8") as file:
            file.write(text + "\n")

    def mode(self, command):
        try:
            with open(os.path.join(self.folder, "mode"), encoding="utf-8") as file:
                words = file.read().strip()
        except FileNotFoundError:
            return None
        first, _, rest = words.partition(" ")
        return (rest or first) if first == command else None

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        self.log(f"EHLO {hostname}{' (TLS)' if session.ssl else ''}")
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        self.log(f"MAIL {address}")
        refusal = self.mode("mail")
        if refusal:
            return refusal
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.log(f"RCPT {address}")
        refusal = self.mode("rcpt") or self.mode(f"rcpt:{address}")
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.log("DATA")
        refusal = self.mode("data")
        if refusal:
            return refusal
        self.taken += 1
        with open(os.path.join(self.folder, f"{self.taken}.part"), "wb") as file:
            file.write(envelope.original_content)
        os.rename(os.path.join(self.folder, f"{self.taken}.part"), os.path.join(self.folder, f"{self.taken}.eml"))
        if self.mode("silent"):
            await asyncio.sleep(600)
        return "250 taken"


class Server(SMTP):
    """Logs what aiosmtpd answers by itself, too."""

    def __init__(self, desk, **settings):
        super().__init__(desk, **settings)
        self.desk = desk

    async def push(self, status):
        if isinstance(status, str) and status.startswith("220 ") and "Ready to start TLS" not in status:
            status = self.desk.mode("greet") or status
        return await super().push(status)

    async def smtp_STARTTLS(self, arg):
        self.desk.log("STARTTLS")
        return await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg):
        self.desk.log("AUTH " + (arg or "").split(" ")[0])
        return await super().smtp_AUTH(arg)


def made_context(options):
    if not options.certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate, options.key)
    if options.newest:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion[options.newest]
    return context


async def serve(options):
    desk = Desk(options.folder)
    context = made_context(options)

    def authenticate(server, session, envelope, mechanism, data):
        good = (data.login, data.password) == (options.user.encode(), options.password.encode())
        desk.log(f"AUTH {'accepted' if good else 'refused'}")
        return AuthResult(success=good, handled=False)

    settings = {"enable_SMTPUTF8": False}
    if options.user:
        settings |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": not (options.implicit or options.bare)}
    if options.login:
        settings |= {"auth_exclude_mechanism": ["PLAIN"]}
    if context and not options.implicit:
        settings |= {"tls_context": context, "require_starttls": True}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Server(desk, **settings), "127.0.0.1", options.port,
                                      ssl=context if options.implicit else None)
    port = server.sockets[0].getsockname()[1]
    with open(os.path.join(options.folder, "port.part"), "w", encoding="utf-8") as file:
        file.write(f"{port}\n")
    os.rename(os.path.join(options.folder, "port.part"), os.path.join(options.folder, "port"))
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    server.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--port", type=int, default=0)
    for name in ("certificate", "key", "newest", "user", "password"):
        parser.add_argument("--" + name)
    for name in ("implicit", "login", "bare"):
        parser.add_argument("--" + name, action="store_true")
    options = parser.parse_args()
    if options.bare:
        options.certificate = None
    asyncio.run(serve(options))


main()
