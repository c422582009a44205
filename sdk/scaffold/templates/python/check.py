"""Looks for a text on a page."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import check, manifest
from wit_world.imports import http, transport, types

CONFIG_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["url", "find"],
    "properties": {
        "url": {
            "type": "string",
            "description": "The page to check. Writing it into a check grants it.",
            "x-watchkeep-grant": "http",
        },
        "find": {"type": "string", "description": "The text that it must contain."},
    },
}


class Manifest(exports.Manifest):
    def describe(self) -> manifest.Description:
        return manifest.Description(
            name="{{name}}",
            version="0.1.0",
            summary="Looks for a text on a page",
            config_schema=json.dumps(CONFIG_SCHEMA),
            requests=[],
        )

    def validate(self, config: str) -> None:
        if json.loads(config)["find"] == "":
            raise Err([manifest.Problem("/find", "is empty, and stands on every page")])


class Check(exports.Check):
    def execute(self, run: check.Run) -> types.Report:
        config = json.loads(run.config)
        try:
            page = http.send(get(config["url"]))
        except Err as failed:
            # Also for what was not granted: the host knows what it denied, and pages nobody for it.
            return report(types.State.CRITICAL, f"no answer: {failed.value.message}")
        if config["find"] not in page.body.decode("utf-8", "replace"):
            return report(types.State.CRITICAL, f"`{config['find']}` is not on the page")
        seconds = types.Metric(
            name="probe_duration_seconds",
            value=page.timings.total / 1e9,
            unit="seconds",
            warning=None,
            critical=None,
            min=0.0,
            max=None,
            labels=[],
        )
        return report(types.State.OK, "the page is as it should be", [seconds])


def get(url: str) -> http.Request:
    return http.Request(
        method="GET",
        url=url,
        headers=[],
        body=b"",
        credentials=[],
        timeout=None,
        redirects_max=5,
        body_max=1 << 20,
        decompress=True,
        family=transport.Family.ANY,
        tls=None,
    )


def report(state: types.State, summary: str, metrics: list[types.Metric] | None = None) -> types.Report:
    return types.Report(
        state=state,
        summary=summary,
        details=None,
        metrics=metrics or [],
        findings=[],
        events=[],
        attachments=[],
        labels=[],
    )
