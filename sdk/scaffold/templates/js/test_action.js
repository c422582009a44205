// Unit tests, run by `watchkeep plugin test` with the node of this machine: no host, no network.

import assert from "node:assert/strict";
import test from "node:test";

import { action } from "./plugin.js";

const occasion = { id: "o1", config: JSON.stringify({ url: "https://shop.example.com" }) };

function answering(...statuses) {
  globalThis.fetch = async () => new Response("", { status: statuses.shift() });
}

test("a service that is down is restarted", async () => {
  answering(503, 202);
  assert.equal((await action.perform(occasion)).changed, true);
});

test("a second attempt finds it running", async () => {
  answering(200);
  assert.equal((await action.perform(occasion)).changed, false);
});

test("a dry run says what would be done", async () => {
  answering(503);
  const [step] = await action.plan(occasion);
  assert.equal(step.target, "https://shop.example.com");
});
