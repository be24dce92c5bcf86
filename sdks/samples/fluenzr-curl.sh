# Filters, sorting and pages of the FluenzR dialect.
key="Authorization: Bearer flz_sk_your_key"
curl -sS "https://crm.example.com/v1/contacts?page=1&perPage=50&sort=createdAt&order=desc" -H "$key" | grep -o '"success":true'
curl -sS "https://crm.example.com/v1/contacts?email=fjord.example" -H "$key" | grep -o '"email":"[^"]*"'
curl -sS -o /dev/null -D - "https://crm.example.com/v1/groups" -H "$key" | tr -d '\r' | grep -io '^x-ratelimit-[a-z]*'
