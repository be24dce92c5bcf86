"""The contacts of a page, under the name that the FluenzR guide uses."""

from fluenzr import FluenzrClient

client = FluenzrClient(api_key="flz_sk_your_key", base_url="https://crm.example.com")
contacts = client.contacts.list()
for contact in contacts:
    print(contact.email)
client.close()
