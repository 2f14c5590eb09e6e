// One message to the service and its answer, signed as Standard Webhooks ask: `id.timestamp.body`, HMAC-SHA256.
import { createHmac, randomUUID } from "node:crypto";

const GRACE = 500; // ms beyond what the service was asked to take: for the way there and back

export class Service {
  #settings;

  constructor(settings) {
    this.#settings = settings;
  }

  // The service's answer; `{ handled: true, pending: true }` where it took longer than the person is asked to wait.
  // Throws where there is none. However often it is delivered, one id has one effect and one answer.
  async deliver(message) {
    const body = JSON.stringify(message);
    const id = `msg_${randomUUID()}`;
    const until = Date.now() + this.#settings.patienceMs;
    let answer = await this.#twice(id, body);
    while (answer.pending && Date.now() < until) answer = await this.#post(id, body);
    return answer;
  }

  // A connection that breaks, or a service that is just starting again, deserves a second try; silence doesn't.
  async #twice(id, body) {
    try {
      return await this.#post(id, body);
    } catch (fault) {
      if (fault.name === "TimeoutError" || fault.final) throw fault;
      return await this.#post(id, body);
    }
  }

  async #post(id, body) {
    const { url, answerMs } = this.#settings;
    const response = await fetch(`${url}/v1/messages`, {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        prefer: `wait=${answerMs / 1000}`,
        "webhook-id": id,
        ...this.#signature(id, body),
      },
      redirect: "error",
      signal: AbortSignal.timeout(answerMs + GRACE),
    });
    if (response.ok) return await response.json();
    throw Object.assign(new Error(`HTTP ${response.status}`), { final: response.status < 500 });
  }

  // One signature for each secret, so that one can be exchanged without a gap.
  #signature(id, body) {
    const timestamp = Math.floor(Date.now() / 1000);
    const signed = this.#settings.keys.map(
      (key) => `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`,
    );
    return signed.length ? { "webhook-timestamp": `${timestamp}`, "webhook-signature": signed.join(" ") } : {};
  }
}
