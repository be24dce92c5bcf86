// A campaign of one mail for the people of a group, from its draft to its start.
import { FluenzrClient } from "@fluenzr/sdk";

const fluenzr = new FluenzrClient({ apiKey: "flz_sk_your_key", baseUrl: "https://crm.example.com" });
const campaign = await fluenzr.campaigns.create({
  name: "First quarter",
  emailAccountId: "acc_your_account",
  settings: { sendDays: ["monday", "tuesday", "wednesday", "thursday", "friday"], timezone: "Europe/London" },
  workflow: {
    nodes: [
      { id: "begin", type: "start" },
      { id: "hello", type: "email", data: { subject: "Hello {{firstName|there}}", body: "<p>What we plan this spring.</p>" } },
      { id: "done", type: "end" },
    ],
    edges: [
      { from: "begin", to: "hello" },
      { from: "hello", to: "done" },
    ],
  },
});
const enrolled = await fluenzr.campaigns.addContacts(campaign.id, { groupId: "grp_your_group" });
const started = await fluenzr.campaigns.start(campaign.id);
console.log(`${started.name}: ${enrolled.added} contacts, ${started.status}`);
