// @ts-self-types="./serve.d.mts"

// The line protocol of the workers. A request is five words, the answer one line of JSON:
//
//   get COUNT SERVICE USERNAME EXPECTED   →   {"ns":1234.5}
//
// `ns` is the median over COUNT calls. What a call answers is checked: a benchmark of failing calls
// says nothing. `prepare` and `cleanup` store and delete the entry that the other requests use.

const PASSWORD = "made-up";
const AT_ONCE = 100;

function expect(condition, what) {
  if (!condition) throw new Error(`unexpected answer: ${what}`);
}

async function time(count, action, before) {
  const times = [];
  for (let index = 0; index < count; index++) {
    await before?.();
    const start = performance.now();
    await action();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[count >> 1] * 1e6;
}

const REQUESTS = {
  prepare: (library, [, service, username]) => library.set(service, username, PASSWORD),
  cleanup: (library, [, service, username]) => library.remove(service, username),
  get: (library, [count, service, username]) =>
    time(count, async () => {
      expect(await library.get(service, username) === PASSWORD, "not the password");
    }),
  miss: (library, [count, service]) =>
    time(count, async () => {
      const found = await library.get(service, "nobody");
      expect(found === null || found === undefined, "a password of nobody");
    }),
  set: (library, [count, service, username]) =>
    time(count, () => library.set(service, username, PASSWORD)),
  delete: (library, [count, service, username]) =>
    time(
      count,
      () => library.remove(service, username),
      () => library.set(service, username, PASSWORD),
    ),
  list: (library, [count, service, , expected]) =>
    time(count, async () => {
      const { length } = await library.list(service);
      expect(length === Number(expected), `${length} entries instead of ${expected}`);
    }),
  "at-once": (library, [count, service, username]) =>
    time(count, async () => {
      const get = library.getAsync ?? library.get;
      const reads = Array.from({ length: AT_ONCE }, () => get(service, username));
      for (const found of await Promise.all(reads)) expect(found === PASSWORD, "not the password");
    }),
};

async function answer(library, line) {
  const [request, ...words] = line.split(" ");
  try {
    return { ns: await REQUESTS[request](library, words) };
  } catch (error) {
    return { error: `${request}: ${error.message}` };
  }
}

async function* lines(chunks) {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true });
    const complete = text.split("\n");
    text = complete.pop() ?? "";
    yield* complete;
  }
}

/** Says how long loading the library took, then answers requests until `exit`. */
export async function serve(load, { requests, write }) {
  const start = performance.now();
  const library = await load();
  const importNs = (performance.now() - start) * 1e6;
  const say = (value) => write(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
  say({ ns: importNs });
  for await (const line of lines(requests)) {
    if (line === "exit") return;
    say(await answer(library, line));
  }
}
