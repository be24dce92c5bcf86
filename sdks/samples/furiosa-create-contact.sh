# A contact for an audience, with curl.
curl --silent --show-error -X POST https://crm.example.com/api/v1/contacts \
  -H "Authorization: Bearer fcrm_pk_your_key" \
  -H "Content-Type: application/json" \
  -d '{
    "audience_id": 1,
    "email": "mira@harbour.example",
    "first_name": "Mira"
  }'
