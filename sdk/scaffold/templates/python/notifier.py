"""Posts one line of text for each notification."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import manifest, notifier
from wit_world.imports import http, transport

CONFIG_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["url"],
    "properties": {
        "url": {
            "type": "string",
            "description": "Where to post. Writing it into a receiver grants it.",
            "x-watchkeep-grant": "http",
        },
    },
}

# Failures before anything was sent: the message has certainly not arrived.
UNSENT = {transport.Phase.POLICY, transport.Phase.NAME, transport.Phase.CONNECT, transport.Phase.TLS}


class Manifest(exports.Manifest):
    def describe(self) -> manifest.Description:
        return manifest.Description(
            name="{{name}}",
            version="0.1.0",
            summary="Posts one line of text",
            config_schema=json.dumps(CONFIG_SCHEMA),
            requests=[],
        )

    def validate(self, config: str) -> None:
        pass


class Notifier(exports.Notifier):
    def deliver(self, notification: notifier.Notification) -> str | None:
        try:
            answer = http.send(post(json.loads(notification.config)["url"], line(notification)))
        except Err as failed:
            failure = failed.value
            if failure.phase in UNSENT:
                raise Err(notifier.DeliveryError_Retryable(failure.message))
            raise Err(notifier.DeliveryError_Unsure(failure.message))
        if 200 <= answer.status < 300:
            ids = [header.value for header in answer.headers if header.name == "x-message-id"]
            return ids[0] if ids else None
        if answer.status == 429 or answer.status >= 500:
            raise Err(notifier.DeliveryError_Retryable(f"answered {answer.status}"))
        raise Err(notifier.DeliveryError_Rejected(f"answered {answer.status}"))


def line(notification: notifier.Notification) -> str:
    if not notification.alerts:
        return notification.reason
    alert = notification.alerts[0]
    return f"{alert.state.name}: {alert.check}: {alert.summary}"


def post(url: str, text: str) -> http.Request:
    return http.Request(
        method="POST",
        url=url,
        headers=[http.Header("content-type", "text/plain; charset=utf-8")],
        body=text.encode(),
        credentials=[],
        timeout=None,
        redirects_max=0,
        body_max=64 << 10,
        decompress=True,
        family=transport.Family.ANY,
        tls=None,
    )
