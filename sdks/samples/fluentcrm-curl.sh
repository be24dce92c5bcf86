# Contacts, lists, tags and reports of the FluentCRM dialect, parameters in the query, in a form and in brackets.
api=https://crm.example.com/wp-json/fluent-crm/v2
auth="Authorization: BASIC $(printf '%s' 'ada:your_application_password' | base64 | tr -d '\n')"
curl -sS "$api/lists?title=Harbour%20News&slug=harbour-news" -X POST -H "$auth" | grep -o '"message":"[^"]*"'
list=$(curl -sS "$api/lists" -H "$auth" | grep -o '"id":[0-9]*' | head -n 1 | cut -d: -f2)
curl --location -sS --request PUT "$api/lists/$list?title=Quay%20News" -H "$auth" | grep -o '"message":"[^"]*"'
curl -sS "$api/tags?title=Readers&slug=readers" -X POST -H "$auth" | grep -o '"message":"[^"]*"'
curl -sS "$api/subscribers" -H "$auth" \
  --data-raw "first_name=Lena&last_name=Holm&email=lena%40fjord.example&phone=44+7911+123456&status=subscribed&country=GB&lists%5B%5D=$list&query_timestamp=1626770805540" \
  | grep -o '"action_type":"[^"]*"'
curl -sS "$api/subscribers?search=lena&per_page=10&order_by=id&order_type=ASC" -H "$auth" | grep -o '"email":"[^"]*"' | head -n 1
curl -sS -X GET "$api/reports/dashboard-stats" -H "$auth" | grep -o '"total_subscribers"'
curl -g --location -sS --request GET "$api/reports/subscribers?date_range[]=2027-02-01&date_range[]=2027-03-10" --header "$auth" | grep -o '"stats"' | head -n 1
curl -sS --location --request DELETE "$api/lists/$list" -H "$auth" | grep -o '"message":"[^"]*"'
