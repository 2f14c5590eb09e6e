// The plugin before the real service, which asks the local provider; run by tests/runtimes/test_openclaw.py.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { settingsOf } from "../../../skill/runtimes/openclaw/settings.js";
import { Gateway } from "./gateway.js";
import { act, approve, asked, look } from "./provider.js";
import { Relay } from "./relay.js";

const SIGN_IN = "Sign in with my ChatGPT account";
const ORDINARY = "What's the weather like?";
const NOTHING = {}; // asked of the provider
const KEY = "sk-proj-0123456789abcdef0123456789abcdef";
const KEYS = JSON.parse(process.env.KEYS); // one of each kind that the service knows
const REACHABLE = { url: process.env.SERVICE_URL, secret: process.env.SECRET };
const gateway = new Gateway(REACHABLE);
let relay;
let people = 0;

before(async () => {
  relay = await new Relay().open();
});
after(() => relay.close());

// A new person's private chat, with the plugin right before the service, or behind the relay.
function chat(where = gateway) {
  return where.chat(`person ${++people}`);
}

function behind(manner = "", config = {}) {
  Object.assign(relay, { manner, deliveries: [] });
  return new Gateway({ url: relay.url, secret: process.env.SECRET, ...config });
}

async function code() {
  return (await look()).codes.at(-1).user_code;
}

for (const [language, request, done, connected] of [
  ["English", SIGN_IN, "done ✅", "ana@example.test. You can switch with `/model openai-codex/gpt-5-codex`."],
  ["Spanish", "Inicia sesión con mi cuenta de ChatGPT", "listo", "ana@example.test"],
  ["Chinese", "使用我的ChatGPT账户登录", "完成了", "已以ana@example.test身份连接。"],
]) {
  test(`from the first word to connected, in ${language}`, async () => {
    const say = chat();
    const calls = await asked(async () => {
      const shown = await say(request);
      assert.ok(shown.includes(await code()) && shown.includes(`${process.env.ISSUER}/codex/device\n`), shown);
      await approve();
      assert.ok((await say(done)).includes(connected));
    });
    assert.deepEqual([calls.start, calls.poll], [1, 1]);
  });
}

test("an ordinary message is the model's, also in mid-flow", async () => {
  const say = chat();
  assert.equal(await say(ORDINARY), null);
  await say(SIGN_IN);
  assert.equal(await say(ORDINARY), null);
  assert.equal(await say("/model gpt-5"), null);
});

test("a message that comes again is answered once, one after the other and both at once", async () => {
  const say = chat();
  const calls = await asked(async () => {
    const same = { messageId: "same" };
    const shown = [...(await Promise.all([say(SIGN_IN, same), say(SIGN_IN, same)])), await say(SIGN_IN, same)];
    assert.equal(shown.filter((text) => text.includes("And enter this code")).length, 1);
    assert.equal(shown.filter((text) => text === "").length, 2);
  });
  assert.equal(calls.start, 1);
});

test("an edit confirms nothing, and the model doesn't see it", async () => {
  const [say, edited] = [chat(), { messageId: "edited" }];
  await say(SIGN_IN, edited);
  await approve();
  assert.deepEqual(await asked(async () => assert.equal(await say("done", edited), "")), NOTHING);
});

test("a host without message ids is served, and one message is one delivery", async () => {
  const say = chat();
  assert.ok((await say(SIGN_IN, { messageId: undefined })).includes(await code()));
  await approve();
  assert.ok((await say("done", { messageId: undefined })).startsWith("Connected as"));
});

for (const isGroup of [true, undefined]) {
  test(`a room with isGroup ${isGroup} gets one pointer, and no flow is begun or advanced there`, async () => {
    const say = chat();
    const pointed = await asked(async () => assert.match(await say(SIGN_IN, { isGroup }), /private chat/));
    assert.deepEqual(pointed, NOTHING);
    await say(SIGN_IN);
    await approve();
    assert.deepEqual(await asked(async () => assert.equal(await say("done", { isGroup }), null)), NOTHING);
  });
}

test("who cannot be told from others starts nothing", async () => {
  const nobody = { content: SIGN_IN, senderId: undefined };
  assert.deepEqual(await asked(async () => assert.match(await gateway.receive(nobody), /can't tell/)), NOTHING);
});

test("another person, or the same id on another channel, confirms nothing", async () => {
  const say = chat();
  await say(SIGN_IN);
  await approve();
  const calls = await asked(async () => {
    assert.equal(await chat()("done"), null);
    assert.equal(await say("done", { channel: "slack" }), null);
  });
  assert.deepEqual(calls, NOTHING);
});

test("a done that was sent before the code was shown doesn't poll", async () => {
  const say = chat();
  const earlier = Date.now() - 60_000;
  await say(SIGN_IN);
  await approve();
  assert.deepEqual(await asked(() => say("done", { timestamp: earlier })), NOTHING);
});

test("a pasted key is answered, and the model doesn't see it", async () => {
  assert.match(await chat()(`Add my OpenAI API key ${KEY}`), /delete/);
});

test("a request that another skill takes over is given to it", async () => {
  assert.equal(await chat()("Add OpenAI API key"), null);
});

test("an event that makes no sense is dropped, and its words stay out of the log", async () => {
  const odd = new Gateway(REACHABLE);
  assert.equal(await odd.receive({ content: { words: KEY } }), "");
  assert.deepEqual(odd.warnings, ["sign-in: a message was dropped: TypeError"]);
});

// While the service gives no answer (runtimes.md, section 4.1).

const QUICK = { answerSeconds: 0.2, patienceSeconds: 0.2 };

for (const manner of ["down", "silent", "broken"]) {
  test(`outside a flow, with the service ${manner}, the model goes on, but sees no key`, async () => {
    const say = chat(behind(manner, QUICK));
    assert.equal(await say(ORDINARY), null);
    assert.match(await say(`Look: ${KEY}`), /can't reach the sign-in service/);
  });

  test(`in a flow, with the service ${manner}, nothing reaches the model until it is back`, async () => {
    const flaky = behind("", QUICK);
    const say = chat(flaky);
    while (!(await say("使用我的ChatGPT账户登录")).includes("验证码"));
    await approve();
    relay.manner = manner;
    assert.match(await say("done"), /暂时无法访问登录服务/);
    assert.equal(await chat(flaky)(ORDINARY), null);
    relay.manner = "";
    while (!(await say("完成了")).startsWith("已以"));
    relay.manner = manner;
    assert.equal(await say(ORDINARY), null);
  });
}

test("every kind of key that the service knows, a code and a callback stay with the plugin too", async () => {
  const say = chat(behind("down"));
  for (const secret of [...KEYS, "WXYZ-12345", "http://localhost:1455/auth/callback?code=abc"]) {
    assert.match(await say(`Look: ${secret}`), /can't reach the sign-in service/, secret);
  }
  assert.match(await say(`我的密钥 ${KEY}`), /暂时无法访问登录服务/);
});

test("an answer that is lost on the way is fetched under the same id, and nothing is started twice", async () => {
  const say = chat(behind("lost"));
  const calls = await asked(async () => assert.ok((await say(SIGN_IN)).includes(await code())));
  assert.equal(calls.start, 1);
  assert.equal(relay.deliveries.length, 2);
  assert.equal(new Set(relay.deliveries).size, 1);
});

test("a wrong secret is one line in the log, which the operator understands", async () => {
  const stranger = new Gateway({ ...REACHABLE, secret: `whsec_${Buffer.alloc(24).toString("base64")}` });
  assert.equal(await chat(stranger)(SIGN_IN), null);
  assert.deepEqual(stranger.warnings, ["sign-in: the service gave no answer: HTTP 401"]);
});

test("while a secret is exchanged, one of several fits", async () => {
  const secret = `whsec_${Buffer.alloc(24).toString("base64")} ${process.env.SECRET}`;
  assert.ok((await chat(new Gateway({ ...REACHABLE, secret }))(SIGN_IN)).includes(await code()));
});

test("a code never travels in the open, and a secret is none of a few bytes", () => {
  for (const url of ["http://elsewhere.example.test", "ftp://127.0.0.1", "nonsense"]) {
    assert.throws(() => settingsOf({ url }), { message: /url/i });
  }
  for (const secret of ["password", "whsec_c2hvcnQ="]) {
    assert.throws(() => settingsOf({ secret }), /--new-secret/);
  }
  assert.equal(settingsOf({ url: "https://service.example.test/" }).url, "https://service.example.test");
});

test("the operator's variables serve where the plugin's entry says nothing", () => {
  const environment = { CODEX_ONBOARDING_WEBHOOK_SECRET: process.env.SECRET };
  assert.deepEqual(settingsOf(undefined, environment), settingsOf({ secret: process.env.SECRET }));
});

// With a provider that takes its time; the last, for the gate stays open.

test("a slow provider holds up nobody else, and the code is there when it is asked for again", async () => {
  const hasty = new Gateway({ ...REACHABLE, ...QUICK });
  const sender = `person ${++people}`;
  const calls = await asked(async () => {
    await act("configure", { latency: 10 });
    assert.match(await hasty.chat(sender)(SIGN_IN), /still busy/);
    assert.equal(await chat()(ORDINARY), null);
    await fetch(process.env.GATE_URL, { method: "POST" });
    assert.ok((await gateway.chat(sender)(SIGN_IN, { messageId: "again" })).includes(await code()));
  });
  assert.equal(calls.start, 1);
});
