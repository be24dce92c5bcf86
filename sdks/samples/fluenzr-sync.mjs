// People of another CRM become contacts; then all of them, under the name that the FluenzR guide uses.
import { FluenzrClient } from "@fluenzr/sdk";

const fluenzr = new FluenzrClient({ apiKey: "flz_sk_your_key", baseUrl: "https://crm.example.com" });
const theirs = [
  { email: "tove@fjord.example", first_name: "Tove", last_name: "Lind", company: "Fjord" },
  { email: "omar@dune.example", first_name: "Omar", last_name: "Haddad", company: "Dune" },
];
for (const person of theirs) {
  await fluenzr.contacts.create({
    email: person.email,
    firstName: person.first_name,
    lastName: person.last_name,
    company: person.company,
  });
}
const contacts = await fluenzr.contacts.list();
for (const contact of contacts) console.log(contact.email);
