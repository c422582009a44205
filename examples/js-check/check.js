// A check in JavaScript: asks a URL with `fetch` and looks for a text in the answer.

const REDIRECTS_MAX = 5;

const configSchema = {
  type: "object",
  additionalProperties: false,
  required: ["url"],
  properties: {
    url: {
      type: "string",
      description: "What is asked. It grants itself: writing it here is the operator's permission.",
      "x-watchkeep-grant": "http",
    },
    find: { type: "string", description: "Critical unless the answer holds this text." },
    token: {
      type: "object",
      description: "Sent as a bearer token.",
      required: ["secret"],
      additionalProperties: false,
      properties: { secret: { type: "string" } },
    },
  },
};

export const manifest = {
  describe() {
    return {
      name: "js-check",
      version: "0.1.0",
      summary: "Asks a URL with `fetch` and looks for a text",
      configSchema: JSON.stringify(configSchema),
      requests: [],
    };
  },
  validate(config) {
    if (JSON.parse(config).find === "") {
      throw [{ path: "/find", message: "is empty, and every answer holds that" }];
    }
  },
};

export const check = {
  async execute(run) {
    const config = JSON.parse(run.config);
    const began = performance.now();
    let response, text;
    try {
      response = await follow(config);
      text = await response.text();
    } catch (failed) {
      // Also for what was not granted: the host knows what it denied, and pages nobody for it.
      return report("critical", `no answer: ${failed.message ?? failed}`);
    }
    const seconds = {
      name: "probe_duration_seconds",
      value: (performance.now() - began) / 1000,
      unit: "seconds",
      min: 0,
      labels: [],
    };
    if (response.status !== 200) {
      return report("critical", `status ${response.status}`, [seconds]);
    }
    if (config.find && !text.includes(config.find)) {
      return report("critical", `the answer holds no \`${config.find}\``, [seconds]);
    }
    return report("ok", `status 200, ${text.length} characters`, [seconds], text.slice(0, 1000));
  },
};

// `fetch` hands redirects on; each further request is decided by grants anew.
async function follow(config) {
  const first = new URL(config.url);
  let url = first;
  for (let hop = 0; hop <= REDIRECTS_MAX; hop++) {
    const headers = {};
    if (config.token && url.origin === first.origin) {
      // The host puts the secret where this stands, on its way out; it never gets in here.
      headers.authorization = `Bearer __secret_${config.token.secret}__`;
    }
    const response = await fetch(url.href, { headers });
    const location = response.headers.get("location");
    if (![301, 302, 303, 307, 308].includes(response.status) || !location) {
      return response;
    }
    url = new URL(location, url);
  }
  throw new Error(`more than ${REDIRECTS_MAX} redirects`);
}

function report(state, summary, metrics = [], details = undefined) {
  return { state, summary, details, metrics, findings: [], events: [], attachments: [], labels: [] };
}
