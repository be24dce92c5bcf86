"""A contact for an audience, with requests."""

import json

import requests

answer = requests.post(
    "https://crm.example.com/api/v1/contacts",
    headers={"Authorization": "Bearer fcrm_pk_your_key", "Content-Type": "application/json"},
    json={"audience_id": 1, "email": "mira@harbour.example", "first_name": "Mira"},
    timeout=10,
)
print(json.dumps(answer.json()))
