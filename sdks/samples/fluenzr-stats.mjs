// What became of every campaign: the share of its mails that were opened and answered.
import { FluenzrClient } from "@fluenzr/sdk";

const fluenzr = new FluenzrClient({ apiKey: "flz_sk_your_key", baseUrl: "https://crm.example.com" });
const campaigns = await fluenzr.campaigns.list();
for (const campaign of campaigns) {
  const stats = await fluenzr.campaigns.getStats(campaign.id);
  console.log(`${campaign.name}: ${stats.openRate}% opens, ${stats.replyRate}% replies`);
}
