// The FluenzR client: each resource, its errors, its pages.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Conflict, FluenzrClient, Forbidden, NotFound, Page, RateLimited, Unauthorized, ValidationFailed } from "@tidings/client";

const { BASE, KEY, READER, SPENT } = process.env;
const client = new FluenzrClient({ apiKey: KEY, baseUrl: BASE });
const word = () => randomBytes(5).toString("hex");
const address = () => `${word()}@example.com`;
const all = async (rows) => {
  const found = [];
  for await (const row of rows) found.push(row);
  return found;
};

const group = await client.groups.create({ name: word(), type: "static" });
const email = address();
const made = await client.contacts.create({ email, firstName: "Zoë", groupIds: [group.id], tags: ["a"] });
assert.equal(made.firstName, "Zoë");
assert.equal(made.groups[0].name, group.name);
assert.deepEqual(await client.contacts.get(made.id), made);
assert.equal((await client.contacts.update(made.id, { lastName: "Quay" })).lastName, "Quay");
assert.deepEqual((await client.contacts.addTags(made.id, ["b"])).tags, ["a", "b"]);
assert.deepEqual((await client.contacts.removeTags(made.id, ["b"])).tags, ["a"]);
assert.deepEqual((await client.contacts.removeGroups(made.id, [group.id])).groups, []);
assert.equal((await client.contacts.addGroups(made.id, [group.id])).groups.length, 1);
const found = await client.contacts.search(email, { filters: { tags: ["a"] }, sort: { field: "email", order: "asc" } });
assert.deepEqual(found.map((one) => one.id), [made.id]);
assert.ok(!(found.map((one) => one.id) instanceof Page));
await assert.rejects(client.contacts.create({ email }), Conflict);
assert.deepEqual(await client.contacts.delete(made.id), { id: made.id, deleted: true });
await assert.rejects(client.contacts.get(made.id), NotFound);
await assert.rejects(client.contacts.create({}), (error) => {
  assert.ok(error instanceof ValidationFailed);
  assert.deepEqual([error.status, error.code, error.fields], [400, "VALIDATION_ERROR", { email: "Email is required" }]);
  return true;
});

const rows = Array.from({ length: 7 }, (_, n) => ({ email: address(), firstName: String(n) }));
const result = await client.contacts.createMany([...rows, { email: "no" }], { groupIds: [group.id] });
assert.deepEqual([result.created, result.errors[0].index], [7, 7]);
const page = await client.contacts.list({ perPage: 3, groupId: group.id, sort: "createdAt", order: "asc" });
assert.deepEqual([page.length, page.total, page.totalPages, page.hasMore, page.meta.perPage], [3, 7, 3, true, 3]);
assert.deepEqual((await all(page.iterate())).map((one) => one.firstName).sort(), [..."0123456"]);
assert.equal((await all(client.contacts.iterate({ perPage: 2, groupId: group.id }))).length, 7);
assert.equal(await (await (await page.nextPage()).nextPage()).nextPage(), undefined);
let seen = 0;
for (const _ of page) seen += 1;
assert.equal(seen, 3);

const one = await client.contacts.create({ email: address() });
assert.deepEqual(await client.groups.addContacts(group.id, [one.id]), { added: 1, skipped: 0 });
assert.equal((await client.groups.get(group.id)).contactsCount, 8);
const renamed = await client.groups.update(group.id, { name: word() });
assert.ok((await client.groups.list({ name: renamed.name })).some((other) => other.id === group.id));
assert.equal((await client.groups.delete(group.id)).deleted, true);

await assert.rejects(new FluenzrClient({ apiKey: "flz_sk_wrong", baseUrl: BASE }).groups.list(), Unauthorized);
await assert.rejects(new FluenzrClient({ apiKey: READER, baseUrl: `${BASE}/v1` }).groups.create({ name: "x" }), Forbidden);
const spent = new FluenzrClient({ apiKey: SPENT, baseUrl: BASE, maxRetries: 0 });
await spent.groups.list();
await assert.rejects(spent.groups.list(), (error) => error instanceof RateLimited && error.retryAfter > 0 && error.retryAfter <= 60);
assert.throws(() => new FluenzrClient({ apiKey: KEY, baseUrl: "crm.example.com" }), TypeError);
