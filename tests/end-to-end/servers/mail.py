"""A mail server (aiosmtpd) that keeps what it takes: each mail as a line of JSON, as Python's own parser reads it.

Arguments: port, `starttls` or `tls`, chain and key of its certificate, the mechanism for logins, the file for the lines.
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

USER, PASSWORD = b"watch", b"correct horse"
REFUSED = "nobody@example.com"


class Inbox:
    def __init__(self, path):
        self.path = path

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == REFUSED:
            return f"550 5.1.1 <{address}>: no such user"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = [
            {
                "type": part.get_content_type(),
                "id": part["Content-ID"],
                "content": part.get_content() if part.get_content_maintype() == "text" else part.get_content().hex(),
            }
            for part in message.walk()
            if not part.is_multipart()
        ]
        kept = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "login": session.authenticated,
            "tls": session.ssl is not None or server.transport.get_extra_info("ssl_object") is not None,
            "headers": [[name, str(value)] for name, value in message.items()],
            "defects": [str(defect) for part in message.walk() for defect in part.defects],
            "parts": parts,
        }
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(kept) + "\n")
        return "250 2.0.0 queued"


def login(server, session, envelope, mechanism, data):
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (USER, PASSWORD)
    # What is not handled here is refused by the server.
    return AuthResult(success=known, handled=known)


async def main(port, mode, chain, key, mechanism, path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    inbox = Inbox(path)

    def server():
        return SMTP(
            inbox,
            hostname="mail.example.com",
            tls_context=context if mode == "starttls" else None,
            require_starttls=mode == "starttls",
            auth_required=True,
            # Under TLS from the first byte aiosmtpd would still wait for STARTTLS.
            auth_require_tls=mode == "starttls",
            authenticator=login,
            auth_exclude_mechanism=[other for other in ("PLAIN", "LOGIN") if other != mechanism],
        )

    around = context if mode == "tls" else None
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(server, "127.0.0.1", int(port), ssl=around)
    async with listener:
        await listener.serve_forever()


asyncio.run(main(*sys.argv[1:]))
