# A page of an audience, the change of a contact, and its end.
api=https://crm.example.com/api/v1
key="Authorization: Bearer fcrm_pk_your_key"
json="Content-Type: application/json"
id=$(curl -sS "$api/contacts" -H "$key" -H "$json" -d '{"audience_id": 1, "phone": "+447911123456"}' | sed -E 's/.*"id":([0-9]+),"aud.*/\1/')
curl -sS "$api/contacts?audience_id=1&page=1&per_page=50" -H "$key" | grep -o '"total_pages":[0-9]*'
curl -sS -X PUT "$api/contacts/$id" -H "$key" -H "$json" -d '{"last_name": "Doe", "phone": "+447911999888"}' | grep -o '"phone":"[^"]*"'
curl -sS -X DELETE "$api/contacts/$id" -H "$key" -o /dev/null -w '%{http_code}\n'
