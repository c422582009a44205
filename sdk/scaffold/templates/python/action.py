"""Restarts a service over its HTTP interface."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import action, manifest
from wit_world.imports import http, transport, types

CONFIG_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["url"],
    "properties": {
        "url": {
            "type": "string",
            "description": "The URL of its interface. Writing it into a config grants it.",
            "x-watchkeep-grant": "http",
        },
    },
}


class Manifest(exports.Manifest):
    def describe(self) -> manifest.Description:
        return manifest.Description(
            name="{{name}}",
            version="0.1.0",
            summary="Restarts a service over its HTTP interface",
            config_schema=json.dumps(CONFIG_SCHEMA),
            requests=[],
        )

    def validate(self, config: str) -> None:
        pass


class Action(exports.Action):
    def plan(self, occasion: action.Occasion) -> list[action.Step]:
        """A dry run: it may only look."""
        url = json.loads(occasion.config)["url"]
        return [] if is_running(url) else [action.Step(title="restart the service", target=url)]

    def perform(self, occasion: action.Occasion) -> action.Effect:
        """May be called again with the same occasion after a crash, and acts once."""
        url = json.loads(occasion.config)["url"]
        if is_running(url):
            return action.Effect(summary="it runs already", changed=False, details=None)
        # The id is the same in every attempt: a service that keeps it restarts once.
        status = ask("POST", f"{url}/restart", [http.Header("idempotency-key", occasion.id)])
        if not 200 <= status < 300:
            raise Err(types.Fault_Other(f"the restart was answered with {status}"))
        return action.Effect(summary="restarted it", changed=True, details=None)


def is_running(url: str) -> bool:
    return 200 <= ask("GET", f"{url}/health", []) < 300


def ask(method: str, url: str, headers: list[http.Header]) -> int:
    try:
        return http.send(request(method, url, headers)).status
    except Err as failed:
        raise Err(types.Fault_Other(failed.value.message))


def request(method: str, url: str, headers: list[http.Header]) -> http.Request:
    return http.Request(
        method=method,
        url=url,
        headers=headers,
        body=b"",
        credentials=[],
        timeout=None,
        redirects_max=0,
        body_max=64 << 10,
        decompress=True,
        family=transport.Family.ANY,
        tls=None,
    )
