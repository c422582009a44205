"""Unit tests, run by `watchkeep plugin test` with the interpreter of this machine: no host, no network."""

import json
import unittest
from types import SimpleNamespace
from unittest import mock

import plugin
from componentize_py_types import Err
from wit_world.exports import notifier
from wit_world.imports import types

ALERT = SimpleNamespace(state=types.State.CRITICAL, check="shop", summary="connection refused")
NOTIFICATION = SimpleNamespace(config=json.dumps({"url": "https://push.example.com/shop"}), alerts=[ALERT])


def answering(status: int):
    answer = SimpleNamespace(status=status, headers=[SimpleNamespace(name="x-message-id", value="m7")])
    return mock.patch.object(plugin.http, "send", return_value=answer)


class Tests(unittest.TestCase):
    def test_posts_one_line_and_keeps_the_services_id(self):
        with answering(200) as send:
            self.assertEqual(plugin.Notifier().deliver(NOTIFICATION), "m7")
        self.assertEqual(send.call_args.args[0].body, b"CRITICAL: shop: connection refused")

    def test_a_service_that_fails_is_tried_again(self):
        with answering(503), self.assertRaises(Err) as raised:
            plugin.Notifier().deliver(NOTIFICATION)
        self.assertIsInstance(raised.exception.value, notifier.DeliveryError_Retryable)


if __name__ == "__main__":
    unittest.main()
