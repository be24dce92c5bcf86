// The Furiosa client: each resource, its errors, its pages.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { ApiError, Conflict, Forbidden, FuriosaClient, NotFound, ValidationFailed } from "@tidings/client";

const { BASE, KEY, READER, PAGE } = process.env;
const client = noting(new FuriosaClient({ apiKey: KEY, baseUrl: BASE }));
const address = () => `${randomBytes(5).toString("hex")}@example.com`;

const audience = await client.audiences.create({ name: "News", description: "d" });
const group = await client.audiences.createGroup(audience.id, "Berlin");
assert.equal((await client.audiences.updateGroup(audience.id, group.id, "Bonn")).name, "Bonn");
assert.deepEqual((await client.audiences.listGroups(audience.id)).map((one) => one.name), ["Bonn"]);
assert.equal((await client.audiences.update(audience.id, { description: "x" })).description, "x");

const email = address();
const made = await client.contacts.create({ audience_id: audience.id, email, groups: [group.id] });
assert.deepEqual([made.email, made.groups], [email, [group.id]]);
assert.equal((await client.contacts.update(made.id, { last_name: "Doe" })).last_name, "Doe");
assert.equal((await client.contacts.get(made.id)).last_name, "Doe");
await assert.rejects(client.contacts.create({ audience_id: audience.id, email }), Conflict);
await assert.rejects(
  client.contacts.create({ audience_id: audience.id }),
  (error) => error instanceof ValidationFailed && "email" in error.fields && "phone" in error.fields,
);
const rows = [1, 2, 3, 4].map(() => ({ email: address() }));
const batch = await client.contacts.createMany([...rows, { email }], { audienceId: audience.id });
assert.deepEqual([batch.created, batch.failed, batch.results[4].status], [4, 1, 409]);
const people = await client.contacts.list({ perPage: 2, audience_id: audience.id });
assert.deepEqual([people.length, people.total, people.totalPages], [2, 5, 3]);
const ids = new Set();
for await (const one of people.iterate()) ids.add(one.id);
assert.equal(ids.size, 5);
assert.equal(await client.contacts.delete(made.id), undefined);
await assert.rejects(client.contacts.get(made.id), NotFound);
assert.equal((await client.audiences.getStats(audience.id)).contacts_count, 4);

const campaign = await client.campaigns.create({ name: address(), subject: "Hi", audience_ids: [audience.id] });
assert.equal((await client.campaigns.update(campaign.id, { subject: "Hello" })).subject, "Hello");
assert.equal((await client.campaigns.get(campaign.id)).status, "draft");
assert.ok((await client.campaigns.list()).length >= 1);
assert.equal((await client.campaigns.getMetrics(campaign.id)).recipients, 0);
await assert.rejects(client.campaigns.send(campaign.id), ApiError);
await client.campaigns.update(campaign.id, { content: "<p>Hello</p>" });
await client.contacts.create({ audience_id: audience.id, email: `${randomBytes(5).toString("hex")}@harbour.example` });
assert.equal((await client.campaigns.send(campaign.id)).status, "sending");
await assert.rejects(client.campaigns.send(campaign.id), Conflict);
const idsOf = async (rows) => {
  const found = [];
  for await (const row of rows) found.push(row.id);
  return found;
};
assert.ok((await idsOf(client.campaigns.iterate({ perPage: 1 }))).includes(campaign.id));
assert.ok((await idsOf(client.audiences.iterate({ perPage: 1 }))).includes(audience.id));
assert.equal((await client.audiences.list({ perPage: 1 })).length, 1);
assert.equal((await idsOf(client.contacts.iterate({ perPage: 2, audience_id: audience.id }))).length, 5);

const page = await client.pages.get(Number(PAGE));
assert.deepEqual([page.title, page.views_count, page.settings.form_id], ["Spring", 0, null]);
assert.ok((await client.pages.list()).some((one) => one.id === page.id));
assert.ok((await idsOf(client.pages.iterate())).includes(page.id));
const span = { from: "2027-01-01", to: "2027-01-14", interval: "week" };
const views = await client.analytics.getPages({ ...span, pageId: page.id });
assert.deepEqual(views.data.map((one) => one.date), ["2027-01-01", "2027-01-04", "2027-01-11"]);
assert.deepEqual([views.from, views.to, views.interval, views.totals.views], ["2027-01-01", "2027-01-14", "week", 0]);
assert.equal((await client.analytics.getCampaigns({ ...span, campaignId: campaign.id })).totals.sent, 0);
assert.equal((await client.analytics.getAudiences({ ...span, audienceId: audience.id })).data.length, 3);
assert.equal((await client.analytics.getAudiences()).data.length, 30);
await assert.rejects(client.analytics.getPages({ from: "soon" }), (error) => "from" in error.fields);
assert.equal((await client.request("GET", "/me")).name, (await client.me()).name);

await client.audiences.deleteGroup(audience.id, group.id);
await client.audiences.delete(audience.id);
await assert.rejects(client.audiences.get(audience.id), NotFound);
const reader = new FuriosaClient({ apiKey: READER, baseUrl: BASE });
assert.deepEqual((await reader.me()).scopes, ["contacts:read"]);
await assert.rejects(reader.audiences.list(), (error) => error instanceof Forbidden && error.message.includes("audiences:read"));
assert.deepEqual(uncalled(client), []);
