"""Cameras that send MJPEG over HTTP: pictures and multipart of GStreamer, and paths that misbehave. Argument: port. Writes
`still.jpg` before it listens. What is asked for otherwise is answered 404 and written to `unexpected`."""

import os
import socket
import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst

SIZE = "video/x-raw,format=I420,width=640,height=480,framerate=10/1"
PLATE = "videotestsrc {more} pattern=zone-plate kx2=20 ky2=20 kt=3"
STREAMS = {
    "/moving": PLATE.format(more="is-live=true") + f" ! {SIZE}",
    "/bars": f"videotestsrc is-live=true pattern=smpte ! {SIZE}",
    "/black": f"videotestsrc is-live=true pattern=black ! {SIZE}",
    "/blue": f"videotestsrc is-live=true pattern=blue ! {SIZE}",
    "/frozen": PLATE.format(more="num-buffers=1") + f" ! {SIZE} ! imagefreeze is-live=true ! {SIZE}",
    "/ends": PLATE.format(more="is-live=true num-buffers=5") + f" ! {SIZE}",
}
MULTIPART = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=next\r\n\r\n"
PART = b"--next\r\nContent-Type: image/jpeg\r\n"


def play(connection, pipeline):
    """Until the viewer has gone, or the stream ends."""
    player = Gst.parse_launch(
        f"{pipeline} ! jpegenc ! multipartmux boundary=next ! fdsink name=out sync=false"
    )
    player.get_by_name("out").set_property("fd", connection.fileno())
    player.set_state(Gst.State.PLAYING)
    player.get_bus().timed_pop_filtered(30 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    player.set_state(Gst.State.NULL)


def misbehave(connection, path):
    if path == "/no-boundary":
        while True:
            connection.sendall(b"x" * 65536)
    elif path == "/gibibyte":
        connection.sendall(PART + b"Content-Length: 1073741824\r\n\r\n")
        for _ in range(1024):
            connection.sendall(b"\xab" * (1 << 20))
    elif path == "/drip":
        for byte in PART * 100:
            connection.sendall(bytes([byte]))
            time.sleep(1)
    elif path == "/silent":
        time.sleep(30)
    elif path == "/resets":
        picture = open("still.jpg", "rb").read()
        connection.sendall((PART + b"\r\n" + picture + b"\r\n") * 3 + PART)
        # The viewer reads all of it before the connection breaks.
        time.sleep(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def serve(connection):
    try:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(65536)
            if not piece:
                return
            head += piece
        method, path, _ = head.split(b"\r\n")[0].decode().split(" ")
        if method != "GET" or path not in (*STREAMS, "/no-boundary", "/gibibyte", "/drip", "/silent", "/resets"):
            with open("unexpected", "a") as file:
                file.write(f"{method} {path}\n")
            connection.sendall(b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        connection.sendall(MULTIPART)
        if path in STREAMS:
            play(connection, STREAMS[path])
        else:
            misbehave(connection, path)
    except (OSError, ValueError):
        pass
    finally:
        connection.close()


def main(port):
    Gst.init(None)
    once = Gst.parse_launch(
        PLATE.format(more="num-buffers=1") + f" ! {SIZE} ! jpegenc ! filesink location=still.jpg"
    )
    once.set_state(Gst.State.PLAYING)
    once.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    once.set_state(Gst.State.NULL)
    if not os.path.getsize("still.jpg"):
        sys.exit("GStreamer makes no picture")
    listener = socket.create_server(("127.0.0.1", int(port)))
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


main(*sys.argv[1:])
