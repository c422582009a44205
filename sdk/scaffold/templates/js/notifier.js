// Posts one line of text for each notification.

const configSchema = {
  type: "object",
  additionalProperties: false,
  required: ["url"],
  properties: {
    url: {
      type: "string",
      description: "Where to post. Writing it into a receiver grants it.",
      "x-watchkeep-grant": "http",
    },
  },
};

export const manifest = {
  describe() {
    return {
      name: "{{name}}",
      version: "0.1.0",
      summary: "Posts one line of text",
      configSchema: JSON.stringify(configSchema),
      requests: [],
    };
  },
  validate() {},
};

export const notifier = {
  async deliver(notification) {
    const { url } = JSON.parse(notification.config);
    let answer;
    try {
      answer = await fetch(url, { method: "POST", body: line(notification) });
    } catch (failed) {
      // `fetch` does not tell how far it came: the message may have arrived.
      throw { tag: "unsure", val: `no answer: ${failed.message ?? failed}` };
    }
    if (answer.ok) {
      return answer.headers.get("x-message-id") ?? undefined;
    }
    const tag = answer.status === 429 || answer.status >= 500 ? "retryable" : "rejected";
    throw { tag, val: `answered ${answer.status}` };
  },
};

function line(notification) {
  const [alert] = notification.alerts;
  return alert ? `${alert.state.toUpperCase()}: ${alert.check}: ${alert.summary}` : notification.reason;
}
