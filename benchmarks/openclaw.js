// The plugin for OpenClaw in a process of its own. The first line holds the texts; then a line in, "own" or "trip", and
// the microseconds a message out.
// "own": what the plugin itself takes, for the service answers at once; "trip": with the real one over loopback.
import { createInterface } from "node:readline";

import { Bridge } from "../skill/runtimes/openclaw/bridge.js";
import { Service } from "../skill/runtimes/openclaw/service.js";
import { settingsOf } from "../skill/runtimes/openclaw/settings.js";

const { SERVICE_URL: url, SECRET: secret } = process.env;
const bridge = new Bridge(new Service(settingsOf({ url, secret })), (line) => console.error(line));
const fetches = { trip: fetch, own: async () => ({ ok: true, json: async () => ({ handled: false }) }) };
const common = { channel: "telegram", sessionKey: "agent:main:main", senderId: "7", isGroup: false };
const context = { accountId: "default", conversationId: "7" };

let texts;
for await (const line of createInterface({ input: process.stdin })) {
  if (!texts) {
    texts = JSON.parse(line);
    continue;
  }
  globalThis.fetch = fetches[line];
  const begun = performance.now();
  for (const [number, content] of texts.entries()) {
    await bridge.onMessage({ ...common, content, messageId: `${number}`, timestamp: 1_700_000_000_000 }, context);
  }
  console.log((1000 * (performance.now() - begun)) / texts.length);
}
