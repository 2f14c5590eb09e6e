// The plugin for OpenClaw (docs/runtimes/openclaw.md): each message goes to `codex-onboarding serve` before the model
// sees it. It translates and decides nothing: what a message means, and what is said to it, comes from the service.
import { Bridge } from "./bridge.js";
import { Service } from "./service.js";
import { settingsOf } from "./settings.js";

const MARGIN = 5_000; // ms; where the host's own time-out comes before ours, the model gets the message

export default {
  id: "chatgpt-codex-onboarding",
  name: "ChatGPT/Codex sign-in",
  description: "Gives each message to the sign-in service before the model sees it.",
  register(api) {
    const settings = settingsOf(api.pluginConfig, process.env);
    const bridge = new Bridge(new Service(settings), (line) => api.logger.warn(`sign-in: ${line}`));
    const timeoutMs = settings.answerMs + settings.patienceMs + MARGIN;
    api.on("before_dispatch", (event, context) => bridge.onMessage(event, context), { timeoutMs });
  },
};
