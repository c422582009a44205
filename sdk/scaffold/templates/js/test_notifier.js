// Unit tests, run by `watchkeep plugin test` with the node of this machine: no host, no network.

import assert from "node:assert/strict";
import test from "node:test";

import { notifier } from "./plugin.js";

const notification = {
  config: JSON.stringify({ url: "https://push.example.com/shop" }),
  alerts: [{ state: "critical", check: "shop", summary: "connection refused" }],
};

test("posts one line and keeps the service's id", async () => {
  let sent;
  globalThis.fetch = async (url, request) => {
    sent = { url, ...request };
    return new Response("", { status: 200, headers: { "x-message-id": "m7" } });
  };
  assert.equal(await notifier.deliver(notification), "m7");
  assert.equal(sent.body, "CRITICAL: shop: connection refused");
});

test("a service that fails is tried again", async () => {
  globalThis.fetch = async () => new Response("", { status: 503 });
  await assert.rejects(notifier.deliver(notification), { tag: "retryable", val: "answered 503" });
});
