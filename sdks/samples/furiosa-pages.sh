# A contact with a group of its audience, a page of the audience, the change of the contact, and its end.
api=https://crm.example.com/api/v1
key="Authorization: Bearer fcrm_pk_your_key"
json="Content-Type: application/json"
group=$(curl -sS "$api/audiences/1/groups" -H "$key" -H "$json" -d '{"name": "Readers"}' | sed -E 's/.*"id":([0-9]+).*/\1/')
contact='{"audience_id": 1, "email": "tove@fjord.example", "phone": "+447911123456", "first_name": "Tove", "last_name": "Lind"'
id=$(curl -sS "$api/contacts" -H "$key" -H "$json" -d "$contact, \"groups\": [$group]}" | sed -E 's/.*"id":([0-9]+),"aud.*/\1/')
curl -sS "$api/contacts?audience_id=1&page=1&per_page=50" -H "$key" | grep -o '"total_pages":[0-9]*'
curl -sS "$api/contacts?group_id=$group" -H "$key" | grep -o '"total":[0-9]*'
curl -sS -X PUT "$api/contacts/$id" -H "$key" -H "$json" -d '{"last_name": "Doe", "phone": "+447911999888"}' | grep -o '"phone":"[^"]*"'
curl -sS "$api/contacts/batch" -H "$key" -H "$json" \
  -d '{"audience_id": 1, "contacts": [{"email": "omar@dune.example"}, {"email": "tove@fjord.example"}]}' | grep -o '"created":1,"failed":1'
curl -sS -X DELETE "$api/contacts/$id" -H "$key" -o /dev/null -w '%{http_code}\n'
