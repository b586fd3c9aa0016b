"""A mail server for tests, of Debian's python3-aiosmtpd. It prints its port, and leaves each message
that it has accepted in a folder: NNNN.eml as it came, NNNN.json as Python's email package reads it.

The recipient says what happens: refuse… is refused for good, later… for the time being the first
time, drop… loses the connection before the answer the first time, window… is accepted and then
loses the connection the first time, slow… takes a second, anything else is accepted.
"""
import argparse
import asyncio
import email
import email.policy
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def describe(content):
    message = email.message_from_bytes(content, policy=email.policy.default)
    parts = []
    defects = [str(defect) for defect in message.defects]
    for part in message.walk():
        defects += [str(defect) for defect in part.defects]
        for value in part.values():
            defects += [str(defect) for defect in getattr(value, "defects", [])]
        if part.is_multipart():
            continue
        payload = part.get_payload(decode=True)
        is_text = part.get_content_maintype() == "text"
        parts.append({
            "type": part.get_content_type(),
            "name": part.get_filename(),
            "disposition": part.get_content_disposition(),
            "text": payload.decode("utf-8") if is_text else None,
            "base64": None if is_text else __import__("base64").b64encode(payload).decode(),
        })
    return {
        "headers": {name.lower(): str(value) for name, value in message.items()},
        "type": message.get_content_type(),
        "parts": parts,
        "defects": defects,
        "longest_line": max(len(line) for line in content.split(b"\r\n")),
    }


class Handler:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0
        self.seen = set()

    def first(self, address):
        if address in self.seen:
            return False
        self.seen.add(address)
        return True

    def keep(self, envelope):
        self.count += 1
        base = os.path.join(self.folder, f"{self.count:04d}")
        said = describe(envelope.original_content)
        said["from"], said["to"] = envelope.mail_from, envelope.rcpt_tos
        with open(base + ".eml", "wb") as file:
            file.write(envelope.original_content)
        with open(base + ".tmp", "w", encoding="utf-8") as file:
            json.dump(said, file)
        os.rename(base + ".tmp", base + ".json")

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refuse"):
            return "550 5.1.1 No such mailbox here"
        if address.startswith("later") and self.first(address):
            return "451 4.7.1 Greylisted, please come back"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        address = envelope.rcpt_tos[0]
        if address.startswith("slow"):
            await asyncio.sleep(1)
        if address.startswith("drop") and self.first(address):
            server.transport.abort()
            return "421 Gone"
        self.keep(envelope)
        if address.startswith("window") and self.first(address):
            server.transport.abort()
        return "250 Accepted"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--implicit", action="store_true", help="TLS from the first byte")
    parser.add_argument("--login", help="user:password that clients must give")
    given = parser.parse_args()
    context = None
    if given.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(given.certificate, given.key)
    options = {"enable_SMTPUTF8": False, "data_size_limit": 64 * 1024 * 1024}
    if context and not given.implicit:
        options.update(tls_context=context, require_starttls=True)
    if given.login:
        wanted = tuple(part.encode() for part in given.login.split(":", 1))

        def check(server, session, envelope, mechanism, data):
            good = isinstance(data, LoginPassword) and (data.login, data.password) == wanted
            return AuthResult(success=good, handled=False)

        options.update(authenticator=check, auth_required=True, auth_require_tls=context is not None)
    handler = Handler(given.folder)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    server = loop.run_until_complete(
        loop.create_server(lambda: SMTP(handler, loop=loop, **options), "127.0.0.1", 0,
                           ssl=context if given.implicit else None))
    print(server.sockets[0].getsockname()[1], flush=True)
    loop.run_forever()


sys.exit(main())
