// Looks for a text on a page.

const configSchema = {
  type: "object",
  additionalProperties: false,
  required: ["url", "find"],
  properties: {
    url: {
      type: "string",
      description: "The page to check. Writing it into a check grants it.",
      "x-watchkeep-grant": "http",
    },
    find: { type: "string", description: "The text that it must contain." },
  },
};

export const manifest = {
  describe() {
    return {
      name: "{{name}}",
      version: "0.1.0",
      summary: "Looks for a text on a page",
      configSchema: JSON.stringify(configSchema),
      requests: [],
    };
  },
  validate(config) {
    if (JSON.parse(config).find === "") {
      throw [{ path: "/find", message: "is empty, and stands on every page" }];
    }
  },
};

export const check = {
  async execute(run) {
    const config = JSON.parse(run.config);
    let page, text;
    try {
      // The host's own HTTP, under the grants of `http`.
      page = await fetch(config.url);
      text = await page.text();
    } catch (failed) {
      // Also for what was not granted: the host knows what it denied, and pages nobody for it.
      return report("critical", `no answer: ${failed.message ?? failed}`);
    }
    if (page.status !== 200) {
      return report("critical", `status ${page.status}`);
    }
    if (!text.includes(config.find)) {
      return report("critical", `\`${config.find}\` is not on the page`);
    }
    const bytes = { name: "probe_body_characters", value: text.length, unit: "", min: 0, labels: [] };
    return report("ok", "the page is as it should be", [bytes]);
  },
};

function report(state, summary, metrics = []) {
  return { state, summary, details: undefined, metrics, findings: [], events: [], attachments: [], labels: [] };
}
