"""Unit tests, run by `watchkeep plugin test` with the interpreter of this machine: no host, no network."""

import json
import unittest
from types import SimpleNamespace
from unittest import mock

import plugin

OCCASION = SimpleNamespace(id="o1", config=json.dumps({"url": "https://shop.example.com"}))


def answering(*statuses: int):
    answers = [SimpleNamespace(status=status) for status in statuses]
    return mock.patch.object(plugin.http, "send", side_effect=answers)


class Tests(unittest.TestCase):
    def test_a_service_that_is_down_is_restarted(self):
        with answering(503, 202) as send:
            self.assertTrue(plugin.Action().perform(OCCASION).changed)
        self.assertEqual(send.call_args.args[0].url, "https://shop.example.com/restart")

    def test_a_second_attempt_finds_it_running(self):
        with answering(200):
            self.assertFalse(plugin.Action().perform(OCCASION).changed)

    def test_a_dry_run_says_what_would_be_done(self):
        with answering(503):
            [step] = plugin.Action().plan(OCCASION)
        self.assertEqual(step.target, "https://shop.example.com")


if __name__ == "__main__":
    unittest.main()
