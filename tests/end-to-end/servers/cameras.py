"""Cameras, by GStreamer's RTSP server. Arguments: ports in the clear for everybody, for a digest login, for a basic login,
and under TLS; then the files of chain and key. Writes `picture.jpg` before it listens."""

import sys

import gi

for name in ("Gst", "GstRtsp", "GstRtspServer"):
    gi.require_version(name, "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer

USER, PASSWORD = "watchkeep", "correct-horse-battery"
SOURCE = "videotestsrc is-live=true {more} ! video/x-raw,format=I420,width=320,height=240,framerate=15/1 ! "
H264 = "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! rtph264pay name=pay0 pt=96 config-interval=1"
STREAMS = {
    "/h264": SOURCE.format(more="pattern=ball") + H264,
    "/h265": SOURCE.format(more="pattern=ball")
    + "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! rtph265pay name=pay0 pt=97",
    "/mjpeg": SOURCE.format(more="pattern=ball") + "jpegenc ! rtpjpegpay name=pay0 pt=26",
    # Ends after a second.
    "/ends": SOURCE.format(more="num-buffers=15") + H264,
    # The source is gone.
    "/broken": "filesrc location=/nonexistent ! h264parse ! rtph264pay name=pay0 pt=96",
    "/sound": "audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay0 pt=8",
}


def mounts(server, role):
    points = server.get_mount_points()
    for path, pipeline in STREAMS.items():
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( {pipeline} )")
        # A pipeline for each viewer: a shared one drops packets whenever another viewer comes.
        factory.set_shared(False)
        if role:
            permissions = GstRtspServer.RTSPPermissions()
            for right in ("media.factory.access", "media.factory.construct"):
                permissions.add_permission_for_role(role, right, True)
            factory.set_permissions(permissions)
        points.add_factory(path, factory)


def token():
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    return token


def serve(port, auth=None):
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    mounts(server, "viewer" if auth else None)
    if auth:
        server.set_auth(auth)
    server.attach(None)
    return server


def main(clear, digest, basic, tls, chain, key):
    Gst.init(None)
    once = Gst.parse_launch(
        "videotestsrc num-buffers=1 pattern=smpte ! video/x-raw,width=320,height=240 ! jpegenc ! filesink location=picture.jpg"
    )
    once.set_state(Gst.State.PLAYING)
    once.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    once.set_state(Gst.State.NULL)
    by_digest = GstRtspServer.RTSPAuth()
    by_digest.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    by_digest.add_digest(USER, PASSWORD, token())
    by_name = GstRtspServer.RTSPAuth()
    by_name.add_basic(GstRtspServer.RTSPAuth.make_basic(USER, PASSWORD), token())
    secured = GstRtspServer.RTSPAuth()
    secured.set_tls_certificate(Gio.TlsCertificate.new_from_files(chain, key))
    secured.set_default_token(token())
    servers = [serve(clear), serve(digest, by_digest), serve(basic, by_name), serve(tls, secured)]
    GLib.MainLoop().run()
    return servers


main(*sys.argv[1:])
