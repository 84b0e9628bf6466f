"""A mail server for the tests: a real one, of aiosmtpd, that can be put into every bad mood.

Usage: server.py FOLDER [--starttls|--tls CERT KEY] [--login NAME:PASSWORD]

Prints the port that it listens on. What it takes lies in FOLDER as N.eml, envelope first (X-From, X-To, X-Tls); all that
comes unencrypted, commands too, in FOLDER/clear. The file FOLDER/mood holds a word that is read at every step:

  ok            takes everything
  silent        greets nobody, until the mood is another: then it is as if it had been started anew
  slow          waits a while before each answer
  421, 451, 550 answers so to RCPT; 421 closes, too
  held          answers RCPT once the mood is another; until then there is a file FOLDER/held
  data-451, data-550  answers so after DATA
  hang          takes a mail's text and says nothing more, until the mood is another; to hang@ whatever the mood
  lose          keeps a mail to lost@ and says nothing more: its word is lost
  no-login      refuses every log-in
  no-sender     answers 550 to MAIL
"""

import argparse
import asyncio
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("--starttls", nargs=2)
parser.add_argument("--tls", nargs=2)
parser.add_argument("--login")
options = parser.parse_args()


def mood():
    try:
        return (options.folder / "mood").read_text().strip() or "ok"
    except FileNotFoundError:
        return "ok"


async def until_not(word):
    while mood() == word:
        await asyncio.sleep(0.02)


class Handler:
    taken = 0

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if mood() == "slow":
            await asyncio.sleep(0.3)
        if mood() == "no-sender":
            return "550 5.7.1 you may not send from here\x1b[2J"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        word = mood()
        if word == "held":
            (options.folder / "held").touch()
            await until_not("held")
        if word == "421":
            await server.push("421 4.3.2 going down \x1b[31mnow\x1b[0m")
            server.transport.close()
            return "421 4.3.2 going down"
        if word == "451":
            return "451 4.7.1 greylisted, come back later"
        if word == "550" or address.startswith("nobody@"):
            return "550 5.1.1 no such person here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        word = mood()
        if word == "data-451":
            return "451 4.3.0 not now"
        if word == "data-550":
            return "550 5.7.0 looks like spam"
        if envelope.rcpt_tos[0].startswith("hang@"):
            await asyncio.sleep(3600)
        if word == "hang":
            await until_not("hang")
            server.transport.abort()
            return "451 started anew"
        Handler.taken += 1
        is_encrypted = server.transport.get_extra_info("sslcontext") is not None
        head = f"X-From: {envelope.mail_from}\r\nX-To: {','.join(envelope.rcpt_tos)}\r\nX-Tls: {is_encrypted}\r\n"
        new = options.folder / f"{Handler.taken}.part"
        new.write_bytes(head.encode() + envelope.original_content)
        new.rename(options.folder / f"{Handler.taken}.eml")
        if word == "lose" and envelope.rcpt_tos[0].startswith("lost@"):
            await asyncio.sleep(3600)
        return "250 taken"


def login(server, session, envelope, mechanism, auth_data):
    name, password = options.login.split(":", 1)
    right = auth_data.login == name.encode() and auth_data.password == password.encode()
    return AuthResult(success=right and mood() != "no-login", handled=False)


class Moody(SMTP):
    def connection_made(self, transport):
        if mood() == "silent":
            self.silent = transport
            self.waits = self.loop.create_task(self.awake())
            return
        super().connection_made(transport)

    async def awake(self):
        await until_not("silent")
        self.silent.abort()

    def connection_lost(self, error):
        if not hasattr(self, "silent"):
            super().connection_lost(error)

    def data_received(self, data):
        if self.transport is None or self.transport.get_extra_info("sslcontext") is None:
            with (options.folder / "clear").open("ab") as clear:
                clear.write(data)
        if not hasattr(self, "silent"):
            super().data_received(data)

    def eof_received(self):
        return None if hasattr(self, "silent") else super().eof_received()


def context(pair):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*pair)
    return made


async def main():
    settings = {"enable_SMTPUTF8": False}
    if options.starttls:
        settings |= {"tls_context": context(options.starttls), "require_starttls": True}
    if options.login:
        settings |= {"authenticator": login, "auth_required": True, "auth_require_tls": bool(options.starttls)}
    handler = Handler()
    loop = asyncio.get_running_loop()
    tls = context(options.tls) if options.tls else None
    server = await loop.create_server(lambda: Moody(handler, loop=loop, **settings), "127.0.0.1", 0, ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    # It ends with whoever started it.
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    import os

    os._exit(0)


asyncio.run(main())
