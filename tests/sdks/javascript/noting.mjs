// Stands before each of the other files: a client that notes what is called, and what of it nothing called.
// HIDDEN are the names that the declarations call private or protected, which Node cannot tell from the rest.
const hidden = new Set(["constructor", ...process.env.HIDDEN.split(" ")]);
const called = new Set();
const isResource = (value) => typeof value === "object" && value !== null && "http" in value;

function noting(target, at = "") {
  return new Proxy(target, {
    get(_, name) {
      const value = target[name];
      if (isResource(value)) return noting(value, `${name}.`);
      if (typeof value !== "function") return value;
      return (...args) => {
        called.add(at + name);
        return value.apply(target, args);
      };
    },
  });
}

function methodsOf(thing, at = "") {
  const found = [];
  for (let kind = Object.getPrototypeOf(thing); kind !== Object.prototype; kind = Object.getPrototypeOf(kind)) {
    const names = Object.getOwnPropertyNames(kind).filter((name) => !hidden.has(name) && typeof thing[name] === "function");
    found.push(...names.map((name) => at + name));
  }
  for (const [name, value] of Object.entries(thing)) if (isResource(value)) found.push(...methodsOf(value, `${name}.`));
  return found;
}

/** Methods of a client that were not called. */
function uncalled(client) {
  const all = methodsOf(client);
  assert.ok(all.length > 20);
  return all.filter((name) => !called.has(name));
}
