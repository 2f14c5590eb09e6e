// What stands between plugin and service, and can fail: "down" breaks each connection, "silent" never answers, "broken"
// answers 500 in the service's place, "lost" loses one answer on the way back.
import { createServer } from "node:http";

export class Relay {
  manner = "";
  deliveries = []; // the ids that came by
  #server = createServer((request, response) => this.#pass(request, response));

  async open() {
    await new Promise((ready) => this.#server.listen(0, "127.0.0.1", ready));
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #pass(request, response) {
    this.deliveries.push(request.headers["webhook-id"]);
    if (this.manner === "down") return request.socket.destroy();
    if (this.manner === "silent") return;
    if (this.manner === "broken") return response.writeHead(500).end();
    const { method, url, headers } = request;
    const parts = [];
    for await (const part of request) parts.push(part);
    const { connection: _, "transfer-encoding": __, "content-length": ___, ...passed } = headers;
    const answer = await fetch(process.env.SERVICE_URL + url, { method, headers: passed, body: Buffer.concat(parts) });
    if (this.manner === "lost") {
      this.manner = "";
      return request.socket.destroy();
    }
    response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
  }
}
