"""Unit tests, run by `watchkeep plugin test` with the interpreter of this machine: no host, no network."""

import json
import unittest
from types import SimpleNamespace
from unittest import mock

import plugin
from wit_world.imports import types

RUN = SimpleNamespace(config=json.dumps({"url": "https://shop.example.com/", "find": "Add to cart"}))


def answering(body: bytes):
    page = SimpleNamespace(body=body, timings=SimpleNamespace(total=250_000_000))
    return mock.patch.object(plugin.http, "send", return_value=page)


class Tests(unittest.TestCase):
    def test_the_text_is_there(self):
        with answering(b"<button>Add to cart</button>") as send:
            report = plugin.Check().execute(RUN)
        self.assertEqual(report.state, types.State.OK)
        self.assertEqual(send.call_args.args[0].url, "https://shop.example.com/")

    def test_says_what_is_not_on_the_page(self):
        with answering(b"Out of order"):
            report = plugin.Check().execute(RUN)
        self.assertEqual(report.state, types.State.CRITICAL)
        self.assertEqual(report.summary, "`Add to cart` is not on the page")


if __name__ == "__main__":
    unittest.main()
