// The chat page: sends what is typed, shows what comes back, and draws where the conversation stands.
// It asks only the service that it came from. The code never goes into an address, and nothing here confirms anything.
"use strict";

const words = JSON.parse(document.getElementById("words").textContent);
const at = (id) => document.getElementById(id);
const LOOK_EVERY = 1000; // ms, at our own service; the provider hears nothing of it
const LOOK_SOON = 250; // while a call is in flight, its state lasts for a moment only
const SAYS = {
  idle: ["say_start", "say_ambiguous"],
  clarifying: ["say_choose", "say_cancel"],
  started: [],
  awaiting_confirm: ["say_done", "say_not_yet", "say_again", "say_cancel"],
  polling: [],
  connected: ["say_hello", "say_models", "say_usage", "say_logout"],
  failed: ["retry", "say_cancel"],
};
let state = "idle";
let busy = false;
let known = 0; // steps that there are
let before = 0; // steps that there were when the last message was sent
let lastRequest = null;

// --- building blocks

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text; // never as HTML
  return made;
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function append(turn) {
  const log = at("log");
  log.append(turn);
  log.scrollTop = log.scrollHeight;
  return turn;
}

function spoken(tag, className, text) {
  const made = element(tag, className);
  text.split("`").forEach((part, index) => made.append(index % 2 ? element("code", "", part) : part));
  return made;
}

function turn(kind, who, text) {
  const made = element("div", `turn ${kind}`);
  if (who) made.append(element("span", "who", who));
  made.append(element("div", "says", text));
  return append(made);
}

// --- what the skill says

function codeCard(reply) {
  const steps = element("ol", "steps");
  const open = element("li");
  open.append(element("span", "label", words.step_open), element("span", "url", reply.verification_url));
  const link = element("a", "button main", `${words.open} ↗`);
  link.href = reply.verification_url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.append(element("span", "sr", ` (${words.new_tab})`));
  open.append(link);
  const enter = element("li");
  const row = element("div", "code");
  const code = element("output", "", reply.user_code);
  const copy = element("button", "copy", words.copy);
  copy.type = "button";
  const copied = element("span", "sr");
  copied.setAttribute("role", "status");
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(reply.user_code);
      copy.textContent = `✓ ${words.copied}`;
      copied.textContent = words.copied;
    } catch {
      getSelection().selectAllChildren(code);
      copied.textContent = words.copy_failed;
      copied.className = "about";
    }
  });
  row.append(code, copy, copied);
  enter.append(element("span", "label", words.step_code), row);
  steps.append(open, enter);
  return steps;
}

function showReply(reply, stood) {
  const arrived = reply.state === "connected" && stood !== "connected";
  const shown = element("div", `turn skill ${arrived ? "good" : ""}`);
  shown.append(element("span", "who", words.skill));
  if (reply.user_code) {
    // The text holds address and code as two lines; here they are two steps. What stands before them stays.
    const before = reply.text.split("\n\n").slice(0, -1).join("\n\n");
    if (before) shown.append(spoken("div", "says", before));
    shown.append(codeCard(reply));
  } else if (reply.text) {
    shown.append(spoken("div", "says", reply.text));
  }
  for (const note of reply.notes) shown.append(spoken("p", "note", note));
  if (reply.handoff) shown.append(element("p", "note", `→ ${fill(words.handoff, { skill: reply.handoff })}`));
  if (shown.children.length > 1) append(shown);
}

// --- sending

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return answer;
}

async function say(text) {
  if (busy || !text.trim()) return;
  setBusy(true);
  before = known;
  const stood = state; // the diagram may be ahead of the answer
  turn("you", words.you, text);
  if (text.trim().startsWith("/model")) {
    choose(text.trim().slice(6).trim());
    return setBusy(false);
  }
  const waiting = turn("skill waiting", words.skill, "");
  waiting.setAttribute("aria-label", words.thinking);
  const watching = setInterval(look, LOOK_SOON);
  try {
    const answer = await post("/chat/messages", { text, language: words.language });
    const reply = await answer.json();
    waiting.remove();
    if (!answer.ok) throw new Error(reply.message);
    if (reply.handled) showReply(reply, stood);
    else await passOn(text);
  } catch (fault) {
    waiting.remove();
    turn("skill bad", words.skill, fault instanceof TypeError ? words.broken : fault.message);
  }
  clearInterval(watching);
  await look();
  setBusy(false);
}

function setBusy(now) {
  busy = now;
  at("send").disabled = now;
  for (const button of at("says").children) button.disabled = now;
  // A suggestion that was pressed is gone; whoever moved on meanwhile stays where they are.
  if (!now && document.activeElement === document.body) at("text").focus({ preventScroll: true });
}

// --- what isn't the skill's: the chosen model answers, if there is one

async function passOn(text) {
  const model = at("model").value;
  if (!model) return turn("aside", "", words.passed);
  const answer = await post("/chat/model", { text, model });
  if (!answer.ok) {
    const problem = await answer.json();
    return turn("skill bad", model, fill(words.model_failed, { why: problem.message }));
  }
  const shown = turn("model", model, "").querySelector(".says");
  for await (const event of eventsOf(answer)) {
    if (event.type === "response.output_text.delta") shown.textContent += event.delta;
    at("log").scrollTop = at("log").scrollHeight;
  }
}

async function* eventsOf(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const pieces = (rest + value).split("\n\n");
    rest = pieces.pop();
    for (const piece of pieces) {
      const data = piece.split("\n").find((line) => line.startsWith("data: "));
      if (data) yield JSON.parse(data.slice(6));
    }
  }
}

function choose(name) {
  const option = [...at("model").options].find((each) => each.value && each.value === name);
  if (option) at("model").value = option.value;
  turn("aside", "", option ? fill(words.switched, { model: option.value }) : words.no_model);
}

function offerModels(models) {
  const select = at("model");
  const offered = [...select.options].slice(1).map((option) => option.value);
  if (offered.join() === models.join()) return;
  const chosen = select.value;
  while (select.options.length > 1) select.remove(1);
  for (const model of models) select.add(new Option(model, model));
  if (models.includes(chosen)) select.value = chosen;
}

// --- where it stands, and what the provider was asked

async function look() {
  try {
    const answer = await fetch("/chat/view", { cache: "no-store" });
    if (!answer.ok) return;
    const view = await answer.json();
    draw(view);
    list(view.requests, view.steps);
    offerModels(view.models);
  } catch {
    // The service is away for the moment; the next look tells.
  }
}

function draw(view) {
  const changed = state !== view.state || !at("says").childElementCount;
  state = view.state;
  const last = view.steps.at(-1);
  if (view.steps.length !== known) {
    known = view.steps.length;
    const taken = view.steps.slice(before); // the way of this turn
    const been = new Set(taken.flatMap((step) => [step.from, step.to]));
    for (const arrow of document.querySelectorAll(".arrow")) {
      const mine = (step) => step.from === arrow.dataset.from && step.to === arrow.dataset.to;
      arrow.classList.toggle("taken", taken.some(mine));
    }
    for (const box of document.querySelectorAll(".state")) box.classList.toggle("been", been.has(box.dataset.state));
  }
  for (const box of document.querySelectorAll(".state")) box.classList.toggle("now", box.dataset.state === state);
  setText("now", words[`state_${state}`]);
  if (last) setText("step", `${last.event}: ${last.from} → ${last.to}`);
  if (changed) suggest();
}

function suggest() {
  at("says").replaceChildren(
    ...SAYS[state].map((key) => {
      const button = element("button", "", words[key]);
      button.type = "button";
      button.disabled = busy;
      button.addEventListener("click", () => say(words[key]));
      return button;
    }),
  );
  at("log").scrollTop = at("log").scrollHeight; // the suggestions may have taken room
}

function list(requests, steps) {
  at("requests-none").hidden = Boolean(requests && requests.length);
  if (!requests) return setText("requests-none", words.requests_unknown);
  const shown = at("requests");
  const listed = Number(shown.lastElementChild?.dataset.number ?? 0);
  const fresh = requests.filter((each) => each.number > listed);
  shown.append(...fresh.map(row));
  if (fresh.length) shown.scrollTop = shown.scrollHeight;
  setText("confirmations", steps.filter((step) => step.event === "confirm").length);
  setText("polls", requests.filter((request) => request.endpoint === "poll").length);
  lastRequest = requests.length ? Date.parse(requests.at(-1).time) : null;
  tick();
}

function row(request) {
  const made = element("li", request.endpoint);
  made.dataset.number = request.number;
  made.append(
    element("time", "", new Date(request.time).toLocaleTimeString("en-GB")),
    element("span", "endpoint", words[`endpoint_${request.endpoint}`] ?? request.endpoint),
    element("span", "status", request.status ?? "…"),
    element("span", "path", `${request.method} ${request.path}`),
  );
  return made;
}

function tick() {
  const seconds = lastRequest === null ? null : Math.max(0, Math.round((Date.now() - lastRequest) / 1000));
  setText("quiet", seconds === null ? "" : fill(words.quiet, { seconds }));
}

function setText(id, text) {
  if (at(id).textContent !== String(text)) at(id).textContent = text; // a live region speaks at each change
}

// --- the page itself

at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = at("text");
  if (busy) return;
  const text = field.value;
  field.value = "";
  say(text);
});
at("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    at("form").requestSubmit();
  }
});
at("model").addEventListener("change", () => {
  if (at("model").value) turn("aside", "", fill(words.switched, { model: at("model").value }));
});
setInterval(() => document.hidden || look(), LOOK_EVERY);
look();
