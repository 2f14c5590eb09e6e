// OpenClaw's way with `before_dispatch` in a few lines (runtimes.md, section 3.3): the first claim wins, and a hook
// that throws or takes too long leaves the message to the model, here the canary behind CANARY_URL.
import plugin from "../../../skill/runtimes/openclaw/index.js";

export class Gateway {
  warnings = [];
  #hooks = [];
  #numbers = 0;

  constructor(pluginConfig) {
    const logger = { warn: (line) => this.warnings.push(line) };
    const on = (name, handler, { timeoutMs }) => name === "before_dispatch" && this.#hooks.push({ handler, timeoutMs });
    plugin.register({ pluginConfig, logger, on });
  }

  // One message as a channel hands it in; what the person is shown, or null where the model answers.
  async receive(changes) {
    const common = { messageId: `m${++this.#numbers}`, sessionKey: "agent:main:main", senderId: "ana" };
    const event = { content: "", channel: "telegram", isGroup: false, timestamp: Date.now(), ...common, ...changes };
    const { messageId, channel: channelId, sessionKey, senderId } = event;
    const context = { messageId, channelId, sessionKey, senderId, accountId: "default", conversationId: senderId };
    for (const { handler, timeoutMs } of this.#hooks) {
      const done = within(timeoutMs, handler(event, context));
      const claim = await done.catch((fault) => this.warnings.push(fault.message));
      if (claim?.handled) return claim.text ?? "";
    }
    await fetch(process.env.CANARY_URL, { method: "POST", body: JSON.stringify(event) });
    return null;
  }

  // A person's private chat.
  chat(senderId) {
    return (content, changes) => this.receive({ content, senderId, ...changes });
  }
}

async function within(timeoutMs, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("timed out")), timeoutMs);
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
