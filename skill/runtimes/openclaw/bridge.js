// The hook between host and service. Whatever breaks ends here: the host gives the message of a hook that breaks, or
// that takes too long, to its model.
import { readFileSync } from "node:fs";

import { messageOf } from "./message.js";
import { Recent } from "./recent.js";

const WORDS = JSON.parse(readFileSync(new URL("./words.json", import.meta.url), "utf8"));
const AT_REST = new Set(["idle", "connected"]);
// A pasted key or token, a device code, the address that a browser is sent back to.
const KEY = /(?<![A-Za-z0-9])(sk-|AIza|gsk_|xai-|hf_|pplx-|r8_|sess-|eyJ|rt_|ghp_|github_pat_)[\w.-]{4}/;
const CODE = /\b(?=[\d-]*[A-Z])[A-Z0-9]{4}-[A-Z0-9]{4,5}\b|[?&#](code|\w*token)=/;

export class Bridge {
  #service;
  #warn;
  #seats = new Recent(); // of a person in a conversation: the language, and whether an answer of theirs is awaited
  #answered = new Recent(); // messages; a host may deliver one again

  constructor(service, warn) {
    this.#service = service;
    this.#warn = warn;
  }

  // `before_dispatch`: undefined lets the model answer; `{ handled, text }` is said in its place, without text nothing.
  async onMessage(event, context) {
    try {
      return await this.#judged(messageOf(event, context));
    } catch (fault) {
      this.#warn(`a message was dropped: ${fault.name}`); // its words may be a secret
      return said("");
    }
  }

  async #judged(message) {
    const seat = JSON.stringify([message.platform, message.account, message.user_id, message.conversation_id]);
    const before = this.#seats.get(seat);
    let reply;
    try {
      reply = await this.#service.deliver(message);
    } catch (fault) {
      this.#warn(`the service gave no answer: ${fault.message}`); // a status, or what became of the connection
      return mayBeOurs(message.text, before) ? said(words(message.text, before).unreachable) : undefined;
    }
    if (!reply.handled) return undefined;
    const language = reply.language ?? before?.language;
    this.#seats.set(seat, { language, waiting: !AT_REST.has(reply.state) });
    if (reply.pending) return said(words(message.text, before).busy);
    // The host can answer or go on, not both: where another skill takes over, it is that one that speaks.
    if (reply.handoff && !reply.sensitive) return undefined;
    return said(this.#isNew(seat, message.message_id) ? [reply.text, ...reply.notes].filter(Boolean).join("\n\n") : "");
  }

  #isNew(seat, id) {
    if (id === null) return true;
    const key = `${seat} ${id}`;
    const known = this.#answered.has(key);
    this.#answered.set(key, true);
    return !known;
  }
}

function said(text) {
  return text ? { handled: true, text } : { handled: true };
}

// Without the service nothing that may belong to a sign-in reaches the model (runtimes.md, section 4.1).
function mayBeOurs(text, seat) {
  return seat?.waiting || KEY.test(text) || CODE.test(text);
}

function words(text, seat) {
  return WORDS[seat?.language ?? (/\p{Script=Han}/u.test(text) ? "zh" : "en")] ?? WORDS.en;
}
