"""A camera that does what GStreamer's does not: each path misbehaves in a way of its own. Strict: what no camera would take is
answered 400 and written to `unexpected`. Argument: port."""

import asyncio
import hashlib
import re
import struct
import sys

USER, PASSWORD, REALM = "watchkeep", "correct-horse-battery", "camera"
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n"
TRANSPORT = "RTP/AVP/TCP;unicast;interleaved=0-1"
ORDER = ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]

REFUSALS = {
    "/udp-only": ("SETUP", "461 Unsupported Transport"),
    "/full": ("SETUP", "453 Not Enough Bandwidth"),
    "/not-sdp": ("DESCRIBE", "406 Not Acceptable"),
    "/moved": ("DESCRIBE", "302 Moved"),
}


def unexpected(what):
    with open("unexpected", "a") as file:
        file.write(what + "\n")


def packet(number, ticks, payload, last=True):
    rtp = struct.pack(">BBHII", 0x80, 0xE0 if last else 0x60, number & 0xFFFF, ticks & 0xFFFFFFFF, 7) + payload
    return struct.pack(">BBH", 0x24, 0, len(rtp)) + rtp


KEY, OTHER, PARAMETERS = b"\x65" + b"k" * 400, b"\x41" + b"p" * 200, b"\x68" + b"s" * 20


async def frames(path, writer):
    if path == "/one-picture":
        writer.write(packet(0, 0, KEY))
    elif path == "/no-pictures":
        for at in range(100):
            writer.write(packet(at, at * 3600, PARAMETERS))
            await writer.drain()
            await asyncio.sleep(0.04)
    elif path == "/stalls":
        for at in range(10):
            writer.write(packet(at, at * 3600, OTHER if at else KEY))
            await writer.drain()
            await asyncio.sleep(0.04)
    elif path in ("/loses", "/sha256"):
        # Numbers begin again in between.
        number = 65500
        for at in range(200):
            number += 1
            if path == "/loses" and at % 5 == 4:
                continue
            writer.write(packet(number, at * 3600, OTHER if at % 25 else KEY))
            await writer.drain()
            await asyncio.sleep(0.04)
    elif path == "/closes":
        writer.write(packet(0, 0, KEY) + packet(1, 3600, OTHER))
        await writer.drain()
        writer.close()


def digest(name, text):
    return getattr(hashlib, name)(text.encode()).hexdigest()


def is_logged_in(method, url, headers):
    given = dict(re.findall(r'(\w+)="?([^",]*)', headers.get("authorization", "")))
    name = "sha256"
    who, what = digest(name, f"{USER}:{REALM}:{PASSWORD}"), digest(name, f"{method}:{url}")
    count, own = given.get("nc", ""), given.get("cnonce", "")
    wanted = digest(name, f"{who}:n0nce:{count}:{own}:auth:{what}")
    is_whole = bool(own) and given.get("uri") == url and given.get("algorithm") == "SHA-256"
    return is_whole and given.get("response") == wanted


class Session:
    def __init__(self, reader, writer):
        self.reader, self.writer, self.stage, self.media = reader, writer, 0, None

    def answer(self, number, status, more="", body=""):
        head = f"RTSP/1.0 {status}\r\nCSeq: {number}\r\n{more}"
        if body:
            head += f"Content-Length: {len(body)}\r\n"
        self.writer.write((head + "\r\n" + body).encode())

    async def one(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        method, url, version = first.split(" ")
        headers = {name.strip().lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        number = headers.get("cseq", "")
        path = "/" + url.split("://", 1)[1].split("/", 1)[1].split("/")[0]
        after = ORDER[min(self.stage, 3)]
        right = version == "RTSP/1.0" and number.isdigit() and "user-agent" in headers
        right = right and (method == "TEARDOWN" or method in (after, ORDER[max(self.stage - 1, 0)]))
        if method == "DESCRIBE":
            right = right and headers.get("accept") == "application/sdp"
        if method == "SETUP":
            right = right and url.endswith("/track1") and headers.get("transport") == TRANSPORT
        if method in ("PLAY", "TEARDOWN"):
            right = right and headers.get("session") == "s3ss10n"
        if not right:
            unexpected(head)
            return self.answer(number, "400 Bad Request")
        if path == "/sha256" and method != "OPTIONS" and not is_logged_in(method, url, headers):
            basic = f'WWW-Authenticate: Basic realm="{REALM}"\r\n'
            other = f'WWW-Authenticate: Digest realm="{REALM}", nonce="n0nce", qop="auth", algorithm='
            return self.answer(number, "401 Unauthorized", f"{basic}{other}MD5-odd\r\n{other}SHA-256\r\n")
        if method in ORDER:
            self.stage = ORDER.index(method) + 1
        if path in REFUSALS and REFUSALS[path][0] == method:
            more = "Location: rtsp://127.0.0.1/elsewhere\r\n" if path == "/moved" else ""
            return self.answer(number, REFUSALS[path][1], more)
        if method == "OPTIONS":
            self.answer(number, "200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n")
        elif method == "DESCRIBE":
            self.answer(number, "200 OK", "Content-Type: application/sdp\r\n", SDP)
        elif method == "SETUP":
            self.answer(number, "200 OK", f"Transport: {TRANSPORT}\r\nSession: s3ss10n;timeout=60\r\n")
        elif method == "PLAY":
            self.answer(number, "200 OK", "Session: s3ss10n\r\n")
            self.media = asyncio.ensure_future(frames(path, self.writer))
        else:
            self.answer(number, "200 OK")
            self.writer.close()


async def meet(reader, writer):
    session = Session(reader, writer)
    try:
        while not writer.is_closing():
            await session.one()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    except Exception as error:
        unexpected(repr(error))
    finally:
        if session.media:
            session.media.cancel()
        writer.close()


async def main(port):
    async with await asyncio.start_server(meet, "127.0.0.1", port):
        await asyncio.Future()


asyncio.run(main(int(sys.argv[1])))
