# Filters, sorting and pages of the FluenzR dialect.
api=https://crm.example.com/v1
key="Authorization: Bearer flz_sk_your_key"
curl -sS "$api/contacts?page=1&perPage=50&sort=createdAt&order=desc" -H "$key" | grep -o '"success":true'
curl -sS "$api/contacts?email=fjord.example" -H "$key" | grep -o '"email":"[^"]*"'
group=$(curl -sS "$api/groups" -H "$key" | grep -o 'grp_[A-Za-z0-9]*' | head -n 1)
curl -sS "$api/contacts?email=fjord.example&group=$group" -H "$key" | grep -o '"total":[0-9]*'
curl -sS -o /dev/null -D - "$api/groups" -H "$key" | tr -d '\r' | grep -io '^x-ratelimit-[a-z]*'
