// The local provider, steered from outside as its page is.

const control = `${process.env.ISSUER}/_control`;

export async function look() {
  return await (await fetch(control)).json();
}

export async function act(name, given = {}) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(control, { method: "POST", headers, body: JSON.stringify({ do: name, ...given }) });
  if (!answer.ok) throw new Error(await answer.text());
}

export async function approve() {
  await act("approve", { user_code: (await look()).codes.at(-1).user_code });
}

// How often each endpoint was asked while `scene` was played; those that weren't are left out.
export async function asked(scene) {
  const before = (await look()).counts;
  await scene();
  const after = (await look()).counts;
  const more = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]);
  return Object.fromEntries(more.filter(([, count]) => count));
}
