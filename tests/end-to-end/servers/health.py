"""A gRPC server with the standard health service: health.py PORT [CHAIN KEY [AUTHORITY]].

Says SERVING of the server and of `shop.Orders`, NOT_SERVING of `shop.Stock`, UNKNOWN of `shop.Odd`, and knows no other;
`slow` never answers in time. With an authority it wants a client certificate of it. With the environment's TOKEN it wants that
as a bearer token. With NO_HEALTH it has no health service at all.
"""

import os
import sys
import threading
from concurrent import futures

import grpc

STATUS = {b"": 1, b"shop.Orders": 1, b"shop.Stock": 2, b"shop.Odd": 0}
FOREVER = threading.Event()


def check(request, context):
    token = os.environ.get("TOKEN")
    if token and ("authorization", "Bearer " + token) not in context.invocation_metadata():
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "no token, or another")
    service = b""
    if request:
        assert request[0] == 0x0A and request[1] == len(request) - 2, request
        service = request[2:]
    if service == b"slow":
        FOREVER.wait(context.time_remaining())
    if service not in STATUS:
        context.abort(grpc.StatusCode.NOT_FOUND, "no such service: \u00e9")
    status = STATUS[service]
    return bytes([8, status]) if status else b""


def main():
    port, tls = sys.argv[1], sys.argv[2:]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    if "NO_HEALTH" not in os.environ:
        methods = {"Check": grpc.unary_unary_rpc_method_handler(check)}
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("grpc.health.v1.Health", methods),)
        )
    address = "127.0.0.1:" + port
    if tls:
        chain, key, *authority = (open(name, "rb").read() for name in tls)
        server.add_secure_port(
            address,
            grpc.ssl_server_credentials(
                [(key, chain)], authority[0] if authority else None, bool(authority)
            ),
        )
    else:
        server.add_insecure_port(address)
    server.start()
    server.wait_for_termination()


main()
