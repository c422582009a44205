
;(() => {
  // Added by the build, below the plugin's own lines: what is thrown and is no answer of the contract is told with the place
  // where it was thrown, since the host sees nothing but a trap.
  const told = (error) => {
    if (error instanceof Error && !("payload" in error)) {
      console.error(`${error}\nStack:\n${(error.stack ?? "").replaceAll("BUILT", "plugin.js")}`);
    }
    throw error;
  };
  const heard = (part) => {
    for (const [name, own] of Object.entries(part)) {
      if (typeof own !== "function" || Object.isFrozen(part)) continue;
      part[name] = function (...given) {
        try {
          const answer = own.apply(this, given);
          return answer instanceof Promise ? answer.catch(told) : answer;
        } catch (error) {
          return told(error);
        }
      };
    }
  };
  // The runtime's own says "NetworkError" of everything: the host says why, if it is asked to.
  const fetched = globalThis.fetch;
  if (typeof fetched === "function") {
    globalThis.fetch = async (what, options) => {
      const given = options?.headers ?? (what instanceof Request ? what.headers : undefined);
      const headers = new Headers(given);
      headers.set("x-watchkeep-failures", "told");
      const answer = await fetched(what, { ...options, headers });
      if (answer.headers.has("x-watchkeep-failure")) throw new TypeError(await answer.text());
      return answer;
    };
  }
  if (typeof manifest === "object") heard(manifest);
  if (typeof check === "object") heard(check);
  if (typeof notifier === "object") heard(notifier);
  if (typeof action === "object") heard(action);
})();
