// Unit tests, run by `watchkeep plugin test` with the node of this machine: no host, no network.

import assert from "node:assert/strict";
import test from "node:test";

import { check } from "./plugin.js";

const run = { config: JSON.stringify({ url: "https://shop.example.com/", find: "Add to cart" }) };

function answering(body) {
  globalThis.fetch = async (url) => {
    assert.equal(url, "https://shop.example.com/");
    return new Response(body, { status: 200 });
  };
}

test("the text is there", async () => {
  answering("<button>Add to cart</button>");
  assert.equal((await check.execute(run)).state, "ok");
});

test("says what is not on the page", async () => {
  answering("Out of order");
  const report = await check.execute(run);
  assert.equal(report.state, "critical");
  assert.equal(report.summary, "`Add to cart` is not on the page");
});
