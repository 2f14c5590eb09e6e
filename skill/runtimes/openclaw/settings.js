// What the operator can set: the plugin's entry in the host's config, else the variables that the service reads too.

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

// Address, secrets and times (ms). Throws where a code would travel in the open, or a secret is none.
export function settingsOf(config = {}, environment = {}) {
  const url = config.url ?? environment.CODEX_ONBOARDING_SERVICE_URL ?? "http://127.0.0.1:8787";
  const secret = config.secret ?? environment.CODEX_ONBOARDING_WEBHOOK_SECRET ?? "";
  return {
    url: trusted(url),
    keys: secret.split(/\s+/).filter(Boolean).map(keyOf),
    answerMs: 1000 * (config.answerSeconds ?? 2.5), // runtimes.md, section 4.9
    patienceMs: 1000 * (config.patienceSeconds ?? 30), // a turn of the service's takes 25 s at most
  };
}

function trusted(text) {
  const { protocol, hostname, origin } = new URL(text);
  if (protocol === "https:" || (protocol === "http:" && LOOPBACK.has(hostname))) return origin;
  throw new Error("url must be an https address, or http on this machine");
}

function keyOf(secret) {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  if (secret.startsWith("whsec_") && key.length >= 24) return key;
  throw new Error("secret must be what `codex-onboarding serve --new-secret` prints");
}
