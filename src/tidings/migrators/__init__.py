"""Moving in from other systems over their own APIs: Mailchimp, Kit, MailerLite, Drip, ActiveCampaign, FluentCRM, listmonk.

`vendors` speaks each system's API and answers in our `types`, `client` is the guarded way out, `actions` brings people in
page by page. Nothing is sent to anybody on the way, and nobody's status rises.
"""
