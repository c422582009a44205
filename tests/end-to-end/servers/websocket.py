"""A real WebSocket server, by the library `websockets`. Arguments: port, and for TLS the files of chain and key."""

import asyncio
import http
import ssl
import sys
import urllib.parse

import websockets

TOKEN = "correct-horse-battery"


async def ask(path, headers):
    """An answer of HTTP in place of a WebSocket."""
    page = urllib.parse.urlsplit(path).path
    if page == "/moved":
        return http.HTTPStatus.FOUND, [("Location", "/echo")], b""
    if page == "/page":
        return http.HTTPStatus.OK, [("Content-Type", "text/plain")], b"hello"
    if page == "/private" and headers.get("Authorization") != "Bearer " + TOKEN:
        return http.HTTPStatus.UNAUTHORIZED, [("WWW-Authenticate", "Bearer")], b""
    if page == "/keyed" and headers.get("X-Api-Key") != TOKEN:
        return http.HTTPStatus.UNAUTHORIZED, [], b""
    if page == "/own-pages" and headers.get("Origin") != "https://chat.example.com":
        return http.HTTPStatus.FORBIDDEN, [], b""
    if page == "/busy":
        return http.HTTPStatus.SERVICE_UNAVAILABLE, [("Retry-After", "120")], b""
    return None


async def serve(socket):
    url = urllib.parse.urlsplit(socket.path)
    asked = dict(urllib.parse.parse_qsl(url.query))
    if url.path == "/close":
        await socket.close(int(asked["code"]), asked.get("reason", ""))
    elif url.path == "/hello":
        # In frames of its own each.
        await socket.send(iter(["wel", "come, ", "na\u00efve client"]))
    elif url.path == "/pings":
        await (await socket.ping(b"are you there?"))
        await socket.send("you are there")
    elif url.path == "/large":
        await socket.send("x" * (2 << 20))
    elif url.path == "/crash":
        await socket.recv()
        raise RuntimeError("out of order")
    async for message in socket:
        await socket.send(message)


async def main(port, identity):
    context = None
    if identity:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*identity)
    protocols = ["graphql-transport-ws"]
    async with websockets.serve(
        serve, "127.0.0.1", port, process_request=ask, subprotocols=protocols, ssl=context, max_size=4 << 20
    ):
        await asyncio.Future()


asyncio.run(main(int(sys.argv[1]), sys.argv[2:]))
