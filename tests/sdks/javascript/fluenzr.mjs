// The FluenzR client: each resource, its errors, its pages.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Conflict, FluenzrClient, Forbidden, NotFound, Page, RateLimited, Unauthorized, ValidationFailed } from "@tidings/client";

const { BASE, KEY, READER, SPENT, HOOK, SMTP } = process.env;
const client = noting(new FluenzrClient({ apiKey: KEY, baseUrl: BASE }));
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
assert.ok((await all(client.groups.iterate({ perPage: 1 }))).some((other) => other.id === group.id));

const unreachable = { host: "127.0.0.1", port: 1, encryption: "none" };
const reached = { host: "127.0.0.1", port: Number(SMTP), encryption: "none" };
const account = await client.emailAccounts.create({ email: "me@harbour.example", displayName: "Me", smtp: reached });
assert.equal((await client.emailAccounts.test(account.id, { to: "tove@fjord.example" })).status, "connected");
assert.equal((await client.emailAccounts.update(account.id, { smtp: unreachable, dailyLimit: 9 })).dailyLimit, 9);
assert.equal((await client.emailAccounts.test(account.id)).status, "error");
assert.equal((await client.emailAccounts.get(account.id)).smtp.port, 1);
assert.ok((await client.emailAccounts.list()).some((other) => other.id === account.id));
assert.ok((await all(client.emailAccounts.iterate())).some((other) => other.id === account.id));

const workflow = {
  nodes: [
    { id: "s", type: "start", data: {} },
    { id: "m", type: "email", data: { subject: "Hi {{firstName|there}}", body: "<p>Hello</p>" } },
    { id: "e", type: "end", data: {} },
  ],
  edges: [{ from: "s", to: "m" }, { from: "m", to: "e" }],
};
const campaign = await client.campaigns.create({ name: word(), emailAccountId: account.id, workflow });
assert.deepEqual([campaign.status, campaign.emailAccountId], ["draft", account.id]);
assert.equal((await client.campaigns.update(campaign.id, { description: "x" })).description, "x");
assert.deepEqual(await client.campaigns.addContacts(campaign.id, { groupId: group.id }), { added: 8, skipped: 0, errors: [] });
assert.equal((await client.campaigns.addContacts(campaign.id, { filters: { groups: [group.id] } })).skipped, 8);
assert.equal((await client.campaigns.removeContacts(campaign.id, [one.id])).removed, 1);
assert.equal((await client.campaigns.addContacts(campaign.id, { contactIds: [one.id] })).added, 1);
const enrolled = await client.campaigns.listContacts(campaign.id, { status: "pending", perPage: 3 });
assert.deepEqual([enrolled.length, enrolled.total, enrolled[0].status], [3, 8, "pending"]);
assert.ok((await client.campaigns.list({ name: campaign.name })).some((other) => other.id === campaign.id));
assert.ok((await all(client.campaigns.iterate({ perPage: 1 }))).some((other) => other.id === campaign.id));
for (const act of ["pause", "resume", "archive"]) await assert.rejects(client.campaigns[act](campaign.id), Conflict);
assert.equal((await client.campaigns.start(campaign.id)).status, "active");
await assert.rejects(client.campaigns.archive(campaign.id), Conflict);
// Its mails are made by a worker of the test; before that there is nothing to pause.
const drawn = async () => {
  for (;;) {
    try {
      return await client.campaigns.pause(campaign.id);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
};
assert.equal((await drawn()).status, "paused");
assert.equal((await client.campaigns.resume(campaign.id)).status, "active");
assert.equal((await client.campaigns.get(campaign.id)).stats.contacts, 8);
const stats = await client.campaigns.getStats(campaign.id);
assert.deepEqual([stats.contacts, stats.openRate, stats.replyRate], [8, 0, 0]);
assert.deepEqual((await client.campaigns.getEmailStats(campaign.id)).map((mail) => mail.nodeId), ["m"]);
assert.deepEqual(await client.campaigns.getTimeline(campaign.id, { from: "2027-01-01", to: "2027-02-01", interval: "week" }), []);
assert.equal((await client.campaigns.getActivity(campaign.id, { type: "email.opened", contactId: one.id })).total, 0);

const hook = await client.webhooks.create({ name: "Shop", url: HOOK, events: ["contact.created"] });
assert.ok(hook.secret.startsWith("whsec_"));
assert.deepEqual((await client.webhooks.update(hook.id, { events: ["email.opened"] })).events, ["email.opened"]);
assert.equal("secret" in (await client.webhooks.get(hook.id)), false);
const tried = await client.webhooks.test(hook.id);
assert.deepEqual([tried.status, tried.statusCode], ["success", 200]);
assert.deepEqual((await client.webhooks.getLogs(hook.id, { status: "success" })).map((line) => line.id), [tried.id]);
assert.ok((await client.webhooks.list()).some((other) => other.id === hook.id));
assert.ok((await all(client.webhooks.iterate())).some((other) => other.id === hook.id));
assert.equal((await client.webhooks.delete(hook.id)).deleted, true);

const [first] = await client.pipeline.listStages();
const stage = await client.pipeline.createStage({ name: word(), color: "#112233" });
assert.equal((await client.pipeline.updateStage(stage.id, { name: "Demo" })).name, "Demo");
await client.contacts.update(one.id, { pipelineStageId: stage.id });
assert.equal((await client.pipeline.deleteStage(stage.id, { moveTo: first.id })).moved, 1);
assert.equal((await client.contacts.get(one.id)).pipelineStage.id, first.id);

assert.equal((await client.request("GET", "/pipeline/stages")).success, true);
assert.equal((await client.groups.delete(group.id)).deleted, true);
const spare = await client.emailAccounts.create({ email: "spare@harbour.example", smtp: unreachable });
assert.equal((await client.emailAccounts.delete(spare.id)).deleted, true);

await assert.rejects(new FluenzrClient({ apiKey: "flz_sk_wrong", baseUrl: BASE }).groups.list(), Unauthorized);
await assert.rejects(new FluenzrClient({ apiKey: READER, baseUrl: `${BASE}/v1` }).groups.create({ name: "x" }), Forbidden);
const spent = new FluenzrClient({ apiKey: SPENT, baseUrl: BASE, maxRetries: 0 });
await spent.groups.list();
await assert.rejects(spent.groups.list(), (error) => error instanceof RateLimited && error.retryAfter > 0 && error.retryAfter <= 60);
assert.throws(() => new FluenzrClient({ apiKey: KEY, baseUrl: "crm.example.com" }), TypeError);
assert.deepEqual(uncalled(client), []);
