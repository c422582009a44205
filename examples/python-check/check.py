"""A check in Python: asks a URL and looks for a text in the answer."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import check, manifest
from wit_world.imports import http, transport, types

CONFIG_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["url"],
    "properties": {
        "url": {
            "type": "string",
            "description": "What is asked. It grants itself: writing it here is the operator's permission.",
            "x-watchkeep-grant": "http",
        },
        "find": {"type": "string", "description": "Critical unless the answer holds this text."},
        "token": {
            "type": "object",
            "description": "Sent as a bearer token.",
            "required": ["secret"],
            "additionalProperties": False,
            "properties": {"secret": {"type": "string"}},
        },
    },
}

# The host puts the secret where this stands, on its way out; it never gets in here.
TOKEN = "TOKEN-GOES-HERE"


class Manifest(exports.Manifest):
    def describe(self) -> manifest.Description:
        return manifest.Description(
            name="python-check",
            version="0.1.0",
            summary="Asks a URL and looks for a text",
            config_schema=json.dumps(CONFIG_SCHEMA),
            requests=[],
        )

    def validate(self, config: str) -> None:
        if json.loads(config).get("find") == "":
            raise Err([manifest.Problem("/find", "is empty, and every answer holds that")])


class Check(exports.Check):
    def execute(self, run: check.Run) -> types.Report:
        config = json.loads(run.config)
        try:
            response = http.send(request(config))
        except Err as failed:
            # Also for what was not granted: the host knows what it denied, and pages nobody for it.
            return report(types.State.CRITICAL, f"no answer: {failed.value.message}")
        seconds = types.Metric(
            name="probe_duration_seconds",
            value=response.timings.total / 1e9,
            unit="seconds",
            warning=None,
            critical=None,
            min=0.0,
            max=None,
            labels=[],
        )
        text = response.body.decode("utf-8", "replace")
        if response.status != 200:
            return report(types.State.CRITICAL, f"status {response.status}", [seconds])
        if config.get("find", "") not in text:
            return report(types.State.CRITICAL, f"the answer holds no `{config['find']}`", [seconds])
        return report(types.State.OK, f"status 200, {len(response.body)} bytes", [seconds], text[:1000])


def request(config: dict) -> http.Request:
    headers, credentials = [], []
    if "token" in config:
        headers.append(http.Header("authorization", f"Bearer {TOKEN}"))
        placement = transport.Placement_Placeholder(TOKEN)
        credentials.append(transport.Credential(config["token"]["secret"], placement))
    return http.Request(
        method="GET",
        url=config["url"],
        headers=headers,
        body=b"",
        credentials=credentials,
        timeout=None,
        redirects_max=5,
        body_max=1 << 20,
        decompress=True,
        family=transport.Family.ANY,
        tls=None,
    )


def report(state: types.State, summary: str, metrics: list = [], details: str | None = None) -> types.Report:
    return types.Report(
        state=state,
        summary=summary,
        details=details,
        metrics=metrics,
        findings=[],
        events=[],
        attachments=[],
        labels=[],
    )
