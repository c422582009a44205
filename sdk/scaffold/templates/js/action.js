// Restarts a service over its HTTP interface.

const configSchema = {
  type: "object",
  additionalProperties: false,
  required: ["url"],
  properties: {
    url: {
      type: "string",
      description: "The URL of its interface. Writing it into a config grants it.",
      "x-watchkeep-grant": "http",
    },
  },
};

export const manifest = {
  describe() {
    return {
      name: "{{name}}",
      version: "0.1.0",
      summary: "Restarts a service over its HTTP interface",
      configSchema: JSON.stringify(configSchema),
      requests: [],
    };
  },
  validate() {},
};

export const action = {
  // A dry run: it may only look.
  async plan(occasion) {
    const { url } = JSON.parse(occasion.config);
    return (await isRunning(url)) ? [] : [{ title: "restart the service", target: url }];
  },

  // May be called again with the same occasion after a crash, and acts once.
  async perform(occasion) {
    const { url } = JSON.parse(occasion.config);
    if (await isRunning(url)) {
      return { summary: "it runs already", changed: false };
    }
    // The id is the same in every attempt: a service that keeps it restarts once.
    const answer = await ask(`${url}/restart`, { method: "POST", headers: { "idempotency-key": occasion.id } });
    if (!answer.ok) {
      throw { tag: "other", val: `the restart was answered with ${answer.status}` };
    }
    return { summary: "restarted it", changed: true };
  },
};

async function isRunning(url) {
  return (await ask(`${url}/health`)).ok;
}

async function ask(url, request) {
  try {
    return await fetch(url, request);
  } catch (failed) {
    throw { tag: "other", val: `no answer: ${failed.message ?? failed}` };
  }
}
