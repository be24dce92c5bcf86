// A contact for an audience, with fetch.
const answer = await fetch("https://crm.example.com/api/v1/contacts", {
  method: "POST",
  headers: { Authorization: "Bearer fcrm_pk_your_key", "Content-Type": "application/json" },
  body: JSON.stringify({ audience_id: 1, email: "mira@harbour.example", first_name: "Mira" }),
});
console.log(JSON.stringify(await answer.json()));
