// The FluentCRM client: each resource, its errors, its pages.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { ApiError, FluentCrmClient, NotFound, Unauthorized, ValidationFailed } from "@tidings/client";

const { BASE, KEY } = process.env;
const client = noting(new FluentCrmClient({ user: "ada", applicationPassword: KEY, baseUrl: BASE }));
const word = () => randomBytes(5).toString("hex");
const address = () => `${word()}@example.com`;
const ids = async (rows) => {
  const found = [];
  for await (const row of rows) found.push(row.id);
  return found;
};

for (const terms of [client.tags, client.lists]) {
  const made = await terms.create({ title: word(), slug: word(), description: "d" });
  assert.equal((await terms.get(made.id)).description, "d");
  assert.equal((await terms.update(made.id, { title: "New Title" })).title, "New Title");
  assert.ok((await ids(terms.iterate())).includes(made.id));
  assert.deepEqual((await terms.list({ search: "New Title" })).map((one) => one.id), [made.id]);
  assert.ok((await terms.delete(made.id)).message);
  await assert.rejects(terms.get(made.id), NotFound);
}

const list = await client.lists.create({ title: word(), slug: word() });
const email = address();
const made = await client.contacts.create({ email, status: "subscribed", first_name: "Zoë", lists: [list.id] });
assert.equal(made.full_name, "Zoë");
assert.equal((await client.contacts.getByEmail(email)).id, made.id);
assert.equal((await client.contacts.update(made.id, { last_name: "Quay" })).last_name, "Quay");
await client.contacts.create({ email, status: "subscribed", city: "Bonn" }, { forceUpdate: true });
assert.equal((await client.contacts.get(made.id)).city, "Bonn");
await assert.rejects(
  client.contacts.create({ email, status: "subscribed" }),
  (error) => error instanceof ValidationFailed && "email" in error.fields,
);
for (let n = 0; n < 4; n++) await client.contacts.create({ email: address(), status: "subscribed", lists: [list.id] });
const page = await client.contacts.list({ perPage: 2, lists: [list.id] });
assert.deepEqual([page.length, page.total, page.totalPages], [2, 5, 3]);
assert.equal(new Set(await ids(page.iterate())).size, 5);
const note = await client.contacts.createNote(made.id, { title: "Call", description: "x", type: "call" });
assert.deepEqual(await ids((await client.contacts.listNotes(made.id)).iterate()), [note.id]);
assert.equal((await client.contacts.updateNote(made.id, note.id, { title: "Met", description: "x", type: "note" })).title, "Met");
await client.contacts.deleteNote(made.id, note.id);
assert.equal((await client.contacts.listEmails(made.id)).length, 0);
assert.ok((await client.contacts.trackEvent({ email, event_key: "bought", title: "Bought" })).message);
assert.ok((await client.contacts.createMany([{ email: address(), status: "subscribed" }])).message);

const company = await client.companies.create({ name: word() });
assert.equal((await client.companies.update(company.id, { industry: "Books" })).id, company.id);
assert.equal((await client.companies.get(company.id)).name, company.name);
assert.ok((await client.companies.attachContacts([company.id], [made.id])).message);
assert.ok((await client.companies.detachContacts([company.id], [made.id])).message);
assert.ok((await ids(client.companies.iterate())).includes(company.id));
assert.deepEqual((await client.companies.list({ search: company.name })).map((one) => one.id), [company.id]);
assert.ok((await client.companies.delete(company.id)).message);

const campaign = await client.campaigns.create({ title: word() });
assert.equal((await client.campaigns.update(campaign.id, { title: email, email_subject: "Hi" })).email_subject, "Hi");
assert.equal((await client.campaigns.get(campaign.id)).title, email);
const audience = { subscribers: [{ list: "all", tag: "all" }], excludedSubscribers: [], sending_filter: "list_tag" };
assert.ok("count" in (await client.campaigns.setRecipients(campaign.id, audience)));
const copy = await client.campaigns.duplicate(campaign.id);
assert.ok((await ids(client.campaigns.iterate())).includes(copy.id));
assert.ok((await client.campaigns.list()).some((one) => one.id === copy.id));
assert.ok(await client.campaigns.getStats(campaign.id));
for (const act of ["pause", "resume", "unschedule", "schedule"]) await assert.rejects(client.campaigns[act](copy.id), ApiError);
await client.campaigns.delete(copy.id);

const fields = await client.customFields.replace([{ label: "Plan", slug: "plan", field_key: "text" }]);
assert.equal(fields[0].slug, "plan");
assert.equal((await client.customFields.list()).length, 1);
const hook = await client.webhooks.create({ name: word(), status: "subscribed" });
assert.ok((await client.webhooks.list()).some((one) => one.id === hook.id));
assert.ok((await ids(client.webhooks.iterate())).includes(hook.id));
await client.webhooks.update(hook.id, { name: "Shop", status: "pending" });
await client.webhooks.delete(hook.id);
assert.ok("stats" in (await client.reports.getDashboard()));
for (const series of ["getGrowth", "getSent", "getOpened", "getClicked"]) {
  assert.ok("stats" in (await client.reports[series]("2027-01-01", "2027-02-01")));
}
assert.ok("labels" in (await client.request("GET", "/labels")));
await assert.rejects(client.request("GET", "/nowhere"), (error) => error instanceof NotFound && error.code === "rest_no_route");
assert.ok((await ids(client.contacts.iterate({ perPage: 1 }))).includes(made.id));
assert.ok((await client.contacts.delete(made.id)).message);
const stranger = new FluentCrmClient({ user: "ada", applicationPassword: "nö nö", baseUrl: BASE });
await assert.rejects(stranger.tags.list(), Unauthorized);
assert.deepEqual(uncalled(client), []);
